//! Resources of a policy, and the wildcards in them.

use crate::s3::BucketName;

/// The partitions that a gateway knows.
pub(super) const PARTITIONS: [&str; 3] = ["aws", "aws-cn", "aws-us-gov"];

/// The services that occur in policies of buckets; a gateway knows more of AWS's.
pub(super) const SERVICES: [&str; 6] = ["s3", "iam", "sts", "sns", "sqs", "kms"];

/// Whether a pattern with `*` and `?` fits a text as a whole, byte by byte. Both also stand for `/`.
pub(super) fn fits_pattern(pattern: &str, text: &str) -> bool {
    fits_bytes(pattern.as_bytes(), text.as_bytes(), |one, other| one == other)
}

/// The same in upper or lower case.
pub(super) fn fits_in_any_case(pattern: &str, text: &str) -> bool {
    fits_bytes(pattern.as_bytes(), text.as_bytes(), |one, other| one.eq_ignore_ascii_case(&other))
}

fn fits_bytes(pattern: &[u8], text: &[u8], is_same: impl Fn(u8, u8) -> bool) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(place) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(b'?') => (at, place) = (at + 1, place + 1),
            Some(wanted) if is_same(*wanted, *byte) => (at, place) = (at + 1, place + 1),
            _ => match star {
                Some((behind, taken)) => {
                    star = Some((behind, taken + 1));
                    (at, place) = (behind + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

/// Whether a resource of a policy means what a request asks for: `BUCKET` or `BUCKET/KEY`.
pub(super) fn fits_resource(pattern: &str, asked: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let Some(parts) = split_resource(pattern) else { return false };
    let is_s3 = matches!(parts.partition, "aws" | "*") && matches!(parts.service, "s3" | "*");
    let is_here = |part: &str| part.chars().all(|c| c == '*');
    is_s3 && is_here(parts.region) && is_here(parts.account) && fits_pattern(parts.name, asked)
}

/// The parts of an ARN.
pub(super) struct ResourceParts<'a> {
    pub(super) partition: &'a str,
    pub(super) service: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    pub(super) name: &'a str,
}

/// The five parts behind `arn:`; none has a colon in it.
pub(super) fn split_resource(text: &str) -> Option<ResourceParts<'_>> {
    let mut parts = text.strip_prefix("arn:")?.split(':');
    let found = ResourceParts {
        partition: parts.next()?,
        service: parts.next()?,
        region: parts.next()?,
        account: parts.next()?,
        name: parts.next()?,
    };
    parts.next().is_none().then_some(found)
}

/// The resource of a bucket itself.
pub(super) fn bucket_resource(bucket: &BucketName) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// The resource of the objects whose keys fit a pattern.
pub(super) fn object_resource(bucket: &BucketName, pattern: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{pattern}")
}

#[cfg(test)]
mod tests {
    use super::{fits_pattern, fits_resource};

    #[test]
    fn wildcards_cross_slashes() {
        for (pattern, text, fits) in [
            ("raw/*", "raw/a/b", true),
            ("raw/*", "raw/", true),
            ("raw/*", "raw", false),
            ("r?w/*b", "row/abb", true),
            ("*a*b", "xaxb", true),
            ("*a*b", "xaxbc", false),
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(fits_pattern(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_resource_is_of_this_service_and_of_no_account() {
        for (pattern, fits) in [
            ("*", true),
            ("arn:aws:s3:::*", true),
            ("arn:aws:s3:::b/k", true),
            ("arn:aws:s3:::b", false),
            ("arn:aws:s3:eu::b/k", false),
            ("arn:aws:s3::x:b/k", false),
            ("arn:aws:iam:::b/k", false),
            ("b/k", false),
        ] {
            assert_eq!(fits_resource(pattern, "b/k"), fits, "{pattern}");
        }
    }
}
