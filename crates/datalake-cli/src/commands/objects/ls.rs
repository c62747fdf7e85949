//! `ls`: keys, printed as their pages come.

use std::io::IsTerminal;

use datalake_core::{BucketName, Fault, KeyPattern};
use datalake_engine::{FolderEntry, Lake, ObjectEntry, Walk};
use schemars::JsonSchema;
use serde::Serialize;

use super::listed::{self, Form};
use super::nothing;
use crate::args::{Cli, objects::Ls};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{DocumentKind, Printer, Rows, counted, size};

pub(super) const LS_END: DocumentKind = DocumentKind::of::<Sum>("ls-end");

/// What was listed, in sum.
#[derive(Default, Serialize, JsonSchema)]
struct Sum {
    /// How many objects.
    objects: u64,
    /// How many folders.
    folders: u64,
    /// How many versions and delete markers.
    versions: u64,
    /// The size of objects and versions, in bytes.
    bytes: u64,
}

/// What is listed, and how.
struct Listing<'a> {
    bucket: &'a BucketName,
    pattern: &'a KeyPattern,
    form: Form,
}

pub(in crate::commands) async fn ls(
    cli: &Cli,
    flags: &Ls,
    printer: Printer,
) -> Result<Exit, Failure> {
    let form = form(flags, printer)?;
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.keys(&flags.keys, flags.no_glob)?;
    let lake = remote.lake();
    let mut rows = Rows::new(printer);
    let listing = Listing { bucket: &bucket, pattern: &pattern, form };
    let sum = if flags.versions {
        listing.versions(&lake, &mut rows).await
    } else if flags.recursive || !pattern.stays_in_one_folder() {
        listing.all(&lake, &mut rows).await
    } else {
        listing.folder(&lake, &mut rows).await
    };
    let sum = sum.map_err(|fault| {
        // What was printed so far is no whole listing.
        rows.flush();
        at_bucket(&bucket)(fault)
    })?;
    if sum.is_empty() && !flags.keys.key.is_empty() {
        return Err(nothing(&bucket, &flags.keys.key, &pattern));
    }
    if printer.is_json() {
        rows.row(LS_END, &sum, String::new);
    } else if flags.long {
        rows.flush();
        printer.talk(&format!("{}, {}", counted(sum.objects, "object"), size(sum.bytes)));
    }
    Ok(Exit::Done)
}

fn form(flags: &Ls, printer: Printer) -> Result<Form, Failure> {
    if !flags.null {
        return Ok(if flags.long { Form::Long } else { Form::Short });
    }
    if printer.is_json() {
        return Err(Failure::new(Exit::Usage, "--null and --json are two forms: choose one"));
    }
    if std::io::stdout().is_terminal() {
        return Err(Failure::new(Exit::Usage, "unescaped keys are not for a terminal")
            .hint("--null is for programs: `datalake ls -r -0 tmp/ | xargs -0 …`"));
    }
    Ok(Form::Null)
}

impl Listing<'_> {
    /// Without a wildcard a text means all that begin with it.
    fn takes(&self, key: &str) -> bool {
        !self.pattern.has_wildcards() || self.pattern.fits(key)
    }

    async fn all(&self, lake: &dyn Lake, rows: &mut Rows) -> Result<Sum, Fault> {
        let mut sum = Sum::default();
        let mut walk = Walk::objects(lake, self.bucket, self.pattern.literal()).await?;
        while let Some(page) = walk.next().await? {
            for object in page.iter().filter(|object| self.takes(object.key.as_str())) {
                self.object(object, rows, &mut sum);
            }
            if !rows.flush() {
                break;
            }
        }
        Ok(sum)
    }

    async fn folder(&self, lake: &dyn Lake, rows: &mut Rows) -> Result<Sum, Fault> {
        let mut sum = Sum::default();
        let mut walk = Walk::folder(lake, self.bucket, self.pattern.literal());
        while let Some(page) = walk.next().await? {
            for entry in &page {
                match entry {
                    FolderEntry::Object(object) if self.takes(object.key.as_str()) => {
                        self.object(object, rows, &mut sum);
                    }
                    FolderEntry::Folder(name) if self.takes(name.trim_end_matches('/')) => {
                        sum.folders += 1;
                        listed::folder(rows, self.form, name);
                    }
                    _ => (),
                }
            }
            if !rows.flush() {
                break;
            }
        }
        Ok(sum)
    }

    async fn versions(&self, lake: &dyn Lake, rows: &mut Rows) -> Result<Sum, Fault> {
        let mut sum = Sum::default();
        let mut walk = Walk::versions(lake, self.bucket, self.pattern.literal()).await?;
        while let Some(page) = walk.next().await? {
            for version in page.iter().filter(|version| self.takes(version.key.as_str())) {
                sum.versions += 1;
                listed::version(rows, version);
            }
            if !rows.flush() {
                break;
            }
        }
        Ok(sum)
    }

    fn object(&self, object: &ObjectEntry, rows: &mut Rows, sum: &mut Sum) {
        sum.objects += 1;
        sum.bytes += object.size.0;
        listed::object(rows, self.form, object);
    }
}

impl Sum {
    fn is_empty(&self) -> bool {
        self.objects + self.folders + self.versions == 0
    }
}
