//! The streams themselves: uniform over 16-bit words, lanes and blocks uncorrelated, birthdays as far apart as they should be.

use montecartel::kernels::level::Level;
use montecartel::kernels::xoshiro::Noise;
use montecartel::streams::Purpose;

/// Outputs of some blocks as the kernels consume them; output `8k + l` is the k-th of lane l.
fn outputs(seed: u64, blocks: std::ops::Range<u64>, rows: usize) -> Vec<u64> {
    let purpose = Purpose::new(seed, "collusion/noise");
    let mut noise = vec![Noise::default(); rows];
    let mut all = Vec::new();
    for block in blocks {
        purpose.stream(block).noise(Level::best(), &mut noise);
        all.extend_from_slice(noise.as_flattened().as_flattened());
    }
    all
}

/// The noise of an operator in a scenario is 16 bits: every value equally often. χ² with 65,535 degrees.
#[test]
fn sixteen_bit_words_are_uniform() {
    let mut counts = vec![0u32; 1 << 16];
    let words = outputs(3, 0..400, 100);
    for output in &words {
        for part in 0..4 {
            counts[usize::try_from(output >> (16 * part) & 0xffff).unwrap()] += 1;
        }
    }
    let expected = (words.len() * 4) as f64 / 65_536.0;
    let square: f64 = counts.iter().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum();
    assert!((square - 65_535.0).abs() < 5.0 * f64::sqrt(2.0 * 65_535.0), "χ² = {square}");
}

/// Bits on which two words agree, summed over pairs: n·64/2 if they are independent.
fn assert_independent(what: &str, pairs: impl Iterator<Item = (u64, u64)>) {
    let (mut agree, mut bits) = (0u64, 0u64);
    for (a, b) in pairs {
        agree += u64::from((a ^ b).count_zeros());
        bits += 64;
    }
    let off = (agree as f64 - 0.5 * bits as f64) / f64::sqrt(0.25 * bits as f64);
    assert!(bits > 1_000_000 && off.abs() < 5.0, "{what}: {off:.1} errors");
}

#[test]
fn lanes_are_uncorrelated() {
    let words = outputs(5, 0..40, 100);
    for a in 0..8 {
        for b in 0..a {
            let lane = |l: usize| words.iter().skip(l).step_by(8).copied();
            assert_independent(&format!("lanes {a} and {b}"), lane(a).zip(lane(b)));
            assert_independent(&format!("lanes {a} and {b}, one step on"), lane(a).skip(1).zip(lane(b)));
        }
    }
}

#[test]
fn blocks_seeds_and_neighbours_are_uncorrelated() {
    let block = |seed, block: u64| outputs(seed, block..block + 1, 100);
    let over = |step: u64| (0..40).flat_map(move |b| block(5, b).into_iter().zip(block(5, b + step)));
    assert_independent("neighbouring blocks", over(1));
    assert_independent("blocks of neighbouring parts", over(4096));
    assert_independent("seeds", (0..40).flat_map(|b| block(5, b).into_iter().zip(block(6, b))));
    let words = outputs(7, 0..40, 100);
    assert_independent("neighbouring outputs", words.iter().copied().zip(words.iter().skip(1).copied()));
}

/// Marsaglia's birthday spacings: of m = 4096 birthdays in a year of 2^32 days, the number of equal spacings is Poisson with
/// mean m³/(4·2^32) = 4; summed over 250 years it is 1000.
#[test]
fn birthdays_are_spaced_at_random() {
    let words = outputs(11, 0..640, 100);
    let years = 250;
    for shift in [0, 32] {
        let mut equal = 0u32;
        for year in words.chunks_exact(4096).take(years) {
            let mut days: Vec<u32> =
                year.iter().map(|w| u32::try_from(w >> shift & 0xffff_ffff).unwrap()).collect();
            days.sort_unstable();
            let mut gaps: Vec<u32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
            gaps.sort_unstable();
            equal += u32::try_from(gaps.windows(2).filter(|pair| pair[0] == pair[1]).count()).unwrap();
        }
        let expected = 4.0 * years as f64;
        assert!((f64::from(equal) - expected).abs() < 5.0 * expected.sqrt(), "{equal} against {expected}");
    }
}

/// χ² of each lane's low byte and high byte: 255 degrees.
#[test]
fn every_lane_is_uniform_at_both_ends() {
    let words = outputs(13, 0..40, 100);
    for lane in 0..8 {
        for shift in [0, 56] {
            let mut counts = [0u32; 256];
            let mine = words.iter().skip(lane).step_by(8);
            mine.clone().for_each(|word| counts[usize::try_from(word >> shift & 0xff).unwrap()] += 1);
            let expected = mine.count() as f64 / 256.0;
            let square: f64 = counts.iter().map(|n| (f64::from(*n) - expected).powi(2) / expected).sum();
            assert!((square - 255.0).abs() < 5.0 * f64::sqrt(510.0), "lane {lane}: χ² = {square}");
        }
    }
}
