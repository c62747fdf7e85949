//! `discover`: which users run Dagster, by which units, and what `provision` would give them.

use std::path::PathBuf;
use std::sync::Arc;

use datalake_core::fault::Fault;
use datalake_engine::{Files, NoCheckpoints};
use datalake_host::HostFiles;
use datalake_operations::discovery::{DiscoveryReport, HostOpener, discover_host};

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
#[cfg(feature = "sandbox")]
use crate::sandbox::prepared;
use crate::site::Site;

pub(super) const DISCOVER: DocumentKind = DocumentKind::of::<DiscoveryReport>("discover");

pub(super) async fn discover(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let report = discover_host(&HostFolder(site.root))?;
    printer.result(DISCOVER, &report, &report.to_string());
    Ok(Exit::Done)
}

/// Looks at the host without a spec. What cannot be looked at has no users.
pub(super) fn look_at_users(cli: &Cli) -> DiscoveryReport {
    let place = &cli.place;
    #[cfg(feature = "sandbox")]
    let sandbox = place.sandbox.as_ref().and_then(|dir| Some(prepared(dir).ok()?.join("host")));
    #[cfg(not(feature = "sandbox"))]
    let sandbox = None;
    let root = place.root.clone().or(sandbox).unwrap_or_else(|| PathBuf::from("/"));
    discover_host(&HostFolder(root)).unwrap_or_default()
}

/// The folder that stands for the host's root.
struct HostFolder(PathBuf);

impl HostOpener for HostFolder {
    fn open_files(&self) -> Result<Box<dyn Files>, Fault> {
        Ok(Box::new(HostFiles::open(&self.0, Arc::new(NoCheckpoints))?))
    }
}
