//! Bodies of Parquet pages before compression: appended to a buffer, one function an encoding.
//!
//! Source: the Parquet format's `Encodings.md`.

/// Values in a block, and in a miniblock, of differences.
const DELTA_BLOCK: usize = 128;
const MINIBLOCK: usize = 32;

/// PLAIN of counts: little-endian.
pub(super) fn counts(values: &[i32], out: &mut Vec<u8>) {
    values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
}

/// BYTE_STREAM_SPLIT: the first byte of every value, then the second of every value, and so on.
pub(super) fn split(values: &[[u8; 8]], out: &mut Vec<u8>) {
    for byte in 0..8 {
        out.extend(values.iter().map(|value| value[byte]));
    }
}

/// PLAIN of flags: a bit each.
pub(super) fn bits(values: &[bool], out: &mut Vec<u8>) {
    pack(values.iter().map(|value| u64::from(*value)), 1, out);
}

/// RLE_DICTIONARY, positions among `n` entries: their width, then one bit-packed run.
pub(super) fn positions(values: &[u32], n: usize, out: &mut Vec<u8>) {
    let width = width_of(n.saturating_sub(1) as u64);
    out.push(width);
    if width == 0 {
        varint((values.len() as u64) << 1, out);
    } else {
        varint((values.len().div_ceil(8) as u64) << 1 | 1, out);
        pack(values.iter().map(|value| u64::from(*value)), width, out);
    }
}

/// DELTA_BINARY_PACKED: what each value adds to the one before it, less the least of a block.
pub(super) fn deltas(values: &[i64], out: &mut Vec<u8>) {
    varint(DELTA_BLOCK as u64, out);
    varint((DELTA_BLOCK / MINIBLOCK) as u64, out);
    varint(values.len() as u64, out);
    zigzag(values.first().copied().unwrap_or(0), out);
    let mut added = [0; DELTA_BLOCK];
    for first in (1..values.len()).step_by(DELTA_BLOCK) {
        let block = &values[first - 1..values.len().min(first + DELTA_BLOCK)];
        let n = block.len() - 1;
        added.iter_mut().zip(block.windows(2)).for_each(|(out, pair)| *out = pair[1].wrapping_sub(pair[0]));
        let least = added[..n].iter().copied().min().unwrap_or(0);
        added[..n].iter_mut().for_each(|added| *added = added.wrapping_sub(least));
        // Miniblocks are written whole.
        added[n..].fill(0);
        let miniblocks =
            || added.chunks_exact(MINIBLOCK).map(|values| values.iter().map(|v| v.cast_unsigned()));
        let widths = || miniblocks().map(|values| width_of(values.fold(0, |all, value| all | value)));
        zigzag(least, out);
        out.extend(widths());
        for (values, width) in miniblocks().zip(widths()).take(n.div_ceil(MINIBLOCK)) {
            pack(values, width, out);
        }
    }
}

/// PLAIN of texts: length and bytes each.
pub(super) fn texts(values: &[String], out: &mut Vec<u8>) {
    for value in values {
        out.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(value.as_bytes());
    }
}

/// Bits that a number takes.
fn width_of(largest: u64) -> u8 {
    // At most 64.
    (u64::BITS - largest.leading_zeros()).to_le_bytes()[0]
}

/// Values of `width` bits each, the lowest bit first, in whole groups of eight.
fn pack(mut values: impl ExactSizeIterator<Item = u64>, width: u8, out: &mut Vec<u8>) {
    let bytes = usize::from(width);
    for _ in 0..values.len().div_ceil(8) {
        let eight: [u64; 8] = std::array::from_fn(|_| values.next().unwrap_or(0));
        let shifts = (0..8).map(|position| position * u32::from(width));
        if width <= 8 {
            let word = eight.iter().zip(shifts).fold(0, |word, (value, shift)| word | value << shift);
            out.extend_from_slice(&word.to_le_bytes()[..bytes]);
        } else {
            // Eight words, and what shifting the last one spills.
            let mut wide = [0; 64 + 16];
            for (value, shift) in eight.iter().zip(shifts) {
                let first = shift as usize / 8;
                let moved = (u128::from(*value) << (shift % 8)).to_le_bytes();
                wide[first..].iter_mut().zip(moved).for_each(|(out, byte)| *out |= byte);
            }
            out.extend_from_slice(&wide[..bytes]);
        }
    }
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 128 {
        out.push(value.to_le_bytes()[0] | 128);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Small numbers of either sign.
fn zigzag(value: i64, out: &mut Vec<u8>) {
    varint((value << 1 ^ value >> 63).cast_unsigned(), out);
}
