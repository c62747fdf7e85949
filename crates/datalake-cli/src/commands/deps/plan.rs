//! What is to be built and written.

use std::collections::BTreeMap;

use datalake_core::{
    DesiredFile, DesiredFiles, DesiredFolder, FileBody, FileState, FilledBody, HostPath,
    InvalidPath, Mode, Piece, Plan, Target, UnitName, plan_files, rehearse,
};
use datalake_dagster::{Dependencies, Recipe, Source, image_drop_in};
use datalake_engine::{ImageName, Ports, look_at, observe_paths};

use super::look::{Looked, LookedUnit, Standing};
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::site::Site;

/// All that is to be done.
pub(super) struct Next<'a> {
    /// The images, each once.
    pub builds: Vec<Wanted<'a>>,
    /// Files and services.
    pub plan: Plan,
    /// What lies at the files' paths now.
    pub contents: BTreeMap<HostPath, FilledBody>,
}

/// An image to be built.
pub(super) struct Wanted<'a> {
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
pub(super) fn recipe(unit: &LookedUnit, source: &Source) -> Result<(ImageName, Recipe), Failure> {
    let base = (unit.base.id.as_str(), unit.base.user.as_str());
    let recipe = Recipe::new(base, &unit.python, &unit.needed, source)
        .map_err(|error| Failure::of(Exit::Config, &error).within(unit.base_name.to_string()))?;
    let name = recipe.tag.parse().map_err(|error| Failure::of(Exit::Bug, &error))?;
    Ok((name, recipe))
}

/// Plans what is to be done for the units that do not fit.
pub(super) async fn next<'a>(
    looked: &'a Looked,
    source: &Source,
    (site, ground): (&Site, &Ground),
    ports: &Ports<'_>,
) -> Result<Next<'a>, Failure> {
    let (mut builds, mut desired) = (Vec::<Wanted<'_>>::new(), Desired::new(ground, ports));
    for unit in &looked.units {
        match unit.standing() {
            Standing::Fits => continue,
            Standing::NotTakenUp => {
                desired.files.restart.push(unit.unit.clone());
                continue;
            }
            Standing::Lacks | Standing::Gone | Standing::Stale => require_way(unit)?,
        }
        let (name, recipe) = recipe(unit, source)?;
        if !looked.podman.supports_drop_ins() {
            return Err(no_drop_ins(looked, &name, &unit.unit));
        }
        desired.add(&unit.unit, &name)?;
        if builds.iter().all(|wanted| wanted.name != name) {
            let (needed, python, base) = (&unit.needed, unit.python.as_str(), &unit.base.id);
            builds.push(Wanted { name, recipe, needed, python, base });
        }
    }
    let (plan, contents) = planned(&desired.files, ports).await?;
    for step in &plan.steps {
        if let Target::Path(path) = step.action.target() {
            let writable = site.host.require_writable(&path);
            writable.map_err(|fault| Failure::at(&Target::Path(path), &fault))?;
        }
    }
    Ok(Next { builds, plan, contents })
}

async fn planned(
    desired: &DesiredFiles,
    ports: &Ports<'_>,
) -> Result<(Plan, BTreeMap<HostPath, FilledBody>), Failure> {
    let folders = desired.folders.iter().map(|folder| &folder.path);
    let paths: Vec<_> = folders.chain(desired.files.iter().map(|file| &file.path)).collect();
    let mut sighting = observe_paths(paths, ports);
    sighting.observed.services = look_at(&Target::Services, ports).await.services;
    let plan = plan_files(desired, &sighting.observed)?;
    let conflicts = rehearse(&plan, &sighting.observed);
    if conflicts.is_empty() { Ok((plan, sighting.contents)) } else { Err(conflicts.into()) }
}

/// The drop-ins, as they are put together.
struct Desired<'a> {
    files: DesiredFiles,
    ground: &'a Ground,
    ports: &'a Ports<'a>,
}

impl<'a> Desired<'a> {
    fn new(ground: &'a Ground, ports: &'a Ports<'a>) -> Self {
        let files = DesiredFiles { folders: Vec::new(), files: Vec::new(), restart: Vec::new() };
        Self { files, ground, ports }
    }

    fn add(&mut self, unit: &UnitName, image: &ImageName) -> Result<(), Failure> {
        let owner = self.ground.account.owner;
        let path = self.ground.image_drop_in(unit)?;
        for folder in self.folders(&path)? {
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

    /// The folders above a file that lie in the user's home, parents first.
    fn folders(&self, file: &HostPath) -> Result<Vec<HostPath>, Failure> {
        let unfit = |error: InvalidPath| Failure::of(Exit::Config, &error);
        let config = self.ground.account.home.join(".config").map_err(unfit)?;
        let mut folders = Vec::new();
        let mut folder = file.parent();
        while let Some(path) = folder {
            let is_first = path == config;
            folder = path.parent();
            folders.insert(0, path);
            if is_first {
                return Ok(folders);
            }
        }
        Ok(folders)
    }
}

/// Refuses what cannot be helped by an image of ours.
fn require_way(unit: &LookedUnit) -> Result<(), Failure> {
    let name = &unit.base_name;
    let requirements: Vec<_> =
        unit.needed.requirements().iter().map(|word| format!("'{word}'")).collect();
    let line = format!("{} -m pip install {}", unit.python, requirements.join(" "));
    if let Some(made_by) = &unit.made_by {
        let message = format!("the image of `{}` is made by `{made_by}`", unit.unit);
        return Err(Failure::new(Exit::Config, message)
            .hint(format!("add to its Containerfile: RUN {line}")));
    }
    if unit.has_pip {
        return Ok(());
    }
    let message = format!("the `{}` of image `{name}` has no pip", unit.python);
    Err(Failure::new(Exit::Config, message).hint(format!(
        "add pip where the image is made (RUN {0} -m ensurepip, or uv pip install pip), or all of it: \
         uv pip install {1}",
        unit.python,
        requirements.join(" ")
    )))
}

fn no_drop_ins(looked: &Looked, image: &ImageName, unit: &UnitName) -> Failure {
    let message =
        format!("podman {} ignores drop-ins; 5.0 is the first that reads them", looked.podman);
    Failure::new(Exit::Config, message)
        .hint("`datalake --json dagster deps plan` has the Containerfile: build it by hand")
        .hint(format!("then put this line into [Container] of `{unit}.container`: Image={image}"))
}
