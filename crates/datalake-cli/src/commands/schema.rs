//! `schema`: the shapes of the spec and of the documents that `--json` prints.

use datalake_core::spec::SpecDocument;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{
    access, bucket, config, cost, dagster, deps, discover, doctor, history, init, job, key, lake,
    migrate, modal, objects, project, provision, report, restore, rollback, schedule, shell,
    status, tables, transfer, usage,
};
use crate::args::Schema;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, ERROR, Printer};

/// The name under which the spec is asked for.
const SPEC: &str = "spec";

/// A JSON Schema, or the names of all.
const SCHEMA: DocumentKind = DocumentKind::of::<Value>("schema");
const SCHEMAS: DocumentKind = DocumentKind::of::<Vec<String>>("schemas");

pub(super) fn schema(flags: &Schema, printer: Printer) -> Result<Exit, Failure> {
    let Some(name) = &flags.kind else {
        let names: Vec<_> = [SPEC].into_iter().chain(kinds().map(DocumentKind::name)).collect();
        printer.result(SCHEMAS, &names, &(names.join("\n") + "\n"));
        return Ok(Exit::Done);
    };
    let schema = match kinds().find(|kind| kind.name() == name) {
        Some(kind) => kind.schema(),
        None if name == SPEC => spec(),
        None => return Err(unknown(name)),
    };
    printer.result(SCHEMA, &schema, &format!("{schema:#}\n"));
    Ok(Exit::Done)
}

fn unknown(name: &str) -> Failure {
    Failure::new(Exit::Usage, format!("`{name}` is not a kind of document"))
        .hint("datalake schema lists all kinds")
}

/// The schema of `datalake.yaml`, for editors.
fn spec() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<SpecDocument>();
    schema.insert("title".to_owned(), "datalake.yaml".into());
    schema.to_value()
}

/// Every kind of document, by name.
fn kinds() -> impl Iterator<Item = DocumentKind> {
    let mut kinds: Vec<_> = [
        access::KINDS,
        bucket::KINDS,
        config::KINDS,
        cost::KINDS,
        dagster::KINDS,
        deps::KINDS,
        doctor::KINDS,
        job::KINDS,
        key::KINDS,
        lake::KINDS,
        migrate::KINDS,
        modal::KINDS,
        objects::KINDS,
        restore::KINDS,
        tables::KINDS,
        transfer::KINDS,
        usage::KINDS,
        &[
            ERROR,
            SCHEMA,
            SCHEMAS,
            discover::DISCOVER,
            history::HISTORY,
            history::RECEIPT,
            init::INIT,
            project::DAGSTER_INIT,
            provision::PLAN,
            provision::PROVISION,
            report::REPORT,
            report::REPORT_PAGE,
            rollback::ROLLBACK,
            schedule::SCHEDULE,
            shell::COMPLETIONS,
            status::STATUS,
        ],
        #[cfg(feature = "sandbox")]
        &[super::demo::DEMO, super::sandbox::SANDBOX],
    ]
    .concat();
    kinds.sort_by_key(|kind| kind.name());
    kinds.into_iter()
}
