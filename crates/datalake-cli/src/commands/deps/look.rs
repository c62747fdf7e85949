//! Which image each unit has, and which packages are in it.

use std::collections::BTreeMap;

use datalake_core::{Fault, FaultKind, Found, HostPath, UnitName};
use datalake_dagster::{
    BASE_LABEL, DROP_IN_NAME, Dependencies, Unfit, Wish, dependencies, image_in_drop_in,
    is_plain_image,
};
use datalake_engine::{DeployedUnit, Files, Image, ImageName, Seen as AtPath};
use datalake_quadlet::{PodmanVersion, UnitFile};

use super::packages::{Inside, Seen};
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::site::Site;

/// What is wanted, and how to look.
pub(super) struct Question<'a> {
    /// What is wanted besides Dagster's library.
    pub wish: Wish,
    /// The program in the image that is its Python, where it is none of the usual.
    pub python: Option<&'a str>,
}

/// All units, and the podman that reads them.
pub(super) struct Looked {
    /// The version of podman.
    pub podman: PodmanVersion,
    /// The units in the order of the spec.
    pub units: Vec<LookedUnit>,
}

/// A unit, its own image, and the one that datalake has built for it.
pub(super) struct LookedUnit {
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
    pub own: Option<Own>,
    /// The image that its container runs.
    pub running: Option<String>,
}

/// An image that datalake has built.
pub(super) struct Own {
    /// Its name.
    pub name: ImageName,
    /// What has to be in it, and what is; `None` where it is gone, or holds no Dagster.
    pub needed: Option<Dependencies>,
    /// The id of the image that it was built from.
    pub base: Option<String>,
}

/// How a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its image has what fits.
    Fits,
    /// Something is not there, or does not fit.
    Lacks,
    /// The image that was built for it is gone.
    Gone,
    /// Its own image is another one by now than that which was built from.
    Stale,
    /// All fits, and its container still runs another image.
    NotTakenUp,
}

impl LookedUnit {
    /// Whether an image of ours can be built from its own.
    pub(super) fn can_be_built_on(&self) -> bool {
        self.made_by.is_none() && self.has_pip
    }

    /// How it stands.
    pub(super) fn standing(&self) -> Standing {
        let is_whole = |needed: &Dependencies| needed.missing().next().is_none();
        let Some(own) = &self.own else {
            return if is_whole(&self.needed) { Standing::Fits } else { Standing::Lacks };
        };
        match &own.needed {
            None => Standing::Gone,
            Some(_) if own.base.as_deref() != Some(self.base.id.as_str()) => Standing::Stale,
            Some(needed) if needed.dagster != self.needed.dagster || !is_whole(needed) => {
                Standing::Lacks
            }
            Some(_) if self.running.as_deref().is_some_and(|runs| runs != own.name.as_str()) => {
                Standing::NotTakenUp
            }
            Some(_) => Standing::Fits,
        }
    }
}

/// Looks at the image of every unit. Programs of the images are run, without a network; nothing is
/// changed.
pub(super) async fn look(
    question: &Question<'_>,
    site: &Site,
    ground: &Ground,
) -> Result<Looked, Failure> {
    let found = ground.found(site).await;
    let podman = match &found.podman {
        Found::Present(version) => {
            version.parse().map_err(|error| Failure::of(Exit::Unavailable, &error))?
        }
        Found::Absent => return Err(Failure::new(Exit::Config, "there is no podman")),
        Found::Unknown(fault) => return Err(ground.failure("podman", fault)),
    };
    let inside = Inside::of(ground.images(), question.python);
    let mut look = Look { question, site, ground, inside };
    let mut units = Vec::new();
    for unit in &found.units {
        units.push(look.unit(unit).await?);
    }
    Ok(Looked { podman, units })
}

struct Look<'a> {
    question: &'a Question<'a>,
    site: &'a Site,
    ground: &'a Ground,
    inside: Inside<'a>,
}

impl Look<'_> {
    async fn unit(&mut self, unit: &DeployedUnit) -> Result<LookedUnit, Failure> {
        let running = match &unit.container {
            Found::Present(container) => Some(container.image.clone()),
            Found::Absent => None,
            Found::Unknown(fault) => return Err(self.ground.failure(unit.name.as_str(), fault)),
        };
        let (value, own) = self.names(unit)?;
        let (base_name, made_by) = base_of(unit, value, running.as_deref())?;
        let base = match self.ground.images().image(&base_name).await {
            Ok(base) => base,
            Err(fault) => return Err(self.no_image(&base_name, &fault)),
        };
        let Seen { python, packages } = self.inside.look(&base_name, &base.id).await?;
        let needed = dependencies(&packages, self.question.wish)
            .map_err(|error| unfit(&error, &base_name, &python))?;
        let has_pip = packages.pip.is_some();
        let own = match own {
            Some(name) => Some(self.own(name).await?),
            None => None,
        };
        let unit = unit.name.clone();
        Ok(LookedUnit { unit, base_name, made_by, base, python, has_pip, needed, own, running })
    }

    /// What `Image=` says without datalake's drop-in, and the image that this one names.
    fn names(&self, unit: &DeployedUnit) -> Result<(Option<String>, Option<ImageName>), Failure> {
        let file = match &unit.file {
            Found::Present(file) => file,
            Found::Unknown(fault) => return Err(self.ground.failure(unit.name.as_str(), fault)),
            Found::Absent => {
                let message =
                    format!("there is no `{}.container` in any quadlet folder", unit.name);
                return Err(Failure::new(Exit::Config, message).hint(
                    "name the quadlet units that run Dagster: `host: { units: [NAME, …] }`",
                ));
            }
        };
        let own = self.ground.image_drop_in(&unit.name)?;
        let (mut value, mut name) = (image_of(&self.text(file)?), None);
        for path in in_force(&unit.drop_ins) {
            let text = self.text(path)?;
            if *path == own {
                name = image_in_drop_in(&text).and_then(|name| name.parse().ok());
            } else if let Some(image) = image_of(&text) {
                if path.file_name() >= DROP_IN_NAME {
                    return Err(later(path));
                }
                value = Some(image);
            }
        }
        Ok((value, name))
    }

    fn text(&self, path: &HostPath) -> Result<String, Failure> {
        let at = |fault: Fault| Failure::at(&datalake_core::Target::Path(path.clone()), &fault);
        match self.site.host.look(path).map_err(at)? {
            AtPath::File { content, .. } => {
                Ok(String::from_utf8_lossy(content.expose()).into_owned())
            }
            AtPath::Folder(_) => Err(at(Fault::new(FaultKind::NotPlain, "it is a folder"))),
        }
    }

    async fn own(&mut self, name: ImageName) -> Result<Own, Failure> {
        let image = match self.ground.images().image(&name).await {
            Ok(image) => image,
            Err(fault) if fault.kind == FaultKind::Absent => {
                return Ok(Own { name, needed: None, base: None });
            }
            Err(fault) => return Err(self.ground.failure(name.as_str(), &fault)),
        };
        let Seen { packages, .. } = self.inside.look(&name, &image.id).await?;
        let needed = dependencies(&packages, self.question.wish).ok();
        Ok(Own { name, needed, base: image.labels.get(BASE_LABEL).cloned() })
    }

    fn no_image(&self, name: &ImageName, fault: &Fault) -> Failure {
        if fault.kind != FaultKind::Absent {
            return self.ground.failure(name.as_str(), fault);
        }
        let user = &self.ground.host.user;
        Failure::new(Exit::Config, format!("{user}'s podman holds no image `{name}`"))
            .hint(format!("as {user}: podman pull {name}"))
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
) -> Result<(ImageName, Option<String>), Failure> {
    let Some(value) = value else {
        let message = format!("`{}.container` names no image", unit.name);
        return Err(Failure::new(Exit::Config, message));
    };
    let odd = |name: &str| {
        let message = format!("`{}` has the image `{name}`, which is no plain name", unit.name);
        Failure::new(Exit::Config, message)
    };
    if is_plain_image(&value) {
        return Ok((value.parse().map_err(|_| odd(&value))?, None));
    }
    let base = running.and_then(|running| running.parse().ok());
    base.map(|base| (base, Some(value.clone()))).ok_or_else(|| {
        odd(&value).hint("start the service: then its container tells which image it has")
    })
}

fn later(path: &HostPath) -> Failure {
    let message = format!("`{path}` sets `Image=` after datalake's `{DROP_IN_NAME}` could");
    Failure::new(Exit::Config, message)
        .hint("give that file a name that comes before, such as `50-image.conf`")
}

fn unfit(error: &Unfit, name: &ImageName, python: &str) -> Failure {
    let failure = Failure::of(Exit::Config, error).within(format!("image `{name}`"));
    match error {
        Unfit::NoDagster => failure.hint(format!(
            "`{python}` was asked; where Dagster lies in an environment of its own, name that \
             one's: --python /opt/venv/bin/python"
        )),
        _ => failure.hint("use an image with a released Dagster, such as 1.12.6"),
    }
}
