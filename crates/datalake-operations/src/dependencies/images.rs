//! Which image each unit has, and which packages are in it.

use std::collections::BTreeMap;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, UnitName};
use datalake_core::plan::Found;
use datalake_core::spec::Logs;
use datalake_dagster::{
    BASE_LABEL, DROP_IN_NAME, Dependencies, Unfit, WantedLibraries, find_dependencies,
    image_in_drop_in, is_plain_image,
};
use datalake_engine::{DeployedUnit, Image, ImageName, SeenEntry};
use datalake_quadlet::{PodmanVersion, UnitFile};

use super::packages::{FoundPython, ImageInspector};
use crate::DagsterHost;
use crate::HostContext;
use crate::{ErrorKind, OperationError};

/// What is wanted, and how to look.
pub struct ImageQuestion<'a> {
    /// What is wanted besides Dagster's library.
    pub wish: WantedLibraries,
    /// The program in the image that is its Python, where it is none of the usual.
    pub python: Option<&'a str>,
    /// Where the spec has what steps print: in the bucket, all that load `dagster.yaml` need the library.
    pub logs: Logs,
}

/// All units, and the podman that reads them.
pub struct FoundImages {
    /// The version of podman.
    pub podman: PodmanVersion,
    /// The units in the order of the spec.
    pub units: Vec<UnitImage>,
}

/// A unit, its own image, and the one that datalake has built for it.
pub struct UnitImage {
    /// Its name.
    pub unit: UnitName,
    /// The image that unit file and other drop-ins name.
    pub base_name: ImageName,
    /// Another quadlet that makes that image: it has to be changed there.
    pub made_by: Option<String>,
    /// The same as podman has it.
    pub base: Image,
    /// Its Python.
    pub python: String,
    /// Whether that has pip.
    pub has_pip: bool,
    /// What has to be in it, and what is.
    pub needed: Dependencies,
    /// The image that datalake's drop-in names.
    pub own: Option<BuiltImage>,
    /// The image that its container runs.
    pub running: Option<String>,
}

/// An image that datalake has built.
pub struct BuiltImage {
    /// Its name.
    pub name: ImageName,
    /// What has to be in it, and what is; `None` where it is gone, or holds no Dagster.
    pub needed: Option<Dependencies>,
    /// The id of the image that it was built from.
    pub base: Option<String>,
}

/// Looks at the image of every unit that runs user code, and of those for which one was built already.
/// Programs of the images are run, without a network; nothing is
/// changed.
///
/// # Errors
///
/// [`OperationError`] where an image cannot be looked into.
pub async fn look_into_images(
    question: &ImageQuestion<'_>,
    context: &HostContext<'_>,
    dagster_host: &DagsterHost,
) -> Result<FoundImages, OperationError> {
    let found = dagster_host.found(context).await;
    let podman = match &found.podman {
        Found::Present(version) => {
            version.parse().map_err(|error| OperationError::of(ErrorKind::Unavailable, &error))?
        }
        Found::Absent => return Err(OperationError::new(ErrorKind::Config, "there is no podman")),
        Found::Unknown(fault) => return Err(dagster_host.failure("podman", fault)),
    };
    let inspector = ImageInspector::of(dagster_host.images(), question.python);
    let mut reader = ImageReader { question, context, dagster_host, inspector };
    let mut units = Vec::new();
    let asked = dagster_host.find_asked_units(context, question.logs);
    for unit in &found.units {
        if asked.contains(&unit.name) || reader.names_built_image(unit)? {
            units.push(reader.read_unit(unit).await?);
        }
    }
    Ok(FoundImages { podman, units })
}

struct ImageReader<'a> {
    question: &'a ImageQuestion<'a>,
    context: &'a HostContext<'a>,
    dagster_host: &'a DagsterHost,
    inspector: ImageInspector<'a>,
}

impl ImageReader<'_> {
    /// Whether datalake's drop-in names an image for the unit.
    fn names_built_image(&self, unit: &DeployedUnit) -> Result<bool, OperationError> {
        let own = self.dagster_host.image_drop_in(&unit.name)?;
        Ok(unit.drop_ins.contains(&own))
    }

    async fn read_unit(&mut self, unit: &DeployedUnit) -> Result<UnitImage, OperationError> {
        let running = match &unit.container {
            Found::Present(container) => Some(container.image.clone()),
            Found::Absent => None,
            Found::Unknown(fault) => {
                return Err(self.dagster_host.failure(unit.name.as_str(), fault));
            }
        };
        let (value, own) = self.read_names(unit)?;
        let (base_name, made_by) = base_of(unit, value, running.as_deref())?;
        let base = match self.dagster_host.images().image(&base_name).await {
            Ok(base) => base,
            Err(fault) => return Err(self.no_image(&base_name, &fault)),
        };
        let FoundPython { python, packages } = self.inspector.inspect(&base_name, &base.id).await?;
        let needed = find_dependencies(&packages, self.question.wish)
            .map_err(|error| refuse_image(&error, &base_name, &python))?;
        let has_pip = packages.pip.is_some();
        let own = match own {
            Some(name) => Some(self.find_built(name).await?),
            None => None,
        };
        let unit = unit.name.clone();
        Ok(UnitImage { unit, base_name, made_by, base, python, has_pip, needed, own, running })
    }

    /// What `Image=` says without datalake's drop-in, and the image that this one names.
    fn read_names(
        &self,
        unit: &DeployedUnit,
    ) -> Result<(Option<String>, Option<ImageName>), OperationError> {
        let file = match &unit.file {
            Found::Present(file) => file,
            Found::Unknown(fault) => {
                return Err(self.dagster_host.failure(unit.name.as_str(), fault));
            }
            Found::Absent => {
                let message =
                    format!("there is no `{}.container` in any quadlet folder", unit.name);
                return Err(OperationError::new(ErrorKind::Config, message).advise(
                    "name the quadlet units that run Dagster: `host: { units: [NAME, …] }`",
                ));
            }
        };
        let own = self.dagster_host.image_drop_in(&unit.name)?;
        let (mut value, mut name) = (image_of(&self.read_text(file)?), None);
        for path in in_force(&unit.drop_ins) {
            let text = self.read_text(path)?;
            if *path == own {
                name = image_in_drop_in(&text).and_then(|name| name.parse().ok());
            } else if let Some(image) = image_of(&text) {
                if path.file_name() >= DROP_IN_NAME {
                    return Err(refuse_later_image(path));
                }
                value = Some(image);
            }
        }
        Ok((value, name))
    }

    fn read_text(&self, path: &HostPath) -> Result<String, OperationError> {
        let at = |fault: Fault| {
            OperationError::at(&datalake_core::fault::Target::Path(path.clone()), &fault)
        };
        match self.context.files.look(path).map_err(at)? {
            SeenEntry::File { content, .. } => {
                Ok(String::from_utf8_lossy(content.expose()).into_owned())
            }
            SeenEntry::Folder(_) => Err(at(Fault::new(FaultKind::NotPlain, "it is a folder"))),
        }
    }

    async fn find_built(&mut self, name: ImageName) -> Result<BuiltImage, OperationError> {
        let image = match self.dagster_host.images().image(&name).await {
            Ok(image) => image,
            Err(fault) if fault.kind == FaultKind::Absent => {
                return Ok(BuiltImage { name, needed: None, base: None });
            }
            Err(fault) => return Err(self.dagster_host.failure(name.as_str(), &fault)),
        };
        let FoundPython { packages, .. } = self.inspector.inspect(&name, &image.id).await?;
        let needed = find_dependencies(&packages, self.question.wish).ok();
        Ok(BuiltImage { name, needed, base: image.labels.get(BASE_LABEL).cloned() })
    }

    fn no_image(&self, name: &ImageName, fault: &Fault) -> OperationError {
        if fault.kind != FaultKind::Absent {
            return self.dagster_host.failure(name.as_str(), fault);
        }
        let user = &self.dagster_host.host.user;
        OperationError::new(ErrorKind::Config, format!("{user}'s podman holds no image `{name}`"))
            .advise(format!("as {user}: podman pull {name}"))
    }
}

/// The drop-ins that count, in the order in which they are read: by their files' names, and of one
/// name that in the folder for the unit alone.
fn in_force(drop_ins: &[HostPath]) -> Vec<&HostPath> {
    let mut by_name: BTreeMap<&str, &HostPath> = BTreeMap::new();
    let folder = |path: &HostPath| path.parent().map_or(0, |folder| folder.file_name().len());
    for path in drop_ins {
        let kept = by_name.entry(path.file_name()).or_insert(path);
        if folder(path) > folder(kept) {
            *kept = path;
        }
    }
    by_name.into_values().collect()
}

fn image_of(text: &str) -> Option<String> {
    UnitFile::parse(text).last("Container", "Image").map(str::to_owned)
}

/// The image's own name; where `Image=` gives none outright, that which the container runs.
fn base_of(
    unit: &DeployedUnit,
    value: Option<String>,
    running: Option<&str>,
) -> Result<(ImageName, Option<String>), OperationError> {
    let Some(value) = value else {
        let message = format!("`{}.container` names no image", unit.name);
        return Err(OperationError::new(ErrorKind::Config, message));
    };
    let odd = |name: &str| {
        let message = format!("`{}` has the image `{name}`, which is not a plain name", unit.name);
        OperationError::new(ErrorKind::Config, message)
    };
    if is_plain_image(&value) {
        return Ok((value.parse().map_err(|_| odd(&value))?, None));
    }
    let base = running.and_then(|running| running.parse().ok());
    base.map(|base| (base, Some(value.clone()))).ok_or_else(|| {
        odd(&value).advise("start the service: its container then shows which image it uses")
    })
}

fn refuse_later_image(path: &HostPath) -> OperationError {
    let message = format!("`{path}` sets `Image=` after datalake's `{DROP_IN_NAME}` could");
    OperationError::new(ErrorKind::Config, message)
        .advise("give that file a name that comes before, such as `50-image.conf`")
}

fn refuse_image(error: &Unfit, name: &ImageName, python: &str) -> OperationError {
    let failure = OperationError::of(ErrorKind::Config, error).within(format!("image `{name}`"));
    match error {
        Unfit::NoDagster => failure.advise(format!(
            "`{python}` was asked; where Dagster has an environment of its own, name that \
             one's: --python /opt/venv/bin/python"
        )),
        _ => failure.advise("use an image with a released Dagster, such as 1.12.6"),
    }
}
