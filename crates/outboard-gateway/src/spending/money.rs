//! Amounts of money, without the surprises of binary fractions.

use std::fmt;

/// An amount in millionths of the currency that the settings speak of. Sums stop at the largest amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Money(pub u64);

impl Money {
    /// The amount that a setting such as `0.25` means; `None` for what is no amount.
    pub fn from_units(units: f64) -> Option<Self> {
        let micros = (units * 1e6).round();
        (micros.is_finite() && (0.0..=1e18).contains(&micros)).then_some(Self(micros as u64))
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least nothing.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// What so many thousandths of it come to, rounded up.
    pub(crate) fn thousandths(self, count: u64) -> Self {
        let exact = u128::from(self.0) * u128::from(count);
        Self(u64::try_from(exact.div_ceil(1_000)).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:06}", self.0 % 1_000_000);
        let shown = digits.trim_end_matches('0');
        let cents = if shown.len() < 2 { &digits[..2] } else { shown };
        write!(f, "{}.{cents}", self.0 / 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_read_well() {
        assert_eq!(Money::from_units(0.1).unwrap().plus(Money::from_units(0.2).unwrap()).to_string(), "0.30");
        assert_eq!(Money(1_234_567).to_string(), "1.234567");
        assert_eq!(Money(5_000_000).to_string(), "5.00");
        assert_eq!(Money(3).thousandths(1), Money(1), "rounded up, so that small costs add up to something");
        assert_eq!(Money::from_units(-1.0), None);
        assert_eq!(Money::from_units(f64::NAN), None);
        assert_eq!(Money(u64::MAX).plus(Money(1)), Money(u64::MAX));
    }
}
