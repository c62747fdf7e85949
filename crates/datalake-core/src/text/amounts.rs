//! Numbers, shares and names as people read them.

use super::printable_key;

/// A number with commas between its thousands.
#[must_use]
pub fn group_digits(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something: `1 object`, `2 objects`.
#[must_use]
pub fn count_things(number: u64, what: &str) -> String {
    format!("{} {what}{}", group_digits(number), if number == 1 { "" } else { "s" })
}

/// A part of a whole in percent: `12.4 %`, `< 0.1 %`.
#[must_use]
pub fn format_share(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1_000).checked_div(u128::from(whole)).unwrap_or(0);
    match tenths {
        0 if part > 0 => "< 0.1 %".to_owned(),
        tenths => format!("{}.{} %", tenths / 10, tenths % 10),
    }
}

/// A name on one line that can be read back: a backslash stands before what is escaped, and before
/// a backslash.
#[must_use]
pub fn escape_name(name: &str) -> String {
    printable_key(&name.replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(group_digits(0), "0");
        assert_eq!(group_digits(999), "999");
        assert_eq!(group_digits(1_000), "1,000");
        assert_eq!(group_digits(12_345_678), "12,345,678");
        assert_eq!(count_things(1, "object"), "1 object");
        assert_eq!(count_things(1_234, "object"), "1,234 objects");
    }

    #[test]
    fn shares_are_told_in_tenths_of_a_percent() {
        assert_eq!(format_share(1, 3), "33.3 %");
        assert_eq!(format_share(3, 3), "100.0 %");
        assert_eq!(format_share(1, 1_000_000), "< 0.1 %");
        assert_eq!(format_share(0, 0), "0.0 %");
    }
}
