//! The standard normal law: distribution function and quantile, the same bits on every machine (`libm` only).

use libm::{erfc, log, sqrt};
use std::sync::LazyLock;

/// Φ(x), the standard normal distribution function; relative error below 1e-12 for x > −37.
pub fn cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Whether `u ≤ Φ(x)`, exactly as [`cdf`] says, of which a table tells all but what lies within 10^−9.
pub fn is_at_most_cdf(u: f64, x: f64) -> bool {
    let (near, rough) = (x.abs() < FARTHEST_CENTRE, || rough_cdf(x));
    match near.then(rough).filter(|rough| (u - rough).abs() > 1e-9) {
        Some(rough) => u < rough,
        None => u <= cdf(x),
    }
}

/// Whether `u ≤ Φ(x)`, as [`cdf`] says, for every u of a cell: told by the table alone, or not at all.
pub fn is_cell_at_most_cdf(middle: f64, half_width: f64, x: f64) -> Option<bool> {
    let rough = rough_cdf(x);
    // The side is no branch: nobody could foresee it.
    let is_clear = x.abs() < FARTHEST_CENTRE && (middle - rough).abs() > half_width + 1e-9;
    is_clear.then_some(middle < rough)
}

/// Centres of the table lie 1/16 apart and no farther from 0 than this.
const FARTHEST_CENTRE: f64 = 8.0;
const N_CENTRES: usize = 257;

/// The centres, Φ and φ there.
static CENTRES: LazyLock<[[f64; 3]; N_CENTRES]> = LazyLock::new(|| {
    let mut centres = [[0.0; 3]; N_CENTRES];
    for (index, centre) in (0u16..).zip(&mut centres) {
        let x = f64::from(index) / 16.0 - FARTHEST_CENTRE;
        *centre = [x, cdf(x), density(x)];
    }
    centres
});

/// Φ(x) within 5e-10 where |x| is less than [`FARTHEST_CENTRE`]: Taylor's polynomial of degree 4 about the nearest centre, which leaves
/// out at most `(1/32)^5 / 120` times 1.2, the most that the fifth derivative can be.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in the table")]
fn rough_cdf(x: f64) -> f64 {
    let index = (16.0 * (x + FARTHEST_CENTRE) + 0.5) as usize;
    let [centre, value, slope] = CENTRES[index.min(N_CENTRES - 1)];
    let (h, square) = (x - centre, centre * centre);
    let fourth = h * (centre * (3.0 - square) / 24.0);
    value + slope * h * (1.0 + h * (-0.5 * centre + h * ((square - 1.0) / 6.0 + fourth)))
}

/// φ(x), the standard normal density.
pub fn density(x: f64) -> f64 {
    const INV_SQRT_2PI: f64 = 0.398_942_280_401_432_7;
    INV_SQRT_2PI * libm::exp(-0.5 * x * x)
}

/// Φ⁻¹(p): −∞ at 0, ∞ at 1, NaN outside [0, 1]; relative error about 1e-16.
///
/// Wichura (1988), Algorithm AS 241, PPND16.
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(&CENTRE_NUM, &CENTRE_DEN, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail.is_nan() || tail <= 0.0 {
        return if tail == 0.0 { f64::INFINITY.copysign(q) } else { f64::NAN };
    }
    let r = sqrt(-log(tail));
    let magnitude =
        if r <= 5.0 { ratio(&NEAR_NUM, &NEAR_DEN, r - 1.6) } else { ratio(&FAR_NUM, &FAR_DEN, r - 5.0) };
    magnitude.copysign(q)
}

/// Ratio of two polynomials of degree 7, coefficients in rising order.
fn ratio(num: &[f64; 8], den: &[f64; 8], x: f64) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, a| sum * x + a);
    horner(num) / horner(den)
}

const CENTRE_NUM: [f64; 8] = [
    3.387_132_872_796_366_6,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_4e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const CENTRE_DEN: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const NEAR_NUM: [f64; 8] = [
    1.423_437_110_749_683_6,
    4.630_337_846_156_545,
    5.769_497_221_460_691,
    3.647_848_324_763_204_6,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_5e-2,
    7.745_450_142_783_414e-4,
];
const NEAR_DEN: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_8e-9,
];
const FAR_NUM: [f64; 8] = [
    6.657_904_643_501_104,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_049e-1,
    2.653_218_952_657_612_3e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_488e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_DEN: [f64; 8] = [
    1.0,
    5.998_322_065_558_879e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_7e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_94e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_decides_as_the_function_does() {
        for step in -330_000i32..=330_000 {
            let x = f64::from(step) / 40_000.0 + 1e-7;
            let exact = cdf(x);
            if x.abs() < FARTHEST_CENTRE {
                assert!((rough_cdf(x) - exact).abs() < 5e-10, "{x}");
            }
            for apart in [-1e-3, -2e-9, -1e-10, 0.0, 1e-17, 1e-10, 2e-9, 1e-3] {
                assert_eq!(is_at_most_cdf(exact + apart, x), exact + apart <= exact, "{x} {apart}");
                let told = is_cell_at_most_cdf(exact + apart, 1e-5, x);
                let is_clear = apart.abs() > 2e-5 && x.abs() < FARTHEST_CENTRE;
                assert_eq!(told, is_clear.then_some(apart < 0.0), "{x} {apart}");
            }
        }
    }

    #[test]
    fn known_values() {
        // Recomputed with 50 digits: Φ(−1), Φ(−8), Φ⁻¹(0.975), Φ⁻¹(1e-9).
        assert!((cdf(-1.0) - 0.158_655_253_931_457_05).abs() < 1e-16);
        assert!((cdf(-8.0) / 6.220_960_574_271_785e-16 - 1.0).abs() < 1e-12);
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
        assert!((quantile(1e-9) + 5.997_807_015_007_687).abs() < 1e-14);
        assert!((density(0.0) - 0.398_942_280_401_432_7).abs() < 1e-16);
    }

    #[test]
    fn quantile_inverts_the_distribution_function() {
        for i in 1..=600 {
            let p = libm::exp10(-f64::from(i) * 0.5);
            assert!((cdf(quantile(p)) / p - 1.0).abs() < 3e-11, "p = {p}");
        }
        for i in 1..1000 {
            let p = f64::from(i) / 1000.0;
            assert!((cdf(quantile(p)) - p).abs() < 1e-15 * 4.0, "p = {p}");
        }
    }

    #[test]
    fn quantile_is_monotone_over_its_seams() {
        let mut last = f64::NEG_INFINITY;
        for i in 0..200_000 {
            let p = (f64::from(i) + 0.5) / 200_000.0;
            let q = quantile(p);
            assert!(q > last, "p = {p}");
            last = q;
        }
    }

    #[test]
    fn the_ends_are_infinite_and_the_outside_is_nan() {
        assert!(quantile(0.0).is_infinite() && quantile(0.0) < 0.0);
        assert!(quantile(1.0).is_infinite() && quantile(1.0) > 0.0);
        assert!(quantile(-0.1).is_nan() && quantile(1.1).is_nan() && quantile(f64::NAN).is_nan());
    }
}
