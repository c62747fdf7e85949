//! Services at the beginning and at the end of a look.

use datalake_core::doctor::LifeLook;
use datalake_core::plan::Found;
use datalake_core::time::Timestamp;
use datalake_engine::{ActiveState, DeployedUnit, Deployment, UnitStatus};

/// The lives of the services, from `before` to `after`.
///
/// # Errors
///
/// The fault of the first service that could not be looked at.
pub(super) fn compare_lives(
    before: &Deployment,
    after: &Deployment,
    now: Timestamp,
) -> Result<Vec<LifeLook>, datalake_core::fault::Fault> {
    let life = |(before, after): (&DeployedUnit, &DeployedUnit)| {
        let status = match &after.status {
            Found::Present(status) => status,
            Found::Absent => return Ok(tell_gone(after)),
            Found::Unknown(fault) => return Err(fault.clone()),
        };
        let earlier = before.status.present();
        Ok(LifeLook {
            unit: after.name.to_string(),
            state: Some(format!("{} ({}), result: {}", status.active, status.sub, status.result)),
            is_up: status.active == ActiveState::Active,
            restarts: status.restarts,
            seconds: status.since.map(|since| now.unix() - since.unix()),
            was_restarted: earlier.is_some_and(|earlier| is_another_life(earlier, status)),
        })
    };
    before.units.iter().zip(&after.units).map(life).collect()
}

fn is_another_life(before: &UnitStatus, after: &UnitStatus) -> bool {
    let was_up = [ActiveState::Active, ActiveState::Activating].contains(&before.active);
    was_up && (after.restarts > before.restarts || after.invocation != before.invocation)
}

fn tell_gone(unit: &DeployedUnit) -> LifeLook {
    LifeLook {
        unit: unit.name.to_string(),
        state: None,
        is_up: false,
        restarts: 0,
        seconds: None,
        was_restarted: false,
    }
}
