//! An object beside what the runs have left of it.

use datalake_core::fault::Fault;
use datalake_core::transfer::{Evidence, Known, ObjectFacts, PartPlan, Side, TagForm};

use super::{Depth, VerificationRun, VerifyFinding};
use crate::transfer::BucketFolder;
use crate::transfer::Hashing;
use crate::transfer::compare::{Cuts, plan_whole};
use crate::transfer::feed::FoundName;
use crate::transfer::fits::are_right;
use crate::transfer::merge::NamePair;
use crate::transfer::reading::FolderReader;
use crate::transfer::upload::part_told;

/// The ways in which a content may have been cut, of which one has to fit.
struct CutProof {
    plans: Vec<PartPlan>,
    by: Hashing,
    /// Whether a content that fits none of them is another one: cuts may be guesses.
    is_certain: bool,
}

/// An object, and what the runs have left of it.
#[derive(Clone, Copy)]
pub(super) struct RecordedObject<'r> {
    pub(super) object: &'r ObjectFacts,
    pub(super) known: &'r Known,
}

impl VerificationRun<'_> {
    /// What is so with a name of a bucket; no finding for one that no run has brought.
    pub(super) async fn judge_object(
        &self,
        folder: &BucketFolder<'_>,
        pair: NamePair,
    ) -> Option<VerifyFinding> {
        let known = pair.known?;
        let Some(FoundName::Side(Side::Object(object))) = pair.destination else {
            return Some(VerifyFinding::Missing);
        };
        let is_same = object.size == known.size && object.etag == known.etag;
        if known.evidence == Evidence::Suspect || !is_same {
            return Some(VerifyFinding::Changed);
        }
        let reader = FolderReader { courier: &self.courier, folder };
        let recorded = RecordedObject { object: &object, known: &known };
        Some(self.judge_content(reader, &pair.name, recorded).await)
    }

    /// What is so with the content of an object that has the recorded size and tag.
    pub(super) async fn judge_content(
        &self,
        reader: FolderReader<'_>,
        name: &str,
        recorded: RecordedObject<'_>,
    ) -> VerifyFinding {
        let known = recorded.known;
        let reads = match self.how.depth {
            Depth::Listed => false,
            Depth::Doubtful => known.evidence != Evidence::Compared,
            Depth::Content => true,
        };
        let unread = match known.evidence {
            Evidence::Suspect => VerifyFinding::Changed,
            Evidence::Assumed => VerifyFinding::Assumed,
            Evidence::Moved | Evidence::Compared => VerifyFinding::Right,
        };
        if !reads {
            return unread;
        }
        let read = self.read_recorded(reader, name, recorded).await;
        read.unwrap_or_else(VerifyFinding::Unreadable)
    }

    async fn read_recorded(
        &self,
        reader: FolderReader<'_>,
        name: &str,
        recorded: RecordedObject<'_>,
    ) -> Result<VerifyFinding, Fault> {
        let RecordedObject { object, known } = recorded;
        let proof = find_proof(reader, name, recorded).await?;
        let source = reader.find_source(name)?.if_match(object.etag.clone());
        for plan in &proof.plans {
            let hashes = reader.hash_parts(&source, plan, proof.by).await?;
            if are_right(proof.by, &hashes, known.digest, &known.etag) {
                return Ok(VerifyFinding::Right);
            }
        }
        Ok(if proof.is_certain { VerifyFinding::Damaged } else { VerifyFinding::Assumed })
    }
}

/// How a content can be proved: by what was sent, else by the tag that a run has compared or was
/// given. The tag of something that was only taken for equal proves nothing.
async fn find_proof(
    reader: FolderReader<'_>,
    name: &str,
    RecordedObject { object, known }: RecordedObject<'_>,
) -> Result<CutProof, Fault> {
    let size = object.size;
    let exactly = |plan: Option<PartPlan>, by| {
        let plans: Vec<_> = plan.into_iter().collect();
        CutProof { is_certain: !plans.is_empty(), plans, by }
    };
    let nothing = CutProof { plans: Vec::new(), by: Hashing::Md5, is_certain: false };
    Ok(match (known.digest, known.etag.form()) {
        (Some(digest), _) => {
            let plan =
                digest.part.map_or_else(|| plan_whole(size), |part| PartPlan::exactly(size, part));
            exactly(plan, Hashing::Sha256)
        }
        (None, _) if known.evidence < Evidence::Moved => nothing,
        (None, TagForm::Md5(_)) => {
            // With `aws:kms` it only looks like one.
            match reader.look_at(name).await?.etag.form() {
                TagForm::Other => nothing,
                TagForm::Md5(_) | TagForm::Parts(..) => exactly(plan_whole(size), Hashing::Md5),
            }
        }
        (None, TagForm::Parts(_, count)) => {
            // Of the parts of a copied object at most the object itself tells.
            let told = part_told(&reader.look_at(name).await?);
            let Cuts { plans, is_certain } = Cuts::of(size, count, told);
            CutProof { plans, by: Hashing::Md5, is_certain }
        }
        (None, TagForm::Other) => nothing,
    })
}
