//! Products and quotients of large integers, rounded the way a protocol says.

/// `⌊a·b/d⌋` for `d` ≥ 1, the product in 256 bits; saturates where the quotient does not fit.
pub fn mul_div_floor(a: u128, b: u128, d: u128) -> u128 {
    divide(a, b, d).map_or(u128::MAX, |(quotient, _)| quotient)
}

/// `⌈a·b/d⌉` for `d` ≥ 1, the product in 256 bits; saturates where the quotient does not fit.
pub fn mul_div_ceil(a: u128, b: u128, d: u128) -> u128 {
    divide(a, b, d).map_or(u128::MAX, |(quotient, rest)| quotient.saturating_add(u128::from(rest > 0)))
}

/// `a·b/d` for `d` ≥ 1 to the nearest integer, ties to the even one; saturates where the quotient does not fit.
pub fn mul_div_half_even(a: u128, b: u128, d: u128) -> u128 {
    divide(a, b, d).map_or(u128::MAX, |(quotient, rest)| {
        let up = match rest.cmp(&(d - rest)) {
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => quotient % 2 == 1,
            std::cmp::Ordering::Greater => true,
        };
        quotient.saturating_add(u128::from(up))
    })
}

/// Quotient and rest of `a·b/d`; `None` where the quotient does not fit 128 bits or `d` is 0.
fn divide(a: u128, b: u128, d: u128) -> Option<(u128, u128)> {
    let (high, low) = wide_product(a, b);
    if high == 0 && d > 0 {
        return Some((low / d, low % d));
    }
    if high >= d {
        return None;
    }
    let (mut rest, mut quotient) = (high, 0);
    for bit in (0..128).rev() {
        let carry = rest >> 127;
        rest = (rest << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || rest >= d {
            rest = rest.wrapping_sub(d);
            quotient |= 1;
        }
    }
    Some((quotient, rest))
}

/// `a·b` as (high, low) halves of 128 bits.
fn wide_product(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a_high, a_low) = (a >> 64, a & HALF);
    let (b_high, b_low) = (b >> 64, b & HALF);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> 64);
    let cross = a_low * b_high + (middle & HALF);
    (a_high * b_high + (middle >> 64) + (cross >> 64), (cross << 64) | (low & HALF))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_the_way_it_says() {
        assert_eq!((mul_div_floor(7, 3, 2), mul_div_ceil(7, 3, 2)), (10, 11));
        assert_eq!([1, 3, 5, 7].map(|a| mul_div_half_even(a, 1, 2)), [0, 2, 2, 4]);
        assert_eq!([2, 4, 5].map(|a| mul_div_half_even(a, 1, 3)), [1, 1, 2]);
        assert_eq!((mul_div_floor(6, 2, 4), mul_div_ceil(6, 2, 4), mul_div_half_even(6, 2, 4)), (3, 3, 3));
    }

    #[test]
    fn products_beyond_128_bits_are_exact() {
        let most = u128::MAX;
        assert_eq!(mul_div_floor(most, most, most), most);
        assert_eq!(mul_div_ceil(most, most - 1, most), most - 1);
        assert_eq!(mul_div_floor(most, 3, 4), most / 4 * 3 + 2);
        assert_eq!(mul_div_floor(most - 5, 1 << 100, 1 << 101), (most - 5) / 2);
        assert_eq!(mul_div_half_even(most, 1 << 90, 1 << 91), 1 << 127);
        assert_eq!((mul_div_floor(most, 2, 1), mul_div_ceil(most, most, 1)), (most, most));
    }
}
