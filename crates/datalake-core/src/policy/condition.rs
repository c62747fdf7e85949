//! Conditions, as each version of the gateway reads them.

use std::cmp::Ordering;
use std::net::IpAddr;

use super::arn::fits_pattern;
use super::document::PolicyCondition;
use super::version::CephVersion;

/// Whether something is so; it may depend on what nobody has said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Yes,
    No,
    Open,
}

impl Truth {
    pub(super) fn of(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Open,
        }
    }
}

/// What a gateway knows of a request under a condition's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KeyValue {
    /// This text.
    Set(String),
    /// Nothing: the gateway does not set it, or the request does not have it.
    Missing,
    /// Not said.
    Open,
}

/// The operators that gateways know, without `IfExists`.
pub(super) const OPERATORS: [&str; 31] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringEqualsIgnoreCase",
    "ForAnyValue:StringLike",
    "ForAllValues:StringEquals",
    "ForAllValues:StringEqualsIgnoreCase",
    "ForAllValues:StringLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "Null",
];

/// Whether a condition holds. `look` gives what is known under a key.
pub(super) fn meets_condition(
    condition: &PolicyCondition,
    version: CephVersion,
    look: &dyn Fn(&str) -> KeyValue,
) -> Truth {
    let operator = condition.plain_operator();
    let found = look(&condition.key);
    if operator == "Null" {
        return meets_null(condition, version, &found);
    }
    let actual = match found {
        KeyValue::Open => return Truth::Open,
        KeyValue::Missing if operator.starts_with("ForAllValues:") => return Truth::Yes,
        KeyValue::Missing => return Truth::of(condition.holds_if_missing()),
        KeyValue::Set(actual) => actual,
    };
    let Some(values) = list_values(condition, look) else { return Truth::Open };
    if operator.starts_with("Date") || operator == "BinaryEquals" {
        return Truth::Open;
    }
    Truth::of(compare_values(operator, version, &Compared { actual: &actual, values: &values }))
}

/// 16 and 18 ask only whether the key is missing, whatever stands behind the colon.
fn meets_null(condition: &PolicyCondition, version: CephVersion, found: &KeyValue) -> Truth {
    let is_missing = match found {
        KeyValue::Open => return Truth::Open,
        KeyValue::Missing => true,
        KeyValue::Set(_) => false,
    };
    let wants_missing =
        version < CephVersion::Tentacle || condition.values.iter().any(|value| value == "true");
    Truth::of(is_missing == wants_missing)
}

/// The values to compare with; a variable such as `${aws:username}` stands for another key, and the
/// last value alone counts then. `None` where that is not known.
fn list_values(
    condition: &PolicyCondition,
    look: &dyn Fn(&str) -> KeyValue,
) -> Option<Vec<String>> {
    let is_variable = condition.values.iter().any(|value| value.starts_with("${"));
    if !is_variable {
        return Some(condition.values.clone());
    }
    let last = condition.values.last()?;
    let key = last.get(2..last.len().saturating_sub(1)).unwrap_or_default();
    match look(key) {
        KeyValue::Set(value) => Some(vec![value]),
        KeyValue::Missing => Some(Vec::new()),
        KeyValue::Open => None,
    }
}

/// What a request has, and what a condition names.
struct Compared<'a> {
    actual: &'a str,
    values: &'a [String],
}

fn compare_values(operator: &str, version: CephVersion, compared: &Compared<'_>) -> bool {
    let plain = operator
        .strip_prefix("ForAnyValue:")
        .or_else(|| operator.strip_prefix("ForAllValues:"))
        .unwrap_or(operator);
    if let Some(kind) = plain.strip_prefix("String") {
        return compare_texts(kind, version, compared);
    }
    if let Some(kind) = plain.strip_prefix("Numeric") {
        return compare_numbers(kind, compared);
    }
    match plain {
        "Bool" => {
            let actual = read_bool(compared.actual);
            compared.values.iter().any(|value| read_bool(value) == actual)
        }
        "IpAddress" => is_in_networks(compared).unwrap_or(false),
        "NotIpAddress" => is_in_networks(compared).is_some_and(|is_in| !is_in),
        // ArnEquals and ArnLike are stored and never hold.
        _ => false,
    }
}

/// Several values under a negated operator: 16 and 18 ask whether one of them differs, 20 whether all do.
fn compare_texts(kind: &str, version: CephVersion, compared: &Compared<'_>) -> bool {
    let Compared { actual, values } = compared;
    let folded = actual.to_lowercase();
    let is_equal = |value: &String| match kind.trim_start_matches("Not") {
        "Like" => fits_pattern(value, actual),
        "EqualsIgnoreCase" => value.to_lowercase() == folded,
        _ => value == actual,
    };
    if !kind.starts_with("Not") {
        return values.iter().any(is_equal);
    }
    if version < CephVersion::Tentacle {
        values.iter().any(|value| !is_equal(value))
    } else {
        !values.iter().any(is_equal)
    }
}

fn compare_numbers(kind: &str, compared: &Compared<'_>) -> bool {
    let Some(actual) = read_number(compared.actual) else { return false };
    let mut numbers = compared.values.iter().filter_map(|value| read_number(value));
    numbers.any(|number| {
        let order = actual.partial_cmp(&number);
        match kind {
            "Equals" => order == Some(Ordering::Equal),
            "NotEquals" => order != Some(Ordering::Equal),
            "LessThan" => order == Some(Ordering::Less),
            "LessThanEquals" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            "GreaterThan" => order == Some(Ordering::Greater),
            "GreaterThanEquals" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            _ => false,
        }
    })
}

fn read_number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Nothing and `false` are false, numbers other than zero and all other words are true.
fn read_bool(text: &str) -> bool {
    !text.is_empty()
        && !text.eq_ignore_ascii_case("false")
        && read_number(text).is_none_or(|number| number != 0.0 && !number.is_nan())
}

/// `None` where the request has no address.
fn is_in_networks(compared: &Compared<'_>) -> Option<bool> {
    let actual: IpAddr = compared.actual.parse().ok()?;
    Some(compared.values.iter().any(|network| is_in_network(actual, network)))
}

fn is_in_network(address: IpAddr, network: &str) -> bool {
    let (base, length) = match network.split_once('/') {
        Some((base, length)) => (base, length.parse::<u32>().ok()),
        None => (network, Some(128)),
    };
    let (Ok(base), Some(length)) = (base.parse::<IpAddr>(), length) else { return false };
    let shift = |bits: u32| bits.saturating_sub(length);
    match (address, base) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            let shift = shift(32);
            one.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            let shift = shift(128);
            one.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CephVersion::{Pacific, Reef, Tentacle};

    #[track_caller]
    fn check(operator: &str, values: &[&str], actual: Option<&str>, expected: [bool; 3]) {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let condition = PolicyCondition::new(operator, "s3:prefix", values);
        let look = |_: &str| match actual {
            Some(text) => KeyValue::Set(text.to_owned()),
            None => KeyValue::Missing,
        };
        let found =
            [Pacific, Reef, Tentacle].map(|version| meets_condition(&condition, version, &look));
        assert_eq!(found, expected.map(Truth::of), "{operator} {actual:?}");
    }

    #[test]
    fn a_missing_key_makes_a_condition_false_unless_it_says_if_exists() {
        check("StringNotLike", &["raw/*"], None, [false; 3]);
        check("StringNotLikeIfExists", &["raw/*"], None, [true; 3]);
        check("StringNotLike", &["raw/*"], Some("out/"), [true; 3]);
        check("ForAllValues:StringLike", &["raw/*"], None, [true; 3]);
    }

    #[test]
    fn several_values_under_a_negated_operator_differ_by_version() {
        check("StringNotLike", &["raw/*", "out/*"], Some("out/a"), [true, true, false]);
        check("StringNotEquals", &["a", "b"], Some("a"), [true, true, false]);
        check("StringNotEquals", &["a", "b"], Some("c"), [true; 3]);
        check("StringLike", &["raw/*", "out/*"], Some("out/a"), [true; 3]);
        check("NotIpAddress", &["10.0.0.0/8", "192.168.1.0/24"], Some("10.1.2.3"), [false; 3]);
    }

    #[test]
    fn null_looks_at_its_value_on_20_alone() {
        check("Null", &["true"], None, [true; 3]);
        check("Null", &["false"], None, [true, true, false]);
        check("Null", &["false"], Some("x"), [false, false, true]);
    }

    #[test]
    fn numbers_words_and_networks_are_compared() {
        check("NumericGreaterThan", &["100"], Some("1000"), [true; 3]);
        check("NumericLessThanEquals", &["100"], Some("100"), [true; 3]);
        check("Bool", &["TRUE"], Some("1"), [true; 3]);
        check("Bool", &["false"], Some("true"), [false; 3]);
        check("Bool", &["raw/"], Some(""), [false; 3]);
        check("Bool", &[""], Some(""), [true; 3]);
        check("IpAddress", &["fd00::/8", "10.0.0.0/9"], Some("10.127.0.1"), [true; 3]);
        check("IpAddress", &["10.0.0.0/9"], Some("10.128.0.1"), [false; 3]);
        check("IpAddress", &["0.0.0.0/0"], Some("1.2.3.4"), [true; 3]);
        check("ArnLike", &["*"], Some("x"), [false; 3]);
    }
}
