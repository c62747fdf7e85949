//! What a gateway answers to a request.

use std::fmt;

use super::call::{AccessCall, CallKind};
use super::request::{AccessRequest, AccessScene, Caller, ObjectAccess, StoredObject};
use super::statement::{PolicyQuestion, PolicySays, ask_policy};
use super::version::CephVersion;

/// Whether a request is allowed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessAnswer {
    /// Whether it is.
    pub verdict: AccessVerdict,
    /// Why.
    pub reason: AccessReason,
}

/// Whether a request is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessVerdict {
    /// It is carried out. A missing object is answered as missing.
    Allowed,
    /// 403.
    Refused,
    /// It depends on a condition of which nothing is known.
    Undecided,
}

/// What decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessReason {
    /// A statement.
    Statement {
        /// Its number, counted from 1.
        number: usize,
        /// Its `Sid`.
        sid: Option<String>,
        /// The action that was asked about.
        action: String,
        /// The resource, without `arn:aws:s3:::`.
        resource: String,
    },
    /// No statement speaks of it, and the bucket is the caller's project's.
    BucketOwner,
    /// No statement speaks of it, and the object is the caller's project's.
    ObjectOwner,
    /// No statement speaks of it, and the object's ACL lets the caller.
    ObjectAcl,
    /// No statement allows it, and the bucket is another project's.
    ForeignBucket,
    /// No statement allows it, and the object is another project's.
    ForeignObject,
    /// The object is missing, and the caller may not list the bucket: 403 instead of 404.
    HiddenMissing,
    /// No policy is asked about this call.
    NoPolicyAsked,
    /// 20 lets the owner's keys read, replace and remove a policy that was stored without the header.
    OwnersPolicy,
}

/// What a gateway of the scene's version answers.
#[must_use]
pub fn simulate_access(scene: &AccessScene<'_>, request: &AccessRequest) -> AccessAnswer {
    let is_owner = request.caller.project() == Some(&scene.owner);
    if request.call.kind() == CallKind::Unbound {
        return match (&request.caller, request.call) {
            // A list of buckets without a signature is answered, and empty.
            (Caller::Anonymous, AccessCall::CreateBucket) => {
                refuse_because(AccessReason::ForeignBucket)
            }
            _ => allow_because(AccessReason::NoPolicyAsked),
        };
    }
    if is_owner
        && request.call.is_about_policy()
        && scene.version >= CephVersion::Tentacle
        && !scene.binds_owner
    {
        return allow_because(AccessReason::OwnersPolicy);
    }
    let judge = Judge { scene, request };
    match request.call {
        AccessCall::CopyObject | AccessCall::UploadPartCopy => judge.answer_copy(),
        AccessCall::DeleteObjects => judge.answer_delete_objects(),
        _ => judge.answer_plain(),
    }
}

fn allow_because(reason: AccessReason) -> AccessAnswer {
    AccessAnswer { verdict: AccessVerdict::Allowed, reason }
}

fn refuse_because(reason: AccessReason) -> AccessAnswer {
    AccessAnswer { verdict: AccessVerdict::Refused, reason }
}

/// A request before a bucket.
struct Judge<'a> {
    scene: &'a AccessScene<'a>,
    request: &'a AccessRequest,
}

/// What is looked at where no statement speaks.
#[derive(Clone, Copy)]
enum Ground<'a> {
    Bucket,
    Content(&'a StoredObject),
    Acl(&'a StoredObject),
}

impl Judge<'_> {
    fn answer_plain(&self) -> AccessAnswer {
        let call = self.request.call;
        let Some(key) = self.request.key.as_deref().filter(|_| call.names_object()) else {
            return self.answer_action(call.action(), self.scene.bucket.as_str(), Ground::Bucket);
        };
        let resource = format!("{}/{key}", self.scene.bucket);
        let needs_object = matches!(
            call.kind(),
            CallKind::ReadObject | CallKind::ObjectAcl | CallKind::UploadParts
        );
        match (&self.request.object, needs_object) {
            (_, false) => self.answer_action(call.action(), &resource, Ground::Bucket),
            (None, true) => self.answer_missing(key),
            (Some(object), true) => {
                let ground = match call.kind() {
                    CallKind::ReadObject => Ground::Content(object),
                    _ => Ground::Acl(object),
                };
                self.answer_action(call.action(), &resource, ground)
            }
        }
    }

    /// Who may list is told that it is missing. 16 and 18 never ask the bucket's own keys, and look at no
    /// prefix; 20 takes the key for the prefix of a listing.
    fn answer_missing(&self, key: &str) -> AccessAnswer {
        let is_owner = self.request.caller.project() == Some(&self.scene.owner);
        let is_new = self.scene.version >= CephVersion::Tentacle;
        if is_owner && !is_new {
            return allow_because(AccessReason::BucketOwner);
        }
        let mut listing = AccessRequest::new(self.request.caller.clone(), AccessCall::ListObjects);
        listing.values = self.request.values.clone();
        listing.values.retain(|name, _| !matches!(name.as_str(), "s3:prefix" | "s3:delimiter"));
        if is_new {
            listing = listing.with_value("s3:prefix", key);
        }
        let judge = Judge { scene: self.scene, request: &listing };
        let bucket = self.scene.bucket.as_str();
        let answer = judge.answer_action(listing.call.action(), bucket, Ground::Bucket);
        match answer.verdict {
            AccessVerdict::Allowed | AccessVerdict::Undecided => answer,
            AccessVerdict::Refused => refuse_because(AccessReason::HiddenMissing),
        }
    }

    /// 16 and 18 ask about the bucket before they ask about each key.
    fn answer_delete_objects(&self) -> AccessAnswer {
        let action = self.request.call.action();
        if self.scene.version < CephVersion::Tentacle {
            let whole = self.answer_action(action, self.scene.bucket.as_str(), Ground::Bucket);
            if whole.verdict != AccessVerdict::Allowed {
                return whole;
            }
            // Who is let in by a statement needs one for each key as well.
            if let AccessReason::Statement { .. } = whole.reason
                && let Some(key) = &self.request.key
            {
                let resource = format!("{}/{key}", self.scene.bucket);
                return self.answer_named(action, &resource);
            }
        }
        self.answer_plain()
    }

    /// The answer where only a statement allows.
    fn answer_named(&self, action: &str, resource: &str) -> AccessAnswer {
        let answer = self.answer_action(action, resource, Ground::Bucket);
        match answer.reason {
            AccessReason::BucketOwner => refuse_because(AccessReason::ForeignObject),
            _ => answer,
        }
    }

    /// The source is read before the target is written.
    fn answer_copy(&self) -> AccessAnswer {
        if let Some((key, object)) = &self.request.source {
            let resource = format!("{}/{key}", self.scene.bucket);
            let source = self.answer_source(&resource, object);
            if source.verdict != AccessVerdict::Allowed {
                return source;
            }
        }
        self.answer_plain()
    }

    fn answer_source(&self, resource: &str, object: &StoredObject) -> AccessAnswer {
        let (version, call) = (self.scene.version, self.request.call);
        match call {
            // 16 does not ask the policy about the source of a part.
            AccessCall::UploadPartCopy if version < CephVersion::Reef => {
                self.answer_ground(Ground::Content(object))
            }
            // 20 looks at who owns the bucket of the source, not the object.
            AccessCall::CopyObject if version >= CephVersion::Tentacle => {
                self.answer_action("s3:GetObject", resource, Ground::Bucket)
            }
            _ => self.answer_action("s3:GetObject", resource, Ground::Content(object)),
        }
    }

    fn answer_action(&self, action: &str, resource: &str, ground: Ground<'_>) -> AccessAnswer {
        let question =
            PolicyQuestion { request: self.request, version: self.scene.version, action, resource };
        let says = self.scene.policy.map_or(PolicySays::Nothing, |it| ask_policy(it, &question));
        let by = |index: usize| AccessReason::Statement {
            number: index + 1,
            sid: self.scene.policy.and_then(|it| it.statements.get(index)?.sid.clone()),
            action: action.to_owned(),
            resource: resource.to_owned(),
        };
        let without = self.answer_ground(ground);
        let verdict = match (says, without.verdict) {
            (PolicySays::Denies(_), _) => AccessVerdict::Refused,
            (PolicySays::Allows(_), _) => AccessVerdict::Allowed,
            (PolicySays::MayAllow(_), AccessVerdict::Refused) | (PolicySays::MayDeny(_), _) => {
                AccessVerdict::Undecided
            }
            (PolicySays::MayAllow(_) | PolicySays::Nothing, _) => return without,
        };
        match says {
            PolicySays::Denies(index)
            | PolicySays::Allows(index)
            | PolicySays::MayAllow(index)
            | PolicySays::MayDeny(index) => AccessAnswer { verdict, reason: by(index) },
            PolicySays::Nothing => without,
        }
    }

    /// What holds where no statement speaks.
    fn answer_ground(&self, ground: Ground<'_>) -> AccessAnswer {
        let project = self.request.caller.project();
        let is_bucket_owner = project == Some(&self.scene.owner);
        match ground {
            Ground::Bucket if is_bucket_owner => allow_because(AccessReason::BucketOwner),
            Ground::Bucket => refuse_because(AccessReason::ForeignBucket),
            Ground::Content(object) | Ground::Acl(object) => {
                let by_acl = match (object.access, ground) {
                    (ObjectAccess::PublicRead, Ground::Content(_)) => true,
                    (ObjectAccess::BucketOwner, _) => is_bucket_owner,
                    _ => false,
                };
                if project == Some(&object.owner) {
                    allow_because(AccessReason::ObjectOwner)
                } else if by_acl {
                    allow_because(AccessReason::ObjectAcl)
                } else {
                    refuse_because(AccessReason::ForeignObject)
                }
            }
        }
    }
}

impl fmt::Display for AccessVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Undecided => "undecided",
        })
    }
}

impl fmt::Display for AccessAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.verdict)?;
        match &self.reason {
            AccessReason::Statement { number, sid, action, resource } => {
                let verb = match self.verdict {
                    AccessVerdict::Allowed => "allows",
                    AccessVerdict::Refused => "denies",
                    AccessVerdict::Undecided => "has a condition on what is not known here, and speaks of",
                };
                write!(f, "statement {number}")?;
                if let Some(sid) = sid {
                    write!(f, " ({})", crate::text::printable(sid))?;
                }
                let resource = crate::text::printable_key(resource);
                write!(f, " {verb} {action} on arn:aws:s3:::{resource}")
            }
            AccessReason::BucketOwner => f.write_str("the bucket belongs to the key's project, and no statement denies it"),
            AccessReason::ObjectOwner => f.write_str("the object belongs to the key's project, and no statement denies it"),
            AccessReason::ObjectAcl => f.write_str("the object's ACL allows it, and no statement denies it"),
            AccessReason::ForeignBucket => f.write_str("no statement allows it, and the bucket belongs to another project"),
            AccessReason::ForeignObject => f.write_str("no statement allows it, and the object belongs to another project"),
            AccessReason::HiddenMissing => f.write_str("the object does not exist, and who may not list gets 403 instead of 404"),
            AccessReason::NoPolicyAsked => f.write_str("no bucket policy is asked about this call"),
            AccessReason::OwnersPolicy => f.write_str("Ceph 20 lets every key of the bucket's project change a policy that was stored without `x-amz-confirm-remove-self-bucket-access`"),
        }
    }
}
