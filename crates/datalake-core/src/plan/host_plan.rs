//! The planner of runs that change files of the host, and nothing of the bucket.

use crate::fault::Target;
use crate::host::{ServiceState, ServiceStates, UnitName};
use crate::plan::host_steps::{file_step, folder_step};
use crate::plan::provision::plan_restart;
use crate::plan::{Blocker, DesiredFile, DesiredFolder, Found, Observed, Plan, Step};

/// Files that have to be there, and services that have to be started anew for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredFiles {
    /// Folders that have to be there, parents first.
    pub folders: Vec<DesiredFolder>,
    /// Files that have to be there, in the order in which they are written.
    pub files: Vec<DesiredFile>,
    /// The units whose services are started anew, in one go, also where they do not stay up now: what
    /// the files bring may be what they lack.
    pub restart: Vec<UnitName>,
}

/// Plans the way from `observed` to `desired`. Empty when they agree and nothing is to be restarted.
///
/// # Errors
///
/// All [`Blocker`]s: an unknown is never taken for absent.
pub fn plan_files(desired: &DesiredFiles, observed: &Observed) -> Result<Plan, Vec<Blocker>> {
    let folders = desired.folders.iter().map(|folder| folder_step(folder, observed));
    let files = desired.files.iter().map(|file| file_step(file, observed));
    let services = [service_step(&desired.restart, observed)];
    let (mut steps, mut blockers) = (Vec::new(), Vec::new());
    for part in folders.chain(files).chain(services) {
        match part {
            Ok(part) => steps.extend(part),
            Err(blocker) => blockers.push(blocker),
        }
    }
    if blockers.is_empty() { Ok(Plan::of_steps(steps)) } else { Err(blockers) }
}

/// All up, from whatever state they are in.
fn service_step(units: &[UnitName], observed: &Observed) -> Result<Vec<Step>, Blocker> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let fault = match &observed.services {
        Found::Present(now) => {
            let meant = now.iter().filter(|(unit, _)| units.contains(unit));
            let meant: ServiceStates = meant.map(|(unit, state)| (unit.clone(), state)).collect();
            let up = meant.iter().map(|(unit, _)| (unit.clone(), ServiceState::Up)).collect();
            return Ok(vec![plan_restart(&up, &meant)]);
        }
        Found::Absent => crate::fault::Fault::new(crate::fault::FaultKind::Absent, "no services"),
        Found::Unknown(fault) => fault.clone(),
    };
    Err(Blocker { target: Target::Services, fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{FileState, HostPath, Mode, Owner};
    use crate::plan::{Action, Guard, Way, rehearse};
    use crate::secret::{FileBody, FingerprintKey};

    const OWNER: Owner = Owner { uid: 900, gid: 900 };

    fn path(text: &str) -> HostPath {
        text.parse().unwrap()
    }

    fn unit(name: &str) -> UnitName {
        name.parse().unwrap()
    }

    fn desired() -> DesiredFiles {
        let file = FileState {
            content: FingerprintKey::new([1; 32]).of(b"x"),
            mode: Mode::PUBLIC,
            owner: OWNER,
        };
        DesiredFiles {
            folders: vec![DesiredFolder {
                path: path("/a"),
                mode: Mode::PUBLIC_FOLDER,
                owner: OWNER,
            }],
            files: vec![DesiredFile {
                path: path("/a/b.conf"),
                body: FileBody::new([]),
                file,
                why: "it has to".to_owned(),
            }],
            restart: vec![unit("web"), unit("daemon")],
        }
    }

    fn observed() -> Observed {
        let states = [
            ("web", ServiceState::Up),
            ("daemon", ServiceState::Down),
            ("other", ServiceState::Up),
        ];
        let states = states.map(|(name, state)| (unit(name), state));
        let mut observed = Observed::nothing();
        observed.services = Found::Present(states.into_iter().collect());
        observed.paths = [(path("/a"), Found::Absent), (path("/a/b.conf"), Found::Absent)].into();
        observed
    }

    #[test]
    fn files_come_first_and_the_way_back_leaves_each_service_as_it_was() {
        let plan = plan_files(&desired(), &observed()).unwrap();

        let verbs: Vec<_> = plan.steps.iter().map(|step| step.action.verb()).collect();
        assert_eq!(verbs, ["create folder", "write file", "restart"]);
        let states = |daemon| {
            ServiceStates::from_iter([(unit("web"), ServiceState::Up), (unit("daemon"), daemon)])
        };
        let (before, after) = (states(ServiceState::Down), states(ServiceState::Up));
        let last = plan.steps.last().unwrap();
        assert_eq!(last.action, Action::SettleServices(after.clone()));
        assert_eq!(last.undo.guard, Guard::ServicesAre(after));
        assert_eq!(last.undo.way, Way::Back(Action::SettleServices(before)));
        assert_eq!(rehearse(&plan, &observed()), []);
    }

    #[test]
    fn an_unknown_is_told_and_nothing_is_planned() {
        let mut world = observed();
        world.services = Observed::nothing().services;
        world.paths.remove(&path("/a"));

        let blockers = plan_files(&desired(), &world).unwrap_err();

        let targets: Vec<_> = blockers.into_iter().map(|blocker| blocker.target).collect();
        assert_eq!(targets, [Target::Path(path("/a")), Target::Services]);
    }

    #[test]
    fn nothing_to_restart_needs_no_look_at_services() {
        let mut world = observed();
        world.services = Observed::nothing().services;
        let desired = DesiredFiles { restart: vec![], folders: vec![], files: vec![] };

        assert!(plan_files(&desired, &world).unwrap().is_empty());
    }
}
