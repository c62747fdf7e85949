//! From a spec to a provisioned host and back, on ports in memory.

#![expect(clippy::print_stdout, reason = "an example tells what it does")]

use datalake_core::host::{Mode, Owner};
use datalake_core::secret::{Credentials, FilledBody};
use datalake_core::spec::SpecDocument;
use datalake_desired::HostEnvironment;
use datalake_engine::memory::{MemoryClock, MemoryFiles, MemoryState, MemoryStore};
use datalake_engine::{Files as _, NewFile, NoDagster};
use datalake_operations::{
    HostContext, ProvisionBasis, ProvisionRun, Quiet, RunKeys, carry_out_back, plan_way_back,
    rehearse_back,
};

const USER: Owner = Owner { uid: 900, gid: 900 };
const UNIT: &str = "/var/lib/dagster/.config/containers/systemd/dagster.container";

fn host() -> Result<MemoryFiles, Box<dyn std::error::Error>> {
    let files = MemoryFiles::default();
    let write = |path: &str, text: &str| -> Result<(), Box<dyn std::error::Error>> {
        let mut folder = String::new();
        for part in path.split('/').skip(1).take(path.split('/').count() - 2) {
            folder = format!("{folder}/{part}");
            files.create_folder(&folder.parse()?, Mode::PUBLIC_FOLDER, USER)?;
        }
        let content = &FilledBody::new(text.as_bytes().to_vec());
        Ok(files.write(&path.parse()?, &NewFile { content, mode: Mode::PUBLIC, owner: USER })?)
    };
    write("/etc/passwd", "dagster-user:x:900:900::/var/lib/dagster:/bin/sh\n")?;
    write(UNIT, "[Container]\nImage=docker.io/acme/dagster:1\n")?;
    Ok(files)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (files, state, clock) = (host()?, MemoryState::default(), MemoryClock::new(1_790_000_000));
    let (store, before) = (MemoryStore::default(), files.everything());
    let mut document = SpecDocument::defaults();
    document.region = Some("fsn1".to_owned());
    document.bucket = Some("acme-dagster-assets".to_owned());
    document.host.user = Some("dagster-user".to_owned());
    document.host.units = Some(vec!["dagster".to_owned()]);
    let spec = document.check()?;
    let keys = Credentials::pair("AKIDEXAMPLE".parse()?, "0123456789abcdef".parse()?);

    let context = HostContext::new(&files, &state, &clock);
    let fingerprints = &context.records().fingerprint_key(&clock)?;
    let ports = context.ports(&store, &NoDagster, fingerprints);
    let basis =
        ProvisionBasis::read(&context, &spec, &RunKeys { keys: &keys, fingerprints }, false)
            .await?;
    let input = basis.input(HostEnvironment::Keep);
    let run = ProvisionRun { context: &context, input, dagster_host: None };
    let checked = run.check(run.plan(&ports).await?).await?;
    for step in &checked.planned.plan.steps {
        println!("{} {}", step.action.verb(), step.action.target());
    }
    let receipt = run.carry_out(&checked, &Quiet, &ports).await?;

    let back = rehearse_back(plan_way_back(&context, &receipt, true)?, &ports).await?;
    carry_out_back(&back, &receipt, &Quiet, &ports).await?;
    assert_eq!(files.everything(), before, "byte for byte");
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
