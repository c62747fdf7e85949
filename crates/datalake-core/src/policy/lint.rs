//! What is wrong with a policy, in sentences.

mod conditions;
mod forms;
mod rights;

use std::fmt;

use super::document::{AccessPolicy, AccessStatement};
use super::lock_out::PolicyActor;
use super::role::RightsPrefix;

/// What a linter needs besides the policy.
#[derive(Debug, Clone)]
pub struct PolicyWatch {
    /// The bucket, its project, and the key that has to go on working.
    pub actor: PolicyActor,
    /// Where pickles are: who can write there runs code in Dagster.
    pub pickles: Vec<RightsPrefix>,
    /// Objects that everybody can read by their ACL; `None` where nobody has looked.
    pub public_objects: Option<u64>,
}

/// Something that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLint {
    /// Which.
    pub id: PolicyLintId,
    /// The statement, counted from 1; `None` for the whole.
    pub statement: Option<usize>,
    /// What is so.
    pub sentence: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyLintSeverity {
    /// It works, but not everywhere or not for long.
    Warning,
    /// It does something else than it says, or opens a door.
    Wrong,
}

macro_rules! lints {
    ($($name:ident $id:literal $severity:ident $advice:literal,)+) => {
        /// The kinds of things that are wrong with policies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PolicyLintId {
            $(#[doc = concat!("`", $id, "`")] $name,)+
        }

        impl PolicyLintId {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its stable name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            /// How bad it is.
            #[must_use]
            pub fn severity(self) -> PolicyLintSeverity {
                match self { $(Self::$name => PolicyLintSeverity::$severity,)+ }
            }

            /// What to do about it.
            #[must_use]
            pub fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

lints! {
    LockOut "lock-out" Wrong
        "Take the acting key out of the Deny, or name the keys that are meant one by one.",
    WritablePickles "writable-pickles" Wrong
        "Remove the grant at once, then replace the pickles by copies that you trust.",
    WritableByAll "writable-by-all" Wrong
        "Grant it to one key, as arn:aws:iam:::user/pPROJECT:KEY.",
    NotStorable "not-storable" Wrong
        "Correct it before you store it; the gateway keeps the old policy.",
    NotAction "not-action" Wrong
        "Name the actions under Action: a statement with NotAction enforces nothing.",
    PrincipalNobody "principal-nobody" Wrong
        "Write the key as arn:aws:iam:::user/pPROJECT:KEY.",
    PrincipalEveryone "principal-everyone" Wrong
        "Write \"*\" if everybody is meant, or arn:aws:iam:::user/pPROJECT for a project.",
    PrefixBypass "prefix-bypass" Wrong
        "Use StringNotLikeIfExists, or add a statement with the condition Null s3:prefix true.",
    NegatedList "negated-list" Wrong
        "Give one value to each negated operator: Ceph 16 and 18 join several by OR.",
    SecureTransport "secure-transport" Wrong
        "Leave it out: the gateway does not set aws:SecureTransport over http.",
    UnknownConditionKey "unknown-condition-key" Wrong
        "Use a key that the gateway sets: a Deny on any other never fires.",
    DeadCondition "dead-condition" Wrong
        "Use another operator: the gateway stores this one, and it never holds.",
    AclHeader "acl-header" Wrong
        "Add a Deny of s3:PutObject with StringLike s3:x-amz-acl [\"public-*\", \"authenticated-read\"].",
    PublicObjects "public-objects" Wrong
        "Set the bucket's public access block, or make the objects private.",
    ForeignWriter "foreign-writer" Wrong
        "Add an Allow of s3:* on the bucket and its objects to the bucket's own project.",
    DeleteObjects "delete-objects" Warning
        "Add the bucket itself to the resources: Ceph 16 and 18 ask about it before they delete several objects.",
    PublicWays "public-ways" Warning
        "Set the bucket's public access block: no policy stops a copy, an upload in parts or a grant header.",
    OwnersPolicy "owners-policy" Warning
        "Store it with x-amz-confirm-remove-self-bucket-access: true, or use keys of a second project.",
    NullValue "null-value" Warning
        "Use Null with \"true\" only: Ceph 16 and 18 read \"false\" as \"true\".",
    SourceAddress "source-address" Warning
        "Probe which address the gateway sees before you rely on it: behind a load balancer it may be the balancer's.",
}

/// Everything that is wrong with the policy, the worst first.
#[must_use]
pub fn lint_policy(policy: &AccessPolicy, watch: &PolicyWatch) -> Vec<PolicyLint> {
    let mut lints = Lints { found: Vec::new() };
    forms::lint_forms(policy, &mut lints);
    rights::lint_rights(policy, watch, &mut lints);
    for (index, statement) in policy.statements.iter().enumerate() {
        let numbered = Numbered { number: index + 1, statement };
        forms::lint_statement(&numbered, &mut lints);
        conditions::lint_conditions(policy, &numbered, &mut lints);
    }
    let mut found = lints.found;
    found.sort_by_key(|lint| (lint.id, lint.statement));
    found.dedup();
    found
}

/// A statement and its number.
struct Numbered<'a> {
    number: usize,
    statement: &'a AccessStatement,
}

struct Lints {
    found: Vec<PolicyLint>,
}

impl Lints {
    fn push(&mut self, id: PolicyLintId, statement: Option<usize>, sentence: String) {
        self.found.push(PolicyLint { id, statement, sentence });
    }
}

impl fmt::Display for PolicyLintId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PolicyLint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.statement {
            Some(number) => write!(f, "{}: statement {number}: {}", self.id, self.sentence),
            None => write!(f, "{}: {}", self.id, self.sentence),
        }
    }
}
