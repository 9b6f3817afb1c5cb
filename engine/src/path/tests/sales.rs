use super::*;

/// A chain whose validators all collude, an attack on which pays at once, and two fifths of whose stake a token holds that must be sold
/// as it falls.
fn study(forced: f64, liquidity: &str) -> Study {
    let text = format!(
        "name = \"w\"\nassets.A = {{ price_usd = 10, {liquidity} }}\ncollusion = {{ probability = 1, altruistic_probability = 0 }}\n\
         [pools]\nhub = {{ asset = \"A\", stake = {{ a = 50, b = 30, c = 20 }}, unbonding_days = 14 }}\n\
         [services]\nhub = {{ consensus = \"cometbft\", asset = \"A\", attacks.fork = {{ profit_usd = 1000, amnesia = false, drawdown = 0.3 }} }}\n\
         [designs.d.services]\nhub = {{ system = \"pos\", pool = \"hub\", slash = 0.05 }}\n\
         [portfolios.liquid]\nholds = [{{ pool = \"hub\", tokens = 40 }}]\ndiscount_factor = 1\nforced_selling = {forced}\n\
         [time]\nepochs = 3\nepoch_days = 7\npaths = 1\ncontagion = true\nflight = 0.2\n"
    );
    Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

fn second(results: &PathResults, metric: &str) -> f64 {
    results.sample.iter().find(|row| row.epoch == 2 && row.metric == metric).unwrap().value
}

/// a signs twice: 2.5 of 100 are slashed, 1 of the token's 40. It falls by 0.025 twice and by the drawdown of 0.3, a fifth of it flees
/// and is sold; sales and falls feed each other: p = κ (0.2 + φ 0.35)/(1 − κφ), κ = 39 · 7/liquidity.
#[test]
fn forced_sales_move_the_price_to_their_fixed_point() {
    for (forced, liquidity) in [(0.5, 2000.0), (1.5, 2000.0), (0.5, 500.0)] {
        let results = PathPlan::of(&study(forced, &format!("liquidity_usd = {liquidity}"))).unwrap().run();
        let weight = 39.0 * 7.0 / liquidity;
        let p = weight * (0.2 + forced * 0.35) / (1.0 - weight * forced);
        let sold = 0.2 + forced * (0.35 + p);
        assert!(sold < 1.0 && p < 0.5, "{sold} {p}");
        assert!((second(&results, "price_usd") - 7.0 * (1.0 - p)).abs() < 1e-9);
        assert!((second(&results, "sold_share") - sold).abs() < 1e-12);
        assert!((second(&results, "holding_usd") - 39.0 * (1.0 - sold) * 7.0 * (1.0 - p)).abs() < 1e-9);
        // Who buys redeems: what is sold beyond what fled leaves as well.
        let stake = (97.5 * 0.8 - 39.0 * (sold - 0.2)) * 7.0 * (1.0 - p);
        assert!((second(&results, "stake_usd") - stake).abs() < 1e-9, "{}", second(&results, "stake_usd"));
    }
}

/// Where each sale causes as much again, all is sold: p = κ. Where the market takes any amount, sales move nothing.
#[test]
fn the_spiral_ends_when_everything_is_sold() {
    let results = PathPlan::of(&study(4.0, "liquidity_usd = 1000")).unwrap().run();
    assert!((second(&results, "sold_share") - 1.0).abs() < 1e-12);
    assert!((second(&results, "price_usd") - 7.0 * (1.0 - 0.273)).abs() < 1e-9);
    assert!(second(&results, "holding_usd").abs() < 1e-9);
    let deep = PathPlan::of(&study(1.5, "volatility = 0")).unwrap().run();
    assert!((second(&deep, "price_usd") - 7.0).abs() < 1e-12);
    let none = PathPlan::of(&study(0.0, "liquidity_usd = 1000")).unwrap().run();
    assert!((second(&none, "price_usd") - 7.0).abs() < 1e-12);
    assert!(none.sample.iter().all(|row| row.metric != "sold_share"), "who is not forced is not followed");
}
