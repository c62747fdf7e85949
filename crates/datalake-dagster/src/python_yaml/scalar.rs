//! What a text without quotes is, and what it stands for: YAML 1.1 as `PyYAML` has it.

use serde_yaml::{Number, Value};

/// The tag, without what all begin with, of a text without quotes.
///
/// Dates are texts: Dagster switches them off.
pub(super) fn resolve_tag(text: &str) -> &'static str {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => "null",
        "<<" => "merge",
        "=" => "value",
        _ if is_truth(text) => "bool",
        _ if is_float(text) => "float",
        _ if is_integer(text) => "int",
        _ => "str",
    }
}

/// The value of a text with such a tag; `None` where it has none.
pub(super) fn read_scalar(tag: &str, text: &str) -> Option<Value> {
    match tag {
        "null" => Some(Value::Null),
        "bool" => read_truth(text).map(Value::Bool),
        "int" => read_integer(text),
        "float" => read_float(text),
        // Dagster would get bytes, which nobody writes there.
        "str" | "binary" | "timestamp" => Some(Value::String(text.to_owned())),
        _ => None,
    }
}

const TRUE: [&str; 3] = ["yes", "true", "on"];
const FALSE: [&str; 3] = ["no", "false", "off"];

/// `yes`, `Yes` and `YES`, but not `yEs`.
fn is_truth(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let first = text.get(..1).unwrap_or_default();
    let rest = text.get(1..).unwrap_or_default();
    let is_one_form = text == lower
        || text == text.to_ascii_uppercase()
        || (first == first.to_ascii_uppercase() && rest == rest.to_ascii_lowercase());
    is_one_form && TRUE.into_iter().chain(FALSE).any(|word| word == lower)
}

fn read_truth(text: &str) -> Option<bool> {
    let lower = text.to_lowercase();
    let is = |words: [&str; 3]| words.contains(&lower.as_str());
    if is(TRUE) {
        return Some(true);
    }
    is(FALSE).then_some(false)
}

fn is_integer(text: &str) -> bool {
    let bare = strip_sign(text);
    let all = |digits: &str, test: fn(char) -> bool| {
        !digits.is_empty() && digits.chars().all(|c| c == '_' || test(c))
    };
    if let Some(digits) = bare.strip_prefix("0b") {
        return all(digits, |c| matches!(c, '0' | '1'));
    }
    if let Some(digits) = bare.strip_prefix("0x") {
        return all(digits, |c| c.is_ascii_hexdigit());
    }
    if let Some(digits) = bare.strip_prefix('0') {
        return digits.is_empty() || all(digits, |c| matches!(c, '0'..='7'));
    }
    let mut parts = bare.split(':');
    let first = parts.next().unwrap_or_default();
    first.starts_with(|c: char| c.is_ascii_digit())
        && all(first, |c| c.is_ascii_digit())
        && parts.all(is_sixtieth)
}

fn is_float(text: &str) -> bool {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let bare = strip_sign(text);
    if matches!(bare, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let is_digits = |part: &str| part.chars().all(|c| c == '_' || c.is_ascii_digit());
    let begins = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let (mantissa, exponent) = match bare.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (bare, None),
    };
    // An exponent needs its sign.
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or_default();
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
    });
    let Some((whole, fraction)) = mantissa.split_once('.') else { return false };
    if !is_digits(fraction) || !is_exponent {
        return false;
    }
    if whole.is_empty() {
        // `.5` may not have a sign.
        return begins(fraction) && bare == text;
    }
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let is_sexagesimal = whole.contains(':');
    begins(first)
        && is_digits(first)
        && parts.all(is_sixtieth)
        && !(is_sexagesimal && exponent.is_some())
}

/// `7`, `07` or `59`.
fn is_sixtieth(part: &str) -> bool {
    let digits = part.as_bytes();
    match digits {
        [one] => one.is_ascii_digit(),
        [ten, one] => matches!(ten, b'0'..=b'5') && one.is_ascii_digit(),
        _ => false,
    }
}

fn read_integer(text: &str) -> Option<Value> {
    let text = text.trim().replace('_', "");
    let bare = strip_sign(&text);
    let sign: i128 = if text.starts_with('-') { -1 } else { 1 };
    let read = |digits: &str, radix| i128::from_str_radix(digits, radix).ok();
    let is_bare = bare.starts_with(|c: char| c.is_ascii_alphanumeric());
    let number = if !is_bare {
        None
    } else if let Some(digits) = bare.strip_prefix("0b") {
        read(digits, 2)
    } else if let Some(digits) = bare.strip_prefix("0x") {
        read(digits, 16)
    } else if bare != "0" && bare.starts_with('0') {
        read(bare, 8)
    } else {
        bare.split(':').try_fold(0, |sum: i128, part| {
            let part: i128 = part.parse().ok()?;
            sum.checked_mul(60)?.checked_add(part)
        })
    };
    Some(number_of(sign * number?))
}

/// What does not fit is told as near as it can be.
#[expect(clippy::cast_precision_loss, reason = "a number beyond 64 bits is told as near as can be")]
fn number_of(number: i128) -> Value {
    match (i64::try_from(number), u64::try_from(number)) {
        (Ok(number), _) => Value::Number(number.into()),
        (_, Ok(number)) => Value::Number(number.into()),
        _ => Value::Number(Number::from(number as f64)),
    }
}

fn read_float(text: &str) -> Option<Value> {
    let text = text.replace('_', "").to_lowercase();
    let bare = strip_sign(&text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let number = match bare {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if bare.contains(':') => bare.split(':').try_fold(0.0, |sum: f64, part| {
            let part: f64 = part.parse().ok()?;
            Some(sum * 60.0 + part)
        })?,
        _ => bare.parse().ok()?,
    };
    Some(Value::Number(Number::from(sign * number)))
}

fn strip_sign(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}
