//! `access`: who may do what in a bucket.

mod change;
mod grant;
mod keys;

use datalake_core::policy::CephVersion;
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::StoreSpec;
use datalake_operations::access::{
    AccessGoal, AccessLook, AccessPlanReport, AccessProofReport, AccessReport, AdoptionReport,
    AppliedAccess, GrantedRole, SimulationQuestion, SimulationReport, plan_access, show_access,
    simulate_question,
};

use crate::args::Cli;
use crate::args::access::{AccessCommand, AccessShow, AccessSimulate, PolicySource};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;

const ACCESS: DocumentKind = DocumentKind::of::<AccessReport>("access");
const ACCESS_PLAN: DocumentKind = DocumentKind::of::<AccessPlanReport>("access-plan");
const ACCESS_GRANT: DocumentKind = DocumentKind::of::<GrantedRole>("access-grant");
const ACCESS_ADOPTION: DocumentKind = DocumentKind::of::<AdoptionReport>("access-adoption");
const ACCESS_RUN: DocumentKind = DocumentKind::of::<AppliedAccess>("access-run");
const ACCESS_PROOF: DocumentKind = DocumentKind::of::<AccessProofReport>("access-proof");
const ACCESS_ANSWER: DocumentKind = DocumentKind::of::<SimulationReport>("access-answer");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] =
    &[ACCESS, ACCESS_ADOPTION, ACCESS_ANSWER, ACCESS_GRANT, ACCESS_PLAN, ACCESS_PROOF, ACCESS_RUN];

/// A policy and a spec are no longer than this.
const LARGEST: u64 = 1 << 20;

pub(super) async fn access(
    cli: &Cli,
    what: &AccessCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    match what {
        AccessCommand::Show(flags) => show_policy(cli, flags, printer).await,
        AccessCommand::Plan => plan_policies(cli, printer).await,
        AccessCommand::Apply(flags) => {
            let goal = if flags.again { AccessGoal::SpecAgain } else { AccessGoal::Spec };
            let remote = Remote::open(cli, printer).await?;
            change::change_policies(&remote, &flags.change, goal, &flags.key_files).await
        }
        AccessCommand::Grant(flags) => grant::grant_role(cli, flags, printer).await,
        AccessCommand::Adopt(flags) => change::adopt_objects(cli, flags, printer).await,
        AccessCommand::Prove(flags) => change::prove_policies(cli, flags, printer).await,
        AccessCommand::Reset(flags) => {
            let remote = Remote::open(cli, printer).await?;
            change::change_policies(&remote, flags, AccessGoal::Reset, &[]).await
        }
        AccessCommand::Simulate(flags) => simulate_request(cli, flags, printer).await,
    }
}

/// A policy, with what is known beside it.
struct FoundPolicy {
    spec: StoreSpec,
    look: AccessLook,
    /// The key that acts; `None` where nothing is sent.
    key: Option<AccessKeyId>,
}

async fn find_policy(
    cli: &Cli,
    source: &PolicySource,
    printer: Printer,
) -> Result<FoundPolicy, Failure> {
    if let (Some(file), Some(project)) = (&source.document, &source.project) {
        let spec = Site::open(cli, printer).await?.store_spec()?;
        let text = named_path::read_text(file, LARGEST)?;
        let look = AccessLook::of_document(&spec, project, &text)?;
        return Ok(FoundPolicy { spec, look, key: None });
    }
    let remote = Remote::open(cli, printer).await?;
    let look = AccessLook::read(&remote.client()).await?;
    Ok(FoundPolicy { spec: remote.spec, look, key: Some(remote.key) })
}

async fn show_policy(cli: &Cli, flags: &AccessShow, printer: Printer) -> Result<Exit, Failure> {
    let FoundPolicy { spec, look, key } = find_policy(cli, &flags.source, printer).await?;
    let report = show_access(&look, &spec, key.as_ref(), flags.dialect);
    printer.result(ACCESS, &report, &report.to_string());
    Ok(if report.is_wrong() { Exit::Drift } else { Exit::Done })
}

async fn plan_policies(cli: &Cli, printer: Printer) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let report = plan_access(&remote.client(), &remote.key, AccessGoal::Spec).await?.report;
    printer.result(ACCESS_PLAN, &report, &report.to_string());
    Ok(if report.changes() { Exit::Drift } else { Exit::Done })
}

async fn simulate_request(
    cli: &Cli,
    flags: &AccessSimulate,
    printer: Printer,
) -> Result<Exit, Failure> {
    let found = find_policy(cli, &flags.source, printer).await?;
    let question = SimulationQuestion {
        who: flags.who.clone(),
        call: flags.call,
        resource: flags.resource.clone(),
        object_owner: flags.object_owner.clone(),
        values: flags.values.clone(),
        versions: flags.dialect.map_or_else(|| CephVersion::ALL.to_vec(), |version| vec![version]),
    };
    let report = simulate_question(&found.look, &found.spec, &question)?;
    printer.result(ACCESS_ANSWER, &report, &report.to_string());
    Ok(Exit::Done)
}
