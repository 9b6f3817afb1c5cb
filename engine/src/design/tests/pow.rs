//! Proof of work: hash rate rented and bought.

use super::*;

/// 100 TH/s at $40 a TH/s, 30 J/TH, energy at $0.05 a kWh, rent at $0.5 a TH/s and day; six hours.
fn mined(keys: &str, threshold: &str) -> Judged {
    judge(&format!(
        r#"
[adversary]
routes = ["bribe", "acquire", "rent", "hardware"]
carry_apr = 0.1
[services.s]
consensus = "pow"
asset = "B"
attacks.control = {{ profit_usd = 1, drawdown = 0.5{threshold} }}
[designs.d.services.s]
system = "pow"
hash_rate_ths = 100
hardware_usd_per_ths = 40
efficiency_j_per_th = 30
energy_usd_per_kwh = 0.05
rental_usd_per_ths_day = 0.5
duration_hours = 6
{keys}
"#
    ))
}

#[test]
fn hash_rate_is_rented_for_the_attack_or_bought_with_energy_and_carry() {
    let judged = mined("rental_capacity_ths = 100\nresale = 0.25", "");
    // As much again as the honest 100: rent 100 · 0.5 · 6/24.
    let rent = judged.route("s", "control", Route::Rent).unwrap();
    equal(rent.cost[0], 12.5);
    equal(rent.capital[0], 12.5);
    equal(rent.forfeited[0], 0.0);
    // $4000 of hardware, of which a quarter is recovered; 3 kW for six hours: 18 kWh, $0.9; carry 10 % · 6/8766.
    let hardware = judged.route("s", "control", Route::Hardware).unwrap();
    equal(hardware.capital[0], 4000.9);
    equal(hardware.cost[0], 3000.0 + 0.9 + 4000.9 * 0.1 * 6.0 / 8766.0);
    // Nobody to bribe, nothing staked to buy.
    assert!(judged.route("s", "control", Route::Bribe).is_none());
    assert!(judged.route("s", "control", Route::Acquire).is_none());
}

#[test]
fn a_third_of_the_sum_takes_half_as_much_hash_rate() {
    let judged = mined("rental_capacity_ths = 100", ", threshold = \"> 1/3\"");
    equal(judged.route("s", "control", Route::Rent).unwrap().cost[0], 6.25);
    equal(judged.route("s", "control", Route::Hardware).unwrap().capital[0], 2000.45);
}

#[test]
fn hash_rate_beyond_the_rental_market_cannot_be_rented() {
    for keys in ["rental_capacity_ths = 99.9", ""] {
        let judged = mined(keys, "");
        assert!(judged.route("s", "control", Route::Rent).is_none(), "{keys}");
        assert!(judged.route("s", "control", Route::Hardware).is_some());
    }
}

#[test]
fn rewards_after_the_fall_offset_what_hash_rate_costs() {
    let rewards = "rental_capacity_ths = 100\nblock_reward_usd_per_day = 40\nreward_asset = \"B\"";
    let judged = mined(rewards, "");
    // $10 in six hours, $5 after the drawdown: 1.25 of B at $4.
    equal(judged.route("s", "control", Route::Rent).unwrap().cost[0], 7.5);
    equal(judged.route("s", "control", Route::Rent).unwrap().capital[0], 12.5);
    equal(judged.target("s", "control").mining.as_ref().unwrap().reward, 1.25);
    // Mining that earns more than its rent is no gain of the attack.
    let rich = mined(&rewards.replace("= 40", "= 4000"), "");
    equal(rich.route("s", "control", Route::Rent).unwrap().cost[0], 0.0);
}
