//! A key pair as the service sees it, and what keeps it from being used.

use crate::fault::Fault;
use crate::policy::ProjectId;
use crate::s3::BucketName;
use crate::secret::AccessKeyId;

/// A key pair as the service sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenKey {
    /// Its id.
    pub key: AccessKeyId,
    /// Its project, by a signed list of buckets; why that is not known.
    pub project: Result<ProjectId, Fault>,
    /// The buckets of the spec; not asked where the service does not take the pair.
    pub buckets: Vec<SeenBucket>,
}

/// A bucket as a key sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenBucket {
    /// The bucket.
    pub bucket: BucketName,
    /// Whether the key may use it.
    pub answer: Result<(), Fault>,
}

/// Why a key pair cannot be used, or not in place of another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyTrouble {
    /// The service does not take it.
    #[error("the service does not take key `{0}`: {1}")]
    NotTaken(AccessKeyId, Fault),
    /// It may not use a bucket of the spec.
    #[error("key `{0}` cannot use bucket `{1}`: {2}")]
    Bucket(AccessKeyId, BucketName, Fault),
    /// Both are one key.
    #[error("the new key pair has the id of the present one, `{0}`")]
    SameKey(AccessKeyId),
    /// It opens the buckets of another project.
    #[error("the new key is one of project {new}, and the present one of {present}")]
    OtherProject {
        /// The project of the present key.
        present: ProjectId,
        /// The project of the new one.
        new: ProjectId,
    },
    /// The containers are given another key.
    #[error("the containers are given key `{stored}`, and the spec's pair is `{present}`")]
    OtherStored {
        /// The key in the env file.
        stored: AccessKeyId,
        /// The key of the spec.
        present: AccessKeyId,
    },
}

/// What keeps a key pair from being used.
#[must_use]
pub fn find_key_troubles(seen: &SeenKey) -> Vec<KeyTrouble> {
    if let Err(fault) = &seen.project {
        return vec![KeyTrouble::NotTaken(seen.key.clone(), fault.clone())];
    }
    let trouble = |it: &SeenBucket| {
        let fault = it.answer.as_ref().err()?;
        Some(KeyTrouble::Bucket(seen.key.clone(), it.bucket.clone(), fault.clone()))
    };
    seen.buckets.iter().filter_map(trouble).collect()
}

/// What keeps a new key pair from taking the place of the present one.
#[must_use]
pub fn find_new_key_troubles(present: &SeenKey, new: &SeenKey) -> Vec<KeyTrouble> {
    if present.key == new.key {
        return vec![KeyTrouble::SameKey(new.key.clone())];
    }
    let mut troubles = Vec::new();
    if let (Ok(of_present), Ok(of_new)) = (&present.project, &new.project)
        && of_present != of_new
    {
        let (present, new) = (of_present.clone(), of_new.clone());
        troubles.push(KeyTrouble::OtherProject { present, new });
    }
    troubles.extend(find_key_troubles(new));
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    fn make_seen(key: &str, project: &str, answer: Result<(), FaultKind>) -> SeenKey {
        let answer = answer.map_err(|kind| Fault::new(kind, ""));
        SeenKey {
            key: key.parse().unwrap(),
            project: project.parse().map_err(|_| Fault::new(FaultKind::UnknownAccessKey, "")),
            buckets: vec![SeenBucket { bucket: "acme-assets".parse().unwrap(), answer }],
        }
    }

    #[track_caller]
    fn check_troubles(new: &SeenKey, expected: &[&str]) {
        let troubles = find_new_key_troubles(&make_seen("AKOLD", "p11", Ok(())), new);
        let words: Vec<_> = troubles.iter().map(ToString::to_string).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn a_new_key_is_another_one_of_the_same_project_that_reaches_every_bucket() {
        check_troubles(&make_seen("AKNEW", "p11", Ok(())), &[]);
        check_troubles(
            &make_seen("AKOLD", "p11", Ok(())),
            &["the new key pair has the id of the present one, `AKOLD`"],
        );
        check_troubles(
            &make_seen("AKNEW", "p22", Err(FaultKind::Denied)),
            &[
                "the new key is one of project p22, and the present one of p11",
                "key `AKNEW` cannot use bucket `acme-assets`: access is denied",
            ],
        );
        check_troubles(
            &make_seen("AKNEW", "", Ok(())),
            &[
                "the service does not take key `AKNEW`: the service does not know this access key id",
            ],
        );
    }
}
