use super::*;

/// Two operators that no choice of both can satisfy. An honest one with 70 and a dear node covers it alone, but not beside the
/// other, who takes 30 % of the pay; the other, who can be bribed, is safe beside the honest one (30 % cannot fork) and loses half
/// its stake to attacks alone. So the first is in iff the second is not, the second iff the first is.
fn pennies() -> Study {
    let text = "name = \"t\"\nassets.A = { price_usd = 1000 }\nhorizon_days = 365.25\n\
         adversary = { routes = [\"collude\", \"bribe\"], bribe_premium = 0 }\n\
         collusion = { probability = 0, altruistic_probability = 0 }\n\
         operators.table = [{ operator = \"honest\", altruistic_probability = 1 }, { operator = \"other\", node_cost_factor = 0.1 }]\n\
         [pools]\nhub = { asset = \"A\", stake = { honest = 70, other = 30 } }\n\
         [services]\n\
         app = { consensus = \"cometbft\", node_usd_per_year = 800, attacks.fork = { profit_usd = 1e6, amnesia = false } }\n\
         [designs.d.services]\n\
         app = { system = \"ics\", provider = \"hub\", mode = \"opt_in\", opt_in = [\"honest\", \"other\"], participation = \"chosen\", slash = 0.5, executes_on = \"always\", pays = [{ usd_per_year = 1000 }] }\n";
    Study::from_text(text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

/// Both → the other alone → nobody → the honest one alone → both: four sets, none of them an equilibrium.
#[test]
fn best_responses_can_go_round_in_a_circle() {
    let settled = settle(&pennies());
    let [chosen] = settled.chosen.as_slice() else { panic!("one service") };
    assert!(!chosen.converged);
    assert_eq!(names(&settled.study, &chosen.cycle), ["honest", "other"]);
    assert!(chosen.rounds >= 4 && chosen.rounds < settled.study.choosing.rounds, "{}", chosen.rounds);
}

/// The circle is broken by whatever takes one of its four moves away.
#[test]
fn the_circle_ends_where_one_of_its_moves_does() {
    let members = |change: &dyn Fn(&mut Study)| {
        let mut study = pennies();
        change(&mut study);
        let settled = settle(&study);
        assert!(settled.chosen[0].converged && settled.chosen[0].cycle.is_empty());
        names(&settled.study, &settled.chosen[0].members)
    };
    // A cheaper node lets the honest one stay beside the other.
    assert_eq!(members(&|study| study.services[0].node_usd_per_year = 600.0), ["honest", "other"]);
    // Without anything to gain nobody bribes the other, who then stays when the honest one has left.
    assert_eq!(members(&|study| study.services[0].attacks[0].profit_usd = 0.0), ["other"]);
    // A dearer one keeps the honest one away even alone, and the other with it.
    assert_eq!(members(&|study| study.services[0].node_usd_per_year = 1001.0), [""; 0]);
}
