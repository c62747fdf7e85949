//! What a package puts where: the same files for a `.deb` and an `.rpm`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::at;
use crate::run::{Failed, run};

/// Where a distribution wants what differs between them.
pub(super) struct PackageLayout {
    /// Completions of zsh.
    pub(super) zsh: &'static str,
    /// The licences.
    pub(super) licences: &'static str,
}

/// What goes into a package, as `dist` has laid it out for the archive.
pub(super) struct Contents<'a> {
    /// The folder of the archive.
    pub(super) folder: &'a Path,
    /// The sample spec.
    pub(super) sample: &'a Path,
    /// The list of all that the program is built of.
    pub(super) bill_of_materials: &'a Path,
}

const DOC: &str = "usr/share/doc/datalake";

impl Contents<'_> {
    /// Lays all of it out below `root`.
    pub(super) fn lay_out(&self, root: &Path, layout: &PackageLayout) -> Result<(), Failed> {
        let from = |path: &str| self.folder.join(path);
        put_file(&from("datalake"), &root.join("usr/bin/datalake"), 0o755)?;
        for section in ["man/man1", "man/man5"] {
            for page in list_files(&from(section))? {
                put_compressed(&page, &root.join("usr/share").join(section))?;
            }
        }
        let share = root.join("usr/share");
        let completions = [
            ("completions/datalake", share.join("bash-completion/completions/datalake")),
            ("completions/_datalake", root.join(layout.zsh).join("_datalake")),
            ("completions/datalake.fish", share.join("fish/vendor_completions.d/datalake.fish")),
        ];
        for (path, to) in completions {
            put_file(&from(path), &to, 0o644)?;
        }
        let doc = root.join(DOC);
        put_file(&from("README.md"), &doc.join("README.md"), 0o644)?;
        put_file(self.bill_of_materials, &doc.join("datalake.cdx.json"), 0o644)?;
        put_file(self.sample, &doc.join("examples/datalake.yaml"), 0o644)?;
        for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
            put_file(&from(name), &root.join(layout.licences).join(name), 0o644)?;
        }
        put_compressed(&from("CHANGELOG.md"), &doc)
    }
}

/// The files of a folder, in the order of their names.
pub(super) fn list_files(folder: &Path) -> Result<Vec<PathBuf>, Failed> {
    let entries = fs::read_dir(folder).map_err(at(folder))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(at(folder))?;
    paths.sort();
    Ok(paths)
}

/// Copies a file, with its folders and its mode.
pub(super) fn put_file(from: &Path, to: &Path, mode: u32) -> Result<(), Failed> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(at(folder))?;
    }
    fs::copy(from, to).map_err(at(from))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode)).map_err(at(to))
}

/// Copies a file into a folder and compresses it; the same file gives the same bytes.
fn put_compressed(from: &Path, folder: &Path) -> Result<(), Failed> {
    let to = folder.join(from.file_name().unwrap_or_default());
    put_file(from, &to, 0o644)?;
    run(Command::new("gzip").args(["-9nf"]).arg(&to), "gzip")
}
