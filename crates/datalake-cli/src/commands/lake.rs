//! `lake`: the S3 clients of user code, tried and told how.

use async_trait::async_trait;
use datalake_host::{HostPrograms, TrustedUsers, judge_python};
use datalake_operations::Advice;
use datalake_operations::lake_clients::{
    ClientCheck, ClientReport, ClientReporter, Snippet, find_code_places, list_environment,
    place_on_host, write_snippet,
};

use crate::advice::words_of;
use crate::args::Cli;
use crate::args::lake::{LakeCheck, LakeCommand};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::site::Site;
use crate::stop::{Charge, asked, is_asked};

pub(super) const LAKE_CHECK: DocumentKind = DocumentKind::of::<ClientReport>("lake-check");
pub(super) const LAKE_SNIPPET: DocumentKind = DocumentKind::of::<Snippet>("lake-snippet");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[LAKE_CHECK, LAKE_SNIPPET];

pub(super) async fn lake(cli: &Cli, what: &LakeCommand, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    match what {
        LakeCommand::Check(flags) => check_clients(&cli.values.units, flags, &site).await,
        LakeCommand::Snippet(flags) => {
            let snippet = write_snippet(flags.client, &site.spec()?);
            printer.result(LAKE_SNIPPET, &snippet, &snippet.text);
            Ok(Exit::Done)
        }
    }
}

async fn check_clients(units: &[String], flags: &LakeCheck, site: &Site) -> Result<Exit, Failure> {
    let spec = site.spec()?;
    let keys = site.keys_from(&spec.credentials).await?;
    let store = site.store(&spec, &keys)?;
    let places = match &flags.python {
        Some(_) if !units.is_empty() => {
            return Err(Failure::new(Exit::Usage, "give one of --unit and --python"));
        }
        Some(python) => {
            judge_python(python.as_ref(), &TrustedUsers::of_process())?;
            let environment = list_environment(&spec, &keys, std::env::vars_os())?;
            vec![place_on_host(Box::new(HostPrograms { environment }), python.clone())]
        }
        None => find_code_places(&site.context(), &spec.host, units).await?,
    };
    let check = ClientCheck {
        spec: &spec,
        lake: &store,
        clock: &site.clock,
        only: &flags.clients,
        reporter: &ClientTeller(site.printer),
    };
    check.require_buckets().await?;
    let _charge = Charge::take();
    let report = check.try_places(&places).await;
    site.printer.result(LAKE_CHECK, &report, &report.describe());
    Ok(match (is_asked(), report.has_broken(), report.is_partial()) {
        (true, ..) => Exit::Interrupted,
        (false, true, _) => Exit::Drift,
        (false, false, true) => Exit::Partly,
        (false, false, false) => Exit::Done,
    })
}

struct ClientTeller(Printer);

#[async_trait]
impl ClientReporter for ClientTeller {
    fn begin(&self, place: &str) {
        self.0.talk(&format!("trying the clients of `{place}`; this takes some minutes"));
    }

    fn word(&self, advice: &Advice) -> String {
        words_of(advice)
    }

    async fn wait_for_stop(&self) {
        asked().await;
    }
}
