//! What was seen of a service: kept from run to run.

use datalake_engine::transfer::RecordFolder;
use serde::{Deserialize, Serialize};

use super::TransferContext;
use crate::identify_pair;

/// The folder below datalake's own with what was seen of services.
const SERVICES: &str = "services";

/// What is kept of a service.
#[derive(Serialize, Deserialize)]
struct ServiceRecord {
    schema_version: u32,
    kind: String,
    endpoint: String,
    /// Whether it refuses a content that is not the one that was signed.
    refuses_wrong_hash: bool,
    seen: String,
}

/// Whether the service was seen to refuse a content with a wrong hash; `None` where nobody has seen
/// it, or it cannot be read any more.
pub(super) fn read_refusal(context: &TransferContext<'_>) -> Option<bool> {
    let bytes = open_services(context)?.read(&name_service(context)).ok()?;
    let record: ServiceRecord = serde_json::from_slice(&bytes).ok()?;
    (record.schema_version == 1).then_some(record.refuses_wrong_hash)
}

/// Keeps what was seen. Where it cannot be kept, the next run looks again.
pub(super) fn keep_refusal(context: &TransferContext<'_>, refuses_wrong_hash: bool) {
    let record = ServiceRecord {
        schema_version: 1,
        kind: "service".to_owned(),
        endpoint: context.client.spec.endpoint.to_string(),
        refuses_wrong_hash,
        seen: context.client.clock.now().to_string(),
    };
    if let (Some(folder), Ok(text)) =
        (open_services(context), serde_json::to_string_pretty(&record))
    {
        // Nothing depends on it but speed.
        let _ = folder.write(&name_service(context), format!("{text}\n").as_bytes());
    }
}

fn open_services(context: &TransferContext<'_>) -> Option<Box<dyn RecordFolder>> {
    context.records.open_folder(SERVICES).ok()
}

fn name_service(context: &TransferContext<'_>) -> String {
    format!("{}.json", identify_pair(&[context.client.spec.endpoint.to_string().into_bytes()]))
}
