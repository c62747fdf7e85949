//! What an object in the bucket of Dagster's assets belongs to, by its key.

use datalake_core::s3::KeyPrefix;

/// What an object belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOwner<'k> {
    /// An asset, or a partition of one.
    Asset {
        /// The asset's key with `/` between its parts.
        asset: &'k str,
        /// The partition; a guess, see [`find_owner`].
        partition: Option<&'k str>,
    },
    /// Outputs of ops and logs of runs.
    Runs,
    /// Something outside of the prefix.
    Outside,
}

/// Tells what the object of this key belongs to.
///
/// The IO manager stores a partition below its asset, and nothing in a key tells where the one ends
/// and the other begins. What looks like a date (`2026-01-02`, `2026-01`, `2026-01-02-05:00`) begins a
/// partition; so does all behind an asset of `partitioned`. Everything else is taken for the asset.
///
/// ```
/// use datalake_dagster::{KeyOwner, find_owner};
///
/// let prefix = "assets".parse()?;
/// let found = find_owner(&prefix, "assets/by_day/2026-01-02/eu", &[]);
/// assert_eq!(found, KeyOwner::Asset { asset: "by_day", partition: Some("2026-01-02/eu") });
/// let found = find_owner(&prefix, "assets/raw/orders", &[]);
/// assert_eq!(found, KeyOwner::Asset { asset: "raw/orders", partition: None });
/// assert_eq!(find_owner(&prefix, "other/x", &[]), KeyOwner::Outside);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn find_owner<'k>(prefix: &KeyPrefix, key: &'k str, partitioned: &[String]) -> KeyOwner<'k> {
    let Some(path) = strip_prefix_of_key(prefix, key) else { return KeyOwner::Outside };
    if is_of_runs(path) {
        return KeyOwner::Runs;
    }
    let (asset, partition) = split_partition(path, partitioned);
    KeyOwner::Asset { asset, partition }
}

/// The key below the prefix and its slash.
fn strip_prefix_of_key<'k>(prefix: &KeyPrefix, key: &'k str) -> Option<&'k str> {
    let prefix = prefix.as_str();
    if prefix.is_empty() {
        return Some(key);
    }
    key.strip_prefix(prefix)?.strip_prefix('/').filter(|path| !path.is_empty())
}

fn split_partition<'p>(path: &'p str, partitioned: &[String]) -> (&'p str, Option<&'p str>) {
    for asset in partitioned {
        if let Some(rest) = path.strip_prefix(asset.as_str())
            && let Some(partition) = rest.strip_prefix('/')
        {
            return (path.get(..asset.len()).unwrap_or(path), Some(partition));
        }
    }
    let starts = path.match_indices('/').map(|(at, _)| at + 1);
    for start in starts {
        let (asset, rest) = path.split_at(start);
        let first = rest.split('/').next().unwrap_or_default();
        if looks_like_a_date(first) {
            return (asset.trim_end_matches('/'), Some(rest));
        }
    }
    (path, None)
}

/// `storage/RUN/…`: where op outputs and compute logs lie.
fn is_of_runs(path: &str) -> bool {
    let mut parts = path.split('/');
    parts.next() == Some("storage") && parts.next().is_some_and(is_run_id)
}

fn is_run_id(text: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match byte {
            b'-' => hyphens.contains(&at),
            byte => byte.is_ascii_hexdigit() && !hyphens.contains(&at),
        })
}

/// A year and a month, perhaps with a day and more behind it.
fn looks_like_a_date(text: &str) -> bool {
    let mut parts = text.split(['-', 'T', ':', '+']);
    let mut number = |digits: usize, most: u32| {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = part.parse().ok().filter(|_| is_number)?;
        Some((1..=most).contains(&number))
    };
    let is_month = number(4, 9999) == Some(true) && number(2, 12) == Some(true);
    is_month && matches!(number(2, 31), None | Some(true)) && text.len() <= 32
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "0f6b0c1e-2f0a-4f6e-9d55-1c2b3a495867";

    #[track_caller]
    fn check(key: &str, expected: Option<(&str, Option<&str>)>) {
        let prefix = "assets".parse().unwrap();
        let expected = expected
            .map_or(KeyOwner::Outside, |(asset, partition)| KeyOwner::Asset { asset, partition });
        assert_eq!(find_owner(&prefix, key, &["by_static".to_owned()]), expected, "{key}");
    }

    #[test]
    fn an_asset_is_the_key_below_the_prefix() {
        check("assets/plain", Some(("plain", None)));
        check("assets/raw/orders", Some(("raw/orders", None)));
        check("assets/by_static/us/east", Some(("by_static", Some("us/east"))));
        check("assets/by_static_too/us", Some(("by_static_too/us", None)));
        check("assets/raw/f\u{fc}r alle", Some(("raw/f\u{fc}r alle", None)));
    }

    #[test]
    fn what_looks_like_a_date_begins_a_partition() {
        check("assets/raw/by_day/2026-01-01", Some(("raw/by_day", Some("2026-01-01"))));
        check("assets/by_hour/2026-01-01-05:00", Some(("by_hour", Some("2026-01-01-05:00"))));
        check("assets/by_multi/2026-01-02/eu", Some(("by_multi", Some("2026-01-02/eu"))));
        check("assets/monthly/2026-01", Some(("monthly", Some("2026-01"))));
        check("assets/2026-01-01", Some(("2026-01-01", None)));
        check("assets/x/2026-13-01", Some(("x/2026-13-01", None)));
        check("assets/x/20260101", Some(("x/20260101", None)));
        check("assets/x/1234-56", Some(("x/1234-56", None)));
    }

    #[test]
    fn what_lies_elsewhere_is_of_no_asset() {
        check("other", None);
        check("assets", None);
        check("assets/", None);
        check("assets-old/x", None);
        let prefix = "assets".parse().unwrap();
        let key = format!("assets/storage/{RUN}/step/result");
        assert_eq!(find_owner(&prefix, &key, &[]), KeyOwner::Runs);
        assert_eq!(
            find_owner(&KeyPrefix::default(), &format!("storage/{RUN}/x"), &[]),
            KeyOwner::Runs
        );
        check("assets/storage/no-run/x", Some(("storage/no-run/x", None)));
    }
}
