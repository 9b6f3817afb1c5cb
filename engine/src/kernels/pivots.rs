//! Ratio tests of a dual simplex: which column lets a row move at the least cost.

use super::dispatch::wide;

/// Entries no larger do not count.
const LEAST: f64 = 1e-9;
/// Lanes of a sum or a minimum.
const WIDE: usize = 8;

wide! {
    /// `|reduced / entry|` of each column that lets the variable of a row rise (in `up`) or fall (in `down`), infinite of all others. `moves`: 1 of
    /// a column that can rise, −1 of one that can fall, 0 of one that stays.
    pub fn ratios(row: (&[f64], &[f64], &[f64]), up: &mut [f64], down: &mut [f64]) {
        let (entries, reduced, moves) = row;
        for (((entry, reduced), moves), (up, down)) in
            entries.iter().zip(reduced).zip(moves).zip(up.iter_mut().zip(down))
        {
            let (ratio, way) = ((reduced / entry).abs(), entry * moves);
            *up = if way < -LEAST { ratio } else { f64::INFINITY };
            *down = if way > LEAST { ratio } else { f64::INFINITY };
        }
    }
}

wide! {
    /// The least value and the first place where it stands; infinite and the length where there is none less.
    pub fn least(values: &[f64]) -> (f64, usize) {
        let (tiles, rest) = values.as_chunks::<WIDE>();
        let mut lanes = [f64::INFINITY; WIDE];
        for tile in tiles {
            lanes = std::array::from_fn(|i| if tile[i] < lanes[i] { tile[i] } else { lanes[i] });
        }
        let mut least = f64::INFINITY;
        for value in lanes.iter().chain(rest) {
            least = if *value < least { *value } else { least };
        }
        if least == f64::INFINITY {
            return (least, values.len());
        }
        let mut place = 0;
        for tile in tiles {
            if tile.iter().fold(false, |any, value| any | (*value <= least)) {
                break;
            }
            place += WIDE;
        }
        (least, place + values[place..].iter().take_while(|value| **value > least).count())
    }
}

wide! {
    /// Divides each value.
    pub fn divide(values: &mut [f64], by: f64) {
        values.iter_mut().for_each(|value| *value /= by);
    }
}

wide! {
    /// `Σ (payment − worth) x`, each x at the bound where that is least, and the sum of what is added without signs.
    pub fn least_sum(payments: &[f64], worth: &[f64], bounds: (&[f64], &[f64])) -> (f64, f64) {
        let (mut sums, mut sizes) = ([0.0; WIDE], [0.0; WIDE]);
        let (payments, worth) = (payments.as_chunks::<WIDE>(), worth.as_chunks::<WIDE>());
        let (lower, upper) = (bounds.0.as_chunks::<WIDE>(), bounds.1.as_chunks::<WIDE>());
        for ((payments, worth), (lower, upper)) in
            payments.0.iter().zip(worth.0).zip(lower.0.iter().zip(upper.0))
        {
            let reduced: [f64; WIDE] = std::array::from_fn(|i| payments[i] - worth[i]);
            let here: [f64; WIDE] =
                std::array::from_fn(|i| reduced[i] * if reduced[i] < 0.0 { upper[i] } else { lower[i] });
            sums = std::array::from_fn(|i| sums[i] + here[i]);
            sizes = std::array::from_fn(|i| sizes[i] + here[i].abs());
        }
        let (mut sum, mut size) = (sums.iter().sum::<f64>(), sizes.iter().sum::<f64>());
        for ((payment, worth), (lower, upper)) in
            payments.1.iter().zip(worth.1).zip(lower.1.iter().zip(upper.1))
        {
            let reduced = payment - worth;
            let here = reduced * if reduced < 0.0 { *upper } else { *lower };
            sum += here;
            size += here.abs();
        }
        (sum, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_is_what_plain_loops_find() {
        for n in 0..=67u32 {
            let column =
                |seed: u32| -> Vec<f64> { (0..n).map(|i| f64::from((i * seed) % 23) - 7.0).collect() };
            let (entries, reduced) = (column(7), column(11));
            let moves: Vec<f64> = (0..n).map(|i| f64::from(i % 3) - 1.0).collect();
            let len = entries.len();
            let (mut up, mut down) = (vec![0.0; len], vec![0.0; len]);
            ratios((&entries, &reduced, &moves), &mut up, &mut down);
            for i in 0..len {
                let ratio = (reduced[i] / entries[i]).abs();
                let rises = entries[i] * moves[i] < 0.0;
                let falls = entries[i] * moves[i] > 0.0;
                assert!(if rises { up[i].to_bits() == ratio.to_bits() } else { up[i] == f64::INFINITY });
                assert!(if falls { down[i].to_bits() == ratio.to_bits() } else { down[i] == f64::INFINITY });
            }
            let sought = up.iter().enumerate().filter(|(_, ratio)| **ratio < f64::INFINITY);
            let sought = sought.min_by(|a, b| a.1.total_cmp(b.1)).map(|(at, ratio)| (*ratio, at));
            assert_eq!(least(&up), sought.unwrap_or((f64::INFINITY, len)));
            let lower: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i % 5 == 0))).collect();
            let upper: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i % 7 > 1 || i % 5 == 0))).collect();
            let (sum, size) = least_sum(&entries, &reduced, (&lower, &upper));
            let here = |i: usize| {
                let reduced = entries[i] - reduced[i];
                (reduced * lower[i]).min(reduced * upper[i])
            };
            assert!((sum - (0..len).map(here).sum::<f64>()).abs() < 1e-9);
            assert!((size - (0..len).map(|i| here(i).abs()).sum::<f64>()).abs() < 1e-9);
        }
    }
}
