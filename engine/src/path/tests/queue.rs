use super::super::world::ZEROS;
use super::*;

/// So much ETH in one pool with Ethereum's rules; epochs of a day.
fn study(eth: u64, fork: &str) -> Study {
    let text = format!(
        "name = \"q\"\nassets.ETH = {{ price_usd = 2000 }}\ncollusion = {{ probability = 0, altruistic_probability = 1 }}\n\
         [pools]\nbeacon = {{ asset = \"ETH\", stake = {{ a = {} , b = {} }}, slashing = \"ethereum\", fork = \"{fork}\", unbonding_days = 2, reward_apr = 0.03 }}\n\
         [services]\nethereum = {{ consensus = \"ethereum\", attacks.control = {{ profit_usd = 1 }} }}\n\
         [designs.d.services]\nethereum = {{ system = \"pos\", pool = \"beacon\" }}\n\
         [time]\nepochs = 3\nepoch_days = 1\npaths = 1\ncontagion = true\n",
        eth / 2,
        eth - eth / 2
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

/// 128 ETH in each of 225 epochs a day: 0.3 of a million ETH have left after ten days and a half, each part two days later free.
#[test]
fn exits_wait_for_their_turn_and_stay_slashable() {
    let plan = PathPlan::of(&study(1_000_000, "electra")).unwrap();
    let mut world = World::new(&plan.worlds[0]);
    world.start();
    world.n = 1;
    world.leave(0, 0, 0.3);
    assert!((world.bonded[0][0] - 1.0).abs() < 1e-15, "who waits still votes");
    let day = 128.0 * 225.0 / 1e6;
    for days in 1..=14u32 {
        world.free_stake();
        world.move_queues();
        let gone = |days: u32| (day * f64::from(days)).min(0.3);
        assert!(
            (world.bonded[0][0] - (1.0 - gone(days))).abs() < 1e-12,
            "day {days}: {}",
            world.bonded[0][0]
        );
        // Free is what left two days ago and more.
        let slashable = world.bonded[0][0] + world.leaving_of(0)[0];
        assert!((slashable - (1.0 - gone(days.saturating_sub(2)))).abs() < 1e-12, "day {days}: {slashable}");
    }
    assert!(world.exiting[0][0].abs() < 1e-12);
}

/// ETH-27: 17 M ETH enter 17 M in 66,407 epochs at 256 ETH each, 295 days and a bit.
#[test]
fn half_of_ethereum_takes_ten_months_to_enter() {
    let plan = PathPlan::of(&study(17_000_000, "electra")).unwrap();
    let mut world = World::new(&plan.worlds[0]);
    world.start();
    world.n = 1;
    world.entering[0] = [1.0; LANES];
    let mut days = 0;
    while world.entering[0][0] > 1e-12 {
        world.move_queues();
        days += 1;
    }
    assert_eq!(days, 296);
    assert!((world.bonded[0][0] - 2.0).abs() < 1e-9);
}

/// Up to Deneb validators count: ⌊531,250 / 65,536⌋ = 8 of 32 ETH an epoch in and out; Deneb lets no more than 8 in even where
/// 15 may go.
#[test]
fn up_to_deneb_the_queues_count_validators() {
    for (eth, fork, out, inwards) in
        [(17_000_000, "capella", 8.0, 8.0), (33_000_000, "deneb", 15.0, 8.0), (1_000_000, "phase0", 4.0, 4.0)]
    {
        let plan = PathPlan::of(&study(eth, fork)).unwrap();
        let mut world = World::new(&plan.worlds[0]);
        world.start();
        world.n = 1;
        world.leave(0, 0, 0.5);
        world.entering[0] = [0.5; LANES];
        world.move_queues();
        #[expect(clippy::cast_precision_loss, reason = "millions")]
        let eth = eth as f64;
        let moved = |waits: f64| (0.5 - waits) * eth / 32.0 / 225.0;
        assert!((moved(world.exiting[0][0]) - out).abs() < 1e-6, "{fork}");
        assert!((moved(world.entering[0][0]) - inwards).abs() < 1e-6, "{fork}");
    }
}

/// Who waits to leave is slashed with the rest; other pools have no queue.
#[test]
fn only_ethereum_has_a_queue() {
    let plan = PathPlan::of(&wheel(1.0, 0.9, 1e6)).unwrap();
    let mut world = World::new(&plan.worlds[0]);
    world.start();
    world.n = 1;
    world.leave(0, 0, 0.3);
    assert!((world.bonded[0][0] - 0.7).abs() < 1e-15);
    assert_eq!(world.exiting[0].map(f64::to_bits), ZEROS.map(f64::to_bits));
}
