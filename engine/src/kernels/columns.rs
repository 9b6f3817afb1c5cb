//! Columns scaled, added and chosen from, element by element.

use super::dispatch::wide;

wide! {
    /// Adds `factor · column` to `out`.
    pub fn add_scaled(out: &mut [f64], factor: f64, column: &[f64]) {
        out.iter_mut().zip(column).for_each(|(out, value)| *out += factor * value);
    }
}

wide! {
    /// Takes from each row of `rows` so much of `own` that its entry in a column is that of `own` times what it was, with the other sign; a
    /// row that has nothing there stays.
    pub fn eliminate(own: &[f64], column: usize, rows: &mut [f64]) {
        for row in rows.chunks_exact_mut(own.len()) {
            let factor = std::mem::replace(&mut row[column], 0.0);
            if factor != 0.0 {
                row.iter_mut().zip(own).for_each(|(entry, own)| *entry -= factor * own);
            }
        }
    }
}

wide! {
    /// `out = a · b`.
    pub fn multiply(a: &[f64], b: &[f64], out: &mut [f64]) {
        out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a * b);
    }
}

wide! {
    /// `out = 1 / column`.
    pub fn invert(column: &[f64], out: &mut [f64]) {
        out.iter_mut().zip(column).for_each(|(out, value)| *out = 1.0 / value);
    }
}

wide! {
    /// The lesser of each pair, in `least`.
    pub fn keep_least(least: &mut [f64], other: &[f64]) {
        least.iter_mut().zip(other).for_each(|(least, other)| *least = if *other < *least { *other } else { *least });
    }
}

wide! {
    /// Where `a − b < c − d`; tells whether that is anywhere.
    pub fn differ_less(a_b: (&[f64], &[f64]), c_d: (&[f64], &[f64]), which: &mut [bool]) -> bool {
        let left = a_b.0.iter().zip(a_b.1).map(|(a, b)| a - b);
        let right = c_d.0.iter().zip(c_d.1).map(|(c, d)| c - d);
        which.iter_mut().zip(left.zip(right)).for_each(|(which, (left, right))| *which = left < right);
        which.iter().fold(false, |any, which| any | which)
    }
}

wide! {
    /// Overwrites the values that `which` names.
    pub fn take_where(which: &[bool], values: &mut [f64], new: &[f64]) {
        for ((value, new), which) in values.iter_mut().zip(new).zip(which) {
            *value = if *which { *new } else { *value };
        }
    }
}

wide! {
    /// `units / total`, each number of units taken as the nearest double.
    pub fn shares(units: &[u64], total: f64, out: &mut [f64]) {
        out.iter_mut().zip(units).for_each(|(out, units)| *out = to_f64(*units) / total);
    }
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "the nearest double is meant")]
fn to_f64(units: u64) -> f64 {
    units as f64
}

wide! {
    /// Where there are at least so many units; tells whether that is anywhere.
    pub fn at_least(units: &[u64], least: u64, which: &mut [bool]) -> bool {
        which.iter_mut().zip(units).for_each(|(which, units)| *which = *units >= least);
        which.iter().fold(false, |any, which| any | which)
    }
}

wide! {
    /// Where `a + b − c > most`; tells whether that is anywhere.
    pub fn nets_more(abc: (&[f64], &[f64], &[f64]), most: &[f64], which: &mut [bool]) -> bool {
        let net = abc.0.iter().zip(abc.1).zip(abc.2).map(|((a, b), c)| a + b - c);
        which.iter_mut().zip(net.zip(most)).for_each(|(which, (net, most))| *which = net > *most);
        which.iter().fold(false, |any, which| any | which)
    }
}

wide! {
    /// The larger of `most` and `a − b`, in `most`; tells whether some grew.
    pub fn raise_to_difference(most: &mut [f64], a: &[f64], b: &[f64]) -> bool {
        let mut grew = false;
        for (most, (a, b)) in most.iter_mut().zip(a.iter().zip(b)) {
            let difference = a - b;
            grew |= difference > *most;
            *most = if difference > *most { difference } else { *most };
        }
        grew
    }
}

wide! {
    /// The bits of each value above the lowest `shift`.
    pub fn high_bits(values: &[f64], shift: u32, out: &mut [u64]) {
        out.iter_mut().zip(values).for_each(|(out, value)| *out = value.to_bits() >> shift);
    }
}

wide! {
    /// Whether all values are the same, bit by bit.
    pub fn all_equal(values: &[f64]) -> bool {
        let first = values.first().map_or(0, |first| first.to_bits());
        values.iter().fold(0, |other, value| other | value.to_bits() ^ first) == 0
    }
}

wide! {
    /// `cost / profit`, infinite where nothing is to be gained.
    pub fn cover(cost: &[f64], returned: &[f64], profit: &[f64], out: &mut [f64]) {
        for ((out, profit), (cost, returned)) in out.iter_mut().zip(profit).zip(cost.iter().zip(returned)) {
            let net = cost - returned;
            let net = if net > 0.0 { net } else { 0.0 };
            *out = if *profit > 0.0 { net / profit } else { f64::INFINITY };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_what_the_plain_loops_make_at_every_length() {
        for n in 0..=66u32 {
            let column =
                |seed: u32| -> Vec<f64> { (0..n).map(|i| f64::from((i * seed) % 23) - 7.3).collect() };
            let (a, b, c, d) = (column(7), column(11), column(13), column(5));
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            let each = |f: &dyn Fn(usize) -> f64| bits(&(0..a.len()).map(f).collect::<Vec<_>>());
            let mut out = a.clone();
            add_scaled(&mut out, 0.7, &b);
            assert_eq!(bits(&out), each(&|i| a[i] + 0.7 * b[i]));
            multiply(&a, &b, &mut out);
            assert_eq!(bits(&out), each(&|i| a[i] * b[i]));
            invert(&a, &mut out);
            assert_eq!(bits(&out), each(&|i| 1.0 / a[i]));
            out.clone_from(&a);
            assert_eq!(raise_to_difference(&mut out, &b, &c), (0..a.len()).any(|i| b[i] - c[i] > a[i]));
            assert_eq!(bits(&out), each(&|i| a[i].max(b[i] - c[i])));
            out.clone_from(&a);
            keep_least(&mut out, &b);
            assert_eq!(bits(&out), each(&|i| a[i].min(b[i])));
            let mut which = vec![false; a.len()];
            let any = differ_less((&a, &b), (&c, &d), &mut which);
            assert!((0..a.len()).all(|i| which[i] == (a[i] - b[i] < c[i] - d[i])));
            assert_eq!(any, which.contains(&true));
            let more = nets_more((&a, &b, &c), &d, &mut which);
            assert!((0..a.len()).all(|i| which[i] == (a[i] + b[i] - c[i] > d[i])));
            assert_eq!(more, which.contains(&true));
            differ_less((&a, &b), (&c, &d), &mut which);
            out.clone_from(&a);
            take_where(&which, &mut out, &b);
            assert_eq!(bits(&out), each(&|i| if which[i] { b[i] } else { a[i] }));
        }
    }
}
