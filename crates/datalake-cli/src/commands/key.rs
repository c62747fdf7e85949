//! `key`: whether the key pair works, how old it is, and its change without downtime.

mod change;

use datalake_core::secret::Credentials;
use datalake_core::spec::CredentialSource;
use datalake_engine::{Clock, RetryingStore};
use datalake_operations::rotation::{
    KeyAgeReport, KeyCheckReport, KeySide, RotationReport, find_stored_key,
};

use crate::args::Cli;
use crate::args::key::{KeyCommand, NewKeyFlags};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::secrets;
use crate::site::{RETRY_BUDGET, Site};

const KEY_AGE: DocumentKind = DocumentKind::of::<KeyAgeReport>("key-age");
const KEY_CHECK: DocumentKind = DocumentKind::of::<KeyCheckReport>("key-check");
const KEY_ROTATION: DocumentKind = DocumentKind::of::<RotationReport>("key-rotation");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[KEY_AGE, KEY_CHECK, KEY_ROTATION];

pub(super) async fn run_key_command(
    cli: &Cli,
    what: &KeyCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    match what {
        KeyCommand::Check(flags) => check_keys(&site, flags).await,
        KeyCommand::Age => {
            let report = find_age(&site)?;
            printer.result(KEY_AGE, &report, &report.to_string());
            Ok(if report.is_old { Exit::Drift } else { Exit::Done })
        }
        KeyCommand::Rotate(flags) => change::rotate_key(&site, flags).await,
        KeyCommand::Abort(flags) => change::abort_rotation(&site, flags).await,
        KeyCommand::Finish(flags) => change::finish_rotation(&site, flags).await,
    }
}

fn find_age(site: &Site) -> Result<KeyAgeReport, Failure> {
    let (_, places) = site.host(&site.host_spec()?)?;
    let stored = find_stored_key(&site.context(), &places)?;
    Ok(KeyAgeReport::of_stored(stored.as_ref(), site.clock.now()))
}

async fn check_keys(site: &Site, flags: &NewKeyFlags) -> Result<Exit, Failure> {
    let spec = site.spec()?;
    let present = site.keys_from(&spec.credentials).await?;
    let new = read_new_key(site, flags).await?;
    let buckets = spec.list_buckets();
    let mut seen = Vec::new();
    for keys in [Some(&present), new.as_ref()].into_iter().flatten() {
        let store = site.store(&spec, keys)?;
        let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
        seen.push(KeySide { keys, store: &store }.ask_service(&buckets).await);
    }
    let [present, rest @ ..] = seen.as_slice() else { return Ok(Exit::Bug) };
    let stored = KeyAgeReport::find_on_host(&site.context(), &spec.host)?;
    let report = KeyCheckReport::judge_keys(present, rest.first(), stored);
    site.printer.result(KEY_CHECK, &report, &report.to_string());
    Ok(if report.is_well() { Exit::Done } else { Exit::Drift })
}

/// The new pair from a file or a descriptor; `None` where neither is named.
async fn read_new_key(site: &Site, flags: &NewKeyFlags) -> Result<Option<Credentials>, Failure> {
    let source = match (&flags.new_key_file, flags.new_key_fd) {
        (Some(path), _) => CredentialSource::File(path.to_string_lossy().into_owned()),
        (None, Some(number)) => CredentialSource::Fd(number),
        (None, None) => return Ok(None),
    };
    Ok(Some(secrets::load(&source, site.may_ask()).await?))
}
