//! What each element gains by taking parts in order, and the best point to stop at: column by column.

use super::dispatch::wide;

/// A level beyond this is nobody's.
pub const UNPAID: f64 = 1e150;

wide! {
    /// Takes in what gains: `sum += max(0, μ·part + back − slope·weight)`, or what it gains above the best rival so far (`top`,
    /// empty without rivals).
    pub fn offer(columns: [&[f64]; 3], by: (f64, f64), top: &mut [f64], sum: &mut [f64]) {
        let [part, back, weight] = columns;
        let (mu, slope) = by;
        let gains = part.iter().zip(back).zip(weight).map(|((part, back), weight)| mu * part + back - slope * weight);
        if top.is_empty() {
            sum.iter_mut().zip(gains).for_each(|(sum, gain)| *sum += if gain > 0.0 { gain } else { 0.0 });
            return;
        }
        for ((sum, top), gain) in sum.iter_mut().zip(top).zip(gains) {
            let more = gain - *top;
            let more = if more > 0.0 { more } else { 0.0 };
            *sum += more;
            *top += more;
        }
    }
}

wide! {
    /// `sum += μ·part + back − slope·weight`, gain or not.
    pub fn give(part: &[f64], back: &[f64], weight: &[f64], by: (f64, f64), sum: &mut [f64]) {
        let (mu, slope) = by;
        for (((sum, part), back), weight) in sum.iter_mut().zip(part).zip(back).zip(weight) {
            *sum += mu * part + back - slope * weight;
        }
    }
}

wide! {
    /// Keeps the best of `sum − max(level, floor) − start`, and the stop at which it was.
    pub fn keep_best_at(columns: [&[f64]; 4], stop: f64, best: &mut [f64], stops: &mut [f64]) {
        let [sum, level, floor, start] = columns;
        let values = sum.iter().zip(level).zip(floor).zip(start).map(|(((sum, level), floor), start)| {
            let level = if *level > *floor { *level } else { *floor };
            sum - level - start
        });
        for ((best, stops), value) in best.iter_mut().zip(stops).zip(values) {
            let is_better = value > *best;
            *best = if is_better { value } else { *best };
            *stops = if is_better { stop } else { *stops };
        }
    }
}

wide! {
    /// Keeps the best of `sum − floor − start`.
    pub fn keep_best(sum: &[f64], floor: &[f64], start: &[f64], best: &mut [f64]) {
        for (((best, sum), floor), start) in best.iter_mut().zip(sum).zip(floor).zip(start) {
            let value = sum - floor - start;
            *best = if value > *best { value } else { *best };
        }
    }
}

wide! {
    /// Sum of `part` where it gains and the stop lies between the two, both included.
    pub fn taken(columns: [&[f64]; 3], by: (f64, f64), between: (f64, f64), stops: &[f64]) -> f64 {
        let [part, back, weight] = columns;
        let (mu, slope) = by;
        let counted = |((part, back), (weight, stop)): ((&f64, &f64), (&f64, &f64))| {
            let counts = mu * part + back - slope * weight > 0.0 && *stop >= between.0 && *stop <= between.1;
            if counts { *part } else { 0.0 }
        };
        // In lanes: one sum would wait for itself.
        let mut sums = [0.0; 8];
        let first = part.chunks_exact(8).zip(back.chunks_exact(8));
        let second = weight.chunks_exact(8).zip(stops.chunks_exact(8));
        for ((part, back), (weight, stops)) in first.zip(second) {
            let columns = part.iter().zip(back).zip(weight.iter().zip(stops));
            sums.iter_mut().zip(columns).for_each(|(sum, columns)| *sum += counted(columns));
        }
        let rest = stops.len() / 8 * 8;
        let columns = part[rest..].iter().zip(&back[rest..]).zip(weight[rest..].iter().zip(&stops[rest..]));
        sums.iter().sum::<f64>() + columns.map(counted).sum::<f64>()
    }
}

wide! {
    /// The larger of level and floor, in `floor`, unless the level is nobody's.
    pub fn raise(level: &[f64], floor: &mut [f64]) {
        for (floor, level) in floor.iter_mut().zip(level) {
            *floor = if *level > *floor && *level < UNPAID { *level } else { *floor };
        }
    }
}

wide! {
    /// `out = factor · column`.
    pub fn times(column: &[f64], factor: f64, out: &mut [f64]) {
        out.iter_mut().zip(column).for_each(|(out, value)| *out = factor * value);
    }
}

wide! {
    /// `out += column`.
    pub fn add(column: &[f64], out: &mut [f64]) {
        out.iter_mut().zip(column).for_each(|(out, value)| *out += value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_what_the_plain_loops_make_at_every_length() {
        for n in 0..=66u32 {
            let column =
                |seed: u32| -> Vec<f64> { (0..n).map(|i| f64::from((i * seed) % 23) - 7.3).collect() };
            let (part, back, weight, level) = (column(5), column(7), column(11), column(13));
            let (mut sum, mut top, mut best) = (column(3), column(17), column(19));
            let (sum_before, top_before, best_before) = (sum.clone(), top.clone(), best.clone());
            offer([&part, &back, &weight], (1.5, 0.5), &mut top, &mut sum);
            let mut stops = column(23);
            let stops_before = stops.clone();
            keep_best_at([&sum, &level, &back, &weight], 99.0, &mut best, &mut stops);
            for i in 0..n as usize {
                let gain = 1.5 * part[i] + back[i] - 0.5 * weight[i];
                let more = (gain - top_before[i]).max(0.0);
                assert!((top[i] - top_before[i] - more).abs() < 1e-12);
                assert!((sum[i] - sum_before[i] - more).abs() < 1e-12);
                let value = sum[i] - level[i].max(back[i]) - weight[i];
                assert!((best[i] - best_before[i].max(value)).abs() < 1e-12);
                let stop = if value > best_before[i] { 99.0 } else { stops_before[i] };
                assert!((stops[i] - stop).abs() < 1e-12);
            }
            let counts = |i: &usize| 1.5 * part[*i] + back[*i] - 0.5 * weight[*i] > 0.0 && stops[*i] >= 99.0;
            let plain: f64 = (0..n as usize).filter(counts).map(|i| part[i]).sum();
            let sum_taken = taken([&part, &back, &weight], (1.5, 0.5), (99.0, 99.0), &stops);
            assert!((sum_taken - plain).abs() < 1e-9);
            let (mut alone, before) = (sum.clone(), sum.clone());
            offer([&part, &back, &weight], (1.5, 0.5), &mut [], &mut alone);
            for i in 0..n as usize {
                let gain = 1.5 * part[i] + back[i] - 0.5 * weight[i];
                assert!((alone[i] - before[i] - gain.max(0.0)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn who_takes_no_part_keeps_its_floor() {
        let mut floor = vec![1.0, 1.0, 1.0];
        raise(&[2.0, 0.5, 1e200], &mut floor);
        assert_eq!(floor, [2.0, 1.0, 1.0]);
    }
}
