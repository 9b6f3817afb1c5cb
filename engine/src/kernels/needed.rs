//! What a set costs that covers some rows, once those have left whom no row needs.

use super::dispatch::wide;

/// Most rows.
pub const ROWS: usize = 8;
/// How far a row may fall short: whether it does is for others to say.
const SLACK: f64 = 1e-9;

wide! {
    /// About what those of a set cost who stay when everybody leaves, in order, whom no row needs; infinite where a row falls short, and
    /// any value that is no less than `most` where it comes to that. `present`: a bit each; `over`: what the rows have without the set. Whoever
    /// costs less than nothing stays; `members`: what each gives to each row, and costs.
    pub fn cost_of_needed(present: &[u64], members: (&[[f64; ROWS]], &[f64]), over: [f64; ROWS], most: f64) -> f64 {
        let ((tiles, costs), mut over) = (members, over);
        let mut cost = 0.0;
        for ((tiles, costs), word) in tiles.chunks(64).zip(costs.chunks(64)).zip(present) {
            let mut word = *word;
            while word != 0 {
                let at = word.trailing_zeros() as usize;
                word &= word - 1;
                over = std::array::from_fn(|i| over[i] + tiles[at][i]);
                cost += if costs[at] < 0.0 { costs[at] } else { 0.0 };
            }
        }
        if over.iter().fold(false, |any, over| any | (*over < -SLACK)) {
            return f64::INFINITY;
        }
        for ((tiles, costs), word) in tiles.chunks(64).zip(costs.chunks(64)).zip(present) {
            let mut word = *word;
            while word != 0 {
                let at = word.trailing_zeros() as usize;
                word &= word - 1;
                if costs[at] < 0.0 {
                    continue;
                }
                let left: [f64; ROWS] = std::array::from_fn(|i| over[i] - tiles[at][i]);
                if left.iter().fold(false, |any, left| any | (*left < -SLACK)) {
                    cost += costs[at];
                    if cost >= most {
                        return cost;
                    }
                } else {
                    over = left;
                }
            }
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_no_row_needs_leaves_in_order() {
        // Three rows; the dearest is not needed, the second is, by the last row alone, and the fourth is paid to join.
        let row = |a: f64, b: f64, c: f64| std::array::from_fn(|i| [a, b, c].get(i).copied().unwrap_or(0.0));
        let tiles = [row(0.5, 0.1, 0.0), row(0.1, 0.0, 1.0), row(1.0, 1.0, 0.0), row(0.0, 0.0, 0.0)];
        let costs = [9.0, 5.0, 3.0, -1.0];
        let over = row(-1.0, -1.0, -1.0);
        let cost = |present: u64, most: f64| cost_of_needed(&[present], (&tiles, &costs), over, most);
        assert!((cost(0b1111, 100.0) - 7.0).abs() < 1e-12);
        assert!((cost(0b0111, 100.0) - 8.0).abs() < 1e-12);
        assert!(cost(0b1111, 6.0) >= 6.0);
        assert!(cost(0b1101, 100.0) == f64::INFINITY);
        // Exactly what is needed is enough, and everybody beyond the 64th counts as well.
        let many: Vec<[f64; ROWS]> = (0..100).map(|_| row(0.02, 0.01, 0.01)).collect();
        let ones = vec![1.0; 100];
        let all = cost_of_needed(&[u64::MAX, (1 << 36) - 1], (&many, &ones), over, 1000.0);
        assert!((all - 100.0).abs() < 1e-9, "{all}");
        let few = cost_of_needed(&[u64::MAX, 0], (&many, &ones), row(-0.25, 0.0, 0.0), 1000.0);
        assert!((few - 13.0).abs() < 1e-9, "{few}");
    }
}
