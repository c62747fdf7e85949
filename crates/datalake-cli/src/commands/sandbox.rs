//! `sandbox`: the built-in S3 service in the foreground, for other S3 clients.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use datalake_core::text::quote_word;
use datalake_host::Existing;
use datalake_sim::{FaultPlan, InvalidSimKey, Running, SimKey};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::sleep;

use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::{DocumentKind, Printer};
use crate::sandbox::{SandboxService, ServeError, prepared, start_service};
use crate::stop::{Charge, asked};

/// A file of keys is no larger than this.
const LARGEST: u64 = 64 << 10;
/// How often it is looked at.
const KEYS_EVERY: Duration = Duration::from_secs(1);

pub(super) const SANDBOX: DocumentKind = DocumentKind::of::<Address>("sandbox");

/// Where the built-in service is reached.
#[derive(Serialize, JsonSchema)]
struct Address {
    /// Its address.
    endpoint: String,
    /// The region that requests are signed for.
    region: &'static str,
    /// The access key; it opens nothing else.
    access_key_id: String,
    /// The secret key; it opens nothing else.
    secret_access_key: String,
    /// The file of the authority to trust, with `--tls`.
    certificate: Option<PathBuf>,
}

pub(super) async fn sandbox(
    cli: &Cli,
    flags: &args::SandboxFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let dir = cli.place.sandbox.clone().unwrap_or_else(|| PathBuf::from(".sandbox"));
    let dir = prepared(&dir)?;
    let faults = read_flag::<FaultPlan>(flags.faults.as_deref())?;
    let keys = flags.keys.as_deref().map(read_keys).transpose()?;
    let key = keys.as_ref().and_then(|keys| keys.first().cloned()).unwrap_or_else(SimKey::sandbox);
    let service = SandboxService {
        keys,
        port: flags.port,
        tls: flags.tls,
        faults: faults.unwrap_or_default(),
        plain: flags.plain,
        conditional_writes: read_flag(flags.conditional_writes.as_deref())?,
    };
    let running = start_service(&dir, service).await.map_err(|error| match error {
        ServeError::Busy => Failure::new(Exit::Locked, "this sandbox is served by another process"),
        ServeError::Failed(failure) => failure,
    })?;
    let certificate = match running.certificate_pem() {
        Some(pem) => Some(kept(&dir.join("certificate.pem"), &pem)?),
        None => None,
    };
    let address = Address {
        endpoint: running.endpoint(),
        region: "fsn1",
        access_key_id: key.access_key_id,
        secret_access_key: key.secret_access_key,
        certificate,
    };
    // Listened to before anybody learns the address and may say stop.
    let _charge = Charge::take();
    printer.result(SANDBOX, &address, &text(&address));
    printer.talk("serving until Ctrl-C");
    match &flags.keys {
        Some(path) => tokio::select! {
            () = asked() => (),
            () = follow_keys(path, &running, printer) => (),
        },
        None => asked().await,
    }
    running.stop().await;
    Ok(Exit::Done)
}

fn read_keys(path: &Path) -> Result<Vec<SimKey>, Failure> {
    let text = named_path::read_text(path, LARGEST)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let keys: Result<Vec<SimKey>, InvalidSimKey> = lines.map(str::parse).collect();
    keys.map_err(|error| Failure::of(Exit::Config, &error).within(path.display().to_string()))
}

/// Takes what is added to the file and what is removed from it, until the command ends. A file that
/// cannot be read changes nothing.
async fn follow_keys(path: &Path, running: &Running, printer: Printer) {
    let mut last_fault = None;
    loop {
        sleep(KEYS_EVERY).await;
        let fault = match read_keys(path) {
            Ok(keys) => {
                running.set_keys(keys);
                None
            }
            Err(failure) => Some(failure.messages.join(": ")),
        };
        if let Some(fault) = fault.as_ref().filter(|_| fault != last_fault) {
            printer.talk(&format!("the known keys stay: {fault}"));
        }
        last_fault = fault;
    }
}

fn read_flag<T: FromStr<Err: std::error::Error>>(text: Option<&str>) -> Result<Option<T>, Failure> {
    text.map(str::parse).transpose().map_err(|error| Failure::of(Exit::Usage, &error))
}

fn kept(path: &Path, pem: &str) -> Result<PathBuf, Failure> {
    named_path::write_file(path, pem.as_bytes(), Existing::IsReplaced)?;
    Ok(path.to_owned())
}

/// Lines for `eval`; without `--keys` the pair is the same in every sandbox and opens nothing else.
fn text(address: &Address) -> String {
    let mut text = format!(
        "export AWS_ENDPOINT_URL_S3={}\nexport AWS_DEFAULT_REGION={}\n\
         export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n\
         export AWS_REQUEST_CHECKSUM_CALCULATION=when_required\n\
         export AWS_RESPONSE_CHECKSUM_VALIDATION=when_required\n",
        address.endpoint, address.region, address.access_key_id, address.secret_access_key
    );
    if let Some(path) = &address.certificate {
        let path = quote_word(&path.display().to_string());
        text.push_str(&format!("export AWS_CA_BUNDLE={path}\n"));
    }
    text
}
