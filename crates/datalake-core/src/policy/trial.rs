//! Requests that show whether a policy holds a role.

use std::fmt;

use super::call::AccessCall;
use super::compile::{AccessRoute, PolicyGround, UncompiledRoles, compile_roles};
use super::request::{AccessRequest, AccessScene, Caller};
use super::role::{AccessRole, RightsPrefix};
use super::simulate::{AccessVerdict, simulate_access};
use super::version::CephVersion;

/// A request of a role's key, and what has to become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTrial {
    /// The request.
    pub request: TrialRequest,
    /// What has to become of it.
    pub expected: TrialVerdict,
}

/// A harmless request: it touches nothing but probe objects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrialRequest {
    /// Lists a key or two below a prefix; without one below the whole bucket.
    List(Option<String>),
    /// Lists versions of the whole bucket.
    ListVersions,
    /// Reads an object that the bucket's own key has stored.
    Read(String),
    /// Stores an object.
    Store(String),
    /// Deletes an object that does not exist.
    Delete(String),
    /// Deletes a version that does not exist.
    DeleteVersion(String),
    /// Copies an object into a part of an upload.
    CopyPart {
        /// The object.
        from: String,
        /// The key of the upload.
        to: String,
    },
    /// Reads the policy.
    ReadPolicy,
    /// Stores the policy that is there: a key that may loses nothing by it. Only ever sent where everything
    /// else is as it has to be.
    StorePolicy,
    /// Removes the policy. Only ever sent where the key was refused to store it.
    RemovePolicy,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialVerdict {
    /// It is carried out.
    Allowed,
    /// 403.
    Refused,
    /// The versions of Ceph differ: what is found is told, and is no fault of the policy.
    Either,
}

/// The trials of a role, and the objects that have to be there for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTrials {
    /// Objects that the bucket's own key stores first.
    pub seeds: Vec<String>,
    /// Objects that the role's key stores and the bucket's own key has to be able to read.
    pub shared: Vec<String>,
    /// The requests, in this order.
    pub trials: Vec<AccessTrial>,
}

/// Chooses the requests that show whether a role holds. `mark` is in the name of each probe object.
///
/// What has to become of them follows from the role, by the document that is made of it alone: a
/// statement of somebody else that grants more is found.
///
/// # Errors
///
/// [`UncompiledRoles`] for a role that no policy can hold.
pub fn plan_trials(
    ground: &PolicyGround,
    role: &AccessRole,
    mark: &str,
) -> Result<RoleTrials, UncompiledRoles> {
    let compiled = compile_roles(ground, std::slice::from_ref(role))?;
    let places = ProbePlaces::of_role(role, mark);
    let judge = |request: TrialRequest| {
        let verdicts = CephVersion::ALL.map(|version| {
            let scene = AccessScene {
                bucket: ground.bucket.clone(),
                owner: ground.owner.clone(),
                policy: Some(&compiled.policy),
                version,
                binds_owner: compiled.binds_owner,
            };
            simulate_access(&scene, &request.as_access(role, ground)).verdict
        });
        let expected = match verdicts {
            [AccessVerdict::Allowed, AccessVerdict::Allowed, AccessVerdict::Allowed] => {
                TrialVerdict::Allowed
            }
            [AccessVerdict::Refused, AccessVerdict::Refused, AccessVerdict::Refused] => {
                TrialVerdict::Refused
            }
            _ => TrialVerdict::Either,
        };
        AccessTrial { request, expected }
    };
    let trials: Vec<_> = places.list_requests(role).into_iter().map(judge).collect();
    let route = compiled.routes.first().map(|(_, route)| *route);
    let shares = route == Some(AccessRoute::Granted);
    Ok(RoleTrials {
        seeds: [places.readable.clone(), Some(places.outside.clone())]
            .into_iter()
            .flatten()
            .collect(),
        shared: places.stored.clone().filter(|_| shares).into_iter().collect(),
        trials,
    })
}

/// Where the probe objects of a role lie.
struct ProbePlaces {
    /// Below a prefix that the role reads.
    readable: Option<String>,
    /// Below a prefix where it stores.
    stored: Option<String>,
    /// Below each prefix in which it has any right to objects: what begins the names there.
    inside: Vec<String>,
    /// The prefixes that it lists.
    listed: Vec<String>,
    /// Below no prefix of its: they all end at a slash.
    outside: String,
}

impl ProbePlaces {
    fn of_role(role: &AccessRole, mark: &str) -> Self {
        let below = |prefixes: &[RightsPrefix], part: &str| {
            let prefix = prefixes.first()?;
            Some(format!("{}.datalake-probe-{mark}-{part}", prefix.as_str()))
        };
        let rights = &role.rights;
        let mut inside: Vec<String> = [&rights.read, &rights.put, &rights.delete]
            .into_iter()
            .flatten()
            .map(|prefix| format!("{}.datalake-probe-{mark}", prefix.as_str()))
            .collect();
        inside.sort();
        inside.dedup();
        Self {
            readable: below(&rights.read, "read"),
            stored: below(&rights.put, "put"),
            inside,
            listed: rights.list.iter().map(|prefix| prefix.as_str().to_owned()).collect(),
            outside: format!(".datalake-probe-{mark}-outside"),
        }
    }

    fn list_requests(&self, role: &AccessRole) -> Vec<TrialRequest> {
        let outside = |part: &str| format!("{}-{part}", self.outside);
        let listed = self.listed.iter().filter(|prefix| !prefix.is_empty()).cloned();
        let mut requests = vec![TrialRequest::List(None), TrialRequest::ListVersions];
        requests.extend(listed.map(|prefix| TrialRequest::List(Some(prefix))));
        requests.push(TrialRequest::List(Some(self.outside.clone())));
        requests.extend(self.readable.clone().map(TrialRequest::Read));
        requests.push(TrialRequest::Read(self.outside.clone()));
        // Inside of its prefixes a role may do less than everything, too.
        for inside in &self.inside {
            requests.push(TrialRequest::Store(format!("{inside}-put")));
            requests.push(TrialRequest::Delete(format!("{inside}-gone")));
            requests.push(TrialRequest::DeleteVersion(format!("{inside}-gone")));
        }
        requests.push(TrialRequest::Store(outside("put")));
        requests.push(TrialRequest::Delete(outside("gone")));
        requests.push(TrialRequest::DeleteVersion(outside("gone")));
        let reads_all = role.rights.read.iter().any(RightsPrefix::is_whole);
        if let Some(stored) = self.stored.as_ref().filter(|_| !reads_all) {
            let to = format!("{stored}-parts");
            requests.push(TrialRequest::CopyPart { from: self.outside.clone(), to });
        }
        let last =
            [TrialRequest::ReadPolicy, TrialRequest::StorePolicy, TrialRequest::RemovePolicy];
        requests.extend(last);
        requests
    }
}

impl TrialRequest {
    /// The call that it makes.
    #[must_use]
    pub fn find_call(&self) -> AccessCall {
        match self {
            Self::List(_) => AccessCall::ListObjects,
            Self::ListVersions => AccessCall::ListObjectVersions,
            Self::Read(_) => AccessCall::GetObject,
            Self::Store(_) => AccessCall::PutObject,
            Self::Delete(_) => AccessCall::DeleteObject,
            Self::DeleteVersion(_) => AccessCall::DeleteObjectVersion,
            Self::CopyPart { .. } => AccessCall::UploadPartCopy,
            Self::ReadPolicy => AccessCall::GetBucketPolicy,
            Self::StorePolicy => AccessCall::PutBucketPolicy,
            Self::RemovePolicy => AccessCall::DeleteBucketPolicy,
        }
    }

    /// Whether it changes the policy itself.
    #[must_use]
    pub fn changes_policy(&self) -> bool {
        matches!(self, Self::StorePolicy | Self::RemovePolicy)
    }

    fn as_access(&self, role: &AccessRole, ground: &PolicyGround) -> AccessRequest {
        let caller = Caller::Key { project: role.project.clone(), key: role.key.clone() };
        let request = AccessRequest::new(caller, self.find_call());
        match self {
            Self::List(None)
            | Self::ListVersions
            | Self::ReadPolicy
            | Self::StorePolicy
            | Self::RemovePolicy => request,
            Self::List(Some(prefix)) => request.with_value("s3:prefix", prefix),
            Self::Read(key) => request.of_object(key, &ground.owner),
            Self::Store(key) | Self::Delete(key) | Self::DeleteVersion(key) => {
                request.of_missing(key)
            }
            Self::CopyPart { from, to } => request.of_key(to).from_source(from, &ground.owner),
        }
    }
}

impl fmt::Display for TrialRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.find_call();
        match self {
            Self::List(None) | Self::ListVersions => write!(f, "{call} of the whole bucket"),
            Self::List(Some(prefix)) => write!(f, "{call} below {prefix}"),
            Self::Read(key) | Self::Store(key) | Self::Delete(key) | Self::DeleteVersion(key) => {
                write!(f, "{call} {key}")
            }
            Self::CopyPart { from, to } => write!(f, "{call} {from} to {to}"),
            Self::ReadPolicy | Self::StorePolicy | Self::RemovePolicy => write!(f, "{call}"),
        }
    }
}

impl fmt::Display for TrialVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Either => "allowed or refused",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RolePreset;

    fn list_role_trials(project: &str, preset: RolePreset) -> RoleTrials {
        let ground = PolicyGround {
            bucket: "lake".parse().unwrap(),
            owner: "p1".parse().unwrap(),
            actor: "OWN".parse().unwrap(),
        };
        let role = AccessRole {
            name: "role".parse().unwrap(),
            project: project.parse().unwrap(),
            key: "AK".parse().unwrap(),
            rights: preset.rights(&"assets".parse().unwrap()),
        };
        plan_trials(&ground, &role, "1").unwrap()
    }

    #[track_caller]
    fn check_verdict(found: &RoleTrials, request: &TrialRequest, expected: TrialVerdict) {
        let trial = found.trials.iter().find(|trial| trial.request == *request);
        assert_eq!(trial.map(|trial| trial.expected), Some(expected), "{request}");
    }

    #[test]
    fn a_role_is_tried_inside_and_outside_of_its_prefixes() {
        for project in ["p1", "p2"] {
            let found = list_role_trials(project, RolePreset::Dagster);

            let outside = ".datalake-probe-1-outside".to_owned();
            check_verdict(&found, &TrialRequest::List(None), TrialVerdict::Refused);
            check_verdict(
                &found,
                &TrialRequest::List(Some("assets/".into())),
                TrialVerdict::Allowed,
            );
            let inside = "assets/.datalake-probe-1-read".to_owned();
            check_verdict(&found, &TrialRequest::Read(inside.clone()), TrialVerdict::Allowed);
            check_verdict(&found, &TrialRequest::Read(outside.clone()), TrialVerdict::Refused);
            check_verdict(
                &found,
                &TrialRequest::Store(format!("{outside}-put")),
                TrialVerdict::Refused,
            );
            // Dagster deletes nothing, and neither may its key.
            let gone = "assets/.datalake-probe-1-gone".to_owned();
            check_verdict(&found, &TrialRequest::Delete(gone.clone()), TrialVerdict::Refused);
            check_verdict(&found, &TrialRequest::DeleteVersion(gone), TrialVerdict::Refused);
            check_verdict(&found, &TrialRequest::RemovePolicy, TrialVerdict::Refused);
            assert_eq!(found.seeds, [inside, outside]);
            assert_eq!(
                found.trials.last().map(|last| &last.request),
                Some(&TrialRequest::RemovePolicy)
            );
        }
    }

    #[test]
    fn what_the_versions_do_in_different_ways_is_no_proof() {
        let copy = TrialRequest::CopyPart {
            from: ".datalake-probe-1-outside".to_owned(),
            to: "assets/.datalake-probe-1-put-parts".to_owned(),
        };

        check_verdict(&list_role_trials("p1", RolePreset::Dagster), &copy, TrialVerdict::Either);
        check_verdict(&list_role_trials("p2", RolePreset::Dagster), &copy, TrialVerdict::Refused);
    }

    #[test]
    fn who_lists_everything_is_not_refused_it() {
        let found = list_role_trials("p2", RolePreset::Observer);

        check_verdict(&found, &TrialRequest::List(None), TrialVerdict::Allowed);
        check_verdict(&found, &TrialRequest::ListVersions, TrialVerdict::Allowed);
        assert!(found.shared.is_empty());
    }
}
