//! A search for tables in a bucket.

use std::collections::VecDeque;

use datalake_core::fault::Fault;
use datalake_core::s3::{
    BucketName, FoundTable, FoundTables, TableSearch, TableSign, table_of_key,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{ListAsk, ObjectPage, Objects, PageToken};

/// So many pages are looked at, at most: a bucket may hold millions of keys.
const PAGES: usize = 128;
/// So many at one time.
const TOGETHER: usize = 8;
/// Names of a table's own folder that are looked at.
const NAMES: u16 = 1000;

/// A page of a folder to look at.
struct PageToLookAt {
    folder: String,
    from: Option<PageToken>,
}

/// What one page has shown.
struct LookedPage {
    found: Option<FoundTable>,
    folders: Vec<PageToLookAt>,
    more: Option<PageToLookAt>,
}

/// Where tables are looked for, and how many at most.
struct SearchReach<'a> {
    bucket: &'a BucketName,
    /// Empty, or with `/` at its end.
    prefix: &'a str,
    most: usize,
}

/// Looks for a table: a page of each folder, level by level, then what the long folders have besides.
///
/// # Errors
///
/// The [`Fault`] of a listing; what was not listed is never taken for empty.
pub async fn search_tables(
    objects: &dyn Objects,
    bucket: &BucketName,
) -> Result<TableSearch, Fault> {
    let reach = SearchReach { bucket, prefix: "", most: 1 };
    let FoundTables { tables, folders, complete } = search_folders(objects, &reach).await?;
    Ok(TableSearch { found: tables.into_iter().next(), folders, complete })
}

/// Looks for all tables below a prefix, which is empty or ends with `/`, in the same way and within
/// the same bounds. What lies inside of a table is not looked at.
///
/// # Errors
///
/// As [`search_tables`].
pub async fn find_tables(
    objects: &dyn Objects,
    bucket: &BucketName,
    prefix: &str,
) -> Result<FoundTables, Fault> {
    search_folders(objects, &SearchReach { bucket, prefix, most: usize::MAX }).await
}

async fn search_folders(
    objects: &dyn Objects,
    reach: &SearchReach<'_>,
) -> Result<FoundTables, Fault> {
    let mut search = FoundTables { complete: true, ..FoundTables::default() };
    let mut folders =
        VecDeque::from([PageToLookAt { folder: reach.prefix.to_owned(), from: None }]);
    let mut longer = VecDeque::new();
    let mut left = PAGES;
    while !(folders.is_empty() && longer.is_empty()) {
        let queue = if folders.is_empty() { &mut longer } else { &mut folders };
        let pages: Vec<_> = queue.drain(..queue.len().min(left).min(TOGETHER)).collect();
        if pages.is_empty() {
            search.complete = false;
            return Ok(search);
        }
        left -= pages.len();
        search.folders += pages.iter().filter(|page| page.from.is_none()).count() as u64;
        let looked = pages.into_iter().map(|page| look_at_page(objects, reach.bucket, page));
        for looked in stream::iter(looked).buffered(TOGETHER).try_collect::<Vec<_>>().await? {
            search.tables.extend(looked.found);
            if search.tables.len() >= reach.most {
                return Ok(search);
            }
            folders.extend(looked.folders);
            longer.extend(looked.more);
        }
    }
    Ok(search)
}

async fn look_at_page(
    objects: &dyn Objects,
    bucket: &BucketName,
    at: PageToLookAt,
) -> Result<LookedPage, Fault> {
    let PageToLookAt { folder, from } = at;
    let ask = ListAsk::directly_below(folder.as_str());
    let page = objects.list(bucket, &ask, from.as_ref()).await?;
    let sign_folder = |sign: TableSign| format!("{folder}{}/", sign.folder);
    // The first page of a long folder may end before the sign, which is asked for by its name.
    let may_hide = from.is_none() && page.next.is_some();
    for sign in TableSign::ALL {
        let inside = sign_folder(sign);
        if !may_hide && !page.prefixes.contains(&inside) {
            continue;
        }
        let ask = ListAsk { page_size: NAMES, ..ListAsk::directly_below(inside) };
        let found = table_among(&objects.list(bucket, &ask, None).await?);
        if found.is_some() {
            return Ok(LookedPage { found, folders: Vec::new(), more: None });
        }
    }
    let is_sign = |name: &String| TableSign::ALL.into_iter().any(|sign| *name == sign_folder(sign));
    let inner = page.prefixes.into_iter().filter(|name| !is_sign(name));
    let folders = inner.map(|folder| PageToLookAt { folder, from: None }).collect();
    let more = page.next.map(|next| PageToLookAt { folder, from: Some(next) });
    Ok(LookedPage { found: None, folders, more })
}

fn table_among(page: &ObjectPage) -> Option<FoundTable> {
    let mut keys = page.objects.iter().map(|object| object.key.as_str());
    keys.find_map(|key| table_of_key(key).map(|kind| FoundTable { kind, key: key.to_owned() }))
}
