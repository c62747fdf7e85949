//! Pods that a restart would leave without a running container.
//!
//! podman ends a pod with its last container, and systemd the pod's service with it: whatever is started
//! in that pod meanwhile fails. So such a pod is restarted along with what lives in it.

use datalake_core::fault::Fault;

use super::{ActiveState, ServiceName, Services, UnitStatus};

/// A pod's service, and the services that end with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodServices {
    /// The service of the pod.
    pub pod: ServiceName,
    /// Those of its containers.
    pub members: Vec<ServiceName>,
}

/// What a restart has to do besides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct EmptiedPods {
    /// The services of pods that are restarted, too.
    pub(super) pods: Vec<ServiceName>,
    /// Services that do not run and that the pods start: they are stopped afterwards.
    pub(super) idle: Vec<ServiceName>,
}

/// Finds the pods in which nothing but `units` runs.
pub(super) async fn find_emptied_pods(
    units: &[ServiceName],
    services: &dyn Services,
) -> Result<EmptiedPods, Fault> {
    let mut found = EmptiedPods::default();
    for PodServices { pod, mut members } in services.find_pods(units).await? {
        members.retain(|member| !units.contains(member));
        let others = if members.is_empty() { Vec::new() } else { services.show(&members).await? };
        if !others.iter().any(keeps_pod) {
            found.pods.push(pod);
            found.idle.extend(others.into_iter().filter(is_idle).map(|status| status.unit));
        }
    }
    Ok(found)
}

/// Whether a container runs for it. A service that has done its work and counts as active has none.
fn keeps_pod(status: &UnitStatus) -> bool {
    matches!(status.active, ActiveState::Active | ActiveState::Reloading) && status.sub != "exited"
}

fn is_idle(status: &UnitStatus) -> bool {
    matches!(status.active, ActiveState::Inactive | ActiveState::Failed)
}
