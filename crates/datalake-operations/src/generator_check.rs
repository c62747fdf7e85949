//! Asks the installed quadlet generator about the changed files, on a copy, before anything is
//! changed: a broken quadlet file is left out silently at the next reload.

use std::mem::discriminant;
use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UserAccount};
use datalake_core::plan::Plan;
use datalake_core::secret::SecretName;
use datalake_core::spec::{Handover, HostSpec};
use datalake_core::text::printable;
use datalake_desired::{DesiredVariables, HostPaths, ProvisionInput, podman_secret};
use datalake_engine::{Generator, GeneratorAnswer, QuadletTree, SeenEntry};
use datalake_quadlet::generator::{Expected, GeneratorOutput, UnitVerdict, check_unit};

use crate::DagsterHost;
use crate::ErrorKind;
use crate::HostContext;
use crate::OperationError;

/// What the generator must make.
struct WantedUnits<'a> {
    /// The unit files.
    units: Vec<&'a HostPath>,
    /// What each unit must say.
    expected: Vec<Expected<'a>>,
}

/// What the generator makes of a unit file instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum GeneratorProblem {
    /// No unit that could work.
    #[error(transparent)]
    Verdict(#[from] UnitVerdict),
    /// Nothing, and systemd would wait for it, too.
    #[error("the generator did not finish within {0:?}; a reload would hang as well")]
    Hung(Duration),
}

/// Tries the changed quadlet files on a copy, and tells in a line what came of it; nothing where
/// the place is not this machine.
///
/// # Errors
///
/// [`OperationError`] where the generator makes no unit of a file, or none that hands the variables over.
pub async fn check_with_generator(
    context: &HostContext<'_>,
    input: &ProvisionInput<'_>,
    plan: &Plan,
) -> Result<String, OperationError> {
    let ProvisionInput { spec, way, account, places, .. } = *input;
    let Some(machine) = context.machine else { return Ok(String::new()) };
    let user = match machine.act_for(&spec.host.user, account) {
        Ok(user) => user,
        Err(error) => return Ok(not_checked(&error.to_string())),
    };
    let tree = QuadletTree::collect(places.search_path(), account.owner, context.files);
    let variables = DesiredVariables::of(spec);
    let secrets = SecretName::ALL.map(|name| (name, podman_secret(name).to_string()));
    let wanted = WantedUnits {
        units: places.units.iter().map(|unit| &unit.file).collect(),
        expected: match way.handover {
            Handover::EnvFile | Handover::InPlace => by_env(places),
            Handover::PodmanSecret => variables.expected_with_secrets(&secrets),
        },
    };
    try_generator(user.generator.as_ref(), &tree, plan, &wanted).await
}

/// The same for a change after which units only have to be made.
///
/// # Errors
///
/// [`OperationError`] where the generator makes no unit of a file.
pub async fn check_that_units_are_made(
    context: &HostContext<'_>,
    dagster_host: &DagsterHost,
    plan: &Plan,
) -> Result<String, OperationError> {
    let tree =
        QuadletTree::collect(dagster_host.folders(), dagster_host.account.owner, context.files);
    let found = dagster_host.found(context).await;
    let units = found.units.iter().filter_map(|unit| unit.file.present());
    let wanted = WantedUnits { units: units.collect(), expected: Vec::new() };
    try_generator(dagster_host.ports.generator.as_ref(), &tree, plan, &wanted).await
}

/// What the installed generator says against each unit as it lies there; `None` for nothing. A unit
/// with datalake's drop-in has to hand the variables over, too.
///
/// # Errors
///
/// A [`Fault`] where the generator cannot be asked.
pub async fn ask_generator(
    context: &HostContext<'_>,
    host: &HostSpec,
    account: &UserAccount,
    places: &HostPaths,
) -> Result<Vec<(String, Option<String>)>, Fault> {
    let refused = |error: String| Fault::new(FaultKind::Refused, error);
    let machine =
        context.machine.ok_or_else(|| refused("this is not the machine itself".to_owned()))?;
    let user = machine.act_for(&host.user, account);
    let user = user.map_err(|error| refused(error.to_string()))?;
    let tree = QuadletTree::collect(places.search_path(), account.owner, context.files);
    let mut verdicts = Vec::new();
    for (unit, name) in places.units.iter().zip(&host.units) {
        let names_file = match context.files.look(&unit.drop_in) {
            Ok(SeenEntry::File { content, .. }) => {
                String::from_utf8_lossy(content.expose()).contains(places.env_file.as_str())
            }
            _ => false,
        };
        let expected = if names_file { by_env(places) } else { vec![] };
        let wanted = WantedUnits { units: vec![&unit.file], expected };
        let said = ask_for_units(user.generator.as_ref(), &tree, &wanted).await?;
        verdicts.push((name.to_string(), said.map(|(_, problem)| problem.to_string())));
    }
    Ok(verdicts)
}

/// Every variable, by its name.
fn by_env(places: &HostPaths) -> Vec<Expected<'_>> {
    places.variables.iter().map(|name| Expected::Env(name)).collect()
}

async fn try_generator(
    generator: &dyn Generator,
    tree: &QuadletTree,
    plan: &Plan,
    wanted: &WantedUnits<'_>,
) -> Result<String, OperationError> {
    let changed =
        tree.changed_by(plan).map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
    let (unit, problem) = match ask_for_units(generator, &changed, wanted).await {
        Ok(None) => return Ok(say_well(wanted.units.len(), &changed.left_out)),
        Ok(Some(found)) => found,
        Err(fault) => return Ok(not_checked(&describe_fault(&fault))),
    };
    if let Some((path, fault)) = changed.left_out.first() {
        let missing = format!("`{path}` was left out of the copy that was tried: {}", fault.kind);
        let text = format!("{problem}; but {missing}");
        return Ok(not_checked(&text));
    }
    let alone = WantedUnits { units: vec![unit], expected: Vec::new() };
    let was_so = match ask_for_units(generator, tree, &alone).await {
        Ok(Some((_, before))) => is_the_same(&before, &problem),
        Ok(None) | Err(_) => false,
    };
    Err(describe_problem(unit, &problem, was_so))
}

/// The first unit that the generator does not make as it is wanted.
async fn ask_for_units<'a>(
    generator: &dyn Generator,
    tree: &QuadletTree,
    wanted: &WantedUnits<'a>,
) -> Result<Option<(&'a HostPath, GeneratorProblem)>, Fault> {
    let output = match generator.generate(tree).await? {
        GeneratorAnswer::Said { stdout, stderr, .. } => GeneratorOutput::read(
            &String::from_utf8_lossy(stdout.expose()),
            &String::from_utf8_lossy(stderr.expose()),
        ),
        GeneratorAnswer::Hung(limit) => {
            return Ok(wanted.units.first().map(|unit| (*unit, GeneratorProblem::Hung(limit))));
        }
    };
    let problem = |unit: &&'a HostPath| {
        let verdict = check_unit(&output, unit.as_str(), &wanted.expected).err()?;
        Some((*unit, GeneratorProblem::Verdict(verdict)))
    };
    Ok(wanted.units.iter().find_map(problem))
}

fn is_the_same(before: &GeneratorProblem, after: &GeneratorProblem) -> bool {
    match (before, after) {
        (GeneratorProblem::Verdict(before), GeneratorProblem::Verdict(after)) => {
            discriminant(before) == discriminant(after)
        }
        (GeneratorProblem::Hung(_), GeneratorProblem::Hung(_)) => true,
        (GeneratorProblem::Verdict(_), GeneratorProblem::Hung(_))
        | (GeneratorProblem::Hung(_), GeneratorProblem::Verdict(_)) => false,
    }
}

fn say_well(units: usize, left_out: &[(HostPath, Fault)]) -> String {
    let units = match units {
        1 => "the unit".to_owned(),
        2 => "both units".to_owned(),
        more => format!("all {more} units"),
    };
    let but = match left_out.first() {
        Some((path, fault)) => {
            printable(&format!("; `{path}` was left out of the copy: {}", fault.kind))
        }
        None => String::new(),
    };
    format!("Checked: the installed quadlet generator makes {units} of the changed files{but}.\n")
}

fn not_checked(reason: &str) -> String {
    format!("Not checked: {}.\n", printable(reason))
}

fn describe_fault(fault: &Fault) -> String {
    match fault.kind {
        FaultKind::Absent => "no quadlet generator is installed".to_owned(),
        _ => format!("the quadlet generator could not be asked: {}", fault.detail),
    }
}

fn describe_problem(unit: &HostPath, problem: &GeneratorProblem, was_so: bool) -> OperationError {
    let place = "the changed quadlet files were tried on a copy, and nothing was changed";
    let failure =
        OperationError::new(ErrorKind::Config, printable(&problem.to_string())).within(place);
    if was_so {
        let mut failure = failure;
        failure.messages.push("this is so already, without the changes of datalake".to_owned());
        return failure.advise(advise_cure(problem));
    }
    failure.advise(match problem {
        GeneratorProblem::Verdict(UnitVerdict::NotHandedOver { .. }) => {
            "quadlet reads drop-ins since podman 5.0 (`podman --version`), and one with a later \
             name may take away what is said before it"
                .to_owned()
        }
        GeneratorProblem::Verdict(_) | GeneratorProblem::Hung(_) => format!(
            "without the changes of datalake it is not so: please report it, with `{unit}` and its \
             drop-ins"
        ),
    })
}

fn advise_cure(problem: &GeneratorProblem) -> &'static str {
    match problem {
        GeneratorProblem::Verdict(_) => {
            "put right by hand what it complains about, and run the same command again"
        }
        GeneratorProblem::Hung(_) => {
            "below podman 5.4 a comment or an empty line inside a continued line keeps it busy for \
             ever: look for one in the quadlet files"
        }
    }
}

#[cfg(test)]
mod tests;
