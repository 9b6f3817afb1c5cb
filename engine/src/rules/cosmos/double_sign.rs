use super::{
    Book, Custody, EvidenceLimits, Moment, Offence, Parameters, Refusal, Slashed, Status, Validator,
    distribution_height, slash,
};

/// Proof that a validator signed two blocks at one height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Height of the double sign.
    pub height: i64,
    /// Time of the double sign, Unix seconds.
    pub time_s: i64,
    /// The validator's voting power then.
    pub power: u64,
}

/// What becomes of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Past both age limits: ignored.
    TooOld,
    /// The validator is unknown or no longer bonded: ignored.
    NobodyToSlash,
    /// The validator has been tombstoned before: ignored.
    AlreadyTombstoned,
    /// Slashed, jailed and tombstoned.
    Guilty,
}

/// What becomes of `evidence` against `accused`, tested in the protocol's order.
///
/// Ages are counted from the current block; chains without `limits` take evidence of any age. Source: cosmos-sdk,
/// x/evidence/keeper/infraction.go.
pub fn rule_on(
    evidence: &Evidence,
    now: &Moment,
    limits: Option<&EvidenceLimits>,
    accused: Option<&Validator>,
) -> Ruling {
    let age_blocks = now.height.saturating_sub(evidence.height);
    let age_s = now.time_s.saturating_sub(evidence.time_s);
    match accused {
        _ if limits.is_some_and(|l| l.is_too_old(age_blocks, age_s)) => Ruling::TooOld,
        None => Ruling::NobodyToSlash,
        Some(validator) if validator.status == Status::Unbonded => Ruling::NobodyToSlash,
        Some(validator) if validator.custody == Custody::Tombstoned => Ruling::AlreadyTombstoned,
        Some(_) => Ruling::Guilty,
    }
}

/// Rules on `evidence` and, if it holds, slashes at the distribution height and tombstones.
///
/// The tombstone makes it one slash for all double signs of a validator, however many and on however many chains.
/// Source: cosmos-sdk, x/evidence/keeper/infraction.go.
pub fn punish_double_sign(
    book: &Book,
    evidence: &Evidence,
    now: &Moment,
    chain: &Parameters,
) -> Result<(Ruling, Slashed), Refusal> {
    let ruling = rule_on(evidence, now, Some(&chain.evidence), book.validator.as_ref());
    if ruling != Ruling::Guilty {
        return Ok((ruling, Slashed::nothing(book)));
    }
    let offence = Offence {
        infraction_height: distribution_height(evidence.height),
        power: evidence.power,
        fraction: chain.double_sign_fraction,
        power_reduction: chain.power_reduction,
    };
    let mut done = slash(book, &offence, now, chain.redelegation)?;
    done.after.confine(Custody::Tombstoned);
    Ok((ruling, done))
}

impl Book {
    /// Puts the validator, if there is one, into `custody`.
    pub(super) fn confine(&mut self, custody: Custody) {
        if let Some(validator) = &mut self.validator {
            validator.custody = custody;
        }
    }
}
