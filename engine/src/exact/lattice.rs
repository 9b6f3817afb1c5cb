//! Powers as whole cells.

/// Most cells that all power may fill for a law that is computed.
pub const MOST_CELLS: u64 = 1 << 16;

/// How powers are rounded to cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// A power that reaches in cells reaches in truth.
    Down,
    /// For the estimate between.
    Nearest,
    /// A power that reaches in truth reaches in cells.
    Up,
}

pub(crate) const ROUNDINGS: [Rounding; 3] = [Rounding::Down, Rounding::Nearest, Rounding::Up];

/// Powers of the members and thresholds, in cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    /// Cells by rounding; one entry where nothing was rounded. `[rounding][member]`
    cells: Vec<Vec<usize>>,
    /// Cells that reach each threshold. `[threshold]`
    needs: Vec<usize>,
}

impl Lattice {
    /// Whole cells for these powers: exact where the powers over their greatest common divisor fill at most `most` cells, else so
    /// many cells, rounded. `needs` is the least power that reaches each threshold.
    pub fn new(powers: &[u128], needs: &[u128], most: u64) -> Self {
        let divisor = powers.iter().copied().fold(0, gcd).max(1);
        let total: u128 = powers.iter().sum();
        let reduced = total / divisor;
        if reduced <= u128::from(most) {
            let cells = powers.iter().map(|power| index(power / divisor)).collect();
            return Self {
                cells: vec![cells],
                needs: needs.iter().map(|n| index(n.div_ceil(divisor))).collect(),
            };
        }
        // A total stays below 2^96 (`Threshold::least_power`), so the products fit.
        let whole = total;
        let scale = |power: u128, round: u128| (power.saturating_mul(u128::from(most)) + round) / whole;
        let rounded = |rounding| {
            let extra = match rounding {
                Rounding::Down => 0,
                Rounding::Nearest => whole / 2,
                Rounding::Up => whole - 1,
            };
            powers.iter().map(|power| index(scale(*power, extra))).collect()
        };
        Self {
            cells: ROUNDINGS.map(rounded).to_vec(),
            needs: needs.iter().map(|need| index(scale(*need, whole - 1))).collect(),
        }
    }

    /// Whether no power was rounded.
    pub fn is_exact(&self) -> bool {
        self.cells.len() == 1
    }

    /// Cells that reach each threshold. `[threshold]`
    pub fn needs(&self) -> &[usize] {
        &self.needs
    }

    /// Most cells that any threshold needs.
    pub fn most_needed(&self) -> usize {
        self.needs.iter().copied().max().unwrap_or(0)
    }

    /// How many roundings there are to compute: 1 or 3.
    pub(crate) fn n_roundings(&self) -> usize {
        self.cells.len()
    }

    /// Cells of each member. `[member]`
    pub(crate) fn cells(&self, rounding: usize) -> &[usize] {
        &self.cells[rounding]
    }
}

/// Greatest common divisor.
pub(crate) fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn index(cells: u128) -> usize {
    usize::try_from(cells).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_whole_powers_are_exact_and_their_divisor_is_taken_out() {
        let lattice = Lattice::new(&[10_000_000, 6_000_000, 5_000_000], &[7_000_001], 100);
        assert!(lattice.is_exact());
        assert_eq!(lattice.cells(0), [10, 6, 5]);
        assert_eq!(lattice.needs(), [8]);
    }

    /// Any set that reaches in cells rounded down reaches in truth, and the other way round for up.
    #[test]
    fn roundings_enclose_the_truth() {
        let powers: Vec<u128> = (1..=12u128).map(|i| i * i * 1_000_003 + 17).collect();
        let total: u128 = powers.iter().sum();
        let need = total / 3 + 1;
        let lattice = Lattice::new(&powers, &[need], 64);
        assert!(!lattice.is_exact());
        for set in 0..1u32 << powers.len() {
            let chosen = |i: &usize| set >> i & 1 == 1;
            let power: u128 = (0..powers.len()).filter(chosen).map(|i| powers[i]).sum();
            let cells = |rounding: usize| -> usize {
                (0..powers.len()).filter(chosen).map(|i| lattice.cells(rounding)[i]).sum()
            };
            assert!(cells(0) < lattice.needs()[0] || power >= need, "{set}");
            assert!(power < need || cells(2) >= lattice.needs()[0], "{set}");
        }
    }
}
