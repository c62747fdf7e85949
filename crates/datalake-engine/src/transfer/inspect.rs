//! A look at what a dry run would move.

use datalake_core::transfer::{FileFacts, ObjectFacts, Side, TreePath};
use futures::StreamExt as _;

use super::haul::{Haul, Task};
use super::{BucketFolder, ItemFault, LocalTree, Route};
use crate::{ByteRange, ObjectSource};

/// An object of a bucket that a dry run would fetch.
struct InspectedObject<'i> {
    folder: &'i BucketFolder<'i>,
    name: &'i str,
    facts: &'i ObjectFacts,
}

impl Haul<'_> {
    /// Asks the tree whether it would give or take the content of an item.
    pub(crate) async fn inspect(&self, task: &Task) -> Result<(), ItemFault> {
        match (self.route, &task.source) {
            (Route::Up(tree, _), Side::File(facts)) => inspect_file(*tree, &task.name, facts).await,
            (Route::Down(folder, tree), Side::Object(object)) => {
                self.inspect_object(
                    &InspectedObject { folder, name: &task.name, facts: object },
                    *tree,
                )
                .await
            }
            _ => Ok(()),
        }
    }

    async fn inspect_object(
        &self,
        inspected: &InspectedObject<'_>,
        tree: &dyn LocalTree,
    ) -> Result<(), ItemFault> {
        let InspectedObject { name, facts: object, .. } = *inspected;
        let path = TreePath::try_from(name).map_err(ItemFault::Unfit)?;
        let wanted = tree.expects().min(object.size.0);
        let head = if wanted == 0 { Vec::new() } else { self.head_of(inspected, wanted).await? };
        tree.expect(&path, object.size, &head).await.map_err(ItemFault::Destination)
    }

    async fn head_of(
        &self,
        inspected: &InspectedObject<'_>,
        wanted: u64,
    ) -> Result<Vec<u8>, ItemFault> {
        let InspectedObject { folder, name, facts: object } = *inspected;
        let key = folder.key(name).map_err(|_| ItemFault::TooLong)?;
        let source = ObjectSource::current(&folder.bucket, &key).if_match(object.etag.clone());
        let range = (wanted < object.size.0).then(|| ByteRange::try_from(0..wanted).ok()).flatten();
        let read = async || {
            let mut content = folder.objects.get(&source, range).await?.content;
            let mut head = Vec::new();
            while let Some(chunk) = content.next().await {
                head.extend_from_slice(&chunk?);
                if head.len() as u64 >= wanted {
                    break;
                }
            }
            head.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
            Ok(head)
        };
        self.courier.make_call(read).await.map_err(ItemFault::Source)
    }
}

async fn inspect_file(
    tree: &dyn LocalTree,
    name: &str,
    facts: &FileFacts,
) -> Result<(), ItemFault> {
    let path = TreePath::try_from(name).map_err(ItemFault::Unfit)?;
    tree.inspect(&path, facts).await.map_err(ItemFault::Source)
}
