//! Contents compared without being moved.

use datalake_core::{ByteSize, FileFacts, Known, ObjectFacts, PartPlan, Side, TagForm, TreePath};

use super::fits::md5_fits;
use super::haul::{Haul, Task};
use super::planner::equal;
use super::upload::{part_told, time_told};
use super::{BucketFolder, Hashes, Hashing, ItemFault, LocalTree, OpenFile, Route};
use crate::{ObjectSource, StoredObject};

/// Sizes of parts that tools use, in MiB.
const USUAL: [u64; 14] = [5, 8, 10, 15, 16, 20, 25, 32, 50, 64, 100, 128, 256, 512];

impl Haul<'_> {
    /// Whether a file has the content of its object; what is known of both then.
    pub(crate) async fn compare(&self, task: &Task) -> Result<Option<Known>, ItemFault> {
        let (tree, folder) = match self.route {
            Route::Up(tree, folder) | Route::Down(folder, tree) => (*tree, *folder),
            Route::Across(..) => return Ok(None),
        };
        let Some(destination) = &task.destination else { return Ok(None) };
        let ((Side::File(file), Side::Object(object)) | (Side::Object(object), Side::File(file))) =
            (&task.source, destination)
        else {
            return Ok(None);
        };
        if file.size != object.size {
            return Ok(None);
        }
        let same = self.same_content((tree, file), (folder, object), &task.name).await?;
        Ok(if same { equal(&task.source, destination) } else { None })
    }

    async fn same_content(
        &self,
        (tree, file): (&dyn LocalTree, &FileFacts),
        (folder, object): (&BucketFolder<'_>, &ObjectFacts),
        name: &str,
    ) -> Result<bool, ItemFault> {
        let size = object.size;
        let path = TreePath::try_from(name).map_err(ItemFault::Unfit)?;
        let whole = || PartPlan::exactly(size, ByteSize(size.0.max(1))).into_iter().collect();
        let plans: Vec<PartPlan> = match object.etag.form() {
            TagForm::Md5(_) => whole(),
            TagForm::Parts(_, count) => {
                let part = self.part_of(folder, name).await?;
                part_sizes(size, count, part).collect()
            }
            TagForm::Other => return Ok(false),
        };
        let open = tree.open(&path, file).await.map_err(ItemFault::Source)?;
        for plan in plans {
            let tags = tags_of(&*open, plan).await?;
            if md5_fits(&object.etag, &tags) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The size of the parts that an object was made of, as it tells itself.
    async fn part_of(
        &self,
        folder: &BucketFolder<'_>,
        name: &str,
    ) -> Result<Option<ByteSize>, ItemFault> {
        let object = self.told(folder, name).await?;
        Ok(part_told(&object))
    }

    /// Whether the destination's content is the newer one. An object that was made of a file tells
    /// its time; when it was stored would say nothing of a file that was written meanwhile.
    pub(crate) async fn is_newer_there(&self, task: &Task) -> Result<bool, ItemFault> {
        let Some(destination) = &task.destination else { return Ok(false) };
        let (Route::Up(_, folder) | Route::Down(folder, _)) = self.route else {
            return Ok(destination.is_newer_than(&task.source));
        };
        let object = self.told(folder, &task.name).await?;
        let made = time_told(&object);
        let time = |side: &Side| match side {
            Side::Object(_) => made.unwrap_or_else(|| side.modified()),
            Side::File(_) => side.modified(),
        };
        Ok(time(destination) > time(&task.source))
    }

    /// What an object tells of itself.
    async fn told(&self, folder: &BucketFolder<'_>, name: &str) -> Result<StoredObject, ItemFault> {
        let key = folder.key(name).map_err(|_| ItemFault::TooLong)?;
        let source = ObjectSource::current(&folder.bucket, &key);
        let object = self.courier.call(|| folder.objects.head(&source)).await;
        object.map_err(ItemFault::Destination)
    }
}

/// The ways to cut a content into so many parts: the one that is told, else the usual ones.
pub(crate) fn part_sizes(
    size: ByteSize,
    count: u16,
    told: Option<ByteSize>,
) -> impl Iterator<Item = PartPlan> {
    let usual = USUAL.into_iter().flat_map(|mib| [ByteSize(mib << 20), ByteSize(mib * 1_000_000)]);
    let usual = usual.filter(move |_| told.is_none());
    let plans = told.into_iter().chain(usual).filter_map(move |part| PartPlan::exactly(size, part));
    plans.filter(move |plan| plan.count() == count)
}

/// The MD5s of a file's parts.
pub(crate) async fn tags_of(
    file: &dyn OpenFile,
    plan: PartPlan,
) -> Result<Vec<[u8; 16]>, ItemFault> {
    let mut tags = Vec::new();
    for number in 1..=plan.count() {
        let hashes = file.hash(plan.range(number), Hashes::begin(Hashing::Md5)).await;
        tags.extend(hashes.map_err(ItemFault::Source)?.md5());
    }
    Ok(tags)
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
        assert_eq!(parts(3, Some(ByteSize(12 << 20))), Vec::<u64>::new());
    }
}
