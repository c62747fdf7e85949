//! A content that is compared with its tag while it goes by.

use datalake_core::s3::ETag;
use datalake_core::transfer::{PartPlan, TagForm};
use md5::{Digest as _, Md5};

use super::compare::{Cuts, plan_whole};
use super::fits::md5_fits;
use super::upload::part_told;
use crate::StoredObject;

/// Compares a content that goes by, from its first byte to its last, with the tag of its object.
#[derive(Debug)]
pub struct StreamCheck {
    etag: ETag,
    /// The ways in which it may have been cut.
    cuts: Vec<CutCandidate>,
    is_certain: bool,
}

/// One way in which a content may have been cut.
#[derive(Debug)]
struct CutCandidate {
    plan: PartPlan,
    done: Vec<[u8; 16]>,
    part: Md5,
    /// How many bytes the part that is going by still has.
    left: u64,
}

impl StreamCheck {
    /// Begins with the first byte.
    #[must_use]
    pub fn of(object: &StoredObject) -> Self {
        let Cuts { plans, is_certain } = match object.etag.form() {
            TagForm::Md5(_) => {
                Cuts { plans: plan_whole(object.size).into_iter().collect(), is_certain: true }
            }
            TagForm::Parts(_, count) => Cuts::of(object.size, count, part_told(object)),
            TagForm::Other => Cuts { plans: Vec::new(), is_certain: false },
        };
        let cuts = plans.into_iter().map(CutCandidate::begin).collect();
        Self { etag: object.etag.clone(), cuts, is_certain }
    }

    /// Goes on with these bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for cut in &mut self.cuts {
            cut.update(bytes);
        }
    }

    /// Whether what went by is what the tag says; `None` where the tag does not tell.
    #[must_use]
    pub fn is_right(self) -> Option<bool> {
        let fits = self.cuts.into_iter().any(|cut| md5_fits(&self.etag, &cut.end()));
        (fits || self.is_certain).then_some(fits)
    }
}

impl CutCandidate {
    fn begin(plan: PartPlan) -> Self {
        Self { plan, done: Vec::new(), part: Md5::new(), left: plan.part_size().0 }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left == 0 {
                self.done.push(std::mem::take(&mut self.part).finalize().into());
                self.left = self.plan.part_size().0;
            }
            let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, rest) = bytes.split_at(most);
            self.part.update(now);
            self.left -= now.len() as u64;
            bytes = rest;
        }
    }

    fn end(mut self) -> Vec<[u8; 16]> {
        self.done.push(self.part.finalize().into());
        self.done
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::size::ByteSize;
    use datalake_core::time::Timestamp;

    use super::*;
    use crate::Attributes;

    /// What is found of a content that goes by in pieces of seven bytes.
    fn check_stream(content: &[u8], etag: &ETag, told: Option<u64>) -> Option<bool> {
        let user = told.map(|part| ("datalake-part".to_owned(), part.to_string()));
        let mut check = StreamCheck::of(&StoredObject {
            size: ByteSize(content.len() as u64),
            etag: etag.clone(),
            modified: Timestamp::from_unix(0).unwrap(),
            version: None,
            attributes: Attributes { user: user.into_iter().collect(), ..Attributes::NONE },
        });
        content.chunks(7).for_each(|chunk| check.update(chunk));
        check.is_right()
    }

    fn tag_of_parts(content: &[u8], part: usize) -> ETag {
        let parts: Vec<[u8; 16]> =
            content.chunks(part).map(|part| Md5::digest(part).into()).collect();
        ETag::of_parts(&parts)
    }

    #[test]
    fn a_content_is_compared_whole_or_part_by_part() {
        let content: Vec<u8> = (0..100).collect();
        let mut other = content.clone();
        other[50] ^= 1;
        let md5 = ETag::of_md5(Md5::digest(&content).into());

        assert_eq!(check_stream(&content, &md5, None), Some(true));
        assert_eq!(check_stream(&other, &md5, None), Some(false));
        assert_eq!(check_stream(&content, &tag_of_parts(&content, 30), Some(30)), Some(true));
        assert_eq!(check_stream(&content, &tag_of_parts(&content, 25), Some(25)), Some(true));
        assert_eq!(check_stream(&other, &tag_of_parts(&content, 30), Some(30)), Some(false));
        assert_eq!(check_stream(&content, &tag_of_parts(&content, 100), None), Some(true));
        // Cut as no tool does: nothing tells.
        assert_eq!(check_stream(&content, &tag_of_parts(&content, 30), None), None);
        assert_eq!(check_stream(&content, &md5.opaque(), None), None);
        let empty = ETag::of_md5(Md5::digest([]).into());
        assert_eq!(check_stream(&[], &empty, None), Some(true));
    }
}
