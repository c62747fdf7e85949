//! An image built once, and tried before anything uses it.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::{Fault, FaultKind, HostPath, InvalidPath};
use datalake_dagster::{
    BASE_LABEL, IMPORT_SCRIPT, IndexUrl, PIP_CONF_ID, Packages, Source, WHEELS,
};
use datalake_engine::{Build, Images, LineSink, NoCheckpoints};
use datalake_host::HostFiles;

use super::plan::Wanted;
use crate::args::DepsApply;
use crate::deployment::Ground;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Redactor, printable};
use crate::site::Site;
use crate::stop::{Charge, asked};

/// How many of its last lines are shown of a build that fails.
const TAIL: usize = 30;

/// What builds are given.
pub(super) struct Materials {
    /// Where packages come from.
    pub source: Source,
    wheels: Option<PathBuf>,
    pip_conf: Option<PathBuf>,
}

impl Materials {
    /// What the flags name.
    pub(super) fn of(
        flags: &DepsApply,
        index: impl Fn(&str) -> Result<IndexUrl, Failure>,
    ) -> Result<Self, Failure> {
        let wheels = flags.wheels.as_deref().map(folder).transpose()?;
        let pip_conf = flags.pip_conf.as_deref().map(file).transpose()?;
        let source = Source {
            index: flags.index_url.as_deref().map(index).transpose()?,
            wheels: wheels.is_some(),
            pip_conf: pip_conf.is_some(),
        };
        Ok(Self { source, wheels, pip_conf })
    }
}

fn folder(path: &Path) -> Result<PathBuf, Failure> {
    let folder = HostFiles::open_named(path, Arc::new(NoCheckpoints))?.real_path();
    // podman parts a volume's two sides by a colon.
    if !folder.to_string_lossy().contains(':') {
        return Ok(folder);
    }
    let shown = printable(&path.display().to_string());
    Err(Failure::new(Exit::Usage, format!("`{shown}` is no folder that a build can be given")))
}

fn file(path: &Path) -> Result<PathBuf, Failure> {
    let shown = printable(&path.display().to_string());
    let at = |fault: &Fault| Failure::about(format!("`{shown}`"), fault);
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let above = HostFiles::open_named(above.unwrap_or(Path::new(".")), Arc::new(NoCheckpoints))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let below: HostPath = format!("/{name}")
        .parse()
        .map_err(|error: InvalidPath| Failure::of(Exit::Usage, &error))?;
    let is_file = above.is_file(&below).map_err(|fault| at(&fault))?;
    let file = above.real_path().join(name.as_ref());
    // podman parts a secret's settings by commas.
    if is_file && !file.to_string_lossy().contains(',') {
        return Ok(file);
    }
    Err(Failure::new(Exit::Usage, format!("`{shown}` is no file that a build can be given")))
}

/// Builds an image, unless it is there, and tries it. One that does not stand the trial is removed.
pub(super) async fn build(
    wanted: &Wanted<'_>,
    materials: &Materials,
    (site, ground): (&Site, &Ground),
) -> Result<(), Failure> {
    let build = Build {
        name: wanted.name.clone(),
        containerfile: wanted.recipe.containerfile.clone(),
        folder: materials.wheels.clone().map(|folder| (folder, WHEELS.to_owned())),
        secret: materials.pip_conf.clone().map(|file| (PIP_CONF_ID.to_owned(), file)),
    };
    let (redactor, mut tail) = (Redactor::default(), VecDeque::new());
    let is_watched = std::io::stderr().is_terminal();
    let mut show = |line: &[u8]| {
        let line = redactor.line(line);
        if is_watched {
            site.printer.talk(&format!("  {line}"));
        } else {
            tail.push_back(line);
            tail.drain(..tail.len().saturating_sub(TAIL));
        }
        true
    };
    site.printer.talk(&format!("\nBuilding {}, unless it is there:", wanted.name));
    let _charge = Charge::take();
    let made = tokio::select! {
        made = made(wanted, &build, ground.images(), &mut show) => made,
        () = asked() => {
            return Err(Failure::new(Exit::Interrupted, "stopped while the image was built")
                .hint("nothing was changed: the services go on with the image they have"));
        }
    };
    made.map(|()| site.printer.talk("  Dagster is as before, and all can be imported")).map_err(
        |unmade| {
            let told = unmade.told(&redactor);
            tail.iter().chain(&told).for_each(|line| site.printer.talk(&format!("  {line}")));
            let of_pip = told.iter().rev().find(|line| line.contains("ERROR: "));
            unmade.failure(wanted, of_pip.or(told.last()).map_or("", String::as_str))
        },
    )
}

/// Why there is no image.
#[derive(Debug)]
enum Unmade {
    /// podman could not be asked, or refused.
    Fault(Fault),
    /// The build failed.
    Build(Fault),
    /// It was built, did not stand the trial, and is removed.
    Trial(Failure),
}

/// The image is there and has stood the trial.
async fn made(
    wanted: &Wanted<'_>,
    build: &Build,
    images: &dyn Images,
    show: LineSink<'_>,
) -> Result<(), Unmade> {
    let is_there = match images.image(&wanted.name).await {
        Ok(image) => image.labels.get(BASE_LABEL).is_some_and(|id| id == wanted.base.as_str()),
        Err(fault) if fault.kind == FaultKind::Absent => false,
        Err(fault) => return Err(Unmade::Fault(fault)),
    };
    if !is_there {
        images.build(build, show).await.map_err(Unmade::Build)?;
    }
    let tried = tried(wanted, images).await;
    if tried.is_err() {
        images.remove(&wanted.name).await.map_err(Unmade::Fault)?;
    }
    tried.map_err(Unmade::Trial)
}

/// Imports all that counts in the new image.
async fn tried(wanted: &Wanted<'_>, images: &dyn Images) -> Result<(), Failure> {
    let within = || format!("the new image `{}` cannot be used", wanted.name);
    let words = [wanted.python, "-c", IMPORT_SCRIPT].map(str::to_owned);
    let printed = images.run(&wanted.name, &words).await;
    let printed = printed.map_err(|fault| Failure::about(within(), &fault))?;
    let packages = Packages::parse(printed.expose())
        .map_err(|error| Failure::of(Exit::Mismatch, &error).within(within()))?;
    wanted.needed.check(&packages).map_err(|moved| {
        Failure::new(Exit::Mismatch, printable(&moved.to_string())).within(within())
    })
}

impl Unmade {
    /// What podman and pip said of a build that failed, line by line.
    fn told(&self, redactor: &Redactor) -> Vec<String> {
        match self {
            // A command's complaint comes in one piece, its line ends escaped.
            Self::Build(fault) => {
                fault.detail.split("\\n").map(|line| redactor.line(line.as_bytes())).collect()
            }
            Self::Fault(_) | Self::Trial(_) => Vec::new(),
        }
    }

    fn failure(self, wanted: &Wanted<'_>, last: &str) -> Failure {
        let what = format!("image `{}`", wanted.name);
        match self {
            Self::Fault(fault) => Failure::about(what, &fault),
            Self::Trial(failure) => {
                failure.hint("nothing was changed, and the new image is removed again")
            }
            Self::Build(fault) => {
                let hint = build_hint(&fault.detail, wanted);
                let about = Failure::about(what.clone(), &fault);
                Failure { messages: vec![what, format!("the build failed: {last}")], ..about }
                    .hint("nothing was changed: the services go on with the image they have")
                    .hint(hint)
            }
        }
    }
}

/// What to do next, by what podman and pip said.
fn build_hint(said: &str, wanted: &Wanted<'_>) -> String {
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
