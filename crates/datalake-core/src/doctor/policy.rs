//! What a bucket policy does, as far as it is known to be a trap.

use serde::Deserialize;

/// What is to be told of a bucket policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyTraits {
    /// Whether it is JSON of the usual form.
    pub is_readable: bool,
    /// How many statements it has.
    pub statements: usize,
    /// Whether it uses `NotAction`, which Hetzner stores and does not look at.
    pub has_not_action: bool,
    /// Principals in the form of AWS, which match nobody at Hetzner.
    pub strange_principals: Vec<String>,
    /// Principals that an `Allow` lets put objects.
    pub writers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReadPolicy {
    statement: OneOrSeveral<ReadStatement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReadStatement {
    effect: String,
    #[serde(default)]
    principal: Option<ReadPrincipal>,
    #[serde(default)]
    action: OneOrSeveral<String>,
    #[serde(default)]
    not_action: Option<OneOrSeveral<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ReadPrincipal {
    Anybody(String),
    Named {
        #[serde(default, rename = "AWS")]
        aws: OneOrSeveral<String>,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrSeveral<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Default for OneOrSeveral<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T> OneOrSeveral<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// Reads a policy for what is known to be a trap at Hetzner.
#[must_use]
pub fn read_policy(json: &str) -> PolicyTraits {
    let Ok(policy) = serde_json::from_str::<ReadPolicy>(json) else {
        return PolicyTraits::default();
    };
    let statements = policy.statement.all();
    let mut traits =
        PolicyTraits { is_readable: true, statements: statements.len(), ..PolicyTraits::default() };
    for statement in statements {
        traits.has_not_action |= statement.not_action.is_some();
        let principals = match &statement.principal {
            Some(ReadPrincipal::Anybody(all)) => std::slice::from_ref(all),
            Some(ReadPrincipal::Named { aws }) => aws.all(),
            None => &[],
        };
        let strange = principals.iter().filter(|principal| is_of_aws(principal));
        traits.strange_principals.extend(strange.cloned());
        if statement.effect == "Allow" && statement.action.all().iter().any(|it| lets_put(it)) {
            traits.writers.extend(principals.iter().cloned());
        }
    }
    traits
}

/// `arn:aws:iam::123456789012:user/x`: Hetzner's own have three empty fields.
fn is_of_aws(principal: &str) -> bool {
    principal != "*" && !principal.starts_with("arn:aws:iam:::user/p")
}

fn lets_put(action: &str) -> bool {
    ["*", "s3:*", "s3:Put*", "s3:PutObject", "s3:PutObject*"].contains(&action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_and_writers_are_told() {
        let policy = read_policy(
            r#"{"Version": "2012-10-17", "Statement": [
              {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/p7:MODAL"]},
               "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::a/*"},
              {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::7:user/x"},
               "NotAction": "s3:GetObject", "Resource": "*"},
              {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}"#,
        );

        let expected = PolicyTraits {
            is_readable: true,
            statements: 3,
            has_not_action: true,
            strange_principals: vec!["arn:aws:iam::7:user/x".to_owned()],
            writers: vec!["arn:aws:iam:::user/p7:MODAL".to_owned()],
        };
        assert_eq!(policy, expected);
    }

    #[test]
    fn what_is_no_policy_is_not_one_without_traps() {
        for text in ["", "[]", "{}", r#"{"Statement": 1}"#] {
            assert!(!read_policy(text).is_readable, "{text}");
        }
        let one = r#"{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}}"#;
        assert_eq!(read_policy(one).statements, 1);
    }
}
