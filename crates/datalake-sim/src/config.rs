//! What a simulator is started with.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

use crate::{FaultPlan, Quirks};

/// Everything a simulator is started with.
///
/// Start from a profile, [`Config::hetzner`] or [`Config::plain`], and change
/// what matters.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder with the whole state; made when absent.
    pub dir: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The region that the service says it is in.
    pub region: String,
    /// The access keys that the service knows.
    pub keys: Vec<SimKey>,
    /// Where the service differs from plain S3.
    pub quirks: Quirks,
    /// The faults from the first request on.
    pub faults: FaultPlan,
    /// Whether the service speaks TLS, with a certificate of its own.
    pub tls: bool,
}

impl Config {
    /// Behaves as Hetzner's Object Storage does, on a free loopback port.
    ///
    /// One key is known: [`SimKey::sandbox`].
    pub fn hetzner(dir: impl Into<PathBuf>) -> Self {
        Self { quirks: Quirks::hetzner(), ..Self::plain(dir) }
    }

    /// Behaves as plain S3 does, on a free loopback port.
    ///
    /// One key is known: [`SimKey::sandbox`].
    pub fn plain(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            region: "fsn1".to_owned(),
            keys: vec![SimKey::sandbox()],
            quirks: Quirks::plain(),
            faults: FaultPlan::default(),
            tls: false,
        }
    }
}

/// An access key and the project that it belongs to.
///
/// Buckets belong to a project: a key of another one is refused on them until a
/// bucket policy lets it in.
#[derive(Clone, PartialEq, Eq)]
pub struct SimKey {
    /// The public half.
    pub access_key_id: String,
    /// The secret half; `Debug` hides it.
    pub secret_access_key: String,
    /// The number in `Owner/ID` (`p<project>`) and in policy principals.
    pub project: u64,
}

impl SimKey {
    /// The well-known key of a sandbox: it opens nothing but simulators.
    pub fn sandbox() -> Self {
        Self {
            access_key_id: "SANDBOX0000000000001".to_owned(),
            secret_access_key: "sandboxSandboxSandboxSandboxSandbox00001".to_owned(),
            project: 1_000_001,
        }
    }
}

/// A line is not a key pair. The line is not shown: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a line is `ID SECRET`, or `ID SECRET PROJECT` with the number of another project")]
pub struct InvalidSimKey;

impl FromStr for SimKey {
    type Err = InvalidSimKey;

    fn from_str(line: &str) -> Result<Self, InvalidSimKey> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (id, secret, project) = match words[..] {
            [id, secret] => (id, secret, Ok(Self::sandbox().project)),
            [id, secret, project] => (id, secret, project.parse()),
            _ => return Err(InvalidSimKey),
        };
        let project = project.map_err(|_| InvalidSimKey)?;
        Ok(Self { access_key_id: id.to_owned(), secret_access_key: secret.to_owned(), project })
    }
}

impl fmt::Debug for SimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"..")
            .field("project", &self.project)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_key_hides_the_secret() {
        let key = SimKey::sandbox();

        assert!(!format!("{key:?}").contains(&key.secret_access_key));
    }

    #[test]
    fn a_line_is_a_key_of_the_sandboxs_project_or_another() {
        let key: SimKey = "AK1  s3cret".parse().unwrap();
        assert_eq!((&*key.access_key_id, key.project), ("AK1", SimKey::sandbox().project));
        assert_eq!("AK2 s3cret 7".parse().map(|key: SimKey| key.project), Ok(7));

        for line in ["AK1", "AK1 s3cret p7", "AK1 s3cret 7 more"] {
            let error = line.parse::<SimKey>().unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{line}");
        }
    }
}
