//! Candidates in the order of a number, by sorting integers: the last bits of the number give way to the position.

/// So many are sorted.
const FEW: usize = 24;

/// Candidates in order; reused.
#[derive(Debug, Clone, Default)]
pub struct Order {
    keys: Vec<u64>,
    /// Bits that the position takes.
    bits: u32,
}

impl Order {
    /// Empties it, for positions below `n`.
    pub fn clear(&mut self, n: usize) {
        self.keys.clear();
        self.bits = usize::BITS - n.leading_zeros();
    }

    /// Adds a position by a number.
    pub fn push(&mut self, number: f64, position: u32) {
        let bits = number.to_bits();
        // Integers that sort as the numbers do, negative ones too.
        let key = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
        self.keys.push(key >> self.bits << self.bits | u64::from(position));
    }

    /// Lowest first; numbers that differ by less than [`Self::blur`] stand in the order of positions.
    pub fn sort(&mut self) {
        self.keys.sort_unstable();
    }

    /// The first position in order with which weights reach `aim`, the last one if all of them do not; leaves the order undone.
    pub fn reach(&mut self, mut aim: f64, weight: impl Fn(u32) -> f64) -> Option<u32> {
        let mask = (1 << self.bits) - 1;
        #[expect(clippy::cast_possible_truncation, reason = "it was a u32")]
        let position = |key: u64| (key & mask) as u32;
        let (mut keys, mut last) = (&mut self.keys[..], None);
        while keys.len() > FEW {
            let middle = keys.len() / 2;
            keys.select_nth_unstable(middle);
            let before: f64 = keys[..middle].iter().map(|key| weight(position(*key))).sum();
            if before >= aim {
                keys = &mut keys[..middle];
            } else {
                aim -= before;
                keys = &mut keys[middle..];
            }
        }
        keys.sort_unstable();
        for key in keys {
            last = Some(position(*key));
            aim -= weight(position(*key));
            if aim <= 0.0 {
                break;
            }
        }
        last
    }

    /// Positions in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + '_ {
        let mask = (1 << self.bits) - 1;
        #[expect(clippy::cast_possible_truncation, reason = "it was a u32")]
        self.keys.iter().map(move |key| (key & mask) as u32)
    }

    /// How far two numbers that stand in the wrong order can be apart, as a part of them.
    pub fn blur(&self) -> f64 {
        libm::exp2(f64::from(self.bits) - 52.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_either_sign_stand_in_order() {
        let numbers = [3.5, -2.0, 0.0, 1e300, -1e-300, f64::INFINITY, 1e-9, -7.25, 3.5, -0.0];
        let mut order = Order::default();
        order.clear(numbers.len());
        (0u32..).zip(numbers).for_each(|(position, number)| order.push(number, position));
        order.sort();
        let sorted: Vec<f64> = order.iter().map(|position| numbers[position as usize]).collect();
        assert!(sorted.windows(2).all(|w| w[0] <= w[1]), "{sorted:?}");
        assert_eq!(order.iter().filter(|at| numbers[*at as usize] > 3.0).collect::<Vec<_>>(), [0, 8, 3, 5]);
        assert!(order.blur() < 1e-14);
    }

    #[test]
    fn weights_are_reached_where_a_walk_in_order_reaches_them() {
        let mut order = Order::default();
        for n in 0..150usize {
            let number = |position: u32| f64::from(position * 7919 % 211) - 50.0;
            let weight = |position: u32| f64::from(position * 31 % 17);
            let mut walk: Vec<u32> = (0..u32::try_from(n).unwrap()).collect();
            walk.sort_by(|a, b| number(*a).total_cmp(&number(*b)).then(a.cmp(b)));
            let all: f64 = walk.iter().map(|position| weight(*position)).sum();
            for aim in [0.5, 0.2 * all, 0.5 * all, 0.9 * all, 2.0 * all + 1.0] {
                let mut sum = 0.0;
                let reached = walk.iter().find(|position| {
                    sum += weight(**position);
                    sum >= aim
                });
                order.clear(n.max(1));
                walk.iter().rev().for_each(|position| order.push(number(*position), *position));
                assert_eq!(order.reach(aim, weight), reached.or(walk.last()).copied(), "{n} {aim}");
            }
        }
    }
}
