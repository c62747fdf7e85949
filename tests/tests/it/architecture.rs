//! What `ARCHITECTURE.md` promises of the code itself.

mod arrows;
mod purity;
mod tidy;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand, Package};

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
