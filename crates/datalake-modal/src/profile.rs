//! The file in which Modal's client keeps its profiles.

use toml::{Table, Value};

/// The halves in the profile that counts for the client, too: the named one, the active one, or the
/// only one.
///
/// # Errors
///
/// What is wrong, without any part of the text.
pub fn read_profile(text: &str, named: Option<&str>) -> Result<[Option<String>; 2], &'static str> {
    // What a reader of TOML says may repeat the line.
    let table: Table = text.parse().map_err(|_| "it is not valid TOML")?;
    let all: Vec<_> =
        table.iter().filter_map(|(name, value)| Some((name, value.as_table()?))).collect();
    let is_active = |profile: &Table| profile.get("active").and_then(Value::as_bool) == Some(true);
    let profile = match (named, all.as_slice()) {
        (Some(named), _) => all.iter().find(|(name, _)| *name == named),
        (None, [only]) => Some(only),
        (None, _) => all.iter().find(|(_, profile)| is_active(profile)),
    };
    let (_, profile) = profile.ok_or("none of its profiles is the active one")?;
    let text = |key| profile.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(["token_id", "token_secret"].map(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, named: Option<&str>, expected: Result<[Option<&str>; 2], &str>) {
        let found = read_profile(text, named);
        let expected = expected.map(|halves| halves.map(|half| half.map(str::to_owned)));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn the_profile_that_counts_is_the_named_the_only_or_the_active_one() {
        let one = "[acme]\ntoken_id = \"ak-1\"\ntoken_secret = \"as-1\"\n";
        let two = format!("{one}[other]\ntoken_id = \"ak-2\"\nactive = true\n");
        let none = Err("none of its profiles is the active one");

        check(one, None, Ok([Some("ak-1"), Some("as-1")]));
        check(&two, None, Ok([Some("ak-2"), None]));
        check(&two, Some("acme"), Ok([Some("ak-1"), Some("as-1")]));
        check(&two, Some("gone"), none);
        check(&two.replace("active = true\n", ""), None, none);
        check("", None, none);
        check("ak-1 as-1", None, Err("it is not valid TOML"));
    }
}
