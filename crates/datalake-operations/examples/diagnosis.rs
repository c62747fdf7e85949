//! A diagnosis of a host, on ports in memory.

#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use datalake_core::doctor::{CheckOutcome, DiagnosisVerdict, FindingId, Group, diagnose};
use datalake_core::host::{Mode, Owner};
use datalake_core::secret::{Credentials, FilledBody};
use datalake_core::spec::SpecDocument;
use datalake_engine::memory::{
    MemoryClock, MemoryFiles, MemoryNetwork, MemoryState, NewMemoryStores,
};
use datalake_engine::{Files as _, NewFile};
use datalake_operations::doctor::{Caller, ExaminationInput, KnownKeys, ReadSpec, examine_groups};
use datalake_operations::{HostContext, Quiet};

fn host() -> Result<MemoryFiles, Box<dyn std::error::Error>> {
    let (files, owner) = (MemoryFiles::default(), Owner { uid: 0, gid: 0 });
    files.create_folder(&"/etc".parse()?, Mode::PUBLIC_FOLDER, owner)?;
    let content = &FilledBody::new(b"somebody:x:900:900::/home/somebody:/bin/sh\n".to_vec());
    let passwd = NewFile { content, mode: Mode::PUBLIC, owner };
    files.write(&"/etc/passwd".parse()?, &passwd)?;
    Ok(files)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (files, state, clock) = (host()?, MemoryState::default(), MemoryClock::new(1_790_000_000));
    let mut document = SpecDocument::defaults();
    document.region = Some("fsn1".to_owned());
    document.bucket = Some("acme-dagster-assets".to_owned());

    let seen = examine_groups(
        &ExaminationInput {
            context: &HostContext::new(&files, &state, &clock),
            spec: &ReadSpec::of(&document),
            caller: &Caller::default(),
            code: &[],
            keys: &KnownKeys(Credentials::pair(
                "AKIDEXAMPLE".parse()?,
                "0123456789abcdef".parse()?,
            )),
            services: &NewMemoryStores,
            network: &MemoryNetwork::default(),
            modal: None,
            reporter: &Quiet,
        },
        Some(Group::Host),
    )
    .await;

    let found = diagnose(&seen);
    for (id, outcome) in found.chosen(|id| id.group() == Group::Host) {
        if let CheckOutcome::Finding(finding) = outcome {
            println!("{id}: {}; {:?}", finding.evidence.join(", "), finding.cure);
        }
    }
    assert_eq!(found.verdict(Some(Group::Host)), DiagnosisVerdict::Findings);
    assert!(matches!(found.of(FindingId::HostUser), CheckOutcome::Finding(_)));
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
