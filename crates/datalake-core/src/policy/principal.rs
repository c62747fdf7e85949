//! Projects, and the forms in which a policy names keys.

use std::fmt;
use std::str::FromStr;

use super::arn::{PARTITIONS, SERVICES};
use crate::secret::AccessKeyId;
use crate::text::serde_as_text;

/// A project of the service, as `p` and digits: the owner of buckets and of objects.
///
/// A signed list of the buckets names the project of the key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(String);

/// The text is not a project.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a project: write `p` and the number that the Console's address has")]
pub struct InvalidProject(String);

/// Whom a principal names, as gateways read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalForm<'a> {
    /// `*`, and also `arn:aws:iam:::root` and an empty text: everyone, without a signature too.
    Everyone,
    /// Every key of a project, present and future.
    Project(&'a str),
    /// One key of a project.
    Key {
        /// The project.
        project: &'a str,
        /// The access key.
        key: &'a str,
    },
    /// Nobody; a gateway stores it all the same.
    Nobody,
    /// A gateway refuses to store it.
    Refused,
}

impl ProjectId {
    /// The project as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How a policy names all of its keys.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("{USER}{}", self.0)
    }

    /// How a policy names one of its keys.
    #[must_use]
    pub fn key_principal(&self, key: &AccessKeyId) -> String {
        format!("{USER}{}:{key}", self.0)
    }
}

const USER: &str = "arn:aws:iam:::user/";

impl<'a> PrincipalForm<'a> {
    /// Reads a principal.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        if matches!(text, "*" | "") {
            return Self::Everyone;
        }
        let Some(arn) = split_named(text) else {
            // Without colon or slash it is taken for a tenant.
            return if text.contains([':', '/']) { Self::Refused } else { Self::Nobody };
        };
        if arn.resource == "root" {
            return if arn.account.is_empty() { Self::Everyone } else { Self::Nobody };
        }
        match arn.resource.split_once('/') {
            Some(("user", user)) if arn.account.is_empty() => Self::of_user(user),
            Some(("user" | "role" | "oidc-provider" | "assumed-role", _)) => Self::Nobody,
            _ => Self::Refused,
        }
    }

    fn of_user(user: &'a str) -> Self {
        match user.split_once(':') {
            None => Self::Project(user),
            Some((project, "*")) => Self::Project(project),
            Some((project, key)) => Self::Key { project, key },
        }
    }

    /// Whether it names this key.
    #[must_use]
    pub fn names_key(&self, owner: &str, id: &str) -> bool {
        match self {
            Self::Everyone => true,
            Self::Project(project) => *project == owner,
            Self::Key { project, key } => *project == owner && *key == id,
            Self::Nobody | Self::Refused => false,
        }
    }
}

/// Whose ARN it is, and of what.
struct NamedArn<'a> {
    account: &'a str,
    resource: &'a str,
}

/// The parts of an ARN that count; wildcards stand in none but the last.
fn split_named(text: &str) -> Option<NamedArn<'_>> {
    let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
    let partition = parts.next()?;
    let service = parts.next()?;
    let region = parts.next()?;
    let account = parts.next()?;
    let resource = parts.next()?;
    let is_known = PARTITIONS.contains(&partition) && SERVICES.contains(&service);
    let is_plain = !region.contains('*') && !account.contains('*');
    (is_known && is_plain).then_some(NamedArn { account, resource })
}

impl FromStr for ProjectId {
    type Err = InvalidProject;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('p').unwrap_or_default();
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if is_number && text.len() <= 32 {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidProject(text.chars().take(40).collect()))
        }
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(ProjectId);
