//! Where pip gets packages from.

use std::fmt;
use std::str::FromStr;

/// The folder of wheels as the build sees it.
pub const WHEELS: &str = "/run/datalake-wheels";

/// The id of the build's secret that is a `pip.conf`.
pub const PIP_CONF_ID: &str = "pipconf";

/// Where pip gets packages from; nothing set is its usual index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PackageSource {
    /// Another index.
    pub index: Option<IndexUrl>,
    /// A folder of wheels at [`WHEELS`], and no index at all.
    pub wheels: bool,
    /// A `pip.conf` as the build's secret [`PIP_CONF_ID`].
    pub pip_conf: bool,
}

/// The address of a package index, without a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexUrl(String);

/// The text is no address that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidIndexUrl {
    /// It holds a user or a password, which everyone on the machine could read.
    #[error("the address of an index must not hold a user or a password")]
    Secret,
    /// It is not an address of an index.
    #[error("an index has an address such as `https://HOST/simple`")]
    NoUrl,
}

impl FromStr for IndexUrl {
    type Err = InvalidIndexUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.ok_or(InvalidIndexUrl::NoUrl)?;
        // Some clients end the host's part only at `/`, so any `@` before it counts.
        let host = rest.split('/').next().unwrap_or_default();
        if host.contains('@') {
            return Err(InvalidIndexUrl::Secret);
        }
        let is_plain = |c: char| c.is_ascii_graphic() && !"\"'\\`<>{}|^".contains(c);
        if host.is_empty() || !rest.chars().all(is_plain) {
            return Err(InvalidIndexUrl::NoUrl);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for IndexUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_named_without_a_secret() {
        for text in ["https://pkg.example/simple", "http://10.0.0.1:3141/team/stable/+simple/"] {
            assert_eq!(text.parse::<IndexUrl>().unwrap().to_string(), text);
        }
        for text in ["https://me:pw@pkg.example/simple", "https://token@pkg.example", "http://a@"] {
            assert_eq!(text.parse::<IndexUrl>(), Err(InvalidIndexUrl::Secret));
        }
        for text in ["", "pkg.example", "file:///x", "https:///x", "https://a b", "https://a\"b"] {
            assert_eq!(text.parse::<IndexUrl>(), Err(InvalidIndexUrl::NoUrl));
        }
    }
}
