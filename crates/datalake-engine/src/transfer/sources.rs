//! Single files and objects under new names.

use std::path::PathBuf;

use crate::AnyKey;

/// A file that is moved under a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The name.
    pub name: String,
    /// The file.
    pub path: PathBuf,
}

/// An object that is moved under a new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceObject {
    /// The name.
    pub name: String,
    /// The object.
    pub key: AnyKey,
}
