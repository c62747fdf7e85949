//! Asks the installed quadlet generator about the changed files, on a copy, before anything is
//! changed: a broken quadlet file is left out silently at the next reload.

use std::mem::discriminant;
use std::time::Duration;

use datalake_core::{
    Fault, FaultKind, Handover, HostPath, HostSpec, InvalidPath, Plan, SecretName, Spec,
};
use datalake_engine::{Files, Generator, GeneratorAnswer, QuadletTree, Seen, quadlet_folders};
use datalake_host::{Account, QuadletGenerator};
use datalake_quadlet::generator::{Expected, GeneratorOutput, Verdict, check};

use crate::deployment::{Ground, service_user};
use crate::desired::Variables;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::handover::{Way, podman_secret};
use crate::places::Places;
use crate::render::printable;
use crate::site::Site;

/// What the generator must make.
struct Wanted<'a> {
    /// The unit files.
    units: Vec<&'a HostPath>,
    /// What each unit must say.
    expected: Vec<Expected<'a>>,
}

/// What the generator makes of a unit file instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    /// No unit that could work.
    #[error(transparent)]
    Verdict(#[from] Verdict),
    /// Nothing, and systemd would wait for it, too.
    #[error("the generator has not come to its end within {0:?}; a reload would hang as well")]
    Hung(Duration),
}

/// Tries the changed quadlet files on a copy, and tells in a line what came of it; nothing where
/// the place is not this machine.
///
/// # Errors
///
/// [`Failure`] where the generator makes no unit of a file, or none that hands the variables over.
pub(crate) async fn checked(
    site: &Site,
    (spec, way): (&Spec, &Way),
    (account, places): (&Account, &Places),
    plan: &Plan,
) -> Result<String, Failure> {
    if !site.is_this_machine() {
        return Ok(String::new());
    }
    let user = match service_user(&spec.host.user, account) {
        Ok(user) => user,
        Err(error) => return Ok(not_checked(&error.to_string())),
    };
    let unfit = |error: InvalidPath| Failure::of(Exit::Config, &error);
    let folders = quadlet_folders(&account.home, account.owner.uid).map_err(unfit)?;
    let tree = QuadletTree::collect(&folders, account.owner, &site.host);
    let variables = Variables::of(spec);
    let secrets = SecretName::ALL.map(|name| (name, podman_secret(name).to_string()));
    let wanted = Wanted {
        units: places.units.iter().map(|unit| &unit.file).collect(),
        expected: match way.handover {
            Handover::EnvFile | Handover::InPlace => by_env(places),
            Handover::PodmanSecret => variables.expected_with_secrets(&secrets),
        },
    };
    tried(&QuadletGenerator::new(user), (&tree, plan), &wanted).await
}

/// The same for a change after which units only have to be made.
///
/// # Errors
///
/// [`Failure`] where the generator makes no unit of a file.
pub(crate) async fn made(site: &Site, ground: &Ground, plan: &Plan) -> Result<String, Failure> {
    let tree = QuadletTree::collect(ground.folders(), ground.account.owner, &site.host);
    let found = ground.found(site).await;
    let units = found.units.iter().filter_map(|unit| unit.file.present());
    let wanted = Wanted { units: units.collect(), expected: Vec::new() };
    tried(&ground.generator(), (&tree, plan), &wanted).await
}

/// What the installed generator says against each unit as it lies there; `None` for nothing. A unit
/// with datalake's drop-in has to hand the variables over, too.
///
/// # Errors
///
/// A [`Fault`] where the generator cannot be asked.
pub(crate) async fn verdicts(
    site: &Site,
    host: &HostSpec,
    (account, places): (&Account, &Places),
) -> Result<Vec<(String, Option<String>)>, Fault> {
    let refused = |error: String| Fault::new(FaultKind::Refused, error);
    let user = service_user(&host.user, account).map_err(|error| refused(error.to_string()))?;
    let folders = quadlet_folders(&account.home, account.owner.uid);
    let folders = folders.map_err(|error| refused(error.to_string()))?;
    let tree = QuadletTree::collect(&folders, account.owner, &site.host);
    let generator = QuadletGenerator::new(user);
    let mut verdicts = Vec::new();
    for (unit, name) in places.units.iter().zip(&host.units) {
        let names_file = match site.host.look(&unit.drop_in) {
            Ok(Seen::File { content, .. }) => {
                String::from_utf8_lossy(content.expose()).contains(places.env_file.as_str())
            }
            _ => false,
        };
        let expected = if names_file { by_env(places) } else { vec![] };
        let wanted = Wanted { units: vec![&unit.file], expected };
        let said = asked(&generator, &tree, &wanted).await?;
        verdicts.push((name.to_string(), said.map(|(_, problem)| problem.to_string())));
    }
    Ok(verdicts)
}

/// Every variable, by its name.
fn by_env(places: &Places) -> Vec<Expected<'static>> {
    places.variables.iter().copied().map(Expected::Env).collect()
}

async fn tried(
    generator: &dyn Generator,
    (tree, plan): (&QuadletTree, &Plan),
    wanted: &Wanted<'_>,
) -> Result<String, Failure> {
    let changed = tree.changed_by(plan).map_err(|error| Failure::of(Exit::Bug, &error))?;
    let (unit, problem) = match asked(generator, &changed, wanted).await {
        Ok(None) => return Ok(well(wanted.units.len(), &changed.left_out)),
        Ok(Some(found)) => found,
        Err(fault) => return Ok(not_checked(&reason(&fault))),
    };
    if let Some((path, fault)) = changed.left_out.first() {
        let missing = format!("`{path}` was left out of the copy that was tried: {}", fault.kind);
        let text = format!("{problem}; but {missing}");
        return Ok(not_checked(&text));
    }
    let alone = Wanted { units: vec![unit], expected: Vec::new() };
    let was_so = match asked(generator, tree, &alone).await {
        Ok(Some((_, before))) => is_the_same(&before, &problem),
        Ok(None) | Err(_) => false,
    };
    Err(failure(unit, &problem, was_so))
}

/// The first unit that the generator does not make as it is wanted.
async fn asked<'a>(
    generator: &dyn Generator,
    tree: &QuadletTree,
    wanted: &Wanted<'a>,
) -> Result<Option<(&'a HostPath, Problem)>, Fault> {
    let output = match generator.generate(tree).await? {
        GeneratorAnswer::Said { stdout, stderr, .. } => GeneratorOutput::read(
            &String::from_utf8_lossy(stdout.expose()),
            &String::from_utf8_lossy(stderr.expose()),
        ),
        GeneratorAnswer::Hung(limit) => {
            return Ok(wanted.units.first().map(|unit| (*unit, Problem::Hung(limit))));
        }
    };
    let problem = |unit: &&'a HostPath| {
        let verdict = check(&output, unit.as_str(), &wanted.expected).err()?;
        Some((*unit, Problem::Verdict(verdict)))
    };
    Ok(wanted.units.iter().find_map(problem))
}

fn is_the_same(before: &Problem, after: &Problem) -> bool {
    match (before, after) {
        (Problem::Verdict(before), Problem::Verdict(after)) => {
            discriminant(before) == discriminant(after)
        }
        (Problem::Hung(_), Problem::Hung(_)) => true,
        (Problem::Verdict(_), Problem::Hung(_)) | (Problem::Hung(_), Problem::Verdict(_)) => false,
    }
}

fn well(units: usize, left_out: &[(HostPath, Fault)]) -> String {
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

fn reason(fault: &Fault) -> String {
    match fault.kind {
        FaultKind::Absent => "no quadlet generator is installed".to_owned(),
        _ => format!("the quadlet generator could not be asked: {}", fault.detail),
    }
}

fn failure(unit: &HostPath, problem: &Problem, was_so: bool) -> Failure {
    let place = "the changed quadlet files were tried on a copy, and nothing was changed";
    let failure = Failure::new(Exit::Config, printable(&problem.to_string())).within(place);
    if was_so {
        let mut failure = failure;
        failure.messages.push("this is so already, without the changes of datalake".to_owned());
        return failure.hint(cure(problem));
    }
    failure.hint(match problem {
        Problem::Verdict(Verdict::NotHandedOver { .. }) => {
            "quadlet reads drop-ins since podman 5.0 (`podman --version`), and one with a later \
             name may take away what is said before it"
                .to_owned()
        }
        Problem::Verdict(_) | Problem::Hung(_) => format!(
            "without the changes of datalake it is not so: please report it, with `{unit}` and its \
             drop-ins"
        ),
    })
}

fn cure(problem: &Problem) -> &'static str {
    match problem {
        Problem::Verdict(_) => {
            "put right by hand what it complains about, and run the same command again"
        }
        Problem::Hung(_) => {
            "below podman 5.4 a comment or an empty line inside a continued line keeps it busy for \
             ever: look for one in the quadlet files"
        }
    }
}

#[cfg(test)]
mod tests;
