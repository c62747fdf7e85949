//! The commands about objects, one file each.

mod cat;
mod du;
mod listed;
mod ls;
mod presign;
mod rm;
mod stat;
mod tree;

use crate::render::DocumentKind;

pub(super) use cat::cat;
pub(super) use du::du;
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
