//! Masks: bytes to bits, and from one mask per row to one set per scenario.

use super::dispatch::wide;
use super::{LANES, Mask};

/// Packs bytes that are 0 or 1 into a word.
#[inline(always)]
pub fn pack(flags: &[u8; 64]) -> u64 {
    let mut word = 0;
    for (i, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        // Each byte's low bit moves to one bit of the top byte.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= bits << (8 * i);
    }
    word
}

/// The lanes for which something holds.
#[inline(always)]
pub fn lanes_where(holds: impl Fn(usize) -> bool) -> Mask {
    std::array::from_fn(|word| pack(&std::array::from_fn(|bit| u8::from(holds(64 * word + bit)))))
}

/// The first `n` lanes.
pub fn first_lanes(n: usize) -> Mask {
    lanes_where(|lane| lane < n)
}

/// Lanes in both masks.
#[inline]
pub fn both(a: &Mask, b: &Mask) -> Mask {
    std::array::from_fn(|word| a[word] & b[word])
}

/// Lanes in either mask.
#[inline]
pub fn either(a: &Mask, b: &Mask) -> Mask {
    std::array::from_fn(|word| a[word] | b[word])
}

/// One byte per bit of `words`, 0 or 1.
pub fn unpack(words: &[u64], flags: &mut Vec<u8>) {
    flags.resize(64 * words.len(), 0);
    for (word, chunk) in words.iter().zip(flags.as_chunks_mut::<64>().0) {
        for (eight, byte) in chunk.as_chunks_mut::<8>().0.iter_mut().zip(word.to_le_bytes()) {
            // Bit i of a copy in byte i is kept and carried to the top of the byte.
            let copies = u64::from(byte).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
            *eight = ((copies + 0x7F7F_7F7F_7F7F_7F7F) >> 7 & 0x0101_0101_0101_0101).to_le_bytes();
        }
    }
}

/// Transposes a 64 × 64 bit matrix in place: bit j of word i and bit i of word j change places.
///
/// Warren, Hacker's Delight, 7-3, with the low bit first.
#[inline(always)]
pub fn transpose64(block: &mut [u64; 64]) {
    swap_blocks::<32>(block, 0x0000_0000_FFFF_FFFF);
    swap_blocks::<16>(block, 0x0000_FFFF_0000_FFFF);
    swap_blocks::<8>(block, 0x00FF_00FF_00FF_00FF);
    swap_blocks::<4>(block, 0x0F0F_0F0F_0F0F_0F0F);
    swap_blocks::<2>(block, 0x3333_3333_3333_3333);
    swap_blocks::<1>(block, 0x5555_5555_5555_5555);
}

/// Swaps the upper right and lower left of every square of `2 · WIDTH` bits; `low` has the columns on the left.
#[inline(always)]
fn swap_blocks<const WIDTH: usize>(block: &mut [u64; 64], low: u64) {
    for square in block.chunks_exact_mut(2 * WIDTH) {
        let (upper, lower) = square.split_at_mut(WIDTH);
        for (upper, lower) in upper.iter_mut().zip(lower) {
            let swap = ((*upper >> WIDTH) ^ *lower) & low;
            *upper ^= swap << WIDTH;
            *lower ^= swap;
        }
    }
}

wide! {
    /// From `rows[i]` (a mask over scenarios) to `sets[l * words ..][..words]` (a set of rows), `words = ⌈rows/64⌉`.
    pub fn rows_to_sets(rows: &[Mask], sets: &mut [u64]) {
        let words = rows.len().div_ceil(64);
        let mut block = [0u64; 64];
        for lane_word in 0..LANES / 64 {
            for (set_word, chunk) in rows.chunks(64).enumerate() {
                block.fill(0);
                for (slot, row) in block.iter_mut().zip(chunk) {
                    *slot = row[lane_word];
                }
                transpose64(&mut block);
                let column = sets[64 * lane_word * words..].iter_mut().skip(set_word).step_by(words);
                column.zip(&block).for_each(|(set, word)| *set = *word);
            }
        }
    }
}

wide! {
    /// Adds 1 to each lane for every row that is set there.
    pub fn add_rows(rows: &[Mask], counts: &mut [u32; LANES]) {
        for row in rows {
            for (word, counts) in row.iter().zip(counts.as_chunks_mut::<64>().0) {
                for (bit, count) in counts.iter_mut().enumerate() {
                    *count += u32::from(word >> bit & 1 == 1);
                }
            }
        }
    }
}

wide! {
    /// Writes the positions of the bits set in `words`, rising, as far as there is room.
    pub fn write_ones(words: &[u64], positions: &mut [u32]) {
        let (mut first, mut slots) = (0u32, positions.iter_mut());
        for word in words {
            let mut rest = *word;
            while rest != 0 {
                let Some(slot) = slots.next() else { return };
                *slot = first + rest.trailing_zeros();
                rest &= rest - 1;
            }
            first += 64;
        }
    }
}

/// Positions of the bits set in `words`, rising.
#[inline]
pub fn ones(words: &[u64]) -> Ones<'_> {
    Ones { words, next_word: 0, rest: 0 }
}

/// See [`ones`].
#[derive(Debug, Clone)]
pub struct Ones<'a> {
    words: &'a [u64],
    /// One past the word that `rest` is left of.
    next_word: usize,
    rest: u64,
}

impl Iterator for Ones<'_> {
    type Item = usize;
    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.rest == 0 {
            self.rest = *self.words.get(self.next_word)?;
            self.next_word += 1;
        }
        let bit = self.rest.trailing_zeros() as usize;
        self.rest &= self.rest - 1;
        Some(64 * (self.next_word - 1) + bit)
    }
}

/// Whether bit `index` of `words` is set.
#[inline]
pub fn contains(words: &[u64], index: usize) -> bool {
    words[index / 64] >> (index % 64) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scramble(i: u64) -> u64 {
        let x = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (x ^ (x >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    }

    #[test]
    fn packing_keeps_every_flag() {
        for round in 0..8 {
            let mut flags = [0u8; 64];
            for (i, flag) in (64 * round..).zip(&mut flags) {
                *flag = u8::from(scramble(i) >> 63 == 1);
            }
            let word = [pack(&flags)];
            for (i, flag) in flags.iter().enumerate() {
                assert_eq!(contains(&word, i), *flag == 1, "bit {i}");
            }
        }
    }

    #[test]
    fn lanes_are_those_for_which_something_holds() {
        let odd = lanes_where(|lane| lane % 2 == 1);
        assert!(ones(&odd).eq((1..LANES).step_by(2)));
        for n in [0, 1, 63, 64, 65, 255, 256] {
            let first = first_lanes(n);
            assert!(ones(&first).eq(0..n));
            assert!(ones(&both(&first, &odd)).eq((1..n).step_by(2)));
            assert!(ones(&either(&first, &odd)).eq((0..LANES).filter(|lane| *lane < n || lane % 2 == 1)));
        }
    }

    #[test]
    fn unpacking_tells_every_bit() {
        let mut flags = vec![7; 1000];
        for n in 0..9u64 {
            let words: Vec<u64> = (0..n).map(scramble).collect();
            unpack(&words, &mut flags);
            let expected = (0..64 * words.len()).map(|bit| u8::from(contains(&words, bit)));
            assert!(flags.iter().copied().eq(expected));
        }
    }

    #[test]
    fn sets_hold_what_rows_hold_for_every_row_count() {
        for n in 0..140 {
            let rows: Vec<Mask> = (0..n).map(|r| [0, 1, 2, 3].map(|w| scramble(4 * r + w))).collect();
            let words = rows.len().div_ceil(64);
            let mut sets = vec![0; LANES * words];
            rows_to_sets(&rows, &mut sets);
            let mut counts = [0; LANES];
            add_rows(&rows, &mut counts);
            for lane in 0..LANES {
                let set = &sets[lane * words..][..words];
                let expected: Vec<usize> = (0..rows.len()).filter(|r| contains(&rows[*r], lane)).collect();
                assert_eq!(ones(set).collect::<Vec<_>>(), expected);
                let mut written = vec![0; expected.len()];
                write_ones(set, &mut written);
                assert!(written.iter().map(|position| *position as usize).eq(expected.iter().copied()));
                assert_eq!(counts[lane] as usize, expected.len());
            }
        }
    }
}
