//! Where user code runs.

use datalake_core::fault::Fault;
use datalake_core::host::UnitName;
use datalake_core::spec::HostSpec;
use datalake_engine::Programs;

use crate::modal::UnusablePrograms;
use crate::{DagsterHost, ErrorKind, HostContext, OperationError};

/// A place with a Python in which clients are tried.
pub struct CodePlace {
    /// Its name: that of a unit, or the path of a Python.
    pub name: String,
    /// The programs there.
    pub programs: Box<dyn Programs>,
    /// The Python that is meant; `None` where it is looked for.
    pub python: Option<String>,
}

/// The containers of the units in which user code runs, or of those that are `named`. One that cannot
/// be entered says so when it is asked.
///
/// # Errors
///
/// [`OperationError`] where there is no unit, or nobody can look for containers.
pub async fn find_code_places(
    context: &HostContext<'_>,
    host: &HostSpec,
    named: &[String],
) -> Result<Vec<CodePlace>, OperationError> {
    let named: Vec<UnitName> = named
        .iter()
        .map(|name| name.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| OperationError::of(ErrorKind::Usage, &error))?;
    let dagster_host = DagsterHost::open(context, host.clone())?.with_units(&named);
    let units = if named.is_empty() { dagster_host.find_code_units() } else { named };
    if units.is_empty() {
        let message = "no unit runs user code";
        return Err(
            OperationError::new(ErrorKind::Absent, message).advise("name one: `--unit NAME`")
        );
    }
    let mut places = Vec::new();
    for unit in units {
        let programs = dagster_host.enter_unit(context, &unit).await;
        let programs = programs.unwrap_or_else(refuse_programs);
        places.push(CodePlace { name: unit.to_string(), programs, python: None });
    }
    Ok(places)
}

fn refuse_programs(fault: Fault) -> Box<dyn Programs> {
    Box::new(UnusablePrograms(fault))
}

/// A Python on this host.
#[must_use]
pub fn place_on_host(programs: Box<dyn Programs>, python: String) -> CodePlace {
    CodePlace { name: python.clone(), programs, python: Some(python) }
}
