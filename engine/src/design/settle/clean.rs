//! What one cause alone costs somebody, reckoned beforehand.

use super::book::{Book, Demand, Slash};
use super::{Books, Part, Role, Rules, beacon};
use crate::design::enforcement::holds;
use crate::graph::{Assault, Bill, BillLine, Gaps};

/// What somebody loses by one cause alone, reckoned beforehand; small, as there is one for each operator and offence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clean {
    /// Tokens.
    lost: f64,
    /// The same by the linear graph.
    linear: f64,
    /// Gaps that its reckoning runs into, as in [`Gaps`].
    gaps: [u32; 2],
}

impl Clean {
    /// The line of a mishap, and its gaps.
    pub(super) fn of_mishap(self, book: &Book, operator: usize) -> (BillLine, Gaps) {
        let Self { lost, linear, .. } = self;
        let line = BillLine { operator, asset: book.asset, book: book.index, ..BillLine::default() };
        (BillLine { by_accident: lost, linear, ..line }, self.gaps())
    }

    /// The line of a member of an attack all of whose slashes share a fate, and its gaps; what does not land runs into none.
    pub(super) fn of_attack(self, book: &Book, operator: usize, outcome: Outcome) -> (BillLine, Gaps) {
        let Self { lost, linear, .. } = self;
        let line =
            BillLine { operator, asset: book.asset, book: book.index, nominal: lost, ..BillLine::default() };
        match outcome {
            Outcome::AllLand => (BillLine { by_attack: lost, linear, ..line }, self.gaps()),
            Outcome::NoneLands => (line, Gaps::default()),
        }
    }

    fn gaps(self) -> Gaps {
        let [slashable_above_collateral, aborted_slashes] = self.gaps.map(u64::from);
        Gaps { slashable_above_collateral, aborted_slashes }
    }
}

/// Slashes that share one fate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    AllLand,
    NoneLands,
}

impl Outcome {
    /// The fate of slashes of which these parts land, unless some do and others do not, or in part.
    pub(super) fn of(mut landings: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        if landings.clone().all(|landed| landed >= 1.0) {
            Some(Self::AllLand)
        } else if landings.all(|landed| landed <= 0.0) {
            Some(Self::NoneLands)
        } else {
            None
        }
    }
}

impl Books {
    /// Reckons once what the same offence costs the same operator time and again.
    pub(super) fn reckon_clean_losses(&mut self) {
        let mut attacks = std::mem::take(&mut self.attacks);
        for offence in attacks.iter_mut().flatten() {
            for (index, book) in self.books.iter().enumerate() {
                if offence.demands[index].is_empty() || matches!(book.rules, Rules::Beacon(_)) {
                    continue;
                }
                let slashes: Vec<Slash> = offence.demands[index].iter().map(Demand::landed).collect();
                let clean = |operator: usize| {
                    let part = Part { operator, accidents: 0, fault: 0, role: Role::Attacker };
                    self.clean(book, part, &slashes)
                };
                offence.clean[index] = (0..book.tokens.len()).map(clean).collect();
            }
        }
        self.attacks = attacks;
    }

    /// Reckons once what one accident costs each operator.
    pub(super) fn reckon_mishaps(&mut self) {
        let of = |book: &Book| {
            let of_fault = |fault: usize| {
                let part = |operator| Part { operator, accidents: 1, fault, role: Role::Bystander };
                (0..book.tokens.len()).map(|operator| self.clean(book, part(operator), &[])).collect()
            };
            let is_apart = !book.accidents_are_free() && !matches!(book.rules, Rules::Beacon(_));
            if is_apart { (0..self.keys_hit.len()).map(of_fault).collect() } else { Vec::new() }
        };
        self.mishaps = self.books.iter().map(of).collect();
    }

    /// Books what an attack on one target costs in one book where nothing else has happened and that is known beforehand; `false` if
    /// it has to be reckoned.
    pub(super) fn settle_known(&self, book: &Book, assault: &Assault<'_>, bill: &mut Bill) -> bool {
        let [strike] = assault.strikes else { return false };
        let offence = &self.attacks[strike.service][strike.target];
        if offence.demands[book.index].is_empty() {
            return true;
        }
        let clean = &offence.clean[book.index];
        if clean.is_empty() {
            return false;
        }
        let is_held = |service: usize| {
            assault.held >> service & 1 == 1 || (service == offence.service && holds(&offence.attack))
        };
        let landings = book.landings(strike.luck, offence, is_held).map(|(_, landed)| landed);
        let Some(outcome) = Outcome::of(landings) else { return false };
        let left = self.left_of_base(book, bill);
        for (member, part) in assault.committed() {
            let (mut line, gaps) = clean[member].of_attack(book, member, outcome);
            bill.gaps.add(gaps);
            if part < 1.0 {
                line.scale_attack(part, 0.0);
            }
            if line.nominal > 0.0 {
                line.scale_exact(left);
                bill.lines.push(line);
            }
        }
        true
    }

    /// What one operator loses if all slashes land, whatever others lose.
    fn clean(&self, book: &Book, part: Part, slashes: &[Slash]) -> Clean {
        let (nobody, mut bill) = ((beacon::Wave::default(), beacon::Wave::default()), Bill::default());
        let line = self.line(book, part, (slashes, slashes), &nobody, &mut bill);
        let Gaps { slashable_above_collateral, aborted_slashes } = bill.gaps;
        // An operator has no more liens than there are services.
        let gaps =
            [slashable_above_collateral, aborted_slashes].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        Clean { lost: line.by_accident + line.by_attack, linear: line.linear, gaps }
    }

    /// What one operator loses by one cause alone, where that is known beforehand.
    pub(super) fn known(
        &self,
        book: &Book,
        clean: &[Clean],
        (outcome, part): (Option<Outcome>, Part),
    ) -> Option<(BillLine, Gaps)> {
        match (outcome, part) {
            (Some(outcome), Part { accidents: 0, operator, .. }) => {
                Some(clean[operator].of_attack(book, operator, outcome))
            }
            (_, Part { accidents: 1, role: Role::Bystander, operator, .. }) => {
                let of_fault = self.mishaps[book.index].get(part.fault);
                of_fault.map(|of_fault| of_fault[operator].of_mishap(book, operator))
            }
            _ => None,
        }
    }
}
