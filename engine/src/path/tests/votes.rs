use super::*;

/// A hub, an app of its own, and two ways of lending it the hub's stake: at once, or after a vote of 20 days.
fn study(own: &str, profit: &str) -> Study {
    let app = "services.app = { system = \"ics\", provider = \"hub\", slash = 0.05, pays = [{ usd_per_year = 100, commission = 0 }]";
    let text = format!(
        "name = \"t\"\nassets.A = {{ price_usd = 10, volatility = 0.8 }}\nassets.B = {{ price_usd = 2, volatility = 0.5 }}\n\
         collusion = {{ probability = 0.05, altruistic_probability = 0.4, loadings = {{ common = 0.4 }} }}\n\
         participation.scenarios = 512\n\
         operators.table = [{{ operator = \"a\", own_share = 0.5 }}]\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ a = 50, b = 30, c = 20 }} }}\napp = {{ asset = \"B\", stake = {{ a = 50, d = 30 }} }}\n\
         [services]\n\
         hub = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 20, amnesia = false }} }}\n\
         app = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = {profit}, amnesia = false }} }}\n\
         [designs.own.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0.05 }}\n{own}\n\
         [designs.lent]\nextends = \"own\"\n{app} }}\n\
         [designs.voted]\nextends = \"own\"\n{app}, proposal = {{ delay_days = 20 }} }}\n\
         [time]\nepochs = 6\nepoch_days = 7\npaths = 600\nsample = 0\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

fn rows<'a>(
    results: &'a PathResults,
    design: &str,
    epochs: std::ops::RangeInclusive<u32>,
) -> Vec<&'a [f64; 7]> {
    let of = |row: &&BandRow| {
        row.design == design
            && row.metric == "attack_cost_usd"
            && row.subject == "app"
            && epochs.contains(&row.epoch)
    };
    results.bands.iter().filter(of).map(|row| &row.quantiles).collect()
}

/// The vote ends on day 20: in the epochs that begin on days 0, 7 and 14 the app stands on its own, from day 21 on the hub's.
#[test]
fn what_delegators_accept_holds_from_the_epoch_after_the_delay() {
    let study = study("app = { system = \"pos\", pool = \"app\", slash = 0.05 }", "5");
    assert!(settle(&study).votes[0].accepts());
    let results = PathPlan::of(&study).unwrap().run();
    assert_eq!(rows(&results, "voted", 1..=3), rows(&results, "own", 1..=3));
    assert_eq!(rows(&results, "voted", 4..=6), rows(&results, "lent", 4..=6));
    assert_ne!(rows(&results, "own", 1..=6), rows(&results, "lent", 1..=6));
}

/// A consumer that nothing secured before cannot be robbed before it exists.
#[test]
fn a_service_that_did_not_exist_begins_after_the_vote() {
    let results = PathPlan::of(&study("", "1e9")).unwrap().run();
    let pays = |design: &str| -> Vec<bool> {
        let rows = results.survival.iter().filter(|row| row.design == design && row.service == "app");
        rows.map(|row| row.p_attack_pays.value > 0.0).collect()
    };
    assert_eq!(pays("lent"), [true; 6]);
    assert_eq!(pays("voted"), [false, false, false, true, true, true]);
}
