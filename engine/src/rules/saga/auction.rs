/// A validator before the auction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bidder {
    /// Stake, which decides who may play and who wins a tie.
    pub stake: u128,
    /// Least pay for an epoch on one chainlet, in the price's smallest unit; `None` if it stays out.
    pub bid: Option<u128>,
}

/// Sizes of the game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chairs {
    /// Validators that may bid, by stake: `p`.
    pub n_players: usize,
    /// Bids that win: `w`.
    pub n_winners: usize,
}

/// Outcome of an auction; positions are those of the validators handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clearing {
    /// What each winner is paid for an epoch on a chainlet: the highest winning bid; `None` if nobody wins.
    pub price: Option<u128>,
    /// Winners, cheapest bid first.
    pub winners: Vec<usize>,
    /// Players that bid and lost, cheapest bid first.
    pub losers: Vec<usize>,
}

impl Clearing {
    /// Pay of the validator at `index` for an epoch on one chainlet; 0 for all but winners.
    pub fn pay(&self, index: usize) -> u128 {
        if self.winners.contains(&index) { self.price.unwrap_or(0) } else { 0 }
    }

    /// What the developer owes for an epoch with `n_validators` on the chainlet, `price · n`, saturating.
    pub fn developer_fee(&self, n_validators: u64) -> u128 {
        self.price.unwrap_or(0).saturating_mul(u128::from(n_validators))
    }
}

/// Musical chairs: the `p` largest validators bid, the `w` cheapest bids win, all at the price of the dearest
/// of them.
///
/// Players are the first `p` by stake, equal stakes in the order given. Bids are sorted upwards, equal bids by
/// stake; the dearest lose their chair and earn nothing. With no more bids than chairs everyone wins, at the
/// highest bid. Bids of validators outside the player set do not count. Source: docs.saga.xyz, validator
/// selection.
pub fn musical_chairs(validators: &[Bidder], chairs: Chairs) -> Clearing {
    let mut by_stake: Vec<usize> = (0..validators.len()).collect();
    by_stake.sort_by(|a, b| validators[*b].stake.cmp(&validators[*a].stake));
    let players = by_stake.into_iter().take(chairs.n_players);
    let mut bids: Vec<(u128, usize)> =
        players.filter_map(|i| validators[i].bid.map(|bid| (bid, i))).collect();
    bids.sort_by_key(|(bid, _)| *bid);
    let (won, lost) = bids.split_at(chairs.n_winners.min(bids.len()));
    let positions = |side: &[(u128, usize)]| side.iter().map(|(_, i)| *i).collect();
    Clearing { price: won.last().map(|(bid, _)| *bid), winners: positions(won), losers: positions(lost) }
}

/// Bids of the next epoch: a fresh bid replaces the standing one, otherwise that one rolls over.
///
/// Both indexed by validator; a validator without a fresh entry keeps its bid.
pub fn roll_over(standing: &[Option<u128>], fresh: &[Option<u128>]) -> Vec<Option<u128>> {
    let offered = fresh.iter().copied().chain(std::iter::repeat(None));
    let kept = standing.iter().zip(offered).map(|(old, new)| new.or(*old));
    kept.chain(fresh.iter().skip(standing.len()).copied()).collect()
}

/// Mean of the last `n_epochs` prices (all, if there are fewer), rounded down; `None` without prices.
///
/// The documents speak of a moving average to smooth the price and leave its length open.
pub fn moving_average(prices: &[u128], n_epochs: usize) -> Option<u128> {
    let last = &prices[prices.len().saturating_sub(n_epochs)..];
    let n = last.len() as u128;
    // Whole parts and rests apart, so that no sum can pass 128 bits.
    let whole = last.iter().map(|price| price.checked_div(n).unwrap_or(0)).sum::<u128>();
    let rest = last.iter().map(|price| price.checked_rem(n).unwrap_or(0)).sum::<u128>();
    rest.checked_div(n).map(|carry| whole + carry)
}
