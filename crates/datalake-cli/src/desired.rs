//! The spec turned into exact buckets, files and bodies.

use datalake_core::{
    Credentials, Desired, DesiredBucket, DesiredFile, DesiredFolder, Entry, Fault, FaultKind,
    FileBody, FileState, FilledBody, FingerprintKey, Found, HostPath, InvalidKey, Lifecycle, Mode,
    Piece, RunId, SecretName, Spec, Target,
};
use datalake_engine::Sighting;
use datalake_host::Account;
use datalake_quadlet::{
    EnvError, EnvValue, S3_VARIABLES, Trouble, UnitFile, Unwritable, drop_in, env_body,
    find_troubles, repaired,
};

use crate::places::{Places, UnitPlaces};

/// Everything that the spec is read against.
pub(crate) struct Context<'a> {
    /// The spec.
    pub spec: &'a Spec,
    /// The key pair.
    pub keys: &'a Credentials,
    /// The service user.
    pub account: &'a Account,
    /// Where things lie.
    pub places: &'a Places,
    /// What was seen there.
    pub sighting: &'a Sighting,
    /// Recognises contents.
    pub fingerprints: &'a FingerprintKey,
    /// The run that the plan is for.
    pub run: &'a RunId,
}

/// Why the spec cannot be turned into exact things on this host.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// The prefix and the probe's name make no key.
    #[error("the prefix does not make an object key")]
    Key(#[from] InvalidKey),
    /// A value cannot stand in the env file.
    #[error("the env file cannot be written")]
    Env(#[from] EnvError),
    /// The env file's path cannot stand in a drop-in.
    #[error("the drop-in cannot be written")]
    DropIn(#[from] Unwritable),
    /// A unit could not be looked at, or is not there.
    #[error("{0}")]
    Unit(Target, Fault),
    /// A unit file holds bytes that are no text.
    #[error("`{0}` is not UTF-8 text")]
    NotText(HostPath),
}

/// What in the unit files themselves has to be put right, for people.
pub(crate) struct Repair<'a> {
    /// The unit.
    pub unit: &'a UnitPlaces,
    /// What is wrong in it.
    pub troubles: Vec<Trouble>,
}

/// Turns the spec into exact things.
///
/// # Errors
///
/// [`Unfit`] where a unit is missing or unknown, or a value cannot be carried safely.
pub(crate) fn desired(context: &Context<'_>) -> Result<Desired, Unfit> {
    let Context { spec, places, account, .. } = context;
    let folder =
        |path: &HostPath, mode| DesiredFolder { path: path.clone(), mode, owner: account.owner };
    let env_folders = places.env_folders.iter().map(|path| folder(path, Mode::PRIVATE_FOLDER));
    let drop_ins = places.units.iter().map(|unit| folder(&unit.drop_ins, Mode::PUBLIC_FOLDER));
    let mut files = vec![env_file(context)?];
    for unit in &places.units {
        files.push(drop_in_file(unit, context)?);
        files.extend(repaired_unit(unit, context)?);
    }
    Ok(Desired {
        bucket: DesiredBucket {
            name: spec.bucket.clone(),
            versioning: spec.protect.versioning,
            lifecycle: Lifecycle::protection(
                spec.protect.keep_old_versions,
                spec.protect.abort_uploads,
            ),
        },
        probe: spec.prefix.key(&format!(".datalake-probe-{}", context.run))?,
        folders: env_folders.chain(drop_ins).collect(),
        files,
    })
}

/// What has to be put right in the unit files; the plan holds the lines, this tells why.
#[must_use]
pub(crate) fn repairs<'a>(places: &'a Places, sighting: &Sighting) -> Vec<Repair<'a>> {
    let repair = |unit: &'a UnitPlaces| {
        let text = text_of(unit, sighting)?;
        let troubles = find_troubles(&UnitFile::parse(&text), &S3_VARIABLES);
        (!troubles.is_empty()).then_some(Repair { unit, troubles })
    };
    places.units.iter().filter_map(repair).collect()
}

fn env_file(context: &Context<'_>) -> Result<DesiredFile, Unfit> {
    let spec = context.spec;
    let value = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => EnvValue::Secret(SecretName::AccessKeyId),
        "AWS_SECRET_ACCESS_KEY" => EnvValue::Secret(SecretName::SecretAccessKey),
        "DAGSTER_S3_BUCKET" => EnvValue::Text(spec.bucket.to_string()),
        "AWS_ENDPOINT_URL_S3" | "DAGSTER_S3_ENDPOINT_URL" => {
            EnvValue::Text(spec.endpoint.to_string())
        }
        "AWS_REGION" | "AWS_DEFAULT_REGION" | "DAGSTER_S3_REGION" => {
            EnvValue::Text(spec.region.to_string())
        }
        // boto3 from 1.36 on sends checksums that Hetzner's gateways refuse, unless told so.
        _ => EnvValue::Text("when_required".to_owned()),
    };
    let entries = S3_VARIABLES.map(|name| (name.to_owned(), value(name)));
    let body = env_body(&entries)?;
    let why = "the containers read address and keys from it";
    Ok(file(context, context.places.env_file.clone(), (body, Mode::PRIVATE), why))
}

fn drop_in_file(unit: &UnitPlaces, context: &Context<'_>) -> Result<DesiredFile, Unfit> {
    let text = drop_in(&context.places.env_file, &S3_VARIABLES)?;
    let body = FileBody::new([Piece::text(text)]);
    let why = "it hands the variables to the container and leaves the unit file alone";
    Ok(file(context, unit.drop_in.clone(), (body, Mode::PUBLIC), why))
}

fn file(
    context: &Context<'_>,
    path: HostPath,
    (body, mode): (FileBody, Mode),
    why: &str,
) -> DesiredFile {
    let filled = body.fill(context.keys, b"").unwrap_or_else(|_| FilledBody::new(Vec::new()));
    let content = context.fingerprints.of(filled.expose());
    let file = FileState { content, mode, owner: context.account.owner };
    DesiredFile { path, body, file, why: why.to_owned() }
}

/// The unit file without the lines that do harm; `None` where there are none.
fn repaired_unit(unit: &UnitPlaces, context: &Context<'_>) -> Result<Option<DesiredFile>, Unfit> {
    let target = || Target::Path(unit.file.clone());
    let state = match context.sighting.observed.path(&unit.file) {
        Found::Present(Entry::File(state)) => state,
        Found::Present(Entry::Folder(_)) => {
            let fault = Fault::new(FaultKind::NotPlain, "a folder, not a file");
            return Err(Unfit::Unit(target(), fault));
        }
        Found::Absent => {
            let fault = Fault::new(FaultKind::Absent, "no such container unit");
            return Err(Unfit::Unit(target(), fault));
        }
        Found::Unknown(fault) => return Err(Unfit::Unit(target(), fault)),
    };
    let Some(text) = text_of(unit, context.sighting) else {
        return Err(Unfit::NotText(unit.file.clone()));
    };
    let parsed = UnitFile::parse(&text);
    if find_troubles(&parsed, &S3_VARIABLES).is_empty() {
        return Ok(None);
    }
    let edited = repaired(&parsed, &S3_VARIABLES);
    let content = context.fingerprints.of(edited.text().as_bytes());
    Ok(Some(DesiredFile {
        path: unit.file.clone(),
        body: edited.body(),
        file: FileState { content, ..state },
        why: "lines of it keep the service from starting or from seeing the new values".to_owned(),
    }))
}

fn text_of(unit: &UnitPlaces, sighting: &Sighting) -> Option<String> {
    let content = sighting.contents.get(&unit.file)?;
    String::from_utf8(content.expose().to_vec()).ok()
}
