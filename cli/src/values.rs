//! Values of arguments: how they are written, and what is refused.

use montecartel::sweep::Axis;

/// Most values of one number of a grid.
const MOST_VALUES: f64 = 10_000.0;

/// `KEY=FROM:TO:STEP` or `KEY=A,B,C`.
pub fn axis(text: &str) -> Result<Axis, String> {
    let (key, values) = text.split_once('=').ok_or("write KEY=FROM:TO:STEP or KEY=A,B,C")?;
    let number = |text: &str| -> Result<f64, String> {
        let number: f64 = text.trim().parse().map_err(|_| format!("`{text}` is not a number"))?;
        if number.is_finite() { Ok(number) } else { Err(format!("`{text}` is not finite")) }
    };
    let key = key.trim().to_owned();
    if let [from, to, step] = values.split(':').collect::<Vec<_>>()[..] {
        let (from, to, step) = (number(from)?, number(to)?, number(step)?);
        let steps = (to - from) / step;
        if !(0.0..MOST_VALUES).contains(&steps) {
            return Err("the steps must lead from FROM to TO, at most 10,000 of them".to_owned());
        }
        // A step that ends a rounding error before TO still reaches it.
        let values = (0u32..).map(|i| (i, from + f64::from(i) * step));
        let values = values.take_while(|(i, _)| f64::from(*i) <= steps + 1e-9).map(|(_, value)| tidy(value));
        return Ok(Axis { key, values: values.collect() });
    }
    Ok(Axis { key, values: values.split(',').map(number).collect::<Result<_, _>>()? })
}

/// A value of a grid without the dust of its sum: twelve digits.
fn tidy(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// `KEY=FROM:TO`.
pub fn range(text: &str) -> Result<(String, f64, f64), String> {
    let refused = || "write KEY=FROM:TO".to_owned();
    let (key, ends) = text.split_once('=').ok_or_else(refused)?;
    let (low, high) = ends.split_once(':').ok_or_else(refused)?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(refused);
    let (low, high) = (number(low)?, number(high)?);
    if low < high { Ok((key.trim().to_owned(), low, high)) } else { Err("FROM must lie below TO".to_owned()) }
}

/// Most cells that powers are rounded to: each of a few columns then takes 128 MiB.
const MOST_CELLS: u64 = 1 << 24;
/// Most scenarios that a study may ask for.
const MOST_SCENARIOS: u64 = 1_000_000_000_000;
/// Largest seed that a study can hold.
const MOST_SEED: u64 = i64::MAX.unsigned_abs();

/// A number of scenarios.
pub fn scenarios(text: &str) -> Result<u64, String> {
    let n = whole(text)?;
    if (1..=MOST_SCENARIOS).contains(&n) { Ok(n) } else { Err("must lie between 1 and 1e12".to_owned()) }
}

/// A number of cells.
pub fn cells(text: &str) -> Result<u64, String> {
    let n = whole(text)?;
    if (16..=MOST_CELLS).contains(&n) { Ok(n) } else { Err(format!("must lie between 16 and {MOST_CELLS}")) }
}

/// A part of 1.
pub fn fraction(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "write a number such as 0.01".to_owned())?;
    if number > 0.0 && number < 1.0 { Ok(number) } else { Err("must lie between 0 and 1".to_owned()) }
}

/// A part of a whole, read exactly: `0.1`, `1/10`, 0 or 1 too.
pub fn part(text: &str) -> Result<(u64, u64), String> {
    let (num, den) = montecartel::fraction::parse_ratio(text)
        .ok_or_else(|| "write a part such as 0.1 or 1/10".to_owned())?;
    if num <= den { Ok((num, den)) } else { Err("must lie between 0 and 1".to_owned()) }
}

/// A time.
pub fn seconds(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    if number > 0.0 && number < 1e9 { Ok(number) } else { Err("must lie between 0 and 1e9".to_owned()) }
}

/// A seed.
pub fn seed(text: &str) -> Result<u64, String> {
    let seed = match text.strip_prefix("0x") {
        Some(digits) => {
            u64::from_str_radix(&digits.replace('_', ""), 16).map_err(|error| error.to_string())?
        }
        None => whole(text)?,
    };
    if seed <= MOST_SEED { Ok(seed) } else { Err(format!("must lie between 0 and {MOST_SEED}")) }
}

/// A whole number: `1000000`, `1_000_000`, `1e6`, `2.5e6`.
fn whole(text: &str) -> Result<u64, String> {
    let digits = text.replace('_', "");
    if let Ok(number) = digits.parse() {
        return Ok(number);
    }
    let refused = || "write a whole number such as 1000000, 1_000_000 or 1e6".to_owned();
    let (mantissa, exponent) = digits.split_once(['e', 'E']).ok_or_else(refused)?;
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if before.is_empty() {
        return Err(refused());
    }
    let exponent: usize = exponent.trim_start_matches('+').parse().map_err(|_| refused())?;
    let zeros = exponent.checked_sub(after.len()).filter(|zeros| *zeros < 20).ok_or_else(refused)?;
    format!("{before}{after}{}", "0".repeat(zeros)).parse().map_err(|_| refused())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_in_every_spelling() {
        for text in ["2500000", "2_500_000", "2.5e6", "25e5", "2.5E+6", "2500e3"] {
            assert_eq!(whole(text), Ok(2_500_000), "{text}");
        }
        for text in ["", "1.5", "1e", "e6", "-1", "1.25e1", "1e30", "1e-3", "ten"] {
            assert!(whole(text).is_err(), "{text}");
        }
    }

    #[test]
    fn grids_reach_their_ends() {
        let values = |text: &str| axis(text).map(|axis| axis.values);
        assert_eq!(values("a.b=0:0.6:0.1"), Ok(vec![0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]));
        assert_eq!(values("a=3,1e-3"), Ok(vec![3.0, 1e-3]));
        assert_eq!(values("a=2:1:-0.5"), Ok(vec![2.0, 1.5, 1.0]));
        for text in ["a", "a=", "a=0:1:0", "a=0:1:-1", "a=x", "a=0:1:1e-9", "a=inf"] {
            assert!(values(text).is_err(), "{text}");
        }
        assert!(range("a=1:0").is_err() && range("a=0:1") == Ok(("a".to_owned(), 0.0, 1.0)));
    }

    #[test]
    fn seeds_read_as_the_manifest_writes_them() {
        assert_eq!(seed("0x000000000000002a"), Ok(42));
        assert!(seed("0xffffffffffffffff").is_err());
        assert!(scenarios("0").is_err());
    }
}
