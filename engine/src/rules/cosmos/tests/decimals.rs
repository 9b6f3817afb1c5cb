//! Decimals, fractions and shares.

use super::*;

/// cosmos-sdk, math/legacy_dec.go: `Mul` and `Quo` round half to even, the truncating forms and integers down.
#[test]
fn products_and_quotients_round_as_the_protocol_does() {
    let raw = Dec18::from_raw;
    let half = raw(Dec18::ONE.raw() / 2);
    assert_eq!([1, 3, 5].map(|r| raw(r).times(half).unwrap().raw()), [0, 2, 2]);
    assert_eq!(shares(2).over(shares(3)).unwrap().raw(), 666_666_666_666_666_667);
    assert_eq!(shares(2).over_truncated(shares(3)).unwrap().raw(), 666_666_666_666_666_666);
    assert_eq!(shares(2).scaled(1, 3).unwrap().raw(), 666_666_666_666_666_666);
    assert_eq!([1, 3, 5].map(|r| raw(r).over(shares(2)).unwrap().raw()), [0, 2, 2]);
    assert_eq!(shares(7).times(fraction("0.5").value()).unwrap().truncate(), 3);
}

/// With d = 8·10¹⁷ − 1, (d + 1)/2 units of 10⁻¹⁸ over d are 1/2 + 1/(2d) of a unit; the excess lies beyond the
/// 36th place, so the quotient counts as a tie and goes to the even side.
#[test]
fn a_quotient_a_hair_above_a_tie_counts_as_the_tie() {
    let divisor: u128 = 799_999_999_999_999_999;
    let half = Dec18::from_raw(divisor.div_ceil(2));
    assert_eq!(half.over(shares(divisor)), Ok(Dec18::ZERO));
    let above = Dec18::from_raw(4).over(shares(7)).unwrap();
    assert_eq!(above.raw(), 1);
}

/// No decimal beyond 128 bits, no quotient by 0.
#[test]
fn what_does_not_fit_is_refused() {
    let most = Dec18::from_raw(u128::MAX);
    assert_eq!(Dec18::from_integer(u128::MAX), Err(Refusal::OutOfRange));
    assert_eq!(most.times(shares(2)), Err(Refusal::OutOfRange));
    assert_eq!(most.over(Dec18::from_raw(1)), Err(Refusal::OutOfRange));
    assert_eq!(shares(1).over(Dec18::ZERO), Err(Refusal::DivisionByZero));
    assert_eq!(shares(1).scaled(1, 0), Err(Refusal::DivisionByZero));
    assert_eq!(Fraction18::ratio(0, 0), Err(Refusal::DivisionByZero));
}

/// cosmos-sdk, x/slashing/types/params.go: a fraction above 1 is "too large".
#[test]
fn fractions_beyond_one_are_refused() {
    assert_eq!("1".parse(), Ok(Fraction18::ONE));
    assert_eq!("0.05".parse(), Ok(SDK_DEFAULTS.double_sign_fraction));
    assert_eq!(Fraction18::ratio(1, 20), Ok(SDK_DEFAULTS.double_sign_fraction));
    assert_eq!(Fraction18::from_raw(Dec18::ONE.raw()), Ok(Fraction18::ONE));
    let refusal = "1.000000000000000001".parse::<Fraction18>().unwrap_err();
    assert_eq!(refusal.to_string(), "fraction must lie in [0, 1], got 1.000000000000000001");
    assert!(Fraction18::ratio(21, 20).is_err());
    assert!(Fraction18::from_raw(u128::MAX).is_err());
}

/// Texts: at most 18 places, no sign.
#[test]
fn texts_read_as_decimals_or_are_refused() {
    assert_eq!(".5".parse::<Dec18>().unwrap().to_string(), "0.500000000000000000");
    assert_eq!("12".parse::<Dec18>().unwrap(), shares(12));
    assert_eq!("0.000000000000000001".parse::<Dec18>().unwrap().raw(), 1);
    for text in ["", ".", "1.", "-0.05", "+1", "0.0000000000000000001", "1e-2", "1.2.3", "½"] {
        let refusal = text.parse::<Fraction18>().unwrap_err();
        assert_eq!(refusal, Refusal::NotADecimal { text: text.to_owned() });
    }
    let long = "9".repeat(60);
    assert_eq!(long.parse::<Dec18>(), Err(Refusal::OutOfRange));
}

/// Who delegates after the offence and before the slash loses the same part as everyone.
#[test]
fn those_who_join_after_the_infraction_pay_too() {
    let mut book = book(10);
    let late = book.validator.as_mut().unwrap().delegate(10 * TOKEN).unwrap();
    assert_eq!(late, shares(10 * TOKEN));
    let offence = Offence { fraction: fraction("0.05"), ..half_of_ten(5) };
    let done = slash(&book, &offence, &at(20, 0), RedelegationRule::UnbondingFirst).unwrap();
    let validator = done.after.validator.unwrap();
    assert_eq!((validator.tokens, validator.shares), (19_500_000, shares(20 * TOKEN)));
    assert_eq!(validator.worth(late).unwrap(), shares(9_750_000));
}

/// cosmos-sdk, x/staking/types/validator.go: after a slash a token buys more shares; the last shares take the
/// crumbs.
#[test]
fn shares_follow_the_exchange_rate() {
    let mut validator = Validator::bonded(10).unwrap();
    validator.tokens = 7;
    let issued = validator.delegate(2).unwrap();
    assert_eq!(issued.raw(), 2_857_142_857_142_857_142);
    assert_eq!((validator.tokens, validator.shares.truncate()), (9, 12));
    assert_eq!(validator.undelegate(shares(10)), Ok(7));
    assert_eq!(validator.undelegate(issued), Ok(2));
    assert_eq!((validator.tokens, validator.shares), (0, Dec18::ZERO));
}

/// A decimal worth that rounds up to a whole unit releases that unit, as `Quo` before `TruncateInt` does.
#[test]
fn a_worth_that_rounds_up_to_a_unit_releases_it() {
    let validator = Validator { tokens: 1, shares: shares(4), ..Validator::bonded(0).unwrap() };
    let almost = Dec18::from_raw(validator.shares.raw() - 2);
    assert_eq!(validator.worth(almost).unwrap(), Dec18::ONE);
    assert_eq!(validator.clone().undelegate(almost), Ok(1));
    let less = Dec18::from_raw(validator.shares.raw() - 3);
    assert_eq!(validator.worth(less).unwrap().raw(), Dec18::ONE.raw() - 1);
    assert_eq!(validator.clone().undelegate(less), Ok(0));
}

/// A pot slashed to nothing takes no delegation; an empty one starts at one share a unit.
#[test]
fn worthless_shares_take_no_delegation() {
    let mut gone = Validator { tokens: 0, ..Validator::bonded(5).unwrap() };
    let refusal = gone.delegate(1).unwrap_err();
    assert_eq!(refusal, Refusal::WorthlessShares { shares: shares(5) });
    assert_eq!(gone.worth(shares(5)), Ok(Dec18::ZERO));
    let mut fresh = Validator::bonded(0).unwrap();
    assert_eq!((fresh.delegate(3), fresh.undelegate(Dec18::ZERO)), (Ok(shares(3)), Ok(0)));
    assert!(fresh.undelegate(shares(4)).is_err());
}
