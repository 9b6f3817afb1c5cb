//! Cheap decisions `u < Φ(x)` for a whole column, with a proved band in which they stay open.
//!
//! Almost every decision is made by a polynomial in single precision; the few inside the band go to the exact
//! comparison of the caller. Results therefore do not depend on the approximation, only the time does.

use super::dispatch::wide;
use super::{LANES, Mask, bits};

/// Half width of the open band in units of 2^−16: 16.3 from the polynomial, the rest for rounding in [`scaled_cdf`].
pub const BAND: f32 = 17.0;

/// A column in single precision.
pub type Single = [f32; LANES];

/// About 65536·Φ(x), within [`BAND`] for every x that is not NaN.
///
/// `65536·Φ(−y) ≈ (c₀ + c₁y + c₂y² + c₃y³)⁴` on 0 ≤ y ≤ 4, held constant beyond.
#[inline(always)]
pub fn scaled_cdf(x: f32) -> f32 {
    const SCALE: f32 = 13.454_34;
    const C0: f32 = SCALE * 0.999_921;
    const C1: f32 = SCALE * -0.197_341_54;
    const C2: f32 = SCALE * -0.068_103_75;
    const C3: f32 = SCALE * 0.016_069_332;
    let y = x.abs().min(4.0);
    let root = ((C3 * y + C2) * y + C1) * y + C0;
    let square = root * root;
    32_768.0 + (32_768.0 - square * square).copysign(x)
}

wide! {
    /// Adds `coefficient · column` to `out`.
    pub fn add_scaled(out: &mut Single, coefficient: f32, column: &Single) {
        out.iter_mut().zip(column).for_each(|(out, value)| *out += coefficient * value);
    }
}

wide! {
    /// Decides `noise[l] / 2^32 < Φ(pull[l] + cutoff · scale[l])` where that is clear: who hits, and where |x|'s rounding
    /// (`slack`, in units of 2^−16) or the polynomial could matter, so that it is open.
    pub fn below(pull: &Single, cutoff: f32, scale: &Single, noise: &[u32; LANES], slack: f32) -> (Mask, Mask) {
        let (mut hit, mut open) = ([0; LANES], [0; LANES]);
        let band = BAND + slack;
        for l in 0..LANES {
            let distance = top24(noise[l]) - scaled_cdf(pull[l] + cutoff * scale[l]);
            hit[l] = u8::from(distance < 0.0);
            open[l] = u8::from(distance.abs() <= band);
        }
        (bits::pack(&hit), bits::pack(&open))
    }
}

/// The top 24 bits of a word on the scale of 2^16, exact in single precision.
#[inline(always)]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "24 bits fit both")]
fn top24(word: u32) -> f32 {
    (word >> 8) as i32 as f32 * (1.0 / 256.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::normal;

    #[test]
    fn the_band_holds_over_the_whole_line() {
        let mut worst = 0.0_f64;
        for i in -4_000_000..=4_000_000 {
            #[expect(clippy::cast_possible_truncation, reason = "a grid in single precision")]
            let x = (f64::from(i) * 2.5e-6) as f32;
            let error = f64::from(scaled_cdf(x)) - 65_536.0 * normal::cdf(f64::from(x));
            worst = worst.max(error.abs());
        }
        // One unit is kept for noise below the top 24 bits.
        assert!(worst < f64::from(BAND) - 0.5, "worst error {worst} units");
        for x in [f32::INFINITY, f32::MAX, 1e9] {
            assert!((scaled_cdf(x) - 65_536.0).abs() < BAND - 0.5);
            assert!(scaled_cdf(-x).abs() < BAND - 0.5);
        }
    }

    #[test]
    fn clear_decisions_are_right() {
        let mut noise = [0u32; LANES];
        let mut x = [0.0f32; LANES];
        for round in 0..200u32 {
            for l in 0..LANES {
                let mix = (round * 256 + u32::try_from(l).unwrap()).wrapping_mul(0x9E37_79B9);
                noise[l] = mix ^ (mix >> 13);
                #[expect(clippy::cast_precision_loss, reason = "any numbers will do")]
                let spread = (mix % 1000) as f32 / 110.0 - 4.5;
                x[l] = spread;
            }
            let (hit, open) = below(&[0.0; LANES], 1.0, &x, &noise, 0.0);
            for l in 0..LANES {
                let exact = f64::from(noise[l]) / 4_294_967_296.0 < normal::cdf(f64::from(x[l]));
                let told = |mask: &Mask| bits::contains(mask, l);
                assert!(told(&open) || exact == told(&hit), "x = {}, noise = {}", x[l], noise[l]);
            }
        }
    }
}
