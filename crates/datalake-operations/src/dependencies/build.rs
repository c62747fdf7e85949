//! An image built once, and tried before anything uses it.

use std::path::PathBuf;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::text::printable;
use datalake_dagster::{BASE_LABEL, IMPORT_SCRIPT, PIP_CONF_ID, PackageSource, Packages, WHEELS};
use datalake_engine::{Build, ImageName, Images, LineSink};

use super::plan::WantedImage;
use crate::{ErrorKind, OperationError, Redactor};

/// What builds are given.
#[derive(Debug, Clone, Default)]
pub struct BuildMaterials {
    /// Where packages come from.
    pub source: PackageSource,
    /// The folder of wheels.
    pub wheels: Option<PathBuf>,
    /// The file with pip's settings.
    pub pip_conf: Option<PathBuf>,
}

/// Is told what a build says and comes to; no line holds a secret.
pub trait BuildReporter: Send + Sync {
    /// A build begins, unless the image is there.
    fn begin(&self, image: &ImageName);

    /// A line of the build.
    fn tell_line(&self, line: String);

    /// The image is there and has stood the trial.
    fn end(&self);

    /// It failed with these last words.
    fn fail(&self, last_words: &[String]);
}

/// Builds an image, unless it is there, and tries it. One that does not stand the trial is removed.
///
/// # Errors
///
/// [`OperationError`] with what pip said; no service uses the image yet.
pub async fn build_image(
    wanted: &WantedImage<'_>,
    materials: &BuildMaterials,
    images: &dyn Images,
    reporter: &dyn BuildReporter,
) -> Result<(), OperationError> {
    let build = Build {
        name: wanted.name.clone(),
        containerfile: wanted.recipe.containerfile.clone(),
        folder: materials.wheels.clone().map(|folder| (folder, WHEELS.to_owned())),
        secret: materials.pip_conf.clone().map(|file| (PIP_CONF_ID.to_owned(), file)),
    };
    let redactor = Redactor::default();
    let mut show = |line: &[u8]| {
        reporter.tell_line(redactor.line(line));
        true
    };
    reporter.begin(&wanted.name);
    match make_image(wanted, &build, images, &mut show).await {
        Ok(()) => {
            reporter.end();
            Ok(())
        }
        Err(unmade) => {
            let words = unmade.list_last_words(&redactor);
            reporter.fail(&words);
            let of_pip = words.iter().rev().find(|line| line.contains("ERROR: "));
            let last = of_pip.or(words.last()).map_or("", String::as_str);
            Err(unmade.into_error(wanted, last))
        }
    }
}

/// Why there is no image.
#[derive(Debug)]
enum UnmadeImage {
    /// podman could not be asked, or refused.
    Fault(Fault),
    /// The build failed.
    Build(Fault),
    /// It was built, did not stand the trial, and is removed.
    Trial(OperationError),
}

/// The image is there and has stood the trial.
async fn make_image(
    wanted: &WantedImage<'_>,
    build: &Build,
    images: &dyn Images,
    show: LineSink<'_>,
) -> Result<(), UnmadeImage> {
    let is_there = match images.image(&wanted.name).await {
        Ok(image) => image.labels.get(BASE_LABEL).is_some_and(|id| id == wanted.base.as_str()),
        Err(fault) if fault.kind == FaultKind::Absent => false,
        Err(fault) => return Err(UnmadeImage::Fault(fault)),
    };
    if !is_there {
        images.build(build, show).await.map_err(UnmadeImage::Build)?;
    }
    let tried = try_image(wanted, images).await;
    if tried.is_err() {
        images.remove(&wanted.name).await.map_err(UnmadeImage::Fault)?;
    }
    tried.map_err(UnmadeImage::Trial)
}

/// Imports all that counts in the new image.
async fn try_image(wanted: &WantedImage<'_>, images: &dyn Images) -> Result<(), OperationError> {
    let within = || format!("the new image `{}` cannot be used", wanted.name);
    let words = [wanted.python, "-c", IMPORT_SCRIPT].map(str::to_owned);
    let printed = images.run(&wanted.name, &words).await;
    let printed = printed.map_err(|fault| OperationError::about(within(), &fault))?;
    let packages = Packages::parse(printed.expose())
        .map_err(|error| OperationError::of(ErrorKind::Mismatch, &error).within(within()))?;
    wanted.needed.check(&packages).map_err(|moved| {
        OperationError::new(ErrorKind::Mismatch, printable(&moved.to_string())).within(within())
    })
}

impl UnmadeImage {
    /// What podman and pip said of a build that failed, line by line.
    fn list_last_words(&self, redactor: &Redactor) -> Vec<String> {
        match self {
            // A command's complaint comes in one piece, its line ends escaped.
            Self::Build(fault) => {
                fault.detail.split("\\n").map(|line| redactor.line(line.as_bytes())).collect()
            }
            Self::Fault(_) | Self::Trial(_) => Vec::new(),
        }
    }

    fn into_error(self, wanted: &WantedImage<'_>, last: &str) -> OperationError {
        let what = format!("image `{}`", wanted.name);
        match self {
            Self::Fault(fault) => OperationError::about(what, &fault),
            Self::Trial(error) => {
                error.advise("nothing was changed, and the new image is removed again")
            }
            Self::Build(fault) => {
                let advice = advise_on_build(&fault.detail, wanted);
                let about = OperationError::about(what.clone(), &fault);
                OperationError {
                    messages: vec![what, format!("the build failed: {last}")],
                    ..about
                }
                .advise("nothing was changed: the services go on with the image they have")
                .advise(advice)
            }
        }
    }
}

/// What to do next, by what podman and pip said.
fn advise_on_build(said: &str, wanted: &WantedImage<'_>) -> String {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["ermission denied"]) {
        return "the service user has to be able to read what --pip-conf and --wheels name"
            .to_owned();
    }
    let no_way = ["connection broken", "NameResolution", "Connection refused", "timed out"];
    if !says(&no_way) && says(&["No matching distribution", "ResolutionImpossible"]) {
        let library = wanted.needed.packages.first();
        return format!(
            "the library can come out later than its Dagster, and wheels have to fit the image's \
             Python: is there a {} for it?",
            library.map_or_else(String::new, datalake_dagster::Dependency::requirement)
        );
    }
    "without a way to the package index: --wheels DIR, --index-url URL or --pip-conf FILE"
        .to_owned()
}

#[cfg(test)]
mod tests;
