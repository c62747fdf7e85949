//! The package for Fedora and its kin, by `rpmbuild`.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::tree::{Contents, PackageLayout, put_file};
use super::{at, make_absolute, remade};
use crate::run::{Failed, run};

const LAYOUT: PackageLayout =
    PackageLayout { zsh: "usr/share/zsh/site-functions", licences: "usr/share/licenses/datalake" };

const FILES: &str = "\
/usr/bin/datalake
/usr/share/man/man1/datalake*.1.gz
/usr/share/man/man5/datalake.yaml.5.gz
/usr/share/bash-completion/completions/datalake
/usr/share/zsh/site-functions/_datalake
/usr/share/fish/vendor_completions.d/datalake.fish
%dir /usr/share/licenses/datalake
%license /usr/share/licenses/datalake/*
%dir /usr/share/doc/datalake
%doc /usr/share/doc/datalake/*
";

/// Makes the package in `dist`, from files that are laid out in `work`.
pub(super) fn make_rpm(
    contents: &Contents<'_>,
    work: &Path,
    dist: &Path,
) -> Result<PathBuf, Failed> {
    let (root, top) = (work.join("rpm"), work.join("rpmbuild"));
    remade(&root)?;
    remade(&top)?;
    contents.lay_out(&root, &LAYOUT)?;
    let spec = top.join("datalake.spec");
    fs::write(&spec, write_spec(&make_absolute(&root)?)).map_err(at(&spec))?;
    let mut build = Command::new("rpmbuild");
    build.arg("-bb").arg("--define").arg(format!("_topdir {}", make_absolute(&top)?.display()));
    build.args(["--target", ARCH, "--quiet"]).arg(&spec).env("SOURCE_DATE_EPOCH", super::EPOCH);
    run(&mut build, "rpmbuild (apt install rpm, dnf install rpm-build)")?;
    let name = format!("datalake-{}-1.{ARCH}.rpm", env!("CARGO_PKG_VERSION"));
    let file = dist.join(&name);
    put_file(&top.join("RPMS").join(ARCH).join(&name), &file, 0o644)?;
    Ok(file)
}

/// How the package is made: everything is built already, and only copied.
fn write_spec(root: &Path) -> String {
    format!(
        "Name: datalake\nVersion: {version}\nRelease: 1\nSummary: {summary}\n\
         License: MIT OR Apache-2.0\nPackager: {maintainer}\nAutoReqProv: no\n\n\
         %global debug_package %{{nil}}\n%global __os_install_post %{{nil}}\n\
         %global _build_id_links none\n%global use_source_date_epoch_as_buildtime 1\n\
         %global clamp_mtime_to_source_date_epoch 1\n%global _buildhost localhost\n\n\
         %description\n{description}\n\n\
         %install\nmkdir -p %{{buildroot}}\ncp -a {root}/. %{{buildroot}}/\n\n%files\n{FILES}",
        version = env!("CARGO_PKG_VERSION"),
        summary = super::SUMMARY,
        maintainer = super::MAINTAINER,
        description = super::DESCRIPTION,
        root = root.display(),
    )
}
