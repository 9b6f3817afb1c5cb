//! Sums of independent whole numbers: one step of the convolution of their laws. Every term is positive, so that the least
//! probability keeps its relative precision.

use super::dispatch::wide;

wide! {
    /// `next[i] = now[i]·q + now[i − shift]·p`, with `now[i] = 0` below 0. Both slices have one length.
    pub fn two_point(now: &[f64], next: &mut [f64], shift: usize, p: f64, q: f64) {
        let shift = shift.min(next.len());
        let (low, high) = next.split_at_mut(shift);
        for (next, now) in low.iter_mut().zip(now) {
            *next = *now * q;
        }
        for ((next, stays), comes) in high.iter_mut().zip(&now[shift..]).zip(now) {
            *next = *stays * q + *comes * p;
        }
    }
}

wide! {
    /// `into[i] += from[i]·factor`
    pub fn add_times(into: &mut [f64], from: &[f64], factor: f64) {
        for (into, from) in into.iter_mut().zip(from) {
            *into += *from * factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_definition_at_every_length_and_shift() {
        for len in 0..66usize {
            for shift in [0, 1, 2, 5, 64, 65, 70] {
                let now: Vec<f64> = (1u32..).take(len).map(|i| 1.0 / f64::from(i)).collect();
                let mut next = vec![f64::NAN; len];
                two_point(&now, &mut next, shift, 0.25, 0.75);
                for i in 0..len {
                    let comes = i.checked_sub(shift).map_or(0.0, |from| now[from]);
                    assert_eq!(next[i].to_bits(), (now[i] * 0.75 + comes * 0.25).to_bits(), "{len} {shift}");
                }
            }
        }
    }
}
