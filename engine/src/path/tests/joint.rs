use super::*;

/// Two services that each slash all of one stake and pay 60 % of it: no attack on one pays, one on both does, once.
#[test]
fn a_joint_attack_is_carried_out_on_all_its_targets() {
    let text = |joint: bool| {
        format!(
            "name = \"two\"\nassets.A = {{ price_usd = 1 }}\ncollusion = {{ probability = 0.5, altruistic_probability = 0 }}\n\
             pools.p = {{ asset = \"A\", stake = {{ a = 100, b = 100 }} }}\n\
             services.s = {{ consensus = \"quorum\", attacks.corrupt = {{ profit_usd = 60, threshold = \">= 1/2\", slash = 1 }} }}\n\
             services.t = {{ consensus = \"quorum\", attacks.corrupt = {{ profit_usd = 60, threshold = \">= 1/2\", slash = 1 }} }}\n\
             adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0.5, joint = {joint} }}\n\
             designs.d.services.s = {{ system = \"eigenlayer\", pools = [\"p\"], stake = \"pooled\", slash = 0.0 }}\n\
             designs.d.services.t = {{ system = \"eigenlayer\", pools = [\"p\"], stake = \"pooled\", slash = 0.0 }}\n\
             [time]\nepochs = 3\nepoch_days = 7\npaths = 4096\nsample = 4096\ncontagion = true\n"
        )
    };
    let run = |joint| {
        let study = Study::from_text(&text(joint), "study.toml", Path::new("")).unwrap();
        PathPlan::of(&study).unwrap().run()
    };
    let pays = |results: &PathResults, service: &str| -> Vec<f64> {
        let rows = results.survival.iter().filter(|row| row.service == service);
        rows.map(|row| row.p_attack_pays.value).collect()
    };
    let (single, joint) = (run(false), run(true));
    assert_eq!(pays(&single, "s"), [0.0; 3]);
    // Bribing asks half as much again; so one of the two must collude.
    let [first, later @ ..] = pays(&joint, "s").try_into().unwrap_or([0.0; 3]);
    assert!((first - 0.75).abs() < 5.0 * libm::sqrt(0.75 * 0.25 / 4096.0), "{first}");
    assert_eq!(later.map(f64::to_bits), [0; 2]);
    assert_eq!(pays(&joint, "s"), pays(&joint, "t"));
    // Of 200 the one that took part loses its 100, the service is dead, and what is left stays.
    let stakes = joint.sample.iter().filter(|row| row.metric == "stake_usd" && row.epoch == 3);
    let halved = stakes.filter(|row| (row.value - 100.0).abs() < 1e-9).count();
    let halved = crate::moments::count(halved as u64) / 4096.0;
    assert!((halved - first).abs() < 1e-12, "{halved}");
}
