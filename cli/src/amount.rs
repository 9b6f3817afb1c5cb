//! Amounts as people read them.

/// Money with three digits: `$1.24B`, `$35.0M`, `$950`; `∞` out of reach, `-` where there is none.
pub fn usd(amount: f64) -> String {
    if amount.is_nan() {
        return "-".to_owned();
    }
    let sign = if amount < 0.0 { "-" } else { "" };
    let size = amount.abs();
    if size.is_infinite() {
        return format!("{sign}∞");
    }
    let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")];
    // What rounds up to 1000 belongs to the next unit.
    let unit = units.into_iter().find(|(unit, _)| size >= 0.9995 * unit);
    match unit {
        Some((unit, _)) if size >= 999.5 * 1e12 => format!("{sign}${:.2e}", size / unit * 1e12),
        Some((unit, letter)) => format!("{sign}${}{letter}", three_digits(size / unit)),
        None if size < 0.005 => "$0".to_owned(),
        None => format!("{sign}${}", three_digits(size)),
    }
}

/// A number in [0.9995, 1000) with three digits.
fn three_digits(number: f64) -> String {
    let decimals = if number < 9.995 { 2 } else { usize::from(number < 99.95) };
    format!("{number:.decimals$}")
}

/// A share or a probability: `12.3%`, `0.123%`, below that `3.1e-5`.
pub fn share(p: f64) -> String {
    if p.is_nan() {
        return "-".to_owned();
    }
    let percent = 100.0 * p;
    if p <= 0.0 {
        "0".to_owned()
    } else if p >= 1.0 {
        "100%".to_owned()
    } else if p < 0.000_095 {
        format!("{p:.1e}")
    } else if percent < 0.995 {
        format!("{percent:.3}%")
    } else if percent < 9.995 {
        format!("{percent:.2}%")
    } else if percent < 99.95 {
        format!("{percent:.1}%")
    } else if percent < 99.9995 {
        format!("{percent:.3}%")
    } else {
        "100%".to_owned()
    }
}

/// A count with separators: `1,000,000`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_keeps_three_digits() {
        let cases = [
            (0.0, "$0"),
            (950.0, "$950"),
            (999.7, "$1.00k"),
            (35e6, "$35.0M"),
            (1.2399e9, "$1.24B"),
            (999.96e6, "$1.00B"),
            (-2.5e3, "-$2.50k"),
            (f64::INFINITY, "∞"),
            (f64::NAN, "-"),
            (1.5, "$1.50"),
            (2e15, "$2.00e15"),
        ];
        for (amount, text) in cases {
            assert_eq!(usd(amount), text, "{amount}");
        }
    }

    #[test]
    fn small_probabilities_keep_their_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "100%"),
            (0.123, "12.3%"),
            (0.00123, "0.123%"),
            (3.14e-6, "3.1e-6"),
            (0.05, "5.00%"),
        ];
        for (p, text) in cases {
            assert_eq!(share(p), text, "{p}");
        }
    }

    #[test]
    fn counts_have_separators() {
        assert_eq!(
            (count(7), count(1000), count(1_234_567)),
            ("7".into(), "1,000".into(), "1,234,567".into())
        );
    }
}
