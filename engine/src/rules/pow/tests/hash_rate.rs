//! Hash rates, and the threshold of selfish mining.

use super::*;

/// Bitcoin's first blocks: difficulty 1, ten minutes, about 7.16 MH/s.
#[test]
fn difficulty_one_is_seven_megahashes() {
    let at = |hashes| hash_rate_at_difficulty(1.0, 600.0, hashes).unwrap();
    same(at(HashesPerDifficulty::Rounded), 4_294_967_296.0 / 600.0);
    same(at(HashesPerDifficulty::Exact) * 600.0 * 65_535.0, 281_474_976_710_656.0);
}

/// 2²⁵⁶/(0xffff · 2²⁰⁸) is 2³² · 65,536/65,535.
#[test]
fn the_round_number_is_one_part_in_65536_too_low() {
    let ratio = HashesPerDifficulty::Rounded.hashes() / HashesPerDifficulty::Exact.hashes();
    same(ratio, 65_535.0 / 65_536.0);
    assert!((HashesPerDifficulty::Exact.hashes() - 4_295_032_833.000_015).abs() < 1e-6);
}

#[test]
fn hash_rate_grows_with_difficulty_and_falls_with_time() {
    let at = |d, t| hash_rate_at_difficulty(d, t, HashesPerDifficulty::Exact).unwrap();
    same(at(8e13, 600.0), 8e13 * at(1.0, 600.0));
    same(at(1.0, 150.0), 4.0 * at(1.0, 600.0));
    assert!(at(0.0, 600.0).abs() < f64::MIN_POSITIVE);
}

#[test]
fn difficulty_and_time_are_checked() {
    let refuse = |d, t| hash_rate_at_difficulty(d, t, HashesPerDifficulty::Exact).unwrap_err().to_string();
    assert_eq!(refuse(-1.0, 600.0), "difficulty must be finite and at least 0, got -1");
    assert_eq!(refuse(1.0, 0.0), "time between blocks in seconds must be finite and above 0, got 0");
    assert_eq!(refuse(f64::NAN, 1.0), "difficulty must be finite and at least 0, got NaN");
    assert_eq!(
        refuse(1.0, f64::INFINITY),
        "time between blocks in seconds must be finite and above 0, got inf"
    );
}

#[test]
fn half_of_the_sum_is_as_much_again() {
    same(added_hash_rate(10.0, 0.5), 10.0);
    same(added_hash_rate(9.0, 0.25), 3.0);
    assert!(added_hash_rate(9.0, 1.0).is_infinite() && added_hash_rate(9.0, 1.5) > 0.0);
}

#[test]
fn taking_over_is_cheaper_than_adding() {
    let own = |x, honest| hash_rate_to_own(400e6, x, honest).unwrap();
    same(own(0.5, Honest::Stays), 400e6);
    same(own(0.5, Honest::TakenOver), 200e6);
    same(own(0.75, Honest::Stays), 1200e6);
    same(own(1.0, Honest::TakenOver), 400e6);
    assert!(own(0.0, Honest::Stays).abs() < f64::MIN_POSITIVE);
}

#[test]
fn a_share_of_one_is_never_bought() {
    let refuse = |x, honest| hash_rate_to_own(400e6, x, honest).unwrap_err().to_string();
    let text = "share of the hash rate must lie in [0, 1) while the honest rate stays, got 1";
    assert_eq!(refuse(1.0, Honest::Stays), text);
    assert_eq!(refuse(1.01, Honest::TakenOver), "share of the hash rate must lie in [0, 1], got 1.01");
    assert_eq!(refuse(f64::NAN, Honest::Stays), "share of the hash rate must lie in [0, 1], got NaN");
    let negative = hash_rate_to_own(-1.0, 0.5, Honest::Stays).unwrap_err();
    assert_eq!(negative, Refusal::Negative { quantity: "hash rate", value: -1.0 });
}

/// As much as the network had when its difficulty was set: 144 ten-minute blocks a day.
#[test]
fn matching_the_network_mines_its_blocks() {
    same(blocks_mined(400e6, 400e6, 600.0, 24.0).unwrap(), 144.0);
    same(blocks_mined(204e6, 400e6, 600.0, 1.0).unwrap(), 3.06);
    same(block_rewards_usd(6.0, 3.125, 60_000.0), 1_125_000.0);
    assert!(blocks_mined(1.0, 0.0, 600.0, 1.0).is_err() && blocks_mined(1.0, 1.0, 600.0, -1.0).is_err());
}

/// Eyal and Sirer (2014): 1/3 with no luck in ties, 1/4 with half of them, 0 with all.
#[test]
fn selfish_mining_pays_from_a_third_on() {
    for (gamma, expected) in [(0.0, 1.0 / 3.0), (0.5, 0.25), (0.75, 1.0 / 6.0)] {
        same(selfish_mining_threshold(gamma).unwrap(), expected);
    }
    assert!(selfish_mining_threshold(1.0).unwrap().abs() < f64::MIN_POSITIVE);
    for gamma in [-0.1, 1.1, f64::NAN] {
        assert!(matches!(selfish_mining_threshold(gamma), Err(Refusal::OutsideUnit { .. })));
    }
}

proptest! {
    #[test]
    fn what_is_added_is_the_share_of_the_sum(rate in 1.0..1e12_f64, share in 0.0..0.999_f64) {
        let own = hash_rate_to_own(rate, share, Honest::Stays).unwrap();
        prop_assert!((own / (rate + own) - share).abs() < 1e-13);
        prop_assert!(own >= hash_rate_to_own(rate, share, Honest::TakenOver).unwrap());
    }

    #[test]
    fn better_connected_miners_need_less(a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
        let [low, high] = [a.min(b), a.max(b)].map(|gamma| selfish_mining_threshold(gamma).unwrap());
        prop_assert!(low >= high && (0.0..MAJORITY).contains(&high));
    }

    #[test]
    fn hash_rates_take_any_number(a in any::<f64>(), b in any::<f64>(), c in any::<f64>(), d in any::<f64>()) {
        if let Ok(own) = hash_rate_to_own(a, b, Honest::Stays) {
            prop_assert!(own >= 0.0);
        }
        if let Ok(rate) = hash_rate_at_difficulty(a, b, HashesPerDifficulty::Rounded) {
            prop_assert!(rate >= 0.0);
        }
        if let Ok(blocks) = blocks_mined(a, b, c, d) {
            prop_assert!(blocks >= 0.0 || blocks.is_nan()); // 0 · ∞ where hours overflow
        }
    }
}
