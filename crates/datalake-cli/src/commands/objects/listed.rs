//! Rows of listings, as text and for programs.

use datalake_operations::lake::{
    ListedFolder, ListedObject, ListedVersion, ListingReporter, describe_version,
};

use crate::render::{DocumentKind, Rows, key_text};

pub(super) const FOLDER: DocumentKind = DocumentKind::of::<ListedFolder<'static>>("folder");
pub(super) const OBJECT: DocumentKind = DocumentKind::of::<ListedObject<'static>>("object");
pub(super) const VERSION: DocumentKind = DocumentKind::of::<ListedVersion<'static>>("version");

/// How a key is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyForm {
    /// The key alone, escaped.
    Short,
    /// With size and time.
    Long,
    /// The key as it is, with a zero byte behind it.
    Null,
}

/// Prints keys as their pages come.
pub(super) struct PrintedListing {
    pub(super) rows: Rows,
    pub(super) form: KeyForm,
}

impl PrintedListing {
    fn null(&mut self, key: &str) {
        self.rows.raw(key.as_bytes());
        self.rows.raw(&[0]);
    }
}

impl ListingReporter for PrintedListing {
    fn object(&mut self, object: &ListedObject<'_>) {
        let ListedObject { key, size, modified, .. } = object;
        match self.form {
            KeyForm::Null => self.null(key),
            KeyForm::Short => self.rows.row(OBJECT, object, || key_text(key)),
            KeyForm::Long => {
                let line = || format!("{size:>14}  {modified}  {}", key_text(key));
                self.rows.row(OBJECT, object, line);
            }
        }
    }

    fn folder(&mut self, folder: &ListedFolder<'_>) {
        let prefix = folder.prefix;
        match self.form {
            KeyForm::Null => self.null(prefix),
            KeyForm::Short => self.rows.row(FOLDER, folder, || key_text(prefix)),
            KeyForm::Long => {
                let line = || format!("{:>14}  {:20}  {}", "-", "", key_text(prefix));
                self.rows.row(FOLDER, folder, line);
            }
        }
    }

    fn version(&mut self, version: &ListedVersion<'_>) {
        let line = || describe_version(&version.facts) + &key_text(version.key);
        self.rows.row(VERSION, version, line);
    }

    fn page_ended(&mut self) -> bool {
        self.rows.flush()
    }
}
