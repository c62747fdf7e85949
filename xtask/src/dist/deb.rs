//! The package for Debian and its children, by `dpkg-deb`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tree::{Contents, PackageLayout};
use super::{at, remade};
use crate::run::{Failed, printed, run};

const LAYOUT: PackageLayout =
    PackageLayout { zsh: "usr/share/zsh/vendor-completions", licences: "usr/share/doc/datalake" };

const COPYRIGHT: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: datalake

Files: *
Copyright: the datalake contributors
License: MIT or Apache-2.0

License: MIT
 The whole text is in /usr/share/doc/datalake/LICENSE-MIT.

License: Apache-2.0
 The whole text is in /usr/share/common-licenses/Apache-2.0 on Debian,
 and in /usr/share/doc/datalake/LICENSE-APACHE.
";

/// Makes the package in `dist`, from files that are laid out in `work`.
pub(super) fn make_deb(
    contents: &Contents<'_>,
    work: &Path,
    dist: &Path,
) -> Result<PathBuf, Failed> {
    let root = work.join("deb");
    remade(&root)?;
    contents.lay_out(&root, &LAYOUT)?;
    let copyright = root.join("usr/share/doc/datalake/copyright");
    fs::write(&copyright, COPYRIGHT).map_err(at(&copyright))?;
    let control = root.join("DEBIAN");
    fs::create_dir_all(&control).map_err(at(&control))?;
    let sums = sum_files(&root)?;
    fs::write(control.join("md5sums"), sums).map_err(at(&control))?;
    fs::write(control.join("control"), describe_package(&root)?).map_err(at(&control))?;
    let file =
        dist.join(format!("datalake_{}_{}.deb", env!("CARGO_PKG_VERSION"), name_architecture()));
    // The names of owners and the times are not those of whoever builds it.
    let mut build = Command::new("dpkg-deb");
    build.args(["--root-owner-group", "-Zxz", "--build"]).arg(&root).arg(&file);
    run(build.env("SOURCE_DATE_EPOCH", super::EPOCH), "dpkg-deb (apt install dpkg-dev)")?;
    Ok(file)
}

fn name_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn describe_package(root: &Path) -> Result<String, Failed> {
    let used = printed(Command::new("du").args(["-sk", "--apparent-size"]).arg(root), "du")?;
    let used = String::from_utf8_lossy(&used);
    let kilobytes = used.split_whitespace().next().unwrap_or_default();
    Ok(format!(
        "Package: datalake\nVersion: {}\nArchitecture: {}\nMaintainer: {}\nSection: admin\n\
         Priority: optional\nInstalled-Size: {kilobytes}\nDescription: {}\n {}\n",
        env!("CARGO_PKG_VERSION"),
        name_architecture(),
        super::MAINTAINER,
        super::SUMMARY,
        super::DESCRIPTION,
    ))
}

/// A line for each file with its sum, as `dpkg --verify` reads it.
fn sum_files(root: &Path) -> Result<Vec<u8>, Failed> {
    let script = "find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum";
    printed(Command::new("sh").current_dir(root).args(["-ec", script]), "md5sum")
}
