//! A restart that goes from group to group, each proved before the next one begins.

use crate::host::{ServiceStates, UnitName};
use crate::plan::{Action, Guard, Plan, Step, Undo, Way};

/// The same plan with its restart cut into groups of units: each is restarted, and then proved, before
/// the next one is touched, so that a key that does not work takes down one of them. Units in no group
/// come last.
#[must_use]
pub fn stage_restarts(plan: Plan, groups: &[Vec<UnitName>]) -> Plan {
    let mut steps = Vec::new();
    let mut restart: Option<(Step, ServiceStates)> = None;
    for step in plan.steps {
        if let Action::SettleServices(states) = &step.action {
            let states = states.clone();
            restart = Some((step, states));
        } else if let Action::ProveContainers { services, .. } = &step.action
            && let Some((restarted, states)) = restart.take()
        {
            for group in list_groups(groups, &states) {
                let of_group = states.limit_to(&group);
                steps.push(limit_restart(&restarted, &of_group));
                let proved = services.limit_to(&group);
                if proved.up().next().is_some() {
                    steps.push(limit_proof(&step, proved, &of_group));
                }
            }
        } else {
            steps.push(step);
        }
    }
    steps.extend(restart.map(|(step, _)| step));
    Plan { steps, ..plan }
}

/// The groups that the restart is about, and the rest of it.
fn list_groups(groups: &[Vec<UnitName>], states: &ServiceStates) -> Vec<Vec<UnitName>> {
    let in_restart = |unit: &UnitName| states.iter().any(|(other, _)| other == unit);
    let is_grouped = |unit: &UnitName| groups.iter().any(|group| group.contains(unit));
    let limit = |group: &Vec<UnitName>| -> Vec<UnitName> {
        group.iter().filter(|unit| in_restart(unit)).cloned().collect()
    };
    let rest = states.iter().map(|(unit, _)| unit).filter(|unit| !is_grouped(unit)).cloned();
    let rest: Vec<_> = rest.collect();
    groups.iter().map(limit).chain([rest]).filter(|group| !group.is_empty()).collect()
}

fn limit_restart(step: &Step, states: &ServiceStates) -> Step {
    let units: Vec<_> = states.iter().map(|(unit, _)| unit.clone()).collect();
    let way = if let Way::Back(Action::SettleServices(back)) = &step.undo.way {
        Way::Back(Action::SettleServices(back.limit_to(&units)))
    } else {
        step.undo.way.clone()
    };
    Step {
        action: Action::SettleServices(states.clone()),
        undo: Undo { guard: Guard::ServicesAre(states.clone()), way },
        ..step.clone()
    }
}

fn limit_proof(step: &Step, proved: ServiceStates, states: &ServiceStates) -> Step {
    let mut step = step.clone();
    if let Action::ProveContainers { services, .. } = &mut step.action {
        *services = proved;
    }
    step.guard = Guard::ServicesAre(states.clone());
    step.undo.guard = Guard::ServicesAre(states.clone());
    step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ServiceState;

    fn name_unit(text: &str) -> UnitName {
        text.parse().unwrap()
    }

    fn make_states(names: &[&str], state: ServiceState) -> ServiceStates {
        names.iter().map(|text| (name_unit(text), state)).collect()
    }

    fn make_plan(names: &[&str], proved: &[&str]) -> Plan {
        let states = make_states(names, ServiceState::Up);
        let restart = Step {
            guard: Guard::ServicesKnown,
            action: Action::SettleServices(states.clone()),
            undo: Undo {
                guard: Guard::ServicesAre(states.clone()),
                way: Way::Back(Action::SettleServices(states.clone())),
            },
            why: "they read the file when they start".to_owned(),
        };
        let proof = Step {
            guard: Guard::ServicesAre(states.clone()),
            action: Action::ProveContainers {
                services: states
                    .limit_to(&proved.iter().copied().map(name_unit).collect::<Vec<_>>()),
                bucket: "acme-assets".parse().unwrap(),
                key: "probe".parse().unwrap(),
                log_manager: None,
            },
            undo: Undo {
                guard: Guard::ServicesAre(states),
                way: Way::OneWay("it leaves nothing behind".to_owned()),
            },
            why: "it has to work".to_owned(),
        };
        Plan::of_steps(vec![restart, proof])
    }

    fn list_restarts(plan: &Plan) -> Vec<String> {
        let words = |step: &Step| {
            let (verb, states) = match &step.action {
                Action::SettleServices(states) => ("restart", states),
                Action::ProveContainers { services, .. } => ("prove", services),
                other => panic!("{other:?}"),
            };
            let units: Vec<_> = states.up().map(UnitName::as_str).collect();
            format!("{verb} {}", units.join(" "))
        };
        plan.steps.iter().map(words).collect()
    }

    #[test]
    fn daemon_webserver_and_code_servers_are_restarted_and_proved_one_after_the_other() {
        let whole = make_plan(
            &["code-a", "code-b", "daemon", "other", "web"],
            &["code-a", "daemon", "web"],
        );
        let groups = [
            vec![name_unit("daemon")],
            vec![name_unit("web")],
            vec![name_unit("code-b"), name_unit("code-a")],
        ];

        let staged = stage_restarts(whole, &groups);

        let expected = [
            "restart daemon",
            "prove daemon",
            "restart web",
            "prove web",
            "restart code-a code-b",
            "prove code-a",
            "restart other",
        ];
        assert_eq!(list_restarts(&staged), expected);
        let Way::Back(Action::SettleServices(back)) = &staged.steps[0].undo.way else { panic!() };
        assert_eq!(back, &make_states(&["daemon"], ServiceState::Up));
        assert!(crate::plan::lint(&staged, None).is_empty());
    }

    #[test]
    fn a_plan_without_a_restart_stays_as_it_is() {
        assert_eq!(stage_restarts(Plan::default(), &[vec![name_unit("a")]]), Plan::default());
        let whole = make_plan(&["a"], &["a"]);
        assert_eq!(stage_restarts(whole.clone(), &[]), whole);
    }
}
