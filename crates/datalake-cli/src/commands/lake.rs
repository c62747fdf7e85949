//! `lake`: the S3 clients of user code, tried and told how.

use async_trait::async_trait;
use datalake_core::host::UnitName;
use datalake_core::spec::Spec;
use datalake_host::HostPrograms;
use datalake_operations::Advice;
use datalake_operations::lake_clients::{
    ClientCheck, ClientReport, ClientReporter, CodePlace, find_code_places, list_environment,
    place_on_host, write_snippet,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::advice::words_of;
use crate::args::lake::{LakeCheck, LakeCommand, LakeSnippet};
use crate::args::{Cli, Values};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer, client_report};
use crate::site::Site;
use crate::stop::{Charge, asked, is_asked};

pub(super) const LAKE_CHECK: DocumentKind = DocumentKind::of::<ClientReport>("lake-check");
pub(super) const LAKE_SNIPPET: DocumentKind = DocumentKind::of::<PrintedSnippet>("lake-snippet");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[LAKE_CHECK, LAKE_SNIPPET];

/// Lines for a client, for programs.
#[derive(Serialize, JsonSchema)]
struct PrintedSnippet {
    /// The client.
    client: &'static str,
    /// The language of the lines: `sql` or `python`.
    language: &'static str,
    /// The lines.
    text: String,
}

pub(super) async fn lake(cli: &Cli, what: &LakeCommand, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    match what {
        LakeCommand::Check(flags) => check_clients(&cli.values, flags, &site).await,
        LakeCommand::Snippet(flags) => print_snippet(flags, &site),
    }
}

async fn check_clients(values: &Values, flags: &LakeCheck, site: &Site) -> Result<Exit, Failure> {
    if flags.python.is_some() && !values.units.is_empty() {
        return Err(Failure::new(Exit::Usage, "give one of --unit and --python"));
    }
    let spec = site.spec()?;
    let keys = site.keys_from(&spec.credentials).await?;
    let store = site.store(&spec, &keys)?;
    let places = match &flags.python {
        Some(python) => {
            let environment = list_environment(&spec, &keys)?;
            vec![place_on_host(Box::new(HostPrograms { environment }), python.clone())]
        }
        None => find_places(values, &spec, site).await?,
    };
    let _charge = Charge::take();
    let teller = ClientTeller(site.printer);
    let check = ClientCheck {
        spec: &spec,
        lake: &store,
        clock: &site.clock,
        only: &flags.clients,
        reporter: &teller,
    };
    let report = check.try_places(&places).await;
    site.printer.result(LAKE_CHECK, &report, &client_report(&report));
    Ok(choose_exit(&report))
}

async fn find_places(values: &Values, spec: &Spec, site: &Site) -> Result<Vec<CodePlace>, Failure> {
    let unit = |name: &String| name.parse::<UnitName>();
    let named = values.units.iter().map(unit).collect::<Result<Vec<_>, _>>();
    let named = named.map_err(|error| Failure::of(Exit::Usage, &error))?;
    Ok(find_code_places(&site.context(), &spec.host, &named).await?)
}

fn choose_exit(report: &ClientReport) -> Exit {
    match (is_asked(), report.has_broken(), report.is_partial()) {
        (true, ..) => Exit::Interrupted,
        (false, true, _) => Exit::Drift,
        (false, false, true) => Exit::Partly,
        (false, false, false) => Exit::Done,
    }
}

fn print_snippet(flags: &LakeSnippet, site: &Site) -> Result<Exit, Failure> {
    let text = write_snippet(flags.client, &site.spec()?);
    let (client, language) = (flags.client.as_str(), flags.client.language());
    let printed = PrintedSnippet { client, language, text: text.clone() };
    site.printer.result(LAKE_SNIPPET, printed, &text);
    Ok(Exit::Done)
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
