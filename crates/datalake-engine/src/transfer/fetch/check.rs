//! How the content of an object is checked.

use datalake_core::{ByteSize, PartPlan, TagForm};

use super::{Fetching, SMALL};
use crate::transfer::compare::part_sizes;
use crate::transfer::fits::are_right;
use crate::transfer::{Hashes, Hashing};

/// How the content of an object is cut and checked.
pub(super) struct Check {
    pub(super) plan: PartPlan,
    pub(super) hashing: Option<Hashing>,
}

/// How the content can be checked; `None` where nothing tells what it should be and it is large.
pub(super) fn check_of(
    fetching: &Fetching<'_>,
    part: Option<ByteSize>,
    thorough: bool,
) -> Option<Check> {
    let size = fetching.facts.size;
    let whole = ByteSize(size.0.max(1));
    let cut = |part: ByteSize, hashing| {
        Some(Check { plan: PartPlan::exactly(size, part)?, hashing: Some(hashing) })
    };
    match (fetching.digest, fetching.facts.etag.form()) {
        (Some(digest), _) => cut(digest.part.unwrap_or(whole), Hashing::Sha256),
        (None, TagForm::Md5(_) | TagForm::Parts(_, 1)) => cut(whole, Hashing::Md5),
        (None, TagForm::Parts(_, count)) if thorough => {
            let plan = part_sizes(size, count, part).next()?;
            Some(Check { plan, hashing: Some(Hashing::Md5) })
        }
        _ if size.0 <= SMALL => {
            Some(Check { plan: PartPlan::exactly(size, whole)?, hashing: None })
        }
        _ => None,
    }
}

pub(super) fn unchecked(fetching: &Fetching<'_>, part: ByteSize) -> Option<Check> {
    let plan = PartPlan::new(fetching.facts.size, part).ok()?;
    Some(Check { plan, hashing: None })
}

/// Whether a content with these hashes is what it should be, as far as that can be told.
pub(super) fn is_right(fetching: &Fetching<'_>, check: &Check, hashes: &[Hashes]) -> bool {
    let fits = |by| are_right(by, hashes, (fetching.digest, &fetching.facts.etag));
    check.hashing.is_none_or(fits)
}
