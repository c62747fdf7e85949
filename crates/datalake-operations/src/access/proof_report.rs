//! What the requests of a proof have shown.

use std::fmt;

use datalake_core::text::{count_things, printable};
use schemars::JsonSchema;
use serde::Serialize;

/// What the requests of a proof have shown, bucket by bucket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AccessProofReport {
    /// One for each bucket.
    pub buckets: Vec<BucketProof>,
}

/// What they have shown in one bucket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct BucketProof {
    /// The bucket.
    pub bucket: String,
    /// How often in a row everything was as it should be.
    pub rounds: u32,
    /// How many seconds it took.
    pub seconds: u64,
    /// One for each role of the bucket.
    pub roles: Vec<RoleProof>,
}

/// What they have shown of a role.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RoleProof {
    /// Its name.
    pub role: String,
    /// The project of its key.
    pub project: String,
    /// The key.
    pub key: String,
    /// What has come of it.
    pub standing: RoleStanding,
    /// The requests of the last round.
    pub trials: Vec<TrialReport>,
}

/// What has come of the proof of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RoleStanding {
    /// The policy holds it.
    Proved,
    /// It does not.
    Failed,
    /// Its secret is not at hand, so nothing was tried.
    NotTried,
}

/// A request, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrialReport {
    /// The request.
    pub request: String,
    /// What has to become of it.
    pub expected: String,
    /// What has become of it: `allowed`, `refused`, or a fault.
    pub found: String,
    /// Whether that is as it should be.
    pub holds: bool,
}

impl AccessProofReport {
    /// Whether a role is not held.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.has_standing(RoleStanding::Failed)
    }

    /// Whether a role was not tried.
    #[must_use]
    pub fn leaves_some(&self) -> bool {
        self.has_standing(RoleStanding::NotTried)
    }

    fn has_standing(&self, standing: RoleStanding) -> bool {
        let mut roles = self.buckets.iter().flat_map(|bucket| &bucket.roles);
        roles.any(|role| role.standing == standing)
    }
}

impl fmt::Display for AccessProofReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.buckets.iter().try_for_each(|bucket| write!(f, "{bucket}"))
    }
}

impl fmt::Display for BucketProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = count_things(u64::from(self.rounds), "round");
        writeln!(f, "{}: {rounds} in a row, {} s", self.bucket, self.seconds)?;
        for role in &self.roles {
            let name = format!("{:<16} {}:{}", role.role, role.project, printable(&role.key));
            match role.standing {
                RoleStanding::Proved => {
                    let requests = count_things(role.trials.len() as u64, "request");
                    writeln!(f, "  proved     {name}  {requests}, each as it should be")?;
                }
                RoleStanding::NotTried => {
                    writeln!(f, "  not tried  {name}  its secret is not at hand")?;
                }
                RoleStanding::Failed => writeln!(f, "  FAILED     {name}")?,
            }
            for trial in role.trials.iter().filter(|trial| trial.is_worth_telling()) {
                writeln!(f, "    {trial}")?;
            }
        }
        Ok(())
    }
}

impl TrialReport {
    /// Whether it is not as it should be, or shows in which way this service differs from others.
    fn is_worth_telling(&self) -> bool {
        !self.holds || self.expected != self.found
    }
}

impl fmt::Display for TrialReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = printable(&self.request);
        let found = printable(&self.found);
        if self.holds {
            return write!(f, "{request}: {found} here; versions of Ceph differ in it");
        }
        write!(f, "{request}: {found}, and should be {}", self.expected)
    }
}
