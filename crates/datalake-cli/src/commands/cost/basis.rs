//! What flags and spec say of money here, and the history of usage of this place.

use datalake_core::fault::Fault;
use datalake_core::price::Unpriced;
use datalake_core::spec::TablesPlace;
use datalake_engine::{Clock as _, UsageLog, UsagePlace};
use datalake_host::UsageDb;
use datalake_operations::OperationError;
use datalake_operations::costs::{CostBasis, CostOutlook, CostTerms, NotedEgress};

use crate::args::Cli;
use crate::args::cost::Terms;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::size;
use crate::site::Site;

/// By what a command's bills are made.
///
/// # Errors
///
/// [`Failure`] for a plan that is not known, or a wrong value of the spec.
pub(in crate::commands) fn choose_basis(site: &Site, terms: &Terms) -> Result<CostBasis, Failure> {
    let Terms { plan, month, vat, base_already_paid } = terms.clone();
    let terms = CostTerms { plan, month, vat, base_already_paid };
    Ok(CostBasis::choose(site.settings.cost()?, &terms, site.clock.now())?)
}

/// The history of usage of this place, where there is one.
///
/// # Errors
///
/// [`Failure`] for one that cannot be used.
pub(in crate::commands) fn open_log(site: &Site) -> Result<Option<UsageDb>, Failure> {
    UsageDb::open_existing(&site.state).map_err(|fault| log_failure(&fault))
}

/// The same as a port.
pub(in crate::commands) fn as_log(log: Option<&UsageDb>) -> Option<&dyn UsageLog> {
    log.map(|log| log as &dyn UsageLog)
}

/// A fault of the history of usage.
pub(in crate::commands) fn log_failure(fault: &Fault) -> Failure {
    OperationError::of_usage_log(fault).into()
}

/// The bucket that the spec names; no service is asked.
pub(in crate::commands) fn read_place(site: &Site) -> Result<UsagePlace, Failure> {
    let spec = site.store_spec()?;
    let bucket = spec.bucket.ok_or_else(|| {
        Failure::new(Exit::Usage, "the spec names no bucket")
            .hint("give --bucket NAME, or set `bucket:`")
    })?;
    Ok(UsagePlace { endpoint: spec.endpoint, bucket })
}

/// All buckets of the spec, that of the assets first; the named one alone, where a flag names one.
pub(in crate::commands) fn read_places(cli: &Cli, site: &Site) -> Result<Vec<UsagePlace>, Failure> {
    let assets = read_place(site)?;
    let spec = site.store_spec()?;
    let tables = spec.tables.as_ref().and_then(TablesPlace::own_bucket);
    let tables =
        tables.filter(|_| cli.values.bucket.is_none() || cli.values.tables_bucket.is_some());
    let tables = tables.map(|bucket| UsagePlace { bucket: bucket.clone(), ..assets.clone() });
    Ok([assets].into_iter().chain(tables).collect())
}

/// The buckets as addresses.
pub(in crate::commands) fn name_places(places: &[UsagePlace]) -> String {
    let names: Vec<_> = places.iter().map(|place| format!("s3://{}", place.bucket)).collect();
    names.join(" and ")
}

/// A line for each bucket of which nothing was recorded.
pub(in crate::commands) fn unrecorded_text(outlook: &CostOutlook) -> String {
    let line = |bucket| format!("  not counted: s3://{bucket}, of which nothing was recorded\n");
    outlook.unrecorded.iter().map(line).collect()
}

/// What is known of egress and what is not, in a sentence.
pub(in crate::commands) fn egress_words(noted: &NotedEgress) -> String {
    let free = if noted.on_hetzner { " (free: it stands in Hetzner's network)" } else { "" };
    format!(
        "egress in this month: {} brought to this machine by datalake{free}, {} entered by you; the \
         service tells nobody what Modal and others have read",
        size(noted.moved_by_datalake),
        size(noted.entered),
    )
}

impl From<Unpriced> for Failure {
    fn from(error: Unpriced) -> Self {
        OperationError::from(error).into()
    }
}
