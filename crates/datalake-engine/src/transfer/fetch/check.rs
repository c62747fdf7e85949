//! What tells whether the content that came is what was stored.

use datalake_core::s3::ETag;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{ContentDigest, PartPlan, TagForm};

use crate::transfer::compare::{Cuts, plan_whole};
use crate::transfer::fits::are_right;
use crate::transfer::{Digests, Hashing};

/// How the content of an object is cut, hashed and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ContentCheck {
    pub(super) plan: PartPlan,
    pub(super) hashing: Option<Hashing>,
    pub(super) reference: Reference,
}

/// With what a content is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reference {
    /// The SHA-256 that a record tells.
    Digest(ContentDigest),
    /// The tag.
    Tag,
    /// The tag, if the content was cut as tools usually do; only one that fits tells something.
    Guess,
    /// Nothing tells what the content should be.
    Nothing,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CompareLevel {
    /// Tags of parts are not.
    Trusting,
    /// All that can be.
    Usual,
}

/// How a content may be cut into parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cutting {
    /// The size of the parts that the object tells itself.
    pub(super) told: Option<ByteSize>,
    /// The size of parts where nothing tells one.
    pub(super) usual: ByteSize,
    pub(super) care: CompareLevel,
}

/// How an object's content can be checked; `None` for one that cannot be cut into parts.
pub(super) fn choose_check(
    size: ByteSize,
    etag: &ETag,
    digest: Option<ContentDigest>,
    cutting: Cutting,
) -> Option<ContentCheck> {
    let Cutting { told, usual, care } = cutting;
    if let Some(digest) = digest {
        let plan =
            digest.part.map_or_else(|| plan_whole(size), |part| PartPlan::exactly(size, part))?;
        let hashing = Some(Hashing::Sha256);
        return Some(ContentCheck { plan, hashing, reference: Reference::Digest(digest) });
    }
    let hashing = Some(Hashing::Both);
    match etag.form() {
        TagForm::Md5(_) => {
            return Some(ContentCheck {
                plan: plan_whole(size)?,
                hashing,
                reference: Reference::Tag,
            });
        }
        TagForm::Parts(_, count) if care == CompareLevel::Usual || count == 1 => {
            let Cuts { plans, is_certain } = Cuts::of(size, count, told);
            let reference = if is_certain { Reference::Tag } else { Reference::Guess };
            if let Some(plan) = plans.into_iter().next() {
                return Some(ContentCheck { plan, hashing, reference });
            }
            // Cut as no tool does: it is read twice, as where a guess does not fit.
            let plan = PartPlan::new(size, usual).ok()?;
            return Some(ContentCheck { plan, hashing, reference: Reference::Guess });
        }
        TagForm::Parts(..) | TagForm::Other => (),
    }
    let plan = PartPlan::new(size, usual).ok()?;
    // Hashed all the same, for the record, unless it is to be fast.
    let hashing = (care == CompareLevel::Usual).then_some(Hashing::Sha256);
    Some(ContentCheck { plan, hashing, reference: Reference::Nothing })
}

impl ContentCheck {
    /// Whether a content with these hashes is what it should be; `None` where nothing tells.
    pub(super) fn is_right(&self, digests: &[Digests], etag: &ETag) -> Option<bool> {
        match self.reference {
            Reference::Digest(digest) => {
                Some(are_right(Hashing::Sha256, digests, Some(digest), etag))
            }
            Reference::Tag => Some(are_right(Hashing::Md5, digests, None, etag)),
            Reference::Guess => are_right(Hashing::Md5, digests, None, etag).then_some(true),
            Reference::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;
    const MD5: &str = "0cc175b9c0f1b6a831c399e269772661";

    fn reference(etag: &str, told: Option<u64>, care: CompareLevel) -> (Reference, u64) {
        let etag: ETag = etag.parse().unwrap();
        let told = told.map(|mib| ByteSize(mib * MIB));
        let cutting = Cutting { told, usual: ByteSize(16 * MIB), care };
        let check = choose_check(ByteSize(20 * MIB), &etag, None, cutting).unwrap();
        (check.reference, check.plan.part_size().0 / MIB)
    }

    #[test]
    fn a_tag_counts_as_far_as_it_is_known_what_it_is_made_of() {
        let two = format!("{MD5}-2");

        assert_eq!(reference(MD5, None, CompareLevel::Usual), (Reference::Tag, 20));
        assert_eq!(reference(MD5, None, CompareLevel::Trusting), (Reference::Tag, 20));
        assert_eq!(reference(&two, Some(12), CompareLevel::Usual), (Reference::Tag, 12));
        assert_eq!(reference(&two, None, CompareLevel::Usual), (Reference::Guess, 10));
        assert_eq!(reference(&format!("{MD5}-1"), None, CompareLevel::Usual), (Reference::Tag, 20));
        assert_eq!(reference(&two, Some(12), CompareLevel::Trusting), (Reference::Nothing, 16));
        assert_eq!(
            reference(&format!("{MD5}-19"), None, CompareLevel::Usual),
            (Reference::Guess, 16)
        );
        assert_eq!(reference("opaque", None, CompareLevel::Usual), (Reference::Nothing, 16));
    }
}
