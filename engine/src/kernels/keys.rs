//! Numbers that are not negative as integers that sort as they do, and tell where they stood.

use super::dispatch::wide;

wide! {
    /// Bits of each value, its position in the place of those in `mask`.
    pub fn make(values: &[f64], mask: u64, keys: &mut [u64]) {
        for (position, (value, key)) in values.iter().zip(keys).enumerate() {
            *key = (value.to_bits() & !mask) | position as u64;
        }
    }
}

wide! {
    /// The keys with the flag in the top bit, which no such number has: it is the sign.
    pub fn mark(keys: &[u64], flags: &[u8], marked: &mut [u64]) {
        for ((key, flag), marked) in keys.iter().zip(flags).zip(marked) {
            *marked = key | (u64::from(*flag) << 63);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_values_do_and_ties_by_position() {
        let values: Vec<f64> = (0..66u32).map(|i| f64::from(i * 37 % 29) / 3.0).collect();
        for n in 0..=values.len() {
            let mut keys = vec![0; n];
            make(&values[..n], 127, &mut keys);
            let mut sorted: Vec<usize> = (0..n).collect();
            sorted.sort_by_key(|at| keys[*at]);
            assert!(sorted.windows(2).all(|w| (values[w[0]], w[0]) < (values[w[1]], w[1])));
            let flags: Vec<u8> = (0..n).map(|at| u8::from(at % 3 == 0)).collect();
            let mut marked = vec![0; n];
            mark(&keys, &flags, &mut marked);
            assert!((0..n).all(|at| marked[at] == keys[at] | u64::from(at % 3 == 0) << 63));
        }
    }
}
