//! S3 clients where user code runs.

use datalake_core::doctor::{LakeEvidence, Look, TriedPlace};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::spec::Spec;

use super::{ExaminationInput, ExaminedPart};
use crate::lake_clients::{ClientCheck, ClientReporter, find_code_places};
use crate::{Advice, HostContext, OperationError};

/// Tries the clients in the containers that run user code.
pub(super) async fn examine_clients(input: &ExaminationInput<'_>, seen: &mut LakeEvidence) {
    let context: &HostContext<'_> = input.context;
    if !context.is_this_machine() {
        let reason = "containers run on the machine itself, not in a folder in its place";
        *seen = LakeEvidence::not_asked(reason);
        return;
    }
    let Some(spec) = &input.spec.whole else {
        *seen = LakeEvidence::not_asked("the spec is not whole");
        return;
    };
    seen.places = match try_clients(input, spec).await {
        Ok(places) => Look::Saw(places),
        Err(fault) => Look::Unknown(fault),
    };
}

async fn try_clients(input: &ExaminationInput<'_>, spec: &Spec) -> Result<Vec<TriedPlace>, Fault> {
    let told = |error: OperationError| Fault::new(FaultKind::Unreadable, error.to_string());
    let keys = input.keys.read_sound_pair(&spec.credentials).await.map_err(told)?;
    let store = input.services.open(&spec.endpoint, &spec.region, &keys)?;
    let places = find_code_places(input.context, &spec.host, &[]).await.map_err(told)?;
    let _part = input.begin(ExaminedPart::Clients);
    let check = ClientCheck {
        spec,
        lake: store.as_ref(),
        clock: input.context.clock,
        only: &[],
        reporter: &QuietReporter,
    };
    // With a key or a bucket that is wrong every client would seem broken.
    check.open_buckets().await.map_err(|(bucket, fault)| Fault {
        detail: format!("bucket `{bucket}`: {}", fault.detail),
        ..fault
    })?;
    Ok(check.examine_places(&places).await)
}

/// An examination tells of its parts itself, and words advice later.
struct QuietReporter;

impl ClientReporter for QuietReporter {
    fn begin(&self, _: &str) {}

    fn word(&self, _: &Advice) -> String {
        String::new()
    }
}
