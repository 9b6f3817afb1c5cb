//! The nearest known name, for remedies.

/// Longest name that is compared; longer ones are no typing mistakes worth the time.
const LONGEST: usize = 64;

/// Least number of characters inserted, deleted, replaced or swapped with a neighbour that turns `a` into `b`.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut cost: Vec<usize> = (0..(a.len() + 1) * width).map(|at| at / width + at % width).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = cost[(i - 1) * width + j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let gap = cost[(i - 1) * width + j].min(cost[i * width + j - 1]) + 1;
            let mut best = replace.min(gap);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(cost[(i - 2) * width + j - 2] + 1);
            }
            cost[i * width + j] = best;
        }
    }
    cost[a.len() * width + b.len()]
}

/// The known name nearest to `name`, if it is near enough to be meant: a third of its letters, at least one.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    if length > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    let near =
        |other: &str| other.len() <= 4 * LONGEST && other.chars().count().abs_diff(length) <= length / 3 + 1;
    known
        .into_iter()
        .filter(|other| near(other))
        .map(|other| (edit_distance(&lower, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= (length / 3).max(1))
        .min()
        .map(|(_, other)| other)
}

/// What to write instead of an unknown name: the nearest known one, or a list of those there are.
pub(super) fn suggest(name: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(name, known.iter().copied()) {
        return format!("did you mean `{near}`?");
    }
    if known.is_empty() {
        return "the study has none".to_owned();
    }
    let shown: Vec<String> = known.iter().take(20).map(|name| format!("`{name}`")).collect();
    let more = if known.len() > shown.len() {
        format!(" and {} more", known.len() - shown.len())
    } else {
        String::new()
    };
    format!("known: {}{more}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits_and_swaps() {
        for (a, b, distance) in
            [("", "", 0), ("a", "", 1), ("slash", "slahs", 1), ("kitten", "sitting", 3), ("é", "e", 1)]
        {
            assert_eq!(edit_distance(a, b), distance, "{a} {b}");
        }
    }

    #[test]
    fn near_names_are_suggested_and_far_ones_listed() {
        assert_eq!(suggest("volatilty", &["price_usd", "volatility"]), "did you mean `volatility`?");
        assert_eq!(suggest("atom", &["ATOM", "OSMO"]), "did you mean `ATOM`?");
        assert_eq!(suggest("zzz", &["ATOM", "OSMO"]), "known: `ATOM`, `OSMO`");
        assert_eq!(suggest("zzz", &[]), "the study has none");
    }
}
