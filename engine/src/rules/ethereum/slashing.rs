//! Slashing: the penalty at once, the penalty for company, and the price paid for evidence.

use super::{EFFECTIVE_BALANCE_INCREMENT, EPOCHS_PER_SLASHINGS_VECTOR, Fork, Gwei, MAX_PROPOSER_SLASHINGS};
use super::{SLOTS_PER_EPOCH, saturated};
use crate::rules::integer::mul_div_floor;

/// Most committees of one slot.
const MAX_COMMITTEES_PER_SLOT: u64 = 64;
/// Validators a committee aims at.
const TARGET_COMMITTEE_SIZE: u64 = 128;
/// Most validators of one committee.
const MAX_VALIDATORS_PER_COMMITTEE: u64 = 2048;

/// Gwei taken at once from a slashed validator: `⌊effective / quotient⌋`.
///
/// Source: consensus-specs, specs/phase0/beacon-chain.md, slash_validator, with each fork's quotient.
pub fn initial_penalty(fork: Fork, effective_balance: Gwei) -> Gwei {
    effective_balance / fork.initial_penalty_quotient()
}

/// Gwei created for whoever brings the evidence: `⌊effective / quotient⌋`, the proposer's part included.
pub fn whistleblower_reward(fork: Fork, effective_balance: Gwei) -> Gwei {
    effective_balance / fork.whistleblower_quotient()
}

/// Who brings the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// The proposer of the block that holds it; the protocol's default.
    Proposer,
    /// Somebody else.
    Other,
}

/// Who gets how much of a whistleblower's reward, Gwei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceReward {
    /// To the proposer of the block.
    pub proposer: Gwei,
    /// To the reporter, where that is somebody else.
    pub reporter: Gwei,
}

/// The whistleblower's reward divided: an eighth, rounded down, to the proposer, the rest to the reporter.
///
/// A proposer that reports gets all of it, and so recovers that much when it slashes itself or its own.
/// Source: consensus-specs, specs/altair/beacon-chain.md, slash_validator.
pub fn evidence_reward(fork: Fork, effective_balance: Gwei, reporter: Reporter) -> EvidenceReward {
    let whole = whistleblower_reward(fork, effective_balance);
    let (numerator, denominator) = fork.proposer_share();
    let share = saturated(mul_div_floor(whole.into(), numerator.into(), denominator.into()));
    match reporter {
        Reporter::Proposer => EvidenceReward { proposer: whole, reporter: 0 },
        Reporter::Other => EvidenceReward { proposer: share, reporter: whole - share },
    }
}

/// Gwei taken for being slashed in company, half a slashings vector after the slashing.
///
/// With `adjusted = min(multiplier · slashed, total)`:
/// - up to Deneb `⌊⌊effective/1 ETH⌋ · adjusted / total⌋ · 1 ETH`, so nothing at all for the few;
/// - from Electra on `⌊adjusted / ⌊total/1 ETH⌋⌋ · ⌊effective/1 ETH⌋`, to the Gwei.
///
/// `effective_balance` and `total_active` (at least 1 ETH is taken) are those of the penalty's epoch; `slashed` sums the
/// effective balances, as they were when slashed, over the vector. The caller cuts the result at the balance.
/// Source: consensus-specs, specs/phase0/beacon-chain.md and specs/electra/beacon-chain.md, process_slashings.
pub fn correlation_penalty(fork: Fork, effective_balance: Gwei, slashed: Gwei, total_active: Gwei) -> Gwei {
    let increment = u128::from(EFFECTIVE_BALANCE_INCREMENT);
    let total = u128::from(total_active).max(increment);
    let adjusted = (u128::from(fork.correlation_multiplier()) * u128::from(slashed)).min(total);
    let increments = u128::from(effective_balance) / increment;
    saturated(match fork {
        Fork::Phase0 | Fork::Altair | Fork::Bellatrix => {
            mul_div_floor(increments, adjusted, total) * increment
        }
        Fork::Electra => adjusted / (total / increment) * increments,
    })
}

/// Whether the correlation penalty takes the whole effective balance: `multiplier · slashed ≥ total`.
///
/// That is all of the stake on Phase0, half on Altair, a third from Bellatrix on.
pub fn loses_everything(fork: Fork, slashed: Gwei, total_active: Gwei) -> bool {
    let total = total_active.max(EFFECTIVE_BALANCE_INCREMENT);
    u128::from(fork.correlation_multiplier()) * u128::from(slashed) >= u128::from(total)
}

/// One slashing as the vector remembers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slashing {
    /// Epoch of the block that held the evidence.
    pub epoch: u64,
    /// Effective balance at that moment, Gwei.
    pub effective_balance: Gwei,
}

/// Whether a slashing of `slash_epoch` still counts at the end of `epoch`: through the 8191st epoch after it.
///
/// The slot of the coming epoch is emptied only after penalties are taken (process_slashings_reset).
pub fn in_slashings_window(slash_epoch: u64, epoch: u64) -> bool {
    epoch.checked_sub(slash_epoch).is_some_and(|age| age < EPOCHS_PER_SLASHINGS_VECTOR)
}

/// Sum of the slashings vector at the end of `epoch`, Gwei; saturates.
///
/// A validator penalised 4096 epochs after its slashing meets the slashings of the 4095 epochs before it, its own epoch
/// and the 4096 after.
pub fn slashed_in_window(slashings: &[Slashing], epoch: u64) -> Gwei {
    let counted = slashings.iter().filter(|slashing| in_slashings_window(slashing.epoch, epoch));
    counted.fold(0, |sum: Gwei, slashing| sum.saturating_add(slashing.effective_balance))
}

/// Most validators that the evidence of one block can slash when `active_validators` are shuffled into committees.
///
/// Sixteen proposers, and as many as the attester slashings name: two committees up to Deneb; from Electra on one pair
/// of attestations, which may span all committees of a slot. Committees are as large as the shuffling makes them
/// (1/32 of the validators per slot, rounded up).
/// Source: consensus-specs, specs/phase0/beacon-chain.md, get_committee_count_per_slot; specs/electra, IndexedAttestation.
pub fn most_slashed_per_block(fork: Fork, active_validators: u64) -> u64 {
    let per_slot = active_validators / SLOTS_PER_EPOCH / TARGET_COMMITTEE_SIZE;
    let committees = per_slot.clamp(1, MAX_COMMITTEES_PER_SLOT);
    let committee =
        active_validators.div_ceil(SLOTS_PER_EPOCH * committees).min(MAX_VALIDATORS_PER_COMMITTEE);
    let slot = active_validators.div_ceil(SLOTS_PER_EPOCH).min(committees * MAX_VALIDATORS_PER_COMMITTEE);
    let named = match fork {
        Fork::Phase0 | Fork::Altair | Fork::Bellatrix => committee,
        Fork::Electra => slot,
    };
    (MAX_PROPOSER_SLASHINGS + fork.max_attester_slashings() * named).min(active_validators)
}
