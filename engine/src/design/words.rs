//! What a system does, in words, so that a reader can check one case by hand.

use super::Compiler;
use super::backing::Backing;
use super::enforcement::{holds_executor, wait_days};
use super::penalty::{Judged, Manner};
use super::saga;
use super::settle::rule_in_words;
use crate::graph::ChargeNote;
use crate::study::{Ics, Mesh, SagaPrice, Selection, StakeMode, Study, System};

/// Who has power over a service.
pub fn who_has_power(study: &Study, system: &System, backing: Option<&Backing>) -> String {
    let pool = |index: usize| format!("`{}`", study.pools[index].name);
    let weights =
        |power: &Option<Vec<u128>>| if power.is_some() { ", voting by a table of weights" } else { "" };
    match system {
        System::Pos(pos) => format!("proof of stake on pool {}{}", pool(pos.pool), weights(&pos.power)),
        System::Ics(ics) => consumer(study, ics, backing),
        System::Saga(ics, price) => {
            format!("Saga chainlet, {}: {}", paid(study, ics, price), consumer(study, ics, backing))
        }
        System::Eigenlayer(avs) => {
            let pools: Vec<String> = avs.pools.iter().map(|index| pool(*index)).collect();
            let stake = match avs.stake {
                StakeMode::Pooled => "whole stake",
                StakeMode::Unique => "allocated stake (unique)",
                StakeMode::Elastic => "allocated stake (elastic)",
            };
            let byzantine =
                if avs.byzantine { "; it is Byzantine and has slashed its fraction of it" } else { "" };
            format!("restaking: {stake} in {}{}{byzantine}", pools.join(", "), weights(&avs.power))
        }
        System::Mesh(mesh) => meshed(study, mesh),
        System::Pow(_) => "proof of work: whoever has the hash rate".to_owned(),
    }
}

fn consumer(study: &Study, ics: &Ics, backing: Option<&Backing>) -> String {
    let pool = &study.pools[ics.provider];
    let mode = match &ics.selection {
        Selection::Replicated => "every active validator".to_owned(),
        Selection::TopN(percent, _) => {
            format!("the largest validators up to {percent} % of the power, and volunteers")
        }
        Selection::OptIn(_) => "validators that opted in".to_owned(),
    };
    let bonded = pool.stake.iter().filter(|stake| **stake > 0).count();
    let chosen =
        backing.map_or(0, |b| b.parts.iter().flat_map(|p| &p.units).filter(|units| **units > 0).count());
    let cap = ics.power_cap.map_or_else(String::new, |percent| {
        format!(", none with more than {percent} % of the power where that is possible")
    });
    format!("consumer of pool `{}`, run by {mode}: {chosen} of {bonded}{cap}", pool.name)
}

fn paid(study: &Study, ics: &Ics, price: &SagaPrice) -> String {
    match price {
        SagaPrice::Fee { epoch_usd, setup_usd } => {
            format!("all validators share {epoch_usd} USD a day (launch {setup_usd} USD)")
        }
        SagaPrice::Auction { .. } => match saga::clearing(study, ics, price)
            .and_then(|clearing| clearing.price)
        {
            Some(micros) => {
                format!("each winner of the auction is paid {} USD a day", crate::graph::to_f64(micros) / 1e6)
            }
            None => "nobody bids in the auction".to_owned(),
        },
    }
}

fn meshed(study: &Study, mesh: &Mesh) -> String {
    let lent = mesh.external.iter().map(|external| {
        let name = &study.pools[external.pool].name;
        format!(
            "`{name}` (at a discount of {}, up to {:.4} of the power)",
            external.discount, external.max_power
        )
    });
    let lent: Vec<String> = lent.collect();
    let local = &study.pools[mesh.local].name;
    if lent.is_empty() {
        format!("mesh security without lenders: pool `{local}`")
    } else {
        format!("mesh security: pool `{local}`, and lent by operators with a node here {}", lent.join(", "))
    }
}

impl Compiler<'_> {
    /// What each liability charges for an attack.
    pub(super) fn notes(&self, judged: &Judged<'_>) -> Vec<ChargeNote> {
        let liabilities = self.backings[judged.index].iter().flat_map(|backing| &backing.liabilities);
        let note = |(liability, charge): (&super::Liability, &super::penalty::Charge)| ChargeNote {
            pool: liability.pool,
            rule: match charge.manner {
                Manner::Leak => {
                    "Ethereum: inactivity leak and attestations missed until the chain can finalise"
                }
                Manner::Slash => rule_in_words(self, liability, judged.service),
            },
            fraction: charge.fraction,
            landing: charge.landing,
            executes_on: liability.executes_on,
            // A leak falls due although, and because, the chain cannot finalise.
            is_held: charge.manner == Manner::Slash
                && holds_executor(liability, judged.service, judged.attack),
            wait_days: wait_days(liability, judged.attack),
        };
        liabilities.zip(&judged.charges).map(note).collect()
    }
}
