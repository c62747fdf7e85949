//! Roles become a policy, in forms that Ceph 16, 18 and 20 read alike.

use super::arn::{bucket_resource, object_resource};
use super::document::{AccessPolicy, AccessStatement, PolicyCondition, StatementEffect};
use super::principal::ProjectId;
use super::role::{AccessRole, RightsPrefix, RoleName};
use crate::s3::BucketName;
use crate::secret::AccessKeyId;

/// The bucket that a policy is made for.
#[derive(Debug, Clone)]
pub struct PolicyGround {
    /// The bucket.
    pub bucket: BucketName,
    /// The project that owns it.
    pub owner: ProjectId,
    /// The key that stores the policy; it is never denied anything.
    pub actor: AccessKeyId,
}

/// How a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessRoute {
    /// The key is another project's: it may do what is granted and nothing else.
    Granted,
    /// The key is the bucket's own project's: what it may not do is denied. A guard against mistakes;
    /// every other key of the project stays unbound.
    Denied,
}

/// A policy made from roles.
#[derive(Debug, Clone)]
pub struct CompiledPolicy {
    /// The document.
    pub policy: AccessPolicy,
    /// How each role is held, in the order of the roles.
    pub routes: Vec<(RoleName, AccessRoute)>,
    /// Whether it has to be stored with `x-amz-confirm-remove-self-bucket-access: true`, without which
    /// 20 does not bind keys of the bucket's project in calls about the policy.
    pub binds_owner: bool,
}

/// Why roles cannot become a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UncompiledRoles {
    /// The key that stores the policy would be bound by it.
    #[error("role `{0}` is the key that datalake itself uses here, and would lock it out")]
    Actor(RoleName),
    /// Two roles for one key.
    #[error("roles `{0}` and `{1}` are the same key")]
    SameKey(RoleName, RoleName),
    /// A key that a policy cannot name.
    #[error("role `{0}`: a policy can name keys of letters and digits only")]
    Key(RoleName),
    /// More listings than a Deny can hold.
    #[error(
        "role `{0}` is a key of the bucket's own project, where listings can be held to two prefixes \
         at most: use a key of a second project"
    )]
    Listings(RoleName),
}

/// Makes one policy from all roles.
///
/// # Errors
///
/// [`UncompiledRoles`] where one cannot be held.
pub fn compile_roles(
    ground: &PolicyGround,
    roles: &[AccessRole],
) -> Result<CompiledPolicy, UncompiledRoles> {
    check_keys(ground, roles)?;
    let mut policy = AccessPolicy::empty();
    let mut routes = Vec::new();
    for role in roles {
        let writer = RoleWriter { ground, role };
        if role.project == ground.owner {
            routes.push((role.name.clone(), AccessRoute::Denied));
            policy.statements.extend(writer.deny_the_rest()?);
        } else {
            routes.push((role.name.clone(), AccessRoute::Granted));
            policy.statements.extend(writer.grant());
        }
    }
    if routes.iter().any(|(_, route)| *route == AccessRoute::Granted) {
        policy.statements.push(grant_back(ground));
    }
    let binds_owner = routes.iter().any(|(_, route)| *route == AccessRoute::Denied);
    Ok(CompiledPolicy { policy, routes, binds_owner })
}

fn check_keys(ground: &PolicyGround, roles: &[AccessRole]) -> Result<(), UncompiledRoles> {
    for (index, role) in roles.iter().enumerate() {
        if role.key == ground.actor {
            return Err(UncompiledRoles::Actor(role.name.clone()));
        }
        if !role.key.as_str().bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(UncompiledRoles::Key(role.name.clone()));
        }
        if let Some(other) = roles.iter().take(index).find(|other| other.key == role.key) {
            return Err(UncompiledRoles::SameKey(other.name.clone(), role.name.clone()));
        }
    }
    Ok(())
}

/// What a foreign key writes belongs to its project; without this the bucket's own keys cannot read it.
fn grant_back(ground: &PolicyGround) -> AccessStatement {
    let resources = [bucket_resource(&ground.bucket), object_resource(&ground.bucket, "*")];
    AccessStatement::new(StatementEffect::Allow, &format!("{OWN_SID}own-project"))
        .for_principal(&ground.owner.principal())
        .with_actions(["s3:*"])
        .on_resources(resources)
}

/// What the `Sid` of each statement of ours begins with.
pub(super) const OWN_SID: &str = "datalake-";

struct RoleWriter<'a> {
    ground: &'a PolicyGround,
    role: &'a AccessRole,
}

const READ: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];
const PUT: [&str; 3] = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];
const LIST: [&str; 2] = ["s3:ListBucket", "s3:ListBucketVersions"];
const SETTINGS: [&str; 5] = [
    "s3:GetBucketLocation",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketVersioning",
    "s3:GetLifecycleConfiguration",
    "s3:GetBucketCORS",
];
const CHANGE_ACL: [&str; 2] = ["s3:PutObjectAcl", "s3:PutObjectVersionAcl"];
/// What no role does in the bucket of its own project. Patterns fit what later versions add.
const NEVER: [&str; 15] = [
    "s3:DeleteObjectVersion",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectRetention",
    "s3:PutObjectLegalHold",
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket*",
    "s3:PutBucket*",
    "s3:GetBucketPolicy",
    "s3:GetBucketAcl",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:DeleteReplicationConfiguration",
    "s3:PutPublicAccessBlock",
    "s3:DeletePublicAccessBlock",
];

impl RoleWriter<'_> {
    fn statement(&self, effect: StatementEffect, part: &str) -> AccessStatement {
        let principal = self.role.project.key_principal(&self.role.key);
        AccessStatement::new(effect, &format!("{OWN_SID}{}-{part}", self.role.name))
            .for_principal(&principal)
    }

    fn bucket(&self) -> String {
        bucket_resource(&self.ground.bucket)
    }

    fn objects(&self, prefixes: &[RightsPrefix]) -> Vec<String> {
        let pattern =
            |prefix: &RightsPrefix| object_resource(&self.ground.bucket, &prefix.key_pattern());
        prefixes.iter().map(pattern).collect()
    }

    fn grant(&self) -> Vec<AccessStatement> {
        let allow = |part: &str| self.statement(StatementEffect::Allow, part);
        let rights = &self.role.rights;
        let mut statements = vec![
            allow("location").with_actions(["s3:GetBucketLocation"]).on_resources([self.bucket()]),
        ];
        if !rights.read.is_empty() {
            statements
                .push(allow("read").with_actions(READ).on_resources(self.objects(&rights.read)));
        }
        if !rights.list.is_empty() {
            statements.push(self.grant_listing());
        }
        if !rights.put.is_empty() {
            statements.push(allow("put").with_actions(PUT).on_resources(self.objects(&rights.put)));
        }
        if !rights.delete.is_empty() {
            // 16 and 18 ask about the bucket itself before they delete several objects.
            let resources = [self.bucket()].into_iter().chain(self.objects(&rights.delete));
            statements
                .push(allow("delete").with_actions(["s3:DeleteObject"]).on_resources(resources));
        }
        if rights.settings {
            statements.push(allow("settings").with_actions(SETTINGS).on_resources([self.bucket()]));
        }
        statements.extend(self.forbid_public());
        statements
    }

    /// Listings with one of the prefixes, with or without its slash.
    fn grant_listing(&self) -> AccessStatement {
        let list = &self.role.rights.list;
        let statement = self
            .statement(StatementEffect::Allow, "list")
            .with_actions(LIST)
            .on_resources([self.bucket()]);
        if list.iter().any(RightsPrefix::is_whole) {
            return statement;
        }
        let patterns = list.iter().flat_map(|prefix| {
            [prefix.as_str().trim_end_matches('/').to_owned(), prefix.key_pattern()]
        });
        statement.under(PolicyCondition::new("StringLike", "s3:prefix", patterns.collect()))
    }

    /// Against the usual ways to make an object public. A copy, an upload in parts and a grant header
    /// still can: only the bucket's public access block ends that.
    fn forbid_public(&self) -> Vec<AccessStatement> {
        let everything = [object_resource(&self.ground.bucket, "*")];
        let public = vec!["public-*".to_owned(), "authenticated-read".to_owned()];
        vec![
            self.statement(StatementEffect::Deny, "acl")
                .with_actions(CHANGE_ACL)
                .on_resources(everything.clone()),
            self.statement(StatementEffect::Deny, "public")
                .with_actions(["s3:PutObject"])
                .on_resources(everything)
                .under(PolicyCondition::new("StringLike", "s3:x-amz-acl", public)),
        ]
    }

    fn deny_the_rest(&self) -> Result<Vec<AccessStatement>, UncompiledRoles> {
        let deny = |part: &str| self.statement(StatementEffect::Deny, part);
        let rights = &self.role.rights;
        let everything = [self.bucket(), object_resource(&self.ground.bucket, "*")];
        let mut statements =
            vec![deny("never").with_actions(NEVER).on_resources(everything.clone())];
        for (part, actions, prefixes) in [
            ("read", READ.as_slice(), &rights.read),
            ("put", PUT.as_slice(), &rights.put),
            ("delete", ["s3:DeleteObject"].as_slice(), &rights.delete),
        ] {
            let statement = deny(part).with_actions(actions.iter().copied());
            if prefixes.is_empty() {
                statements.push(statement.on_resources(everything.clone()));
            } else if !prefixes.iter().any(RightsPrefix::is_whole) {
                let spared = [self.bucket()].into_iter().chain(self.objects(prefixes));
                statements.push(statement.on_other_resources(spared));
            }
        }
        statements.extend(self.deny_listing()?);
        if !rights.settings {
            // The location is nothing to hide, and clients ask for it.
            let actions = SETTINGS.into_iter().filter(|action| *action != "s3:GetBucketLocation");
            statements.push(deny("settings").with_actions(actions).on_resources([self.bucket()]));
        }
        statements.extend(self.forbid_public().into_iter().skip(1));
        Ok(statements)
    }

    /// A negated operator with several values is read in two ways, and a missing prefix makes it false:
    /// so one value each, and a statement for listings without a prefix.
    fn deny_listing(&self) -> Result<Vec<AccessStatement>, UncompiledRoles> {
        let deny = |part: &str| {
            self.statement(StatementEffect::Deny, part)
                .with_actions(LIST)
                .on_resources([self.bucket()])
        };
        let like = |operator: &str, prefix: &RightsPrefix| {
            // Without its slash, so that a listing with the bare prefix is let through.
            let pattern = format!("{}*", prefix.as_str().trim_end_matches('/'));
            PolicyCondition::new(operator, "s3:prefix", vec![pattern])
        };
        let list = &self.role.rights.list;
        let others = match list.as_slice() {
            [] => return Ok(vec![deny("list")]),
            several if several.iter().any(RightsPrefix::is_whole) => return Ok(Vec::new()),
            [one] => deny("list").under(like("StringNotLikeIfExists", one)),
            [one, two] => deny("list")
                .under(like("StringNotLikeIfExists", one))
                .under(like("StringNotLike", two)),
            _ => return Err(UncompiledRoles::Listings(self.role.name.clone())),
        };
        let missing = PolicyCondition::new("Null", "s3:prefix", vec!["true".to_owned()]);
        Ok(vec![others, deny("list-all").under(missing)])
    }
}
