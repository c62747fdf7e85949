//! Sums of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::str::FromStr;

use crate::text::serde_as_text;

/// A currency that a price list is written in. There are no exchange rates here: each plan is told
/// in its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Currency {
    /// Euro.
    Eur,
    /// US dollar.
    Usd,
}

/// Millionths of a unit of a currency; its text is a decimal number (`0.0087`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(u64);

/// A sum in a currency; its text is `10 EUR` or `10EUR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// How much.
    pub amount: Micros,
    /// Of what.
    pub currency: Currency,
}

/// A sum without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Net(pub Money);

/// A sum with tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Gross(pub Money);

/// A rate of value added tax in hundredths of a percent; its text is `19` or `7.7`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vat(u32);

/// The text is no sum, price, currency or tax.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMoney {
    /// It is not a decimal number.
    #[error("`{0}` is not a price: write a number such as `6.49`, with at most six decimals")]
    Price(String),
    /// It is not a currency.
    #[error("`{0}` is not a currency: write EUR or USD")]
    Currency(String),
    /// It has no currency behind it.
    #[error("`{0}` is not an amount of money: write it like `10EUR`")]
    Sum(String),
    /// It is not a percentage.
    #[error("`{0}` is not a percentage: write a number such as `19`")]
    Tax(String),
}

const UNIT: u64 = 1_000_000;

/// No price is higher: so no product of prices and sizes leaves 128 bits.
const DEAREST: u64 = 1_000_000 * UNIT;

impl Micros {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many millionths.
    #[must_use]
    pub const fn new(micros: u64) -> Self {
        Self(micros)
    }

    /// The number of millionths.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }

    /// Hundredths, rounded half up.
    #[must_use]
    pub const fn cents(self) -> u64 {
        self.0.saturating_add(5_000) / 10_000
    }

    /// The fraction `above / below` of millionths, rounded half up.
    pub(super) fn fraction(above: u128, below: u128) -> Self {
        let rounded = (above + below / 2).checked_div(below).unwrap_or(0);
        Self(u64::try_from(rounded).unwrap_or(u64::MAX))
    }
}

impl Vat {
    /// No tax.
    pub const NONE: Self = Self(0);
}

impl Net {
    /// The sum with this tax on it, rounded half up to a millionth.
    #[must_use]
    pub fn with(self, vat: Vat) -> Gross {
        let hundredths = u128::from(self.0.amount.0) * u128::from(10_000 + vat.0);
        Gross(Money { amount: Micros::fraction(hundredths, 10_000), ..self.0 })
    }
}

impl Add for Micros {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Micros {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMoney::Price(text.to_owned());
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| {
            !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole) || !digits(decimals) || decimals.len() > 6 {
            return Err(invalid());
        }
        let whole: u64 = whole.parse().map_err(|_| invalid())?;
        let decimals: u64 = format!("{decimals:0<6}").parse().map_err(|_| invalid())?;
        let micros = whole * UNIT + decimals;
        if micros > DEAREST { Err(invalid()) } else { Ok(Self(micros)) }
    }
}

impl FromStr for Currency {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_uppercase().as_str() {
            "EUR" => Ok(Self::Eur),
            "USD" => Ok(Self::Usd),
            _ => Err(InvalidMoney::Currency(text.to_owned())),
        }
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = text.find(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
        let (amount, currency) = at
            .and_then(|at| text.split_at_checked(at))
            .filter(|(amount, _)| !amount.is_empty())
            .ok_or_else(|| InvalidMoney::Sum(text.to_owned()))?;
        Ok(Self { amount: amount.parse()?, currency: currency.trim_start().parse()? })
    }
}

impl FromStr for Vat {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMoney::Tax(text.to_owned());
        let rate: Micros = text.parse().map_err(|_| invalid())?;
        let hundredths = u32::try_from(rate.0 / 10_000).map_err(|_| invalid())?;
        if hundredths > 10_000 || !rate.0.is_multiple_of(10_000) {
            return Err(invalid());
        }
        Ok(Self(hundredths))
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:06}", self.0 / UNIT, self.0 % UNIT);
        f.pad(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Eur => "EUR",
            Self::Usd => "USD",
        })
    }
}

impl fmt::Display for Money {
    /// To the cent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.amount.cents();
        f.pad(&format!("{}.{:02} {}", cents / 100, cents % 100, self.currency))
    }
}

impl fmt::Display for Vat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Micros(u64::from(self.0) * 10_000))
    }
}

serde_as_text!(Micros);
serde_as_text!(Currency);
serde_as_text!(Vat);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_a_decimal_number() {
        let read = |text: &str| text.parse::<Micros>().ok().map(Micros::count);

        assert_eq!(read("6.49"), Some(6_490_000));
        assert_eq!(read("0.000001"), Some(1));
        assert_eq!(read("1000000"), Some(1_000_000_000_000));
        for text in ["", ".5", "5.", "-1", "+1", "1e3", "0.0000001", "1000000.1", "1,5", " 1"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!("0.0087".parse::<Micros>().unwrap().to_string(), "0.0087");
        assert_eq!("10".parse::<Micros>().unwrap().to_string(), "10");
    }

    #[test]
    fn a_sum_is_told_to_the_cent() {
        let told = |text: &str| text.parse::<Money>().unwrap().to_string();

        assert_eq!(told("10EUR"), "10.00 EUR");
        assert_eq!(told("7.7250 usd"), "7.73 USD");
        assert_eq!(told("7.7249 EUR"), "7.72 EUR");
        for text in ["10", "EUR", "10 GBP", "x EUR", ""] {
            assert!(text.parse::<Money>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn tax_comes_on_top() {
        let net = Net("6.49EUR".parse().unwrap());

        assert_eq!(net.with("19".parse().unwrap()).0.to_string(), "7.72 EUR");
        assert_eq!(net.with("7.7".parse().unwrap()).0.amount.count(), 6_989_730);
        assert_eq!(net.with(Vat::NONE).0, net.0);
        for text in ["101", "1.234", "-1", "x"] {
            assert!(text.parse::<Vat>().is_err(), "{text:?}");
        }
        assert_eq!("7.7".parse::<Vat>().unwrap().to_string(), "7.7");
    }
}
