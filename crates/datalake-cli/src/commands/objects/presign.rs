//! `presign`: an address that carries a permission.

use datalake_engine::{Clock, VersionId};
use datalake_operations::lake::{PresignRequest, PrintedAddress, SignedAccess};

use crate::args::Cli;
use crate::args::objects::{Method, PresignFlags};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer};

pub(super) const PRESIGN: DocumentKind = DocumentKind::of::<PrintedAddress<'static>>("presign");

pub(in crate::commands) async fn presign(
    cli: &Cli,
    flags: &PresignFlags,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, key) = remote.client().parse_key(&flags.keys)?;
    let access = match (flags.method, &flags.version_id) {
        (Method::Get, version) => SignedAccess::Read(version.clone().map(VersionId)),
        (Method::Put, None) => SignedAccess::Store,
        (Method::Put, Some(_)) => {
            return Err(Failure::new(Exit::Usage, "a version is read, never stored"));
        }
    };
    let (now, expiry, method) = (remote.site.clock.now(), flags.expires, access.method());
    let request = PresignRequest { bucket: &bucket, key: &key, access, expiry, now };
    let signed = request.sign(&remote.store, &remote.store).await?;
    if let Some(fault) = signed.doubt {
        printer.talk(&format!("whether the object is there is not known: {fault}"));
    }
    let (url, valid_until) = (signed.url.expose(), signed.valid_until.to_string());
    printer.talk(&format!("{method} until {valid_until}, for whoever has the address:"));
    let data = PrintedAddress { method, url, valid_until, seconds: expiry.seconds() };
    printer.result(PRESIGN, data, &format!("{url}\n"));
    Ok(Exit::Done)
}
