use super::*;

/// Operator a must run the app, b may for 40 of 140 of what it pays in token B, each with a node for 600 a year.
fn study(volatility: f64, pays: f64, lines: &str, time: &str) -> Study {
    let text = format!(
        "name = \"t\"\nassets.A = {{ price_usd = 1 }}\nassets.B = {{ price_usd = 2, volatility = {volatility} }}\n{lines}\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ a = 100, b = 40 }} }}\n\
         [services]\n\
         app = {{ consensus = \"cometbft\", node_usd_per_year = 600, attacks.fork = {{ profit_usd = 100, amnesia = false }} }}\n\
         [designs.d.services]\n\
         app = {{ system = \"ics\", provider = \"hub\", mode = \"top_n\", top_n = 50, participation = \"chosen\", slash = 0.5, executes_on = \"always\", pays = [{{ usd_per_year = {pays}, asset = \"B\" }}] }}\n\
         [participation]\nscenarios = 1024\n\
         [time]\nepochs = 8\nepoch_days = 30\npaths = 512\nsample = 512\nreconsider_epochs = 1\n{time}\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

const HONEST: &str = "collusion = { probability = 0, altruistic_probability = 1 }";

/// A figure on each sampled path. `[path][epoch]`
fn sampled(results: &PathResults, subject: &str, metric: &str) -> Vec<Vec<f64>> {
    let mut paths = vec![Vec::new(); 512];
    for row in results.sample.iter().filter(|row| row.subject == subject && row.metric == metric) {
        paths[usize::try_from(row.path).unwrap()].push(row.value);
    }
    paths
}

/// b takes part in an epoch iff the price at the end of the one before made 40/140 of the pay more than the node.
#[test]
fn who_takes_part_follows_the_price_of_what_is_paid() {
    let pays = 2100.0;
    let results = PathPlan::of(&study(1.5, pays, HONEST, "")).unwrap().run();
    let (prices, members) = (sampled(&results, "B", "price_usd"), sampled(&results, "app", "members"));
    let (mut came, mut went) = (0, 0);
    for (prices, members) in prices.iter().zip(&members) {
        assert_eq!(members.len(), 8);
        // 2100 · 40/140 is 600 exactly: at today's price nothing is left, or nearly; whoever settled stays for the first epoch.
        for (price, pair) in prices.iter().zip(members.windows(2)) {
            let gains = pays * price / 2.0 * 40.0 / 140.0 > 600.0;
            assert_eq!(
                pair[1].to_bits(),
                (if gains { 2.0f64 } else { 1.0 }).to_bits(),
                "{price}: {members:?}"
            );
            came += usize::from(pair[1] > pair[0]);
            went += usize::from(pair[1] < pair[0]);
        }
    }
    assert!(came > 100 && went > 100, "{came} {went}");
}

/// Security is that of whoever takes part: with b the third that b and nobody else lacks must be bribed as well.
#[test]
fn who_takes_part_moves_the_security_of_the_service() {
    let lines = "collusion = { probability = 0, altruistic_probability = 0 }\nadversary = { routes = [\"collude\", \"bribe\"], bribe_premium = 0 }";
    let mut study = study(1.5, 2100.0, lines, "");
    study.services[0].attacks[0].profit_usd = 0.0;
    let results = PathPlan::of(&study).unwrap().run();
    let (members, costs) = (sampled(&results, "app", "members"), sampled(&results, "app", "attack_cost_usd"));
    for (members, cost) in members.iter().flatten().zip(costs.iter().flatten()) {
        // Alone a is bribed for half of its 100; of both, more than a third is a again: b has 28.6 %.
        assert!((cost - 50.0).abs() < 1e-9, "{members} {cost}");
    }
    study.pools[0].stake[1] = 80;
    study.designs[0].terms[0].pays[0].usd_per_year = 1350.0;
    let results = PathPlan::of(&study).unwrap().run();
    let (members, costs) = (sampled(&results, "app", "members"), sampled(&results, "app", "attack_cost_usd"));
    let mut seen = [false; 2];
    for (members, cost) in members.iter().flatten().zip(costs.iter().flatten()) {
        // b has 80 of 180 and is the cheaper one.
        let expected = if *members > 1.5 { 40.0 } else { 50.0 };
        seen[usize::from(*members > 1.5)] = true;
        assert!((cost - expected).abs() < 1e-9, "{members} {cost}");
    }
    assert_eq!(seen, [true; 2]);
}

/// Where no price moves nobody moves: those who settled have answered best, slashing included.
#[test]
fn without_volatility_nobody_moves() {
    let lines = "collusion = { probability = 0.2, altruistic_probability = 0.5, loadings = { common = 0.3 } }\nfaults.equivocation = { rate_per_key_year = 0.3 }";
    for pays in [2000.0, 2095.0, 2105.0, 2110.0, 2130.0, 2200.0, 4000.0] {
        let study = study(0.0, pays, lines, "");
        let settled = settle(&study);
        assert!(settled.chosen[0].converged);
        let n = crate::moments::count(settled.chosen[0].members.len() as u64);
        let on = PathPlan::new(&settled).unwrap().run();
        assert!(
            sampled(&on, "app", "members").iter().flatten().all(|members| (members - n).abs() < 0.5),
            "{pays}"
        );
        let mut settled = settled;
        settled.study.time.as_mut().unwrap().reconsider_epochs = 0;
        let off = PathPlan::new(&settled).unwrap().run();
        let costs = |results: &PathResults| -> Vec<[u64; 7]> {
            let rows = results.bands.iter().filter(|row| row.metric == "attack_cost_usd");
            rows.map(|row| row.quantiles.map(f64::to_bits)).collect()
        };
        assert_eq!(costs(&on), costs(&off));
    }
}

/// Nobody runs what has been robbed and pays no more, but those that must.
#[test]
fn operators_leave_a_service_that_is_dead() {
    let lines = "collusion = { probability = 1, altruistic_probability = 0 }";
    let mut study = study(0.0, 1e6, lines, "contagion = true");
    study.services[0].attacks[0].profit_usd = 1e6;
    let results = PathPlan::of(&study).unwrap().run();
    for members in sampled(&results, "app", "members") {
        assert!(members[0] > 1.5 && members[1..].iter().all(|members| *members < 1.5), "{members:?}");
    }
}

/// The same bits however many workers there are, whatever sets each of them has met before.
#[test]
fn reconsidering_does_not_depend_on_the_number_of_threads() {
    let lines = "collusion = { probability = 0.1, altruistic_probability = 0.5 }";
    let plan = PathPlan::of(&study(1.5, 2200.0, lines, "contagion = true")).unwrap();
    let run = |threads: usize| {
        let threads = crate::run::Threads::new(std::num::NonZeroUsize::new(threads)).unwrap();
        threads.install(|| plan.run())
    };
    assert_eq!(format!("{:?}", run(1)), format!("{:?}", run(2)));
}
