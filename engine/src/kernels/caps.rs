//! Parts that may make up no more than a share of the whole that they add to.

/// A part's own size and the largest share of the whole that it may make up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Capped {
    /// Size without the cap.
    pub size: f64,
    /// Largest share of the whole, in (0, 1); all shares sum to less than 1.
    pub share: f64,
}

/// The whole: the T with `T = own + Σ min(size, share·T)`.
pub fn whole(own: f64, parts: &[Capped]) -> f64 {
    let mut whole = own + parts.iter().map(|part| part.size).sum::<f64>();
    // Each round can only cap more of them.
    for _ in 0..=parts.len() {
        whole = solve(own, parts, |part| part.size > part.share * whole);
    }
    whole
}

/// The whole where just the parts that `binds` names are at their cap.
fn solve(own: f64, parts: &[Capped], binds: impl Fn(&Capped) -> bool) -> f64 {
    let (mut free, mut bound) = (own, 0.0);
    for part in parts {
        if binds(part) {
            bound += part.share;
        } else {
            free += part.size;
        }
    }
    free / (1.0 - bound)
}

/// Puts those first whose caps cease to bind first as the whole grows.
pub fn sort_by_fit(parts: &mut [Capped]) {
    parts.sort_by(|a, b| (a.size / a.share).total_cmp(&(b.size / b.share)));
}

/// Least amount to add to `own` so that it makes up `share` of the whole that then results; `None` if none is enough. Parts are
/// [sorted by fit](sort_by_fit).
///
/// The whole grows with the amount, ever slower as caps cease to bind, so the caps are let go one by one, those that
/// fit first.
pub fn added(share: f64, own: f64, by_fit: &[Capped]) -> Option<f64> {
    (0..=by_fit.len()).find_map(|n_free| {
        let (free, bound) = by_fit.split_at(n_free);
        let others = own + free.iter().map(|part| part.size).sum::<f64>();
        let left = 1.0 - bound.iter().map(|part| part.share).sum::<f64>();
        let added = share * others / (left - share);
        let whole = (others + added) / left;
        let still_bind = bound.iter().all(|part| part.size >= part.share * whole * (1.0 - 1e-12));
        (left > share && still_bind && added.is_finite()).then_some(added)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capped(parts: &[(f64, f64)]) -> Vec<Capped> {
        let mut parts: Vec<Capped> =
            parts.iter().map(|(size, share)| Capped { size: *size, share: *share }).collect();
        sort_by_fit(&mut parts);
        parts
    }

    /// 100 of one's own and caps of 1/3 and 1/9 of the whole, both abundant: 60 and 20 of 180.
    #[test]
    fn caps_that_bind_together() {
        assert!((whole(100.0, &capped(&[(1e9, 1.0 / 3.0), (1e9, 1.0 / 9.0)])) - 180.0).abs() < 1e-9);
    }

    /// One lends just 20 under a cap of a third: the other's ninth is of 135, not of 180.
    #[test]
    fn a_cap_that_does_not_bind_leaves_the_others_less() {
        assert!((whole(100.0, &capped(&[(20.0, 1.0 / 3.0), (1e9, 1.0 / 9.0)])) - 135.0).abs() < 1e-9);
        assert!((whole(100.0, &[]) - 100.0).abs() < 1e-12);
    }

    /// 200 of one's own and 4000 under a cap of a third: a third needs 200 (200 of 600), two thirds 8400 (the cap no
    /// longer binds), and under a cap of a half of endless size two thirds can never be had.
    #[test]
    fn what_is_added_raises_the_caps_as_well() {
        let lent = capped(&[(4000.0, 1.0 / 3.0)]);
        assert!((added(1.0 / 3.0, 200.0, &lent).unwrap() - 200.0).abs() < 1e-9);
        assert!((added(2.0 / 3.0, 200.0, &lent).unwrap() - 8400.0).abs() < 1e-6);
        assert_eq!(added(2.0 / 3.0, 200.0, &capped(&[(f64::INFINITY, 0.5)])), None);
        assert!((added(0.5, 1000.0, &[]).unwrap() - 1000.0).abs() < 1e-9);
    }

    #[test]
    fn what_is_added_reaches_the_share_exactly() {
        for (own, parts) in [(7.0, [(3.0, 0.2), (90.0, 0.3)]), (50.0, [(400.0, 0.1), (2.0, 0.05)])] {
            let parts = capped(&parts);
            for share in [0.1, 1.0 / 3.0, 0.5, 0.6] {
                if let Some(added) = added(share, own, &parts) {
                    assert!((added / whole(own + added, &parts) - share).abs() < 1e-9, "{share} {own}");
                }
            }
        }
    }
}
