//! Evidence of equivocation on a consumer: when it counts, and against whom.
//!
//! The provider does not watch its consumers. Until someone submits evidence, nobody is punished.

use super::IcsError;

/// Whether two conflicting headers also disagree on what the chain's state leads to.
///
/// The headers' validators, next validators, consensus parameters, application state and last results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateTransitions {
    /// All the same.
    Same,
    /// At least one differs.
    Conflicting,
}

/// Attacks on a light client, told apart by the two headers of one height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LightClientAttack {
    /// A state transition that no honest node would make.
    Lunatic,
    /// Two valid blocks, committed in the same round.
    Equivocation,
    /// Two valid blocks, committed in different rounds: who forgot a lock cannot be seen in the headers.
    Amnesia,
}

/// Which attack two conflicting headers of one height are.
///
/// Source: interchain-security, x/ccv/provider/keeper/consumer_equivocation.go, `GetByzantineValidators`.
pub fn classify(transitions: StateTransitions, rounds: (u32, u32)) -> LightClientAttack {
    match transitions {
        StateTransitions::Conflicting => LightClientAttack::Lunatic,
        StateTransitions::Same if rounds.0 == rounds.1 => LightClientAttack::Equivocation,
        StateTransitions::Same => LightClientAttack::Amnesia,
    }
}

/// Those who can be punished: the signers of both headers, in the order of the second; nobody for amnesia.
///
/// A signer is whoever is not marked absent, so a vote for nil counts.
pub fn culprits(attack: LightClientAttack, first: &[usize], second: &[usize]) -> Vec<usize> {
    if attack == LightClientAttack::Amnesia {
        return Vec::new();
    }
    second.iter().copied().filter(|signer| first.contains(signer)).collect()
}

/// Refuses evidence from below the consumer's least height. There is no limit of time.
pub fn check_evidence_height(height: u64, min_height: u64) -> Result<(), IcsError> {
    if height < min_height { Err(IcsError::EvidenceTooOld { height, min_height }) } else { Ok(()) }
}

/// Kind of a consensus vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoteKind {
    /// First of the two votes of a round.
    Prevote,
    /// Second.
    Precommit,
}

/// A vote, as far as it can contradict another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// Position of who signed it.
    pub validator: usize,
    /// Height voted on.
    pub height: u64,
    /// Round of that height.
    pub round: u32,
    /// Kind of vote.
    pub kind: VoteKind,
    /// Block voted for, by any injective number.
    pub block: u64,
}

/// Refuses two votes unless one validator cast them at one height, in one round, of one kind, for two blocks.
///
/// Source: interchain-security, x/ccv/provider/keeper/consumer_equivocation.go, `VerifyDoubleVotingEvidence`.
pub fn check_double_vote(first: &Vote, second: &Vote) -> Result<(), IcsError> {
    let equal = [
        ("height", first.height, second.height),
        ("round", u64::from(first.round), u64::from(second.round)),
        ("kind", first.kind as u64, second.kind as u64),
        ("validator", first.validator as u64, second.validator as u64),
    ];
    if let Some((what, a, b)) = equal.into_iter().find(|(_, a, b)| a != b) {
        return Err(IcsError::NotADoubleVote { what, rule: "equal", first: a, second: b });
    }
    if first.block == second.block {
        let (first, second) = (first.block, second.block);
        return Err(IcsError::NotADoubleVote { what: "block", rule: "different", first, second });
    }
    Ok(())
}
