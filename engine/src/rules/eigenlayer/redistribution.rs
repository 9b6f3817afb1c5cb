//! Where slashed funds go, and what an attack costs a coalition that gets them back.

use crate::rules::eigenlayer::Error;
use crate::rules::eigenlayer::parameters::Parameters;

/// What is restaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asset {
    /// A liquid staking token or any other ERC-20 token.
    LiquidToken,
    /// ETH of validators, in a pod.
    NativeEth,
    /// The EIGEN token.
    Eigen,
}

/// Where a slash of an operator set sends the funds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlashDestination {
    /// To the burn address (0x…00e16e4).
    Burned,
    /// Nowhere: native ETH stays in the pod, where a beacon-chain loss consumes it first.
    Locked,
    /// To the set's redistribution recipient, who is no part of the coalition.
    Outsider,
    /// To the set's redistribution recipient, whom the coalition owns.
    Coalition,
}

/// Whom an operator set pays what it slashes, fixed when the set is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Nobody: an ordinary set.
    Nobody,
    /// Somebody outside the coalition.
    Outsider,
    /// The coalition.
    Coalition,
}

/// Where `asset` goes when a set with this `recipient` slashes it.
///
/// Refuses native ETH and EIGEN in a redistributing set. Source: eigenlayer-contracts,
/// src/contracts/core/AllocationManager.sol (`_addStrategyToOperatorSet`); ELIPs/ELIP-006.md.
pub fn destination(asset: Asset, recipient: Recipient) -> Result<SlashDestination, Error> {
    match (recipient, asset) {
        (Recipient::Nobody, Asset::NativeEth) => Ok(SlashDestination::Locked),
        (Recipient::Nobody, _) => Ok(SlashDestination::Burned),
        (Recipient::Outsider, Asset::LiquidToken) => Ok(SlashDestination::Outsider),
        (Recipient::Coalition, Asset::LiquidToken) => Ok(SlashDestination::Coalition),
        (_, asset) => Err(Error::NotRedistributable { asset }),
    }
}

/// First block in which funds slashed at `slash_block` can be burned or paid out.
///
/// Without a resolution delay the block of the slash itself, even the same transaction; with one, the block after it.
/// Source: ELIPs/ELIP-016.md.
pub fn clearable_from(slash_block: u64, parameters: &Parameters) -> u64 {
    match parameters.slash_resolution_delay {
        0 => slash_block,
        delay => slash_block.saturating_add(delay).saturating_add(1),
    }
}

/// Shares one corrupted operator loses, by whose they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlashedStake {
    /// Lost by the coalition itself.
    pub own: u128,
    /// Lost by stakers who delegated to it.
    pub delegated: u128,
}

/// What a slashed attack leaves the coalition, before the prize of the attack. All in shares of one strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoalitionOutcome {
    /// Stake slashed in all: what the service can claim as its cost of corruption.
    pub gross_loss: u128,
    /// The coalition's own part of it.
    pub own_loss: u128,
    /// The other stakers' part of it.
    pub delegated_loss: u128,
    /// What comes back through the recipient.
    pub received: u128,
}

impl CoalitionOutcome {
    /// What being slashed costs the coalition: own loss less what comes back, at least 0.
    pub fn cost(&self) -> u128 {
        self.own_loss.saturating_sub(self.received)
    }

    /// What being slashed brings the coalition: what comes back less own loss, at least 0.
    pub fn profit(&self) -> u128 {
        self.received.saturating_sub(self.own_loss)
    }
}

/// Adds up what the operators of a coalition lose and what it gets back.
///
/// Where the coalition owns the recipient the cost is 0 and the profit is all that delegators lose. Sums saturate.
pub fn coalition_outcome(slashed: &[SlashedStake], destination: SlashDestination) -> CoalitionOutcome {
    let sum = |part: fn(&SlashedStake) -> u128| slashed.iter().map(part).fold(0_u128, u128::saturating_add);
    let (own_loss, delegated_loss) = (sum(|stake| stake.own), sum(|stake| stake.delegated));
    let gross_loss = own_loss.saturating_add(delegated_loss);
    let received = if destination == SlashDestination::Coalition { gross_loss } else { 0 };
    CoalitionOutcome { gross_loss, own_loss, delegated_loss, received }
}
