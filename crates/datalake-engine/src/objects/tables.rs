//! A search for tables in a bucket.

use std::collections::VecDeque;

use datalake_core::{BucketName, Fault, FoundTable, TableSearch, TableSign, table_of_key};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{ListAsk, ObjectPage, Objects};

/// So many folders are looked into, at most: a bucket may hold millions of keys.
const FOLDERS: u64 = 64;
/// So many at one time.
const TOGETHER: usize = 8;
/// Names of a table's own folder that are looked at.
const NAMES: u16 = 1000;

/// Looks for tables, level by level: one page of each folder, and of those that have more the
/// folders of the signs themselves.
///
/// # Errors
///
/// The [`Fault`] of a listing; what was not listed is never taken for empty.
pub async fn search_tables(
    objects: &dyn Objects,
    bucket: &BucketName,
) -> Result<TableSearch, Fault> {
    let mut search = TableSearch { complete: true, ..TableSearch::default() };
    let mut left = VecDeque::from([String::new()]);
    while !left.is_empty() {
        let may = usize::try_from(FOLDERS.saturating_sub(search.folders)).unwrap_or_default();
        let level: Vec<_> = left.drain(..left.len().min(may).min(TOGETHER)).collect();
        if level.is_empty() {
            search.complete = false;
            return Ok(search);
        }
        search.folders += level.len() as u64;
        let looked = level.into_iter().map(|folder| look_into(objects, bucket, folder));
        for looked in stream::iter(looked).buffered(TOGETHER).try_collect::<Vec<_>>().await? {
            if looked.found.is_some() {
                return Ok(TableSearch { found: looked.found, ..search });
            }
            search.complete &= !looked.has_more;
            left.extend(looked.folders);
        }
    }
    Ok(search)
}

/// What one folder has shown.
struct LookedFolder {
    found: Option<FoundTable>,
    folders: Vec<String>,
    has_more: bool,
}

async fn look_into(
    objects: &dyn Objects,
    bucket: &BucketName,
    folder: String,
) -> Result<LookedFolder, Fault> {
    let page = objects.list(bucket, &ListAsk::directly_below(folder.as_str()), None).await?;
    let has_more = page.next.is_some();
    let sign_folder = |sign: TableSign| format!("{folder}{}/", sign.folder);
    for sign in TableSign::ALL {
        let inside = sign_folder(sign);
        // A page that is cut may end before the sign.
        if !has_more && !page.prefixes.contains(&inside) {
            continue;
        }
        let ask = ListAsk { page_size: NAMES, ..ListAsk::directly_below(inside) };
        let found = table_among(&objects.list(bucket, &ask, None).await?);
        if found.is_some() {
            return Ok(LookedFolder { found, folders: Vec::new(), has_more });
        }
    }
    let is_sign = |name: &String| TableSign::ALL.into_iter().any(|sign| *name == sign_folder(sign));
    let folders = page.prefixes.into_iter().filter(|name| !is_sign(name)).collect();
    Ok(LookedFolder { found: None, folders, has_more })
}

fn table_among(page: &ObjectPage) -> Option<FoundTable> {
    let mut keys = page.objects.iter().map(|object| object.key.as_str());
    keys.find_map(|key| table_of_key(key).map(|kind| FoundTable { kind, key: key.to_owned() }))
}
