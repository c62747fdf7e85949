//! What `ARCHITECTURE.md` promises of the code itself.

mod arms;
mod arrows;
mod circles;
mod commands;
mod figures;
mod packages;
mod purity;
mod tidy;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand, Package};
use syn::{Attribute, File};

use crate::support::rust_files;

/// The workspace as cargo sees it.
static WORKSPACE: LazyLock<Metadata> = LazyLock::new(|| {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml"));
    // What other platforms need was perhaps never downloaded.
    let platform = format!("--filter-platform={}-unknown-linux-gnu", std::env::consts::ARCH);
    command.other_options(["--locked".to_owned(), platform]).exec().unwrap()
});

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn members() -> Vec<&'static Package> {
    WORKSPACE.workspace_packages()
}

fn member(name: &str) -> &'static Package {
    members().into_iter().find(|package| package.name.as_str() == name).unwrap()
}

fn folder(package: &Package) -> &Path {
    package.manifest_path.parent().unwrap().as_std_path()
}

/// A source of production code.
struct Source {
    /// Its path in the workspace.
    path: PathBuf,
    /// Its code. Modules of tests are still in it.
    file: File,
}

/// All production code of the crates of ours.
fn production() -> Vec<Source> {
    let crates = members().into_iter().filter(|package| package.name.starts_with("datalake-"));
    let crates = crates.filter(|package| !package.name.ends_with("-tests"));
    let paths = crates.flat_map(|package| sources(folder(package)));
    paths.map(|path| parse_source(&path)).collect()
}

fn parse_source(path: &Path) -> Source {
    let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    Source { path: path.strip_prefix(root()).unwrap().to_owned(), file }
}

/// The sources of a crate that are no tests.
fn sources(crate_folder: &Path) -> Vec<PathBuf> {
    let is_production = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default();
        name != "tests" && !path.components().any(|part| part.as_os_str() == "tests")
    };
    rust_files([crate_folder.join("src")]).into_iter().filter(is_production).collect()
}

/// Whether an item is compiled for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}
