//! Keys that are tried out.

use std::path::PathBuf;

use datalake_core::secret::AccessKeyId;
use datalake_core::spec::StoreSpec;
use datalake_operations::access::RestrictedKey;
use datalake_operations::read_key_pair;
use datalake_s3::S3Store;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::secrets;

/// A key pair from a file, and the service as it sees it.
pub(super) struct KeyFile {
    id: AccessKeyId,
    store: S3Store,
}

/// Reads the pairs; each file is one that nobody else may read or exchange.
///
/// # Errors
///
/// [`Failure`] without any part of a secret.
pub(super) fn read_key_files(spec: &StoreSpec, files: &[PathBuf]) -> Result<Vec<KeyFile>, Failure> {
    let read = |path: &PathBuf| {
        let name =
            format!("key file `{}`", datalake_core::text::printable(&path.to_string_lossy()));
        let content = secrets::private_file(path, &name)?;
        let keys = secrets::in_their_places(read_key_pair(content.expose(), &name)?)?;
        let store = S3Store::new(&spec.endpoint, &spec.region, &keys)
            .map_err(|error| Failure::of(Exit::Config, &error))?;
        Ok(KeyFile { id: keys.id, store })
    };
    files.iter().map(read).collect()
}

impl KeyFile {
    /// The key as operations take it.
    pub(super) fn as_restricted(&self) -> RestrictedKey<'_> {
        RestrictedKey { id: &self.id, lake: &self.store }
    }
}
