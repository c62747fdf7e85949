//! The images and their packages as people and programs get them.

use datalake_dagster::{Dependencies, PackageSource};
use schemars::JsonSchema;
use serde::Serialize;

use super::images::{FoundImages, UnitImage};
use super::plan::make_recipe;
use super::standing::ImageStanding;
use crate::OperationError;

/// What the names of images begin with that podman has built itself.
const LOCAL_IMAGES: &str = "localhost/";

/// Every unit, and what is to be built.
#[derive(Serialize, JsonSchema)]
pub struct DepsReport {
    /// Whether nothing is to be done.
    pub is_well: bool,
    /// The units in the order of the spec.
    pub units: Vec<UnitDeps>,
    /// The images that are to be built, each once.
    pub images: Vec<ImageToBuild>,
}

/// A unit's image.
#[derive(Serialize, JsonSchema)]
pub struct UnitDeps {
    /// The unit.
    pub unit: String,
    /// The image that its container is to run now.
    pub image: String,
    /// The version of Dagster in it.
    pub dagster: String,
    /// The packages that have to be in it.
    pub packages: Vec<PackageDeps>,
    /// What is to be done, or `null`.
    pub to_do: Option<String>,
}

/// A package that has to be there.
#[derive(Serialize, JsonSchema)]
pub struct PackageDeps {
    /// Its name.
    pub name: &'static str,
    /// The version that is there.
    pub has: Option<String>,
    /// The versions that fit, in pip's words.
    pub needs: String,
    /// Whether that is one of them.
    pub fits: bool,
}

/// An image that is to be built.
#[derive(Serialize, JsonSchema)]
pub struct ImageToBuild {
    /// Its name.
    pub name: String,
    /// The image that it is built from.
    pub from: String,
    /// How.
    pub containerfile: String,
}

impl DepsReport {
    /// What was seen, with packages from `source` for what is to be built.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where nothing can be built on an image.
    pub fn of(looked: &FoundImages, source: &PackageSource) -> Result<Self, OperationError> {
        let mut images: Vec<ImageToBuild> = Vec::new();
        for unit in &looked.units {
            let is_to_build = matches!(
                unit.standing(),
                ImageStanding::Lacks | ImageStanding::Gone | ImageStanding::Stale
            );
            if !is_to_build || !unit.can_be_built_on() {
                continue;
            }
            let (name, recipe) = make_recipe(unit, source)?;
            let (name, from) = (name.to_string(), unit.base_name.to_string());
            if images.iter().all(|image| image.name != name) {
                images.push(ImageToBuild { name, from, containerfile: recipe.containerfile });
            }
        }
        let is_well = looked.units.iter().all(|unit| unit.standing() == ImageStanding::Fits);
        Ok(Self { is_well, units: looked.units.iter().map(report_unit).collect(), images })
    }
}

fn report_unit(unit: &UnitImage) -> UnitDeps {
    let own = unit.own.as_ref().and_then(|own| Some((&own.name, own.needed.as_ref()?)));
    let (image, needed) = own.unwrap_or((&unit.base_name, &unit.needed));
    UnitDeps {
        unit: unit.unit.to_string(),
        image: image.to_string(),
        dagster: needed.dagster.to_string(),
        packages: report_packages(needed),
        to_do: tell_what_to_do(unit),
    }
}

fn tell_what_to_do(unit: &UnitImage) -> Option<String> {
    let to_build = |text: &str| match &unit.made_by {
        Some(made_by) => format!("its image is made by `{made_by}`: to be added there"),
        None if !unit.has_pip => "its Python has no pip: to be added where it is made".to_owned(),
        None if unit.base_name.as_str().starts_with(LOCAL_IMAGES) => format!(
            "{text}; `{}` was built on this host, so again after each build of it, or the packages \
             are added where it is built",
            unit.base_name
        ),
        None => text.to_owned(),
    };
    match unit.standing() {
        ImageStanding::Fits => None,
        ImageStanding::Lacks => Some(to_build("an image with what is missing is to be built")),
        ImageStanding::Gone => Some(to_build("the image built for it is gone: to be built again")),
        ImageStanding::Stale => {
            Some(to_build("its own image is a newer one: to be built from that"))
        }
        ImageStanding::NotTakenUp => {
            Some("its container still runs another image: to be restarted".to_owned())
        }
    }
}

fn report_packages(needed: &Dependencies) -> Vec<PackageDeps> {
    let package = |package: &datalake_dagster::Dependency| PackageDeps {
        name: package.name,
        has: package.has.clone(),
        needs: package.needs.to_string(),
        fits: package.fits(),
    };
    needed.packages.iter().map(package).collect()
}
