//! `presign`: an address that carries a permission.

use datalake_core::Timestamp;
use datalake_engine::{Clock, Presign as _, SignedCall, VersionId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Cli;
use crate::args::objects::{Method, Presign};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_object};
use crate::render::{DocumentKind, Printer};

pub(super) const PRESIGN: DocumentKind = DocumentKind::of::<Signed<'static>>("presign");

/// An address that needs no key.
#[derive(Serialize, JsonSchema)]
struct Signed<'a> {
    /// The method that it is for.
    method: &'a str,
    /// The address.
    url: &'a str,
    /// Until when it is of use.
    valid_until: String,
    /// For so many seconds.
    seconds: u32,
}

pub(in crate::commands) async fn presign(
    cli: &Cli,
    flags: &Presign,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, key) = remote.key(&flags.keys)?;
    let version = flags.version_id.clone().map(VersionId);
    let (method, call) = match flags.method {
        Method::Get => ("GET", SignedCall::Get(&bucket, &key, version.as_ref())),
        Method::Put if version.is_some() => {
            return Err(Failure::new(Exit::Usage, "a version is read, never stored"));
        }
        Method::Put => ("PUT", SignedCall::Put(&bucket, &key)),
    };
    let now = remote.site.clock.now();
    let signed = remote.store.presign(&call, flags.expires, now);
    let url = signed.map_err(|fault| at_object(&bucket, &key)(fault).under(Exit::Usage))?;
    let seconds = flags.expires.seconds();
    let end = Timestamp::from_unix(now.unix() + i64::from(seconds));
    let valid_until = end.map_err(|error| Failure::of(Exit::Bug, &error))?.to_string();
    let text = format!("{}\n", url.expose());
    printer.talk(&format!("{method} until {valid_until}, for whoever has the address:"));
    printer.result(PRESIGN, Signed { method, url: url.expose(), valid_until, seconds }, &text);
    Ok(Exit::Done)
}
