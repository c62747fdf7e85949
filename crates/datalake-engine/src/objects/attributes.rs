//! What objects carry along.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};

/// What an object carries besides its content.
///
/// A service takes values of visible ASCII with single blanks inside, together up to 8 KB; others
/// are `Refused` before anything is sent, and so are names that are none of a header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// `Content-Type`; without it a service says `binary/octet-stream`.
    pub content_type: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Expires`.
    pub expires: Option<String>,
    /// The owner's own, by lowercase name without `x-amz-meta-`.
    pub user: BTreeMap<String, String>,
}

impl Attributes {
    /// None at all.
    pub const NONE: Self = Self {
        content_type: None,
        content_encoding: None,
        cache_control: None,
        content_disposition: None,
        content_language: None,
        expires: None,
        user: BTreeMap::new(),
    };

    /// Whether every signer and server reads these attributes alike.
    ///
    /// # Errors
    ///
    /// A fault of kind `Refused` that names the first one that is none.
    pub fn check(&self) -> Result<(), Fault> {
        let refused = |name: &str, rule| {
            Err(Fault::new(FaultKind::Refused, format!("attribute `{name:?}` {rule}")))
        };
        let own = self.user.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all = own.chain(self.headers());
        for (name, value) in all {
            let fits = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
            };
            if name.is_empty() || !name.bytes().all(fits) {
                return refused(name, "is named by a-z, 0-9, `-`, `_` and `.`");
            }
            let visible = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
            if !visible || value.trim() != value || value.contains("  ") {
                return refused(name, "takes visible ASCII with single blanks inside");
            }
        }
        Ok(())
    }

    /// Those that are headers of HTTP, by their lowercase names.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = [
            ("content-type", &self.content_type),
            ("content-encoding", &self.content_encoding),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-language", &self.content_language),
            ("expires", &self.expires),
        ];
        headers.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_signers_and_servers_read_differently_is_refused() {
        let with = |name: &str, value: &str| {
            let user = [(name.to_owned(), value.to_owned())].into();
            Attributes { user, ..Attributes::NONE }.check().map_err(|fault| fault.kind)
        };

        for (name, value) in [("mtime", "1769.000000001"), ("a-b_c.d", "x y=z;"), ("k", "")] {
            assert_eq!(with(name, value), Ok(()), "{name}: {value:?}");
        }
        for value in [" a", "a ", "a  b", "a\tb", "a\r\nx: y", "\u{e9}", "\u{7f}"] {
            assert_eq!(with("k", value), Err(FaultKind::Refused), "{value:?}");
        }
        for name in ["", "Upper", "a b", "a:b", "\u{e9}"] {
            assert_eq!(with(name, "v"), Err(FaultKind::Refused), "{name:?}");
        }
    }
}
