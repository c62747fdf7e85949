//! The versions of one key.

use datalake_core::fault::Fault;
use datalake_core::s3::BucketName;
use datalake_engine::{AnyKey, Lake, ListAsk, VersionEntry, VersionPages};

/// All versions and delete markers of a key, the newest first. Other keys that begin like it stand
/// behind them and are not asked for.
///
/// # Errors
///
/// A [`Fault`] where the listing fails.
pub async fn list_versions_of_key(
    lake: &dyn Lake,
    bucket: &BucketName,
    key: &AnyKey,
) -> Result<Vec<VersionEntry>, Fault> {
    let ask = ListAsk { page_size: 100, ..ListAsk::below(key.as_str()) };
    let mut pages = VersionPages::new(lake, bucket, ask);
    let mut versions = Vec::new();
    while let Some(page) = pages.next().await? {
        let all = page.versions.len();
        let before = versions.len();
        versions.extend(page.versions.into_iter().filter(|version| version.key == *key));
        if versions.len() - before < all {
            break;
        }
    }
    Ok(versions)
}
