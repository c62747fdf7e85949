//! What flags and spec say of money here, and the history of usage of this place.

use datalake_core::fault::Fault;
use datalake_core::price::Unpriced;
use datalake_engine::{Clock as _, UsageLog, UsagePlace};
use datalake_host::UsageDb;
use datalake_operations::OperationError;
use datalake_operations::costs::{
    CostBasis, CostTerms, NotedEgress, find_assets_place, list_places,
};

use crate::args::Cli;
use crate::args::cost::Terms;
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
    Ok(find_assets_place(&site.store_spec()?)?)
}

/// All buckets of the spec, that of the assets first; the named one alone, where a flag names one.
pub(in crate::commands) fn read_places(cli: &Cli, site: &Site) -> Result<Vec<UsagePlace>, Failure> {
    let mut spec = site.store_spec()?;
    if cli.values.bucket.is_some() && cli.values.tables_bucket.is_none() {
        spec.tables = None;
    }
    Ok(list_places(&spec)?)
}

/// What is known of egress and what is not, in a sentence.
pub(in crate::commands) fn egress_words(noted: &NotedEgress) -> String {
    let free = if noted.on_hetzner { " (free: this machine is in Hetzner's network)" } else { "" };
    format!(
        "egress in this month: {} brought to this machine by datalake{free}, {} entered by you; the \
         service does not report what Modal and others have read",
        size(noted.moved_by_datalake),
        size(noted.entered),
    )
}

impl From<Unpriced> for Failure {
    fn from(error: Unpriced) -> Self {
        OperationError::from(error).into()
    }
}
