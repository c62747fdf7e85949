//! The commands about objects, one file each.

mod cat;
mod du;
mod listed;
mod ls;
mod presign;
mod rm;
mod stat;
mod tree;
mod versions;

use datalake_core::{BucketName, KeyPattern};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, key_text};

pub(super) use cat::cat;
pub(super) use du::{Sums, du};
pub(super) use ls::ls;
pub(super) use presign::presign;
pub(super) use rm::rm;
pub(super) use stat::stat;
pub(super) use tree::tree;

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    du::USAGE,
    du::USAGE_TOTAL,
    listed::FOLDER,
    listed::OBJECT,
    listed::VERSION,
    ls::LS_END,
    presign::PRESIGN,
    rm::RM,
    rm::RM_PLAN,
    stat::STAT,
    tree::TREE_END,
    tree::TREE_FOLDER,
    tree::TREE_OBJECT,
];

/// Nothing lies where a person has named a place.
fn nothing(bucket: &BucketName, typed: &str, pattern: &KeyPattern) -> Failure {
    let what = if pattern.has_wildcards() { "fits" } else { "begins with" };
    let message = format!("bucket `{bucket}`: no key {what} `{}`", key_text(typed));
    Failure::new(Exit::Absent, message)
}
