use crate::estimate::{MemberRow, Results};
use crate::run::{NoSink, Plan, run};
use crate::study::Study;
use std::path::Path;

/// A study of two chains with these services of a design `d`, and more lines before them.
fn results(pools: &str, lines: &str, design: &str) -> Results {
    let text = format!(
        "name = \"t\"\n\
         assets.A = {{ price_usd = 10 }}\nassets.B = {{ price_usd = 2, volatility = 0.5 }}\n\
         collusion = {{ probability = 0, altruistic_probability = 1 }}\n\
         adversary = {{ routes = [\"collude\"] }}\nrun.scenarios = 20000\nhorizon_days = 365.25\n{lines}\n\
         [pools]\n{pools}\n\
         [services]\n\
         home = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 1 }} }}\n\
         app = {{ consensus = \"cometbft\", node_usd_per_year = 600, attacks.fork = {{ profit_usd = 1 }} }}\n\
         [designs.d.services]\n{design}\n"
    );
    let study =
        Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    let Ok(results) = run(&Plan::new(&study), &mut NoSink, |_| ());
    results
}

fn figure(results: &Results, service: &str, metric: &str) -> (f64, f64) {
    let row = results.find("d", service, "*", "*", metric).unwrap_or_else(|| panic!("no {metric}"));
    (row.estimate.value, row.estimate.std_error)
}

fn members<'a>(results: &'a Results, service: &str) -> Vec<&'a MemberRow> {
    results.members.iter().filter(|row| row.service == service).collect()
}

fn near(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{a} is not {b}");
}

const HUB: &str = "hub = { asset = \"A\", stake = { a = 50, b = 30, c = 20 } }";

/// Case ECO-1: of 100 staking rewards, a fee of 10 %, of that 15 %: 1.5 to the Hub; here by power, after a tax of 2 %.
#[test]
fn a_consumer_shares_its_revenue_by_power() {
    let hub = "hub = { asset = \"A\", stake = { a = 50, b = 30, c = 20 }, inflation = { supply = 200, rate = 0.1 } }";
    let stride = "app = { system = \"ics\", provider = \"hub\", slash = 0.05, pays = [{ usd_per_year = 100000, fee = 0.1, share = 0.15 }] }";
    let results = results(hub, "", stride);
    near(figure(&results, "app", "payment_usd").0, 1500.0 * 0.98);
    let rewards: Vec<f64> = members(&results, "app").iter().map(|row| row.money.reward_usd).collect();
    [0.5, 0.3, 0.2].iter().zip(&rewards).for_each(|(share, reward)| near(*reward, 1470.0 * share));
    near(figure(&results, "app", "node_cost_usd").0, 1800.0);
    // 735, 441 and 294 against 600.
    assert_eq!(figure(&results, "app", "operators_at_loss"), (2.0, 0.0));
    // Staking goes on beside the consumer: 0.1 · 0.98 · 200 tokens of 10 USD.
    let all: f64 = results.operators.iter().map(|row| row.money.reward_usd).sum();
    near(all, 1470.0 + 196.0);
}

/// Case ECO-2: 400 USD a month, 175 validators: 840,000 USD a year.
#[test]
fn nodes_cost_what_the_proposal_says() {
    let stakes: Vec<String> = (0..175).map(|i| format!("v{i} = 10")).collect();
    let pools = format!("hub = {{ asset = \"A\", stake = {{ {} }} }}", stakes.join(", "));
    let app = "home = { system = \"pos\", pool = \"hub\", slash = 0.05 }\n\
               app = { system = \"ics\", provider = \"hub\", slash = 0.05 }";
    let results = results(&pools, "", app);
    near(figure(&results, "app", "node_cost_usd").0, 175.0 * 600.0);
    let theirs = crate::rules::payments::node_costs_a_year(400, 175).unwrap();
    assert_eq!(theirs, 840_000);
    near(figure(&results, "app", "node_cost_usd").0 * 4800.0 / 600.0, 840_000.0);
}

/// Case ICS-41: 3000 a year shared by four, a node for 600: 150 is left to each.
#[test]
fn four_validators_keep_150_each() {
    let pools = "hub = { asset = \"A\", stake = { a = 9, b = 9, c = 9, d = 9 } }";
    let app = "app = { system = \"ics\", provider = \"hub\", slash = 0, pays = [{ usd_per_year = 3000, split = \"equal\" }] }";
    let results = results(pools, "", app);
    members(&results, "app").iter().for_each(|row| near(row.money.margin_usd, 150.0));
    assert_eq!(figure(&results, "app", "operators_at_loss").0.to_bits(), 0.0_f64.to_bits());
}

/// The operator keeps what its own stake earns and its commission of the rest; delegators bear the loss of theirs.
#[test]
fn commission_and_own_stake_divide_rewards_and_losses() {
    let lines = "operators.table = [{ operator = \"a\", own_share = 0.2, commission = 0.1 }]\n\
                 faults.equivocation = { rate_per_key_year = 0.2 }";
    let app = "home = { system = \"pos\", pool = \"hub\", slash = 0.05, pays = [{ usd_per_year = 100 }] }";
    let results = results(HUB, lines, app);
    let a = &results.operators[0];
    near(a.money.reward_usd, 50.0 * (0.2 + 0.8 * 0.1));
    let loss = a.expected_loss_usd;
    near(a.money.margin_usd, 14.0 - 0.2 * loss);
    near(a.money.delegators_margin_usd, 36.0 - 0.8 * loss);
    // One tombstone within the year: 1 − e^−0.2, of 500 USD, 5 %.
    let expected = -libm::expm1(-0.2) * 25.0;
    assert!((loss - expected).abs() < 5.0 * a.expected_loss_std_error_usd, "{loss} {expected}");
    near(a.money.std_error_usd, 0.2 * a.expected_loss_std_error_usd);
    near(a.money.delegators_std_error_usd, 0.8 * a.expected_loss_std_error_usd);
}

/// Small losses on two chains move together with their tokens: `Σ mᵢ mⱼ (e^{ρ σᵢ σⱼ T} − 1)` is the variance, USD at today's prices.
#[test]
fn small_losses_on_two_chains_err_with_both_tokens() {
    let lines = "assets.C = { price_usd = 3, volatility = 0.4 }\nmarket.correlation = [[\"B\", \"C\", 0.5]]\n\
                 faults.downtime = { rate_per_key_year = 2, duration_hours = 1 }";
    let pools = "hub = { asset = \"B\", stake = { a = 50, b = 30 } }\nother = { asset = \"C\", stake = { a = 40, b = 30 } }";
    let services = "home = { system = \"pos\", pool = \"hub\", slash = 0.05, slash_downtime = 0.01 }\n\
                    app = { system = \"pos\", pool = \"other\", slash = 0.05, slash_downtime = 0.01 }";
    let a = &results(pools, lines, services).operators[0];
    let means = [(0.02 * 100.0, 0.5), (0.02 * 120.0, 0.4)];
    assert!((a.expected_loss_usd - 4.4).abs() < 5.0 * a.expected_loss_std_error_usd);
    let mut variance = 0.0;
    for (i, (x, sigma)) in means.iter().enumerate() {
        for (j, (y, tau)) in means.iter().enumerate() {
            let correlation = if i == j { 1.0 } else { 0.5 };
            variance += x * y * libm::expm1(correlation * sigma * tau);
        }
    }
    let expected = libm::sqrt(variance / 20_000.0);
    assert!((a.expected_loss_std_error_usd / expected - 1.0).abs() < 0.05, "{expected}");
}

/// A payment in another token has that token's mean and spread, `P0 √(e^{σ²T} − 1)`, and starts after its delay.
#[test]
fn payments_in_another_token_carry_its_risk() {
    let app = "app = { system = \"ics\", provider = \"hub\", slash = 0.05, pays = [{ usd_per_year = 1000, asset = \"B\", delay_days = 36.525 }] }";
    let results = results(HUB, "", app);
    let (payment, error) = figure(&results, "app", "payment_usd");
    assert!((payment - 900.0).abs() < 5.0 * error, "{payment} ± {error}");
    let expected = 900.0 * libm::sqrt(libm::expm1(0.25)) / libm::sqrt(20_000.0);
    assert!((error / expected - 1.0).abs() < 0.05, "{error} {expected}");
}

/// Lent stake earns by the power that its discount and cap leave: 100 USD of own stake, 60 lent at a quarter off and at most 0.3.
#[test]
fn mesh_rewards_flow_to_lent_stake_by_its_power() {
    let pools = "home = { asset = \"A\", stake = { a = 6, b = 4 }, reward_apr = 0.1 }\n\
                 lender = { asset = \"B\", stake = { a = 30 }, reward_apr = 0.2 }";
    let mesh = "home = { system = \"mesh\", local = { pool = \"home\", slash = 0.05 }, external = [{ pool = \"lender\", slash = 0.05, discount = 0.25, max_power = 0.5 }] }\n\
                app = { system = \"pos\", pool = \"lender\", slash = 0.05 }";
    let results = results(pools, "", mesh);
    // The cap does not bind: 45 of 145; a holds 60 + 45, b 40. One token of 10 USD a year is paid.
    let row = |name: &str| members(&results, "home").iter().find(|row| row.operator == name).unwrap().money;
    near(row("a").reward_usd, 10.0 * 105.0 / 145.0);
    near(row("b").reward_usd, 10.0 * 40.0 / 145.0);
    let lender = figure(&results, "app", "payment_usd");
    assert!((lender.0 - 12.0).abs() < 5.0 * lender.1, "{lender:?}");
}

/// Saga: the dearest bids lose and every winner gets the highest winning bid; a fee is shared in equal parts, in whole units.
#[test]
fn saga_pays_the_price_of_its_auction_or_equal_parts_of_the_fee() {
    let auction = "app = { system = \"saga\", provider = \"hub\", price = \"auction\", bids = { a = 9, b = 5, c = 6 }, players = 3, seats = 2 }";
    let results_auction = results(HUB, "", auction);
    let rows = members(&results_auction, "app");
    assert_eq!(rows.iter().map(|row| row.operator.as_str()).collect::<Vec<_>>(), ["b", "c"]);
    rows.iter().for_each(|row| near(row.money.reward_usd, 6.0 * 365.25));
    let fee = "app = { system = \"saga\", provider = \"hub\", opt_in = [\"a\", \"b\", \"c\"], epoch_fee_usd = 10, setup_fee_usd = 30 }";
    let results = results(HUB, "", fee);
    // A third of 10 USD in millionths, rounded down.
    let each = 3.333_333 * 365.25 + 10.0;
    members(&results, "app").iter().for_each(|row| near(row.money.reward_usd, each));
}

/// An operator of EigenLayer keeps a tenth of what its delegators earn unless it says otherwise.
#[test]
fn avs_rewards_leave_operators_a_tenth() {
    let lines = "operators.table = [{ operator = \"a\", own_share = 0 }, { operator = \"b\", own_share = 0, commission = 0.5 }]";
    let avs = |more: &str| {
        format!(
            "app = {{ system = \"eigenlayer\", pools = [\"hub\"], slash = 0.5, pays = [{{ usd_per_year = 1000{more} }}] }}"
        )
    };
    let reward = |more: &str| {
        let results = results(HUB, lines, &avs(more));
        members(&results, "app").iter().map(|row| row.money.reward_usd).collect::<Vec<f64>>()
    };
    [50.0, 30.0, 200.0].iter().zip(reward("")).for_each(|(a, b)| near(*a, b));
    [100.0, 60.0, 200.0].iter().zip(reward(", commission = 0.2")).for_each(|(a, b)| near(*a, b));
}

/// What nobody in the study mines is paid all the same.
#[test]
fn a_block_reward_is_a_payment_to_nobody_here() {
    let pow = "app = { system = \"pow\", hash_rate_ths = 1, hardware_usd_per_ths = 1, efficiency_j_per_th = 1, energy_usd_per_kwh = 1, duration_hours = 1, block_reward_usd_per_day = 100 }";
    let app = pow.to_owned() + "\nhome = { system = \"pos\", pool = \"hub\", slash = 0 }";
    let results = results(HUB, "", &app);
    near(figure(&results, "app", "payment_usd").0, 36_525.0);
    assert!(members(&results, "app").is_empty());
}

/// A consumer of the same tombstone adds no loss by accident where it slashes as much, and the difference where it slashes more.
#[test]
fn a_service_is_charged_with_the_accidents_that_it_adds() {
    let lines = "faults.equivocation = { rate_per_key_year = 0.2 }";
    let loss = |slash: &str| {
        let app = format!(
            "home = {{ system = \"pos\", pool = \"hub\", slash = 0.05 }}\n\
             app = {{ system = \"ics\", provider = \"hub\", slash = {slash} }}"
        );
        let results = results(HUB, lines, &app);
        members(&results, "app")[0].money.loss_usd
    };
    near(loss("0.05"), 0.0);
    // By the linear graph, which counts every accident of the 0.2 expected.
    near(loss("0.07"), 0.2 * 500.0 * 0.02);
}

/// Ten operators that each have an accident within the year with probability 1/10, and a portfolio that loses 5 USD with each:
/// losses are binomial. P(none) = 0.9^10; at most 3 are hit with 0.98720, at most 4 with 0.99837.
#[test]
fn losses_of_a_portfolio_follow_the_binomial_law() {
    let names: Vec<String> = ('a'..='j').map(String::from).collect();
    let stakes: Vec<String> = names.iter().map(|name| format!("{name} = 100")).collect();
    let holds: Vec<String> = names
        .iter()
        .map(|name| format!("{{ pool = \"hub\", operator = \"{name}\", tokens = 10 }}"))
        .collect();
    let rate = -libm::log(0.9);
    let results = results(
        &format!("hub = {{ asset = \"A\", stake = {{ {} }} }}", stakes.join(", ")),
        &format!(
            "faults.equivocation = {{ rate_per_key_year = {rate} }}\nportfolios.fund.holds = [{}]",
            holds.join(", ")
        ),
        "home = { system = \"pos\", pool = \"hub\", slash = 0.05 }",
    );
    let binomial = |k: i32| {
        let ways: f64 = (0..k).map(|i| f64::from(10 - i) / f64::from(i + 1)).product();
        ways * 0.1_f64.powi(k) * 0.9_f64.powi(10 - k)
    };
    let find = |metric: &str| {
        let row = results.portfolios.iter().find(|row| row.portfolio == "fund" && row.metric == metric);
        row.unwrap_or_else(|| panic!("no {metric}")).estimate
    };
    let within = |metric: &str, truth: f64| {
        let found = find(metric);
        assert!((found.value - truth).abs() < 5.0 * found.std_error, "{metric}: {found:?} against {truth}");
    };
    within("expected_loss_usd", 5.0);
    within("p_slashed", 1.0 - binomial(0));
    // The worst twentieth: all above three, and of three what is missing.
    for (tail, at_risk, metric) in
        [(0.05, 3, "expected_shortfall_95_usd"), (0.01, 4, "expected_shortfall_99_usd")]
    {
        let beyond: f64 = (at_risk + 1..=10).map(binomial).sum();
        let worse: f64 = (at_risk + 1..=10).map(|k| f64::from(k) * binomial(k)).sum();
        within(metric, 5.0 * (worse + f64::from(at_risk) * (tail - beyond)) / tail);
    }
    // A bin of the sketch is 0.8 % wide.
    assert!((find("value_at_risk_95_usd").value / 15.0 - 1.0).abs() < 0.008);
    assert!((find("value_at_risk_99_usd").value / 20.0 - 1.0).abs() < 0.008);
}

/// A third of 60 USD is slashed and comes back to the attacker, who takes 1 USD from users: nobody loses the 20 twice.
#[test]
fn what_a_slash_returns_to_the_attacker_is_not_taken_from_users() {
    let text = "name = \"t\"\nassets.A.price_usd = 2\nrun.scenarios = 256\n\
        collusion = { probability = 0, altruistic_probability = 0 }\n\
        adversary = { routes = [\"bribe\"], bribe_premium = 0 }\n\
        [pools]\np = { asset = \"A\", stake = { a = 10, b = 5, c = 15 } }\n\
        [services.s]\nconsensus = \"quorum\"\nattacks.steal = { profit_usd = 1, threshold = \">= 1/3\" }\n\
        [designs.d.services]\ns = { system = \"eigenlayer\", pools = [\"p\"], slash = 1, redistribution = 1 }\n";
    let study = Study::from_text(text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"));
    let Ok(results) = run(&Plan::new(&study), &mut NoSink, |_| ());
    near(figure(&results, "*", "net_gain_usd").0, 1.0);
    near(figure(&results, "*", "slashed_usd").0, 20.0);
    near(figure(&results, "*", "borne_by_operators_usd").0, 20.0);
    near(figure(&results, "*", "borne_by_users_usd").0, 1.0);
}
