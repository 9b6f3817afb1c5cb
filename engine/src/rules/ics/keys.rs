//! Key assignment: which validator of the provider answers for a key on a consumer.

use super::{IcsError, Phase};
use std::collections::BTreeMap;

/// The keys of one consumer. Keys are any injective numbers; provider keys share the same space.
///
/// A validator without an assigned key signs with its provider key. A key it has replaced keeps pointing at it for one
/// unbonding period, so what it signed with it stays punishable.
/// Source: interchain-security, x/ccv/provider/keeper/key_assignment.go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyBook {
    provider_keys: Vec<u64>,           // [validator]
    assigned: Vec<Option<u64>>,        // [validator]
    answers: BTreeMap<u64, usize>,     // consumer key to validator
    to_prune: BTreeMap<u64, Vec<u64>>, // time in seconds to consumer keys
}

impl KeyBook {
    /// Starts with everyone on the provider key, `[validator]`.
    pub fn new(provider_keys: Vec<u64>) -> Self {
        let assigned = vec![None; provider_keys.len()];
        Self { provider_keys, assigned, answers: BTreeMap::new(), to_prune: BTreeMap::new() }
    }

    /// Key with which a validator signs on the consumer; `None` for a position beyond the last.
    pub fn key_of(&self, validator: usize) -> Option<u64> {
        let default = self.provider_keys.get(validator)?;
        Some(self.assigned[validator].unwrap_or(*default))
    }

    /// Who answers for a key used on the consumer; `None` where it is nobody's.
    ///
    /// A key that no record names is taken for a provider key, as the protocol does.
    pub fn validator_of(&self, key: u64) -> Option<usize> {
        let own = || self.provider_keys.iter().position(|provider_key| *provider_key == key);
        self.answers.get(&key).copied().or_else(own)
    }

    /// Gives a validator a key on the consumer.
    ///
    /// Refused for another validator's provider key, for one's own while it is the default, and for any key still on
    /// record, even one's own old one. Once the chain is launched the old key stays on record until `forget_s`, which
    /// is now plus the provider's unbonding period; before, it goes at once.
    pub fn assign(
        &mut self,
        validator: usize,
        key: u64,
        phase: Phase,
        forget_s: u64,
    ) -> Result<(), IcsError> {
        if matches!(phase, Phase::Stopped | Phase::Deleted) {
            return Err(IcsError::Phase { phase });
        }
        self.check_free(validator, key)?;
        if let Some(old) = self.assigned[validator].replace(key) {
            if phase == Phase::Launched {
                self.to_prune.entry(forget_s).or_default().push(old);
            } else {
                self.answers.remove(&old);
            }
        }
        self.answers.insert(key, validator);
        Ok(())
    }

    fn check_free(&self, validator: usize, key: u64) -> Result<(), IcsError> {
        let n_validators = self.provider_keys.len();
        if validator >= n_validators {
            return Err(IcsError::UnknownValidator { validator, n_validators });
        }
        match self.provider_keys.iter().position(|provider_key| *provider_key == key) {
            Some(owner) if owner != validator => return Err(IcsError::KeyInUse { key, validator: owner }),
            Some(_) if self.assigned[validator].is_none() => {
                return Err(IcsError::DefaultKey { key, validator });
            }
            _ => {}
        }
        match self.answers.get(&key) {
            Some(owner) => Err(IcsError::KeyInUse { key, validator: *owner }),
            None => Ok(()),
        }
    }

    /// End of a block: forgets the replaced keys whose time has come, those due at `now_s` included.
    pub fn prune(&mut self, now_s: u64) {
        while let Some(entry) = self.to_prune.first_entry()
            && *entry.key() <= now_s
        {
            for key in entry.remove() {
                self.answers.remove(&key);
            }
        }
    }
}
