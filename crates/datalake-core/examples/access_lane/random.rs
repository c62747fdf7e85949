//! Random policies and requests, the same for each seed.

use datalake_core::policy::{
    AccessCall, AccessPolicy, AccessStatement, PolicyCondition, StatementEffect,
};

/// A small generator of numbers (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    /// The generator of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 11
    }

    /// A number below `sides`.
    pub(crate) fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() % sides.max(1) as u64).unwrap_or_default()
    }

    /// Whether one in `sides` falls.
    pub(crate) fn is_one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    /// One of them.
    pub(crate) fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.below(all.len())).copied().unwrap_or_default()
    }

    fn pick_several(&mut self, all: &[&str]) -> Vec<String> {
        (0..=self.below(3)).map(|_| self.pick(all).to_owned()).collect()
    }
}

/// Names that stand for whole projects, keys, everybody and nobody.
const PRINCIPALS: [&str; 13] = [
    "*",
    "arn:aws:iam:::user/p1111",
    "arn:aws:iam:::user/p1111:*",
    "arn:aws:iam:::user/p1111:AKA11110000000000000",
    "arn:aws:iam:::user/p1111:AKB11110000000000000",
    "arn:aws:iam:::user/p2222",
    "arn:aws:iam:::user/p2222:AKA22220000000000000",
    "arn:aws:iam:::user/p2222:AKB22220000000000000",
    "arn:aws:iam:::user/AKA22220000000000000",
    "arn:aws:iam::p2222:user/AKA22220000000000000",
    "arn:aws:iam:::root",
    "AKA22220000000000000",
    "arn:aws:iam:::user/p3333",
];

const ACTIONS: [&str; 30] = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:Put*",
    "s3:List*",
    "s3:Delete*",
    "s3:*Object",
    "s3:getobject",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectAcl",
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:AbortMultipartUpload",
    "s3:GetBucketLocation",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutLifecycleConfiguration",
    "s3:GetBucketEncryption",
    "s3:GetObjectAttributes",
    "s3:PutBucketAcl",
    "s3:Nonsense",
];

const RESOURCES: [&str; 12] = [
    "*",
    "arn:aws:s3:::BUCKET",
    "arn:aws:s3:::BUCKET/*",
    "arn:aws:s3:::BUCKET*",
    "arn:aws:s3:::BUCKET/raw/*",
    "arn:aws:s3:::BUCKET/raw/o?n",
    "arn:aws:s3:::BUCKET/out/*",
    "arn:aws:s3:::BUCKET/*/own",
    "arn:aws:s3:::*",
    "arn:aws:s3:::another/*",
    "arn:aws:s3:eu::BUCKET/*",
    "BUCKET/*",
];

const OPERATORS: [&str; 16] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringLikeIfExists",
    "StringNotLike",
    "StringNotLikeIfExists",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "Null",
    "NumericGreaterThan",
    "NumericNotEquals",
    "Bool",
    "ForAnyValue:StringLike",
    "ForAllValues:StringLike",
    "ArnLike",
    "StringNonsense",
];

const KEYS: [&str; 9] = [
    "s3:prefix",
    "s3:prefix",
    "s3:delimiter",
    "s3:max-keys",
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "aws:username",
    "aws:SecureTransport",
    "s3:Prefix",
];

const VALUES: [&str; 12] = [
    "raw/*",
    "out/*",
    "raw/",
    "RAW/",
    "*",
    "",
    "true",
    "false",
    "500",
    "public-read",
    "p1111",
    "${aws:username}",
];

/// A policy of one to four statements, most of them such as people write.
pub(crate) fn roll_policy(dice: &mut Dice, bucket: &str) -> AccessPolicy {
    let mut policy = AccessPolicy::empty();
    for _ in 0..=dice.below(4) {
        policy.statements.push(roll_statement(dice, bucket));
    }
    policy
}

fn roll_statement(dice: &mut Dice, bucket: &str) -> AccessStatement {
    let effect = if dice.is_one_in(2) { StatementEffect::Allow } else { StatementEffect::Deny };
    let mut statement = AccessStatement::new(effect, "");
    statement.sid = None;
    if dice.is_one_in(8) {
        statement.not_principals = dice.pick_several(&PRINCIPALS);
    } else {
        statement.principals = dice.pick_several(&PRINCIPALS);
    }
    let usual = ACTIONS.len() - usize::from(!dice.is_one_in(10)) * 4;
    let actions = dice.pick_several(ACTIONS.get(..usual).unwrap_or(&ACTIONS));
    if dice.is_one_in(10) {
        statement.not_actions = actions;
    } else {
        statement.actions = actions;
    }
    let usual = RESOURCES.len() - usize::from(!dice.is_one_in(20));
    let resources = dice.pick_several(RESOURCES.get(..usual).unwrap_or(&RESOURCES));
    let resources = resources.iter().map(|text| text.replace("BUCKET", bucket)).collect();
    if dice.is_one_in(6) {
        statement.not_resources = resources;
    } else {
        statement.resources = resources;
    }
    if dice.is_one_in(2) {
        for _ in 0..=dice.below(2) {
            let condition = roll_condition(dice);
            let is_new = statement
                .conditions
                .iter()
                .all(|other| other.operator != condition.operator || other.key != condition.key);
            if is_new {
                statement.conditions.push(condition);
            }
        }
    }
    statement
}

fn roll_condition(dice: &mut Dice) -> PolicyCondition {
    let usual = OPERATORS.len() - usize::from(!dice.is_one_in(30));
    let operator = dice.pick(OPERATORS.get(..usual).unwrap_or(&OPERATORS));
    let key = dice.pick(&KEYS);
    let values = match operator {
        "Null" => vec![dice.pick(&["true", "true", "false"]).to_owned()],
        _ => dice.pick_several(&VALUES),
    };
    PolicyCondition::new(operator, key, values)
}

/// One of the calls that leave a bucket as it is.
pub(crate) fn roll_call(dice: &mut Dice) -> AccessCall {
    AccessCall::ALL.get(dice.below(AccessCall::ALL.len())).copied().unwrap_or(AccessCall::GetObject)
}
