use std::collections::BTreeMap;

use super::{Pool, Refusal};
use crate::rules::cosmos::Dec18;

/// Epochs whose fees are deposited at launch.
///
/// Source: ssc, x/chainlet/types/params.go (`NEpochDeposit`).
pub const N_EPOCH_DEPOSIT: u64 = 30;

/// One of the ways a chainlet stack can be paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeOption {
    /// Coin.
    pub denom: String,
    /// Base units for each epoch.
    pub epoch_fee: u128,
    /// Base units once, at launch.
    pub setup_fee: u128,
}

/// What is paid in at launch, and with which option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaunchRule {
    /// Setup fee and 30 epoch fees; the first option that the wallet can pay.
    Documented,
    /// 30 epoch fees only, since the published code drops the sum with the setup fee; the first option or none,
    /// since a second try finds the account already there.
    AsCoded,
}

/// Whether a chainlet is billed at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Billed each epoch.
    Paying,
    /// One of the platform's own: no escrow, no bill.
    Service,
}

/// Whether a chainlet runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Running.
    Online,
    /// Stopped until refilled.
    Offline,
}

/// A chainlet as its bills see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chainlet {
    /// Billed or not.
    pub kind: Kind,
    /// Running or not.
    pub state: State,
    /// Escrow pools by coin.
    pub pools: BTreeMap<String, Pool>,
}

impl Chainlet {
    /// Pays the first option, in order, whose pool holds its `epoch_fee`, and returns its position.
    fn pay_epoch(&mut self, options: &[FeeOption]) -> Option<usize> {
        options.iter().position(|option| {
            let pool = self.pools.get_mut(&option.denom);
            pool.is_some_and(|pool| pool.bill(option.epoch_fee).is_ok())
        })
    }
}

/// A chainlet launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The chainlet, first epoch paid.
    pub chainlet: Chainlet,
    /// Position of the option used.
    pub option_index: usize,
    /// Base units taken from the launcher's wallet.
    pub deposit: u128,
    /// Base units billed at once: setup fee and one epoch fee.
    pub billed: u128,
    /// Shares of the pool that the launcher holds: one a unit deposited.
    pub shares: Dec18,
}

/// What an epoch's bill came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// Service chainlet, or stopped before: no bill.
    Skipped,
    /// The option at this position was paid.
    Billed {
        /// Position of the option used.
        option_index: usize,
    },
    /// No option could be paid: the chainlet stops.
    Stopped,
}

/// A refill done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refill {
    /// The chainlet afterwards.
    pub chainlet: Chainlet,
    /// Shares issued for the deposit.
    pub shares: Dec18,
    /// Position of the option that paid for the restart; `None` if the chainlet was running.
    pub restarted_with: Option<usize>,
}

/// Deposit at launch for `n_epochs`: `n_epochs · epoch_fee`, and by the documents the setup fee too.
pub fn launch_deposit(option: &FeeOption, n_epochs: u64, rule: LaunchRule) -> Result<u128, Refusal> {
    let epochs = option.epoch_fee.checked_mul(u128::from(n_epochs)).ok_or(Refusal::OutOfRange)?;
    match rule {
        LaunchRule::Documented => epochs.checked_add(option.setup_fee).ok_or(Refusal::OutOfRange),
        LaunchRule::AsCoded => Ok(epochs),
    }
}

/// Launches a paying chainlet from a `wallet` (base units by coin): deposit, then at once setup fee and one
/// epoch fee.
///
/// Refused without fee options, and if no option that `rule` lets be tried is covered by wallet and deposit.
/// Source: ssc, x/chainlet/keeper/msg_server_launch_chainlet.go; docs.saga.xyz, chainlet billing.
pub fn launch(
    options: &[FeeOption],
    wallet: &BTreeMap<String, u128>,
    n_epochs: u64,
    rule: LaunchRule,
) -> Result<Launch, Refusal> {
    let n_tried = match rule {
        LaunchRule::Documented => options.len(),
        LaunchRule::AsCoded => options.len().min(1),
    };
    for (option_index, option) in options[..n_tried].iter().enumerate() {
        let deposit = launch_deposit(option, n_epochs, rule)?;
        let billed = option.setup_fee.checked_add(option.epoch_fee).ok_or(Refusal::OutOfRange)?;
        let funds = wallet.get(&option.denom).copied().unwrap_or(0);
        if funds >= deposit && deposit >= billed {
            let (chainlet, shares) = open(&option.denom, deposit, billed)?;
            return Ok(Launch { chainlet, option_index, deposit, billed, shares });
        }
    }
    match options.len() {
        0 => Err(Refusal::NoFeeOption),
        n_options => Err(Refusal::LaunchUnpaid { n_options }),
    }
}

/// A running chainlet whose one pool holds `deposit − billed`, and the shares bought with the deposit.
fn open(denom: &str, deposit: u128, billed: u128) -> Result<(Chainlet, Dec18), Refusal> {
    let mut pool = Pool::default();
    let shares = pool.deposit(deposit)?;
    pool.bill(billed)?;
    let pools = BTreeMap::from([(denom.to_owned(), pool)]);
    Ok((Chainlet { kind: Kind::Paying, state: State::Online, pools }, shares))
}

/// Bills a chainlet for an epoch: options in order, the first that its pool covers; if none does, the chainlet
/// stops.
///
/// Source: ssc, x/billing/keeper/hooks.go (`BeforeEpochStart`).
pub fn bill_epoch(chainlet: &mut Chainlet, options: &[FeeOption]) -> Billing {
    if chainlet.kind == Kind::Service || chainlet.state == State::Offline {
        return Billing::Skipped;
    }
    match chainlet.pay_epoch(options) {
        Some(option_index) => Billing::Billed { option_index },
        None => {
            chainlet.state = State::Offline;
            Billing::Stopped
        }
    }
}

/// Pays `amount` of `denom` into a chainlet's escrow; a stopped one is billed an epoch at once and runs again.
///
/// If that bill cannot be paid by any option, the deposit itself is refused. Sources: ssc,
/// x/escrow/keeper/escrow.go (`deposit`), x/billing/keeper/billing.go (`BillAndRestartChainlet`).
pub fn refill(
    chainlet: &Chainlet,
    denom: &str,
    amount: u128,
    options: &[FeeOption],
) -> Result<Refill, Refusal> {
    if chainlet.kind == Kind::Service {
        return Err(Refusal::NoEscrow);
    }
    let mut after = chainlet.clone();
    let shares = after.pools.entry(denom.to_owned()).or_default().deposit(amount)?;
    if after.state == State::Online {
        return Ok(Refill { chainlet: after, shares, restarted_with: None });
    }
    let too_small = || Refusal::RefillTooSmall { denom: denom.to_owned(), amount };
    let restarted_with = Some(after.pay_epoch(options).ok_or_else(too_small)?);
    after.state = State::Online;
    Ok(Refill { chainlet: after, shares, restarted_with })
}

/// Whole epochs that `balance` still pays, `⌊balance / epoch_fee⌋`; `None` (for ever) if they are free.
pub fn days_left(balance: u128, epoch_fee: u128) -> Option<u128> {
    balance.checked_div(epoch_fee)
}
