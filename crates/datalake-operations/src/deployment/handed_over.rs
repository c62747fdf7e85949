//! What datalake hands over to the containers, read back from where it lies.

use datalake_core::fault::Fault;
use datalake_core::host::HostPath;
use datalake_core::plan::Found;
use datalake_core::secret::FilledBody;
use datalake_desired::HostPaths;
use datalake_engine::Secrets;
use datalake_quadlet::UnitFile;
use schemars::JsonSchema;
use serde::Serialize;

use super::read_content;
use crate::HostContext;

/// The settings as `NAME=value`, line by line, and where they lie.
pub struct HandedOverSettings {
    /// The settings, which are secret.
    pub settings: Found<FilledBody>,
    /// Where they lie.
    pub source: Source,
}

/// Where the settings lie that are handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// In the env file.
    EnvFile,
    /// With podman, and in the drop-in that names its secrets.
    PodmanSecrets,
}

impl Source {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::EnvFile => "the env file",
            Self::PodmanSecrets => "podman's secrets",
        }
    }
}

/// Reads the env file, or where there is none the drop-in that names podman's secrets.
pub async fn handed_over(
    context: &HostContext<'_>,
    places: &HostPaths,
    secrets: &dyn Secrets,
) -> HandedOverSettings {
    let env_file = HandedOverSettings {
        settings: read_content(context, &places.env_file),
        source: Source::EnvFile,
    };
    let drop_in = places.units.first().map(|unit| &unit.drop_in);
    let (Found::Absent, Some(drop_in)) = (&env_file.settings, drop_in) else { return env_file };
    match by_drop_in(context, drop_in, secrets).await {
        Ok(Some(settings)) => {
            let settings = Found::Present(FilledBody::new(settings));
            HandedOverSettings { settings, source: Source::PodmanSecrets }
        }
        Ok(None) => env_file,
        Err(fault) => {
            HandedOverSettings { settings: Found::Unknown(fault), source: Source::PodmanSecrets }
        }
    }
}

/// What a drop-in gives its container by podman's secrets and by itself; `None` where it names no
/// secret.
async fn by_drop_in(
    context: &HostContext<'_>,
    drop_in: &HostPath,
    secrets: &dyn Secrets,
) -> Result<Option<Vec<u8>>, Fault> {
    let text = match read_content(context, drop_in) {
        Found::Present(text) => text,
        Found::Absent => return Ok(None),
        Found::Unknown(fault) => return Err(fault),
    };
    let unit = UnitFile::parse(&String::from_utf8_lossy(text.expose()));
    let mut settings = Vec::new();
    for word in unit.words("Container", "Secret") {
        let target = word.split(',').find_map(|part| part.strip_prefix("target="));
        let name = word.split(',').next().and_then(|name| name.parse().ok());
        if let (Some(name), Some(target)) = (name, target) {
            let value = secrets.look(&name).await?;
            settings.extend([target.as_bytes(), b"=", value.expose(), b"\n"].concat());
        }
    }
    if settings.is_empty() {
        return Ok(None);
    }
    for word in unit.words("Container", "Environment") {
        settings.extend([word.as_bytes(), b"\n"].concat());
    }
    Ok(Some(settings))
}
