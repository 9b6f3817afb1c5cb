//! Rows decided in 16-bit integers (`sixteen`): what the levels that can do it, `avx512` and `avx2`, have in common.
#![cfg_attr(
    not(target_arch = "x86_64"),
    expect(dead_code, unused_variables, reason = "no other processor has a level that can")
)]

use super::Mask;
use super::level::Level;
use super::sixteen::{Small, SmallClass};
use super::squeeze::{self, Decided, Laws, SIDES, Single};
use super::xoshiro::Noise;

/// What the columns of a block are brought to 16 bits for.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// Classes and slots.
    pub laws: &'a Laws,
    /// The classes in integers.
    pub small: &'a Small,
    /// `[column]`
    pub factors: &'a [Single],
}

/// The columns of a block in 16 bits, and the thresholds that several rows share. Numbers of 16 bits lie as in [`Noise`].
#[derive(Debug, Default)]
pub struct SmallColumns {
    /// `[column]`
    pairs: Vec<Pair>,
    /// Whether a lane of some column saturates: in one block of five or so.
    some_wide: bool,
    /// Thresholds less the band. `[slot][side]`
    shared: Vec<[Noise; SIDES]>,
}

/// A column and column 0, lane by lane side by side: 32 bits a lane, as `unpack` orders them and `packs` puts them back.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Pair {
    pub low: Noise,
    pub high: Noise,
    /// Lanes in which one of the two saturates.
    pub wide: Mask,
}

/// Brings a block's columns to 16 bits if the level has the instructions; tells whether it has.
pub fn prepare(level: Level, block: Block<'_>, columns: &mut SmallColumns) -> bool {
    #[cfg(target_arch = "x86_64")]
    return super::avx512::prepare(level, block, columns) || super::avx2::prepare(level, block, columns);
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

impl SmallColumns {
    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// Fills by a level's own ways: a column at scale 2^13, rounded and saturated; two of these as a pair; and thresholds less the
    /// band for both sides of a class.
    #[inline(always)]
    pub(super) fn fill(
        &mut self,
        block: Block<'_>,
        quantised: impl Fn(&Single) -> Noise,
        pair: impl Fn(&Noise, &Noise) -> Pair,
        thresholds: impl Fn(&SmallClass, &[Pair]) -> [Noise; SIDES],
    ) {
        let Block { laws, small, factors } = block;
        self.pairs.clear();
        self.some_wide = false;
        let Some(common) = factors.first() else { return };
        let common = quantised(common);
        for column in factors {
            let pair = pair(&common, &quantised(column));
            self.some_wide |= pair.wide != Mask::default();
            self.pairs.push(pair);
        }
        self.shared.resize(laws.n_slots, [Noise::default(); SIDES]);
        for (class, small) in laws.classes.iter().zip(&small.classes) {
            if let (Some(slot), Some(small)) = (class.slot, small) {
                self.shared[slot] = thresholds(small, &self.pairs);
            }
        }
    }
}

/// Decides rows as [`squeeze::Rows`] does, in 16-bit integers: those whose class fits.
pub struct SmallRows<'a> {
    /// Classes and slots.
    pub laws: &'a Laws,
    /// The classes in integers.
    pub small: &'a Small,
    /// Row of the first noise.
    pub first: usize,
    /// Noise of these rows.
    pub noise: &'a [Noise],
    /// From [`prepare`].
    pub columns: &'a SmallColumns,
    /// Where decisions go.
    pub decided: Decided<'a>,
}

/// One of them.
pub(super) struct Row<'a> {
    pub class: &'a SmallClass,
    pub noise: &'a Noise,
    /// Thresholds less the band, where several rows share them.
    pub shared: Option<&'a [Noise; SIDES]>,
}

/// What was left open of a row.
#[derive(Default)]
pub(super) struct Opened {
    /// Whether anything was: seldom.
    pub some: bool,
    /// Empty if not. `[side]`
    pub lanes: [Mask; SIDES],
}

impl SmallRows<'_> {
    /// Decides; only where [`prepare`] said that the level has the instructions.
    pub fn run(self, level: Level) {
        #[cfg(target_arch = "x86_64")]
        if let Some(rows) = super::avx512::decide_small(level, self) {
            super::avx2::decide_small(level, rows);
        }
    }

    /// Decides by a level's own way, which fills in who lies below each side that is asked for, and what is open.
    #[inline(always)]
    pub(super) fn run_with(mut self, decide: impl Fn(&Row<'_>, &mut [&mut Mask; SIDES], &mut Opened)) {
        let Self { laws, small, columns, .. } = self;
        let n_sides = laws.n_sides;
        let mut open = Opened::default();
        for (i, (noise, index)) in self.noise.iter().zip(&laws.rows[self.first..]).enumerate() {
            let Some(small) = &small.classes[*index] else { continue };
            let law = &laws.classes[*index];
            let shared = law.slot.map(|slot| &columns.shared[slot]);
            let [low, up] = &mut self.decided.below;
            decide(&Row { class: small, noise, shared }, &mut [&mut low[i], &mut up[i]], &mut open);
            for side in (0..n_sides).filter(|side| !small.asks(*side)) {
                self.decided.below[side][i] = squeeze::certain(law.cutoffs[side]);
            }
            if open.some || columns.some_wide && self.is_wide(small) {
                self.leave_open(i, small, &mut open);
            }
        }
    }

    /// Whether a lane of a column that a class depends on saturates.
    fn is_wide(&self, class: &SmallClass) -> bool {
        let pairs = &self.small.pairs[class.pairs.0..class.pairs.1];
        pairs.iter().any(|(column, _)| self.columns.pairs[*column].wide != Mask::default())
    }

    /// Leaves open what is, and what is so because a factor saturates.
    fn leave_open(&mut self, row: usize, class: &SmallClass, open: &mut Opened) {
        for (side, lanes) in
            std::mem::take(open).lanes.into_iter().enumerate().filter(|(side, _)| class.asks(*side))
        {
            let mut lanes = lanes;
            for (column, _) in &self.small.pairs[class.pairs.0..class.pairs.1] {
                let wide = self.columns.pairs[*column].wide;
                lanes.iter_mut().zip(wide).for_each(|(lanes, wide)| *lanes |= wide);
            }
            self.decided.leave_open(row, side, lanes);
        }
    }
}

/// Halves of words, low first, as words.
#[inline(always)]
pub(super) fn joined<const N: usize, const WORDS: usize>(halves: &[u32; N]) -> [u64; WORDS] {
    const { assert!(N == 2 * WORDS) };
    std::array::from_fn(|word| u64::from(halves[2 * word]) | u64::from(halves[2 * word + 1]) << 32)
}
