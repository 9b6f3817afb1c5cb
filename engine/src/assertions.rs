//! Bounds that a study asserts of its own figures.

use crate::estimate::{Estimate, Results};
use crate::study::{Assertion, Study};

/// An assertion and the figure it speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct Asserted {
    /// The assertion.
    pub assertion: Assertion,
    /// Name of its design.
    pub design: String,
    /// The figure; `None` where the run reports none of this name.
    pub estimate: Option<Estimate>,
}

impl Asserted {
    /// Whether the estimate itself, not its interval, keeps the bounds. A figure that is not there or is no number does not.
    pub fn holds(&self) -> bool {
        let Some(Estimate { value, .. }) = self.estimate else { return false };
        let Assertion { at_most, at_least, .. } = self.assertion;
        !value.is_nan()
            && at_most.is_none_or(|most| value <= most)
            && at_least.is_none_or(|least| value >= least)
    }

    /// Whether a bound lies within the figure's 95 % interval: then more scenarios may change the answer.
    pub fn is_close(&self) -> bool {
        let Assertion { at_most, at_least, .. } = self.assertion;
        self.estimate.is_some_and(|Estimate { low, high, .. }| {
            at_most.into_iter().chain(at_least).any(|bound| (low..=high).contains(&bound))
        })
    }
}

/// Every assertion of the study with the figure it speaks of.
pub fn asserted(study: &Study, results: &Results) -> Vec<Asserted> {
    let assertions = study.assertions.iter();
    assertions
        .map(|assertion| {
            let design = study.designs[assertion.design].name.clone();
            let Assertion { service, attack, route, metric, .. } = assertion;
            let estimate = results.find(&design, service, attack, route, metric).map(|row| row.estimate);
            Asserted { assertion: assertion.clone(), design, estimate }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{NoSink, Plan, run};
    use std::path::Path;

    fn text(lines: &str) -> String {
        format!(
            "name = \"t\"\nrun.scenarios = 300\nassets.A = {{ price_usd = 1 }}\n\
             collusion = {{ probability = 0, altruistic_probability = 0 }}\n\
             adversary = {{ routes = [\"collude\", \"bribe\"], bribe_premium = 0 }}\n\
             pools.p = {{ asset = \"A\", stake = {{ a = 20, b = 20, c = 20 }} }}\n\
             services.s = {{ consensus = \"cometbft\", attacks.fork = {{ profit_usd = 15, amnesia = false }} }}\n\
             designs.d.services.s = {{ system = \"pos\", pool = \"p\", slash = 0.5 }}\n{lines}\n"
        )
    }

    /// A fork costs half of 40.
    #[test]
    fn bounds_are_kept_with_equality_and_missing_figures_fail() {
        let assertion = |bounds: &str| {
            let metric = "metric = \"attack_cost_usd_given_reachable\"";
            format!("[[assert]]\ndesign = \"d\"\nservice = \"s\"\nattack = \"fork\"\n{metric}\n{bounds}\n")
        };
        let cases = [
            ("at_most = 20", true),
            ("at_least = 20", true),
            ("at_most = 19.5", false),
            ("at_least = 20.5", false),
            ("at_least = 19\nat_most = 21", true),
            ("route = \"collude\"\nat_most = 1e9", false),
        ];
        let text = text(&cases.map(|(bounds, _)| assertion(bounds)).concat());
        let study =
            Study::from_text(&text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"));
        let Ok(results) = run(&Plan::new(&study), &mut NoSink, |_| ());
        let asserted = asserted(&study, &results);
        assert_eq!(asserted.len(), cases.len());
        for (asserted, (bounds, holds)) in asserted.iter().zip(cases) {
            assert_eq!(asserted.holds(), holds, "{bounds}: {asserted:?}");
        }
        assert!(asserted[0].is_close() && !asserted[2].is_close() && asserted[5].estimate.is_none());
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let told = |lines: &str| {
            let study = Study::from_text(&text(&format!("[[assert]]\n{lines}")), "study.toml", Path::new(""));
            study.err().map_or_else(String::new, |error| error.to_string())
        };
        let metric = "metric = \"p_attack_pays\"";
        for (lines, expected) in [
            (format!("design = \"d\"\n{metric}"), "`assert[0].at_most`: is missing, and so is `at_least`"),
            (format!("design = \"e\"\n{metric}\nat_most = 1"), "there is no design `e`"),
            (format!("design = \"d\"\nservice = \"t\"\n{metric}\nat_most = 1"), "there is no service `t`"),
            (format!("design = \"d\"\nattack = \"fork\"\n{metric}\nat_most = 1"), "name its service as well"),
            ("design = \"d\"\nat_most = 1".to_owned(), "`assert[0].metric`"),
            (
                "design = \"d\"\nmetric = \"p_atack_pays\"\nat_most = 1".to_owned(),
                "`assert[0].metric`: there is no metric `p_atack_pays`; did you mean `p_attack_pays`?",
            ),
            (
                "design = \"d\"\nmetric = \"profit\"\nat_most = 1".to_owned(),
                "there is no metric `profit`; known: `p_attack_pays`, `p_profitable_attack_low`",
            ),
        ] {
            let found = told(&lines);
            assert!(found.contains(expected), "{lines}: {found}");
        }
    }

    /// No name in the list is dead: each stands in the code that makes the summary. That none is missing is asserted where rows are
    /// written.
    #[test]
    fn every_metric_that_may_be_named_is_written() {
        let rooms =
            ["estimate", "bargain"].map(|room| Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room));
        let files = rooms.iter().flat_map(|room| std::fs::read_dir(room).unwrap());
        let files = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        let code: String = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
        for metric in crate::study::METRICS {
            assert!(code.contains(&format!("\"{metric}\"")), "nothing writes `{metric}`");
        }
    }
}
