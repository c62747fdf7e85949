//! `modal check`: what is wrong with client, login, secret and files.

use std::path::Path;

use datalake_core::doctor::PythonTrapKind;
use datalake_core::{Action, Fault, ModalSpec, Target};
use datalake_dagster::scan_python;
use datalake_modal::{Client, ClientTrouble, ModalClient, client_troubles, token_source};
use serde::Serialize;

use crate::args::Cli;
use crate::args::modal::Check;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::ModalPlace;
use crate::render::{Printer, printable};
use crate::site::Site;

#[derive(Serialize)]
struct Report {
    client: Option<String>,
    token_from: Option<&'static str>,
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Finding {
    id: &'static str,
    is_fatal: bool,
    so: String,
    cure: String,
}

pub(super) async fn check(cli: &Cli, flags: &Check, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let spec = site.spec()?;
    let place = ModalPlace::of(&site, &spec.host, spec.modal.as_ref()).await;
    let client = place.client();
    let about = client.about().await.map_err(|fault| Failure::about("Modal's client", &fault))?;
    let mut findings: Vec<_> = client_troubles(&about).into_iter().map(Finding::from).collect();
    if let Some(modal) = &spec.modal {
        findings.extend(in_service(modal, &client, &site).await?);
    }
    for file in &flags.files {
        findings.extend(in_file(file)?);
    }
    let is_fatal = findings.iter().any(|finding| finding.is_fatal);
    let report =
        Report { client: Some(about.version.clone()), token_from: token_source(&about), findings };
    printer.result("modal-check", &report, &text(&about, &report));
    Ok(if is_fatal { Exit::Drift } else { Exit::Done })
}

/// What only Modal itself can tell: whether it takes the token, and how old the secret is.
async fn in_service(
    modal: &ModalSpec,
    client: &ModalClient<'_>,
    site: &Site,
) -> Result<Option<Finding>, Failure> {
    let listed = match client.secrets(modal.secret.environment.as_ref()).await {
        Ok(listed) => listed,
        Err(fault) => return Ok(Some(unanswered(&fault))),
    };
    let secret = listed.iter().find(|listed| listed.name == modal.secret.name.as_str());
    let history = site.records().history().map_err(|fault| site.state_failure(&fault))?;
    let is_env_file = |action: &Action| matches!(action.target(), Target::Path(path) if crate::modal::is_env_file(&path));
    let written = history.iter().rev().find(|receipt| {
        receipt.steps.iter().any(|taken| taken.is_done() && is_env_file(&taken.step.action))
    });
    let (Some(secret), Some(written)) = (secret, written) else { return Ok(None) };
    // Seconds since 1970 are whole in a receipt.
    let began = std::time::Duration::from_secs(written.started.unix().unsigned_abs());
    Ok((secret.created < began.as_secs_f64()).then(|| Finding {
        id: "modal-secret-older",
        is_fatal: true,
        so: format!(
            "Modal secret `{}` is older than the env file that {} wrote",
            modal.secret, written.run
        ),
        cure: format!("{} modal secret sync", site.name),
    }))
}

fn unanswered(fault: &Fault) -> Finding {
    Finding {
        id: "modal-no-answer",
        is_fatal: true,
        so: fault.to_string(),
        cure: "put right what is told above, or check the network and MODAL_SERVER_URL".to_owned(),
    }
}

fn in_file(file: &Path) -> Result<Vec<Finding>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| Failure::io(file, &error))?;
    let traps = scan_python(&file.display().to_string(), &text).into_iter();
    let gone = traps.filter(|trap| trap.kind == PythonTrapKind::ModalWord);
    let found = gone.map(|trap| Finding {
        id: "python-modal-words",
        is_fatal: true,
        so: format!("{}, line {}: `{}` is gone", trap.path, trap.line, trap.word),
        cure: format!("write `{}`", trap.instead.unwrap_or_default()),
    });
    Ok(found.collect())
}

fn text(about: &Client, report: &Report) -> String {
    let source = report.token_from.unwrap_or("nowhere");
    let mut text = format!(
        "client   {} ({})\ntoken    from {source}\nservice  {}\n",
        printable(&about.version),
        printable(&about.python),
        printable(&about.servers)
    );
    for finding in &report.findings {
        let mark = if finding.is_fatal { "wrong" } else { "note" };
        text.push_str(&format!(
            "{mark:<8} {}: {}\n         cure: {}\n",
            finding.id,
            printable(&finding.so),
            printable(&finding.cure)
        ));
    }
    if report.findings.is_empty() { text + "\nAll is well.\n" } else { text }
}

impl From<ClientTrouble> for Finding {
    fn from(trouble: ClientTrouble) -> Self {
        let ClientTrouble { id, is_fatal, so, cure } = trouble;
        Self { id, is_fatal, so, cure }
    }
}
