//! Contents compared without being moved.

mod edited;
mod pair;

use datalake_core::fault::Fault;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{
    Comparison, ContentDigest, Evidence, Known, ObjectFacts, PartPlan, Side,
};

pub(crate) use self::pair::{ByTags, FilePair, FileReaders, hash_file, tags_of};
use super::haul::{Haul, Task};
use super::reading::FolderReader;
use super::upload::time_told;
use super::{Hashing, ItemFault, Route};

/// Sizes of parts that tools use, in MiB: s3cmd 15, aws-cli and boto3 8, rclone 5, datalake 16.
const USUAL: [u64; 14] = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512];

/// What a comparison has found.
pub(crate) enum ComparedPair {
    /// The contents are the same; what is known of them now.
    Same(Known),
    /// Sizes and times are the same, and nothing tells more.
    Assumed(Known),
    /// They differ, or look as if they did.
    Differs,
}

impl Haul<'_> {
    /// Whether both sides have the same content. The object is read where its tag does not tell and
    /// contents are asked for.
    pub(crate) async fn compare(&self, task: &Task) -> Result<ComparedPair, ItemFault> {
        let Some(destination) = &task.destination else { return Ok(ComparedPair::Differs) };
        if task.source.size() != destination.size() {
            return Ok(ComparedPair::Differs);
        }
        let Some(pair) = self.file_pair(task) else { return self.compare_objects(task).await };
        let reads = matches!(self.options.comparison, Comparison::Checksum | Comparison::KeepNewer);
        let known = task.known.as_ref();
        let object = match pair.compare_tags(known).await? {
            ByTags::Same(same) => {
                let evidence = known.filter(|_| same.by_record).map(|known| known.evidence);
                let evidence = evidence.unwrap_or(Evidence::Compared);
                return Ok(same_as(task, evidence, Some(same.digest), same.settled));
            }
            ByTags::Untold(_) | ByTags::Unlike if reads => {
                return Ok(match pair.read_both().await? {
                    Some((digest, settled)) => {
                        same_as(task, Evidence::Compared, Some(digest), settled)
                    }
                    None => ComparedPair::Differs,
                });
            }
            ByTags::Differs | ByTags::Unlike => return Ok(ComparedPair::Differs),
            ByTags::Untold(object) => object,
        };
        // What a record tells of another object vouches for nothing.
        let is_new = known.is_none_or(|known| known.etag == pair.object.etag);
        if is_new && time_told(&object) == Some(pair.file.modified) {
            let known = Known::of(&task.source, destination, Evidence::Assumed);
            return Ok(known.map_or(ComparedPair::Differs, ComparedPair::Assumed));
        }
        Ok(ComparedPair::Differs)
    }

    /// The file and the object of a task that has both.
    pub(crate) fn file_pair<'t>(&'t self, task: &'t Task) -> Option<FilePair<'t>> {
        let (Route::Up(tree, folder) | Route::Down(folder, tree)) = self.route else { return None };
        let reader = FolderReader { courier: &self.courier, folder };
        let readers = FileReaders { tree: *tree, reader };
        FilePair::of(readers, &task.name, (&task.source, task.destination.as_ref()?))
    }

    async fn compare_objects(&self, task: &Task) -> Result<ComparedPair, ItemFault> {
        let (Route::Across(from, to), Side::Object(source), Some(Side::Object(there))) =
            (self.route, &task.source, &task.destination)
        else {
            return Ok(ComparedPair::Differs);
        };
        let read = |folder, facts| ReadObject {
            reader: FolderReader { courier: &self.courier, folder },
            facts,
        };
        let same = read_objects(read(*from, source), read(*to, there), &task.name).await?;
        Ok(match same {
            Some(digest) => same_as(task, Evidence::Compared, Some(digest), true),
            None => ComparedPair::Differs,
        })
    }

    /// Whether the destination's content is the newer one. An object that was made of a file tells
    /// its time; when it was stored would say nothing of a file that was written meanwhile.
    pub(crate) async fn is_newer_there(&self, task: &Task) -> Result<bool, ItemFault> {
        let Some(destination) = &task.destination else { return Ok(false) };
        let (Route::Up(_, folder) | Route::Down(folder, _)) = self.route else {
            return Ok(destination.is_newer_than(&task.source));
        };
        let reader = FolderReader { courier: &self.courier, folder };
        let object = reader.look_at(&task.name).await.map_err(|fault| match self.route {
            Route::Down(..) => ItemFault::Source(fault),
            Route::Up(..) | Route::Across(..) => ItemFault::Destination(fault),
        })?;
        let made = time_told(&object);
        let time = |side: &Side| match side {
            Side::Object(_) => made.unwrap_or_else(|| side.modified()),
            Side::File(_) => side.modified(),
        };
        Ok(time(destination) > time(&task.source))
    }
}

fn same_as(
    task: &Task,
    evidence: Evidence,
    digest: Option<ContentDigest>,
    settled: bool,
) -> ComparedPair {
    let there = task.destination.as_ref();
    let now = there.and_then(|there| Known::of(&task.source, there, evidence));
    let Some(now) = now else { return ComparedPair::Differs };
    let before = task.known.as_ref().filter(|known| known.etag == now.etag);
    let version = before.and_then(|known| known.version.clone());
    ComparedPair::Same(Known { digest, settled, version, ..now })
}

/// An object that is read to be compared.
#[derive(Clone, Copy)]
pub(crate) struct ReadObject<'r> {
    pub(crate) reader: FolderReader<'r>,
    pub(crate) facts: &'r ObjectFacts,
}

impl ReadObject<'_> {
    async fn hash_content(
        &self,
        name: &str,
        plan: &PartPlan,
    ) -> Result<Vec<super::Digests>, Fault> {
        let source = self.reader.find_source(name)?.if_match(self.facts.etag.clone());
        self.reader.hash_parts(&source, plan, Hashing::Sha256).await
    }
}

/// Whether two objects, read now, have the same content; its hash.
pub(crate) async fn read_objects(
    source: ReadObject<'_>,
    there: ReadObject<'_>,
    name: &str,
) -> Result<Option<ContentDigest>, ItemFault> {
    let Some(plan) = plan_whole(source.facts.size) else { return Ok(None) };
    let one = source.hash_content(name, &plan).await.map_err(ItemFault::Source)?;
    let other = there.hash_content(name, &plan).await.map_err(ItemFault::Destination)?;
    let sha256 = |parts: &[super::Digests]| parts.first().and_then(|part| part.sha256);
    let same = sha256(&one).filter(|_| sha256(&one) == sha256(&other));
    Ok(same.map(|sha256| ContentDigest { sha256, part: None }))
}

/// A content as one part.
pub(crate) fn plan_whole(size: ByteSize) -> Option<PartPlan> {
    PartPlan::exactly(size, ByteSize(size.0.max(1)))
}

/// The ways in which a content may have been cut.
pub(crate) struct Cuts {
    pub(crate) plans: Vec<PartPlan>,
    /// Whether it was cut like that and not otherwise: the rest are guesses.
    pub(crate) is_certain: bool,
}

impl Cuts {
    /// The way to cut a content into so many parts that is told, else the usual ones.
    pub(crate) fn of(size: ByteSize, count: u16, told: Option<ByteSize>) -> Self {
        let own: Vec<_> = match told {
            Some(_) => part_sizes(size, count, told).collect(),
            None if count == 1 => plan_whole(size).into_iter().collect(),
            None => Vec::new(),
        };
        if own.is_empty() {
            Self { plans: part_sizes(size, count, None).collect(), is_certain: false }
        } else {
            Self { plans: own, is_certain: true }
        }
    }
}

fn part_sizes(
    size: ByteSize,
    count: u16,
    told: Option<ByteSize>,
) -> impl Iterator<Item = PartPlan> {
    let usual = USUAL.into_iter().flat_map(|mib| [ByteSize(mib << 20), ByteSize(mib * 1_000_000)]);
    let usual = usual.filter(move |_| told.is_none() && count > 1);
    // One part is the whole, however large parts were to be.
    let told = if count == 1 { Some(ByteSize(size.0.max(1))) } else { told };
    let plans = told.into_iter().chain(usual).filter_map(move |part| PartPlan::exactly(size, part));
    plans.filter(move |plan| plan.count() == count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_of_parts_tells_how_large_they_may_be() {
        let size = ByteSize(20 << 20);
        let parts = |count, told| {
            let plans = part_sizes(size, count, told);
            plans.map(|plan| plan.part_size().0 >> 20).collect::<Vec<_>>()
        };

        assert_eq!(parts(4, None), [5]);
        assert_eq!(parts(3, None), [8, 7, 9]);
        assert_eq!(parts(2, Some(ByteSize(12 << 20))), [12]);
        assert_eq!(parts(1, None), [20]);
        assert_eq!(parts(1, Some(ByteSize(64 << 20))), [20]);
        assert_eq!(parts(3, Some(ByteSize(12 << 20))), Vec::<u64>::new());
    }
}
