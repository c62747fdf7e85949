//! The kinds of files as rows.

use datalake_dagster::{FreeRule, KindFacts, StoredKind};
use schemars::JsonSchema;
use serde::Serialize;

/// What a migration knows of a kind of file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KindRow {
    /// Its name for programs.
    pub kind: &'static str,
    /// What several files of it are called.
    pub words: &'static str,
    /// How it is recognised.
    pub recognised: &'static str,
    /// When it is whole.
    pub whole: &'static str,
    /// Where it goes.
    pub goes: &'static str,
    /// How it is read there.
    pub read: &'static str,
    /// What may become of a local file whose content the bucket has.
    pub free: &'static str,
}

/// All kinds of files.
#[must_use]
pub fn list_kinds() -> Vec<KindRow> {
    let row = |kind: StoredKind| {
        let KindFacts { recognised, whole, goes, read, free } = kind.facts();
        let free = match free {
            FreeRule::MayGo => "may go, after a look at the store",
            FreeRule::Stays => "stays",
        };
        KindRow { kind: kind.slug(), words: kind.plural(), recognised, whole, goes, read, free }
    };
    StoredKind::ALL.into_iter().map(row).collect()
}
