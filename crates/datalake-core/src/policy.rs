//! Bucket policies: what they say, what Ceph's gateway makes of them, and those of ours.
//!
//! An [`AccessPolicy`] is read from any text and keeps what it does not know. [`check_storable`] tells
//! whether a gateway would take it, [`simulate_access`] what a gateway would answer to one request,
//! [`lint_policy`] what is wrong with it, and [`find_lock_out`] whether it shuts a key out. An
//! [`AccessRole`] says what a key may do; [`compile_roles`] turns roles into a document that Ceph 16,
//! 18 and 20 understand alike.
//!
//! All of it was measured on the gateways 16.2.15, 18.2.7 and 20.2.4; the lane `access` measures it
//! again.
//!
//! ```
//! use datalake_core::policy::{
//!     AccessCall, AccessPolicy, AccessRequest, AccessScene, Caller, CephVersion, simulate_access,
//! };
//!
//! let policy = AccessPolicy::read(
//!     r#"{"Statement": {"Effect": "Deny", "Action": "s3:GetObject",
//!         "Principal": {"AWS": "arn:aws:iam:::user/p7:MODAL"}, "Resource": "arn:aws:s3:::acme/*"}}"#,
//! )?;
//! let scene = AccessScene {
//!     bucket: "acme".parse()?,
//!     owner: "p7".parse()?,
//!     policy: Some(&policy),
//!     version: CephVersion::Reef,
//!     binds_owner: false,
//! };
//! let caller = Caller::Key { project: "p7".parse()?, key: "MODAL".parse()? };
//! let request = AccessRequest::new(caller, AccessCall::GetObject).of_key("raw/a");
//!
//! let answer = simulate_access(&scene, &request);
//!
//! assert_eq!(answer.to_string(), "refused: statement 1 denies s3:GetObject on arn:aws:s3:::acme/raw/a");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod arn;
mod call;
mod compile;
mod condition;
mod document;
mod json;
mod lint;
mod lock_out;
mod merge;
mod principal;
mod proof;
mod read;
mod request;
mod role;
mod simulate;
mod statement;
mod storable;
mod stored;
mod succession;
mod survey;
mod trial;
mod version;
mod write;

pub use action::is_known_action;
pub use call::{AccessCall, UnknownCall};
pub use compile::{AccessRoute, CompiledPolicy, PolicyGround, UncompiledRoles, compile_roles};
pub use document::{
    AccessPolicy, AccessStatement, InvalidAccessPolicy, PolicyCondition, StatementEffect,
};
pub use lint::{PolicyLint, PolicyLintId, PolicyLintSeverity, PolicyWatch, lint_policy};
pub use lock_out::{LockOut, PolicyActor, find_denied_actor, find_lock_out};
pub use merge::{MergedPolicy, merge_policies};
pub use principal::{InvalidProject, PrincipalForm, ProjectId};
pub use proof::{ProofCourse, ProofNext, ProofPace};
pub use request::{AccessRequest, AccessScene, Caller, ObjectAccess, StoredObject};
pub use role::{
    AccessRole, InvalidRole, RightsPrefix, RoleGrant, RoleName, RolePreset, RoleRights, SpecRole,
    UnknownPreset,
};
pub use simulate::{AccessAnswer, AccessReason, AccessVerdict, simulate_access};
pub use storable::{StoreRefusal, check_storable};
pub use stored::{NewPolicy, PolicyText};
pub use succession::KeySuccession;
pub use survey::{KeyAccess, PolicySurvey, PrefixAccess, survey_policy};
pub use trial::{AccessTrial, RoleTrials, TrialRequest, TrialVerdict, plan_trials};
pub use version::{CephVersion, UnknownCephVersion};
