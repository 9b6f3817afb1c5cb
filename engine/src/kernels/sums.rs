//! Sums of columns in eight interleaved accumulators: fast, and the same bits at every vector width.

use super::dispatch::wide;

const WAYS: usize = 8;

/// `Σ f(x, g)` over pairs, element `i` in accumulator `i mod 8`, accumulators added pairwise at the end.
#[inline(always)]
fn fold(values: &[f64], gate: &[f64], f: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; WAYS];
    let (chunks, rest) = values.as_chunks::<WAYS>();
    let (gates, rest_gate) = gate.as_chunks::<WAYS>();
    for (chunk, gate) in chunks.iter().zip(gates) {
        for i in 0..WAYS {
            sums[i] += f(chunk[i], gate[i]);
        }
    }
    for (i, (value, gate)) in rest.iter().zip(rest_gate).enumerate() {
        sums[i] += f(*value, *gate);
    }
    ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]))
}

wide! {
    /// `Σ value`.
    pub fn sum(values: &[f64]) -> f64 {
        fold(values, values, |value, _| value)
    }
}

wide! {
    /// `Σ a · b`.
    pub fn dot(a: &[f64], b: &[f64]) -> f64 {
        fold(a, b, |a, b| a * b)
    }
}

wide! {
    /// Number of finite values.
    pub fn count_finite(gate: &[f64]) -> usize {
        gate.iter().filter(|gate| gate.is_finite()).count()
    }
}

wide! {
    /// `Σ value` where the gate is finite.
    pub fn sum_where_finite(values: &[f64], gate: &[f64]) -> f64 {
        fold(values, gate, |value, gate| if gate.is_finite() { value } else { 0.0 })
    }
}

wide! {
    /// `Σ (value − centre)²` where the gate is finite.
    pub fn squares_where_finite(values: &[f64], gate: &[f64], centre: f64) -> f64 {
        fold(values, gate, |value, gate| {
            if gate.is_finite() { (value - centre) * (value - centre) } else { 0.0 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_agree_with_the_plain_loop_at_every_length() {
        for n in 0..=66u32 {
            let values: Vec<f64> = (0..n).map(|i| f64::from(i * i % 17) - 5.0).collect();
            let gate: Vec<f64> = (0..n).map(|i| if i % 3 == 0 { f64::INFINITY } else { 1.0 }).collect();
            let kept =
                || values.iter().zip(&gate).filter(|(_, gate)| gate.is_finite()).map(|(value, _)| *value);
            assert!((sum(&values) - values.iter().sum::<f64>()).abs() < 1e-9);
            let products = values.iter().rev().zip(&values).map(|(a, b)| a * b).sum::<f64>();
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            assert!((dot(&reversed, &values) - products).abs() < 1e-9);
            assert_eq!(count_finite(&gate), kept().count());
            assert!((sum_where_finite(&values, &gate) - kept().sum::<f64>()).abs() < 1e-9);
            let squares: f64 = kept().map(|value| (value - 2.0) * (value - 2.0)).sum();
            assert!((squares_where_finite(&values, &gate, 2.0) - squares).abs() < 1e-9);
        }
    }
}
