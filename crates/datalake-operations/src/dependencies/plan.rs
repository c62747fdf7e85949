//! What is to be built and written.

use std::collections::BTreeMap;

use datalake_core::fault::Target;
use datalake_core::host::{FileState, HostPath, Mode, UnitName};
use datalake_core::plan::{DesiredFile, DesiredFiles, DesiredFolder, Plan, plan_files, rehearse};
use datalake_core::secret::{FileBody, FilledBody, Piece};
use datalake_dagster::{BaseImage, Dependencies, PackageSource, Recipe, image_drop_in};
use datalake_engine::{ImageName, Ports, look_at, read_paths};

use super::images::{FoundImages, UnitImage};
use super::standing::ImageStanding;
use crate::DagsterHost;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// All that is to be done.
pub struct DependencyPlan<'a> {
    /// The images, each once.
    pub builds: Vec<WantedImage<'a>>,
    /// Files and services.
    pub plan: Plan,
    /// What lies at the files' paths now.
    pub contents: BTreeMap<HostPath, FilledBody>,
}

/// An image to be built.
pub struct WantedImage<'a> {
    /// Its name.
    pub name: ImageName,
    /// How.
    pub recipe: Recipe,
    /// What it must have.
    pub needed: &'a Dependencies,
    /// The Python in it.
    pub python: &'a str,
    /// The id of the image that it is built from.
    pub base: &'a ImageName,
}

/// The recipe for a unit's image, under its name.
///
/// # Errors
///
/// [`OperationError`] where the unit's Python or its requirements make none.
pub fn make_recipe(
    unit: &UnitImage,
    source: &PackageSource,
) -> Result<(ImageName, Recipe), OperationError> {
    let base = BaseImage { id: unit.base.id.as_str(), user: unit.base.user.as_str() };
    let recipe = Recipe::new(base, &unit.python, &unit.needed, source).map_err(|error| {
        OperationError::of(ErrorKind::Config, &error).within(unit.base_name.to_string())
    })?;
    let name = recipe.tag.parse().map_err(|error| OperationError::of(ErrorKind::Bug, &error))?;
    Ok((name, recipe))
}

/// Plans what is to be done for the units that do not fit.
///
/// # Errors
///
/// [`OperationError`] where no image of ours can help, or nothing can be written.
pub async fn plan_dependencies<'a>(
    looked: &'a FoundImages,
    source: &PackageSource,
    dagster_host: &DagsterHost,
    ports: &Ports<'_>,
) -> Result<DependencyPlan<'a>, OperationError> {
    let (mut builds, mut desired) =
        (Vec::<WantedImage<'_>>::new(), DesiredDropIns::new(dagster_host, ports));
    for unit in &looked.units {
        match unit.standing() {
            ImageStanding::Fits => continue,
            ImageStanding::NotTakenUp => {
                desired.files.restart.push(unit.unit.clone());
                continue;
            }
            ImageStanding::Lacks | ImageStanding::Gone | ImageStanding::Stale => require_way(unit)?,
        }
        let (name, recipe) = make_recipe(unit, source)?;
        if !looked.podman.supports_drop_ins() {
            return Err(no_drop_ins(looked, &name, &unit.unit));
        }
        desired.add(&unit.unit, &name)?;
        if builds.iter().all(|wanted| wanted.name != name) {
            let (needed, python, base) = (&unit.needed, unit.python.as_str(), &unit.base.id);
            builds.push(WantedImage { name, recipe, needed, python, base });
        }
    }
    let (plan, contents) = plan_drop_ins(&desired.files, ports).await?;
    for step in &plan.steps {
        if let Target::Path(path) = step.action.target() {
            let writable = ports.files.require_writable(&path);
            writable.map_err(|fault| OperationError::at(&Target::Path(path), &fault))?;
        }
    }
    Ok(DependencyPlan { builds, plan, contents })
}

async fn plan_drop_ins(
    desired: &DesiredFiles,
    ports: &Ports<'_>,
) -> Result<(Plan, BTreeMap<HostPath, FilledBody>), OperationError> {
    let folders = desired.folders.iter().map(|folder| &folder.path);
    let paths: Vec<_> = folders.chain(desired.files.iter().map(|file| &file.path)).collect();
    let mut observation = read_paths(paths, ports);
    observation.observed.services = look_at(&Target::Services, ports).await.services;
    let plan = plan_files(desired, &observation.observed)?;
    let conflicts = rehearse(&plan, &observation.observed);
    if conflicts.is_empty() { Ok((plan, observation.contents)) } else { Err(conflicts.into()) }
}

/// The drop-ins, as they are put together.
struct DesiredDropIns<'a> {
    files: DesiredFiles,
    dagster_host: &'a DagsterHost,
    ports: &'a Ports<'a>,
}

impl<'a> DesiredDropIns<'a> {
    fn new(dagster_host: &'a DagsterHost, ports: &'a Ports<'a>) -> Self {
        let files = DesiredFiles { folders: Vec::new(), files: Vec::new(), restart: Vec::new() };
        Self { files, dagster_host, ports }
    }

    fn add(&mut self, unit: &UnitName, image: &ImageName) -> Result<(), OperationError> {
        let path = self.dagster_host.image_drop_in(unit)?;
        let place = self.dagster_host.find_unit_paths(unit);
        let owner = place.map_or(self.dagster_host.account.owner, |place| place.owner);
        let folders =
            place.into_iter().flat_map(|place| place.parents.iter().chain([&place.drop_ins]));
        for folder in folders.cloned() {
            if self.files.folders.iter().all(|known| known.path != folder) {
                let mode = Mode::PUBLIC_FOLDER;
                self.files.folders.push(DesiredFolder { path: folder, mode, owner });
            }
        }
        let text = image_drop_in(image.as_str());
        let content = self.ports.fingerprints.of(text.as_bytes());
        self.files.files.push(DesiredFile {
            path,
            body: FileBody::new([Piece::text(text)]),
            file: FileState { content, mode: Mode::PUBLIC, owner },
            why: "it has the container use the new image and leaves the unit file alone".to_owned(),
        });
        self.files.restart.push(unit.clone());
        Ok(())
    }
}

/// Refuses what cannot be helped by an image of ours.
fn require_way(unit: &UnitImage) -> Result<(), OperationError> {
    let name = &unit.base_name;
    let requirements: Vec<_> =
        unit.needed.requirements().iter().map(|word| format!("'{word}'")).collect();
    let line = format!("{} -m pip install {}", unit.python, requirements.join(" "));
    if let Some(made_by) = &unit.made_by {
        let message = format!("the image of `{}` is made by `{made_by}`", unit.unit);
        return Err(OperationError::new(ErrorKind::Config, message)
            .advise(format!("add to its Containerfile: RUN {line}")));
    }
    if unit.has_pip {
        return Ok(());
    }
    let message = format!("the `{}` of image `{name}` has no pip", unit.python);
    Err(OperationError::new(ErrorKind::Config, message).advise(format!(
        "add pip where the image is made (RUN {0} -m ensurepip, or uv pip install pip), or all of it: \
         uv pip install {1}",
        unit.python,
        requirements.join(" ")
    )))
}

fn no_drop_ins(looked: &FoundImages, image: &ImageName, unit: &UnitName) -> OperationError {
    let message =
        format!("podman {} ignores drop-ins; 5.0 is the first that reads them", looked.podman);
    OperationError::new(ErrorKind::Config, message)
        .advise(Advice::naming(
            "{} has the Containerfile: build it by hand",
            [AdvisedCommand::PlanDependenciesForPrograms],
        ))
        .advise(format!("then put this line into [Container] of `{unit}.container`: Image={image}"))
}
