//! The packages in an image, as its own Python tells them.

use std::collections::BTreeMap;

use datalake_core::fault::FaultKind;
use datalake_dagster::{PACKAGES_SCRIPT, Packages};
use datalake_engine::{ImageName, Images};

use crate::{ErrorKind, OperationError};

/// The names under which images have their Python.
const PYTHONS: [&str; 2] = ["python3", "python"];

/// Looks into images, into each once.
pub(super) struct ImageInspector<'a> {
    images: &'a dyn Images,
    python: Option<&'a str>,
    seen: BTreeMap<ImageName, FoundPython>,
}

/// What an image has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundPython {
    /// The program that is its Python.
    pub(super) python: String,
    /// The packages that it sees.
    pub(super) packages: Packages,
}

impl<'a> ImageInspector<'a> {
    /// Looks into these images, whose Python is `python` where it is none of the usual.
    pub(super) fn of(images: &'a dyn Images, python: Option<&'a str>) -> Self {
        Self { images, python, seen: BTreeMap::new() }
    }

    /// What the image `id` has, which people know as `name`: its first Python that sees a Dagster
    /// counts, or the first at all.
    pub(super) async fn inspect(
        &mut self,
        name: &ImageName,
        id: &ImageName,
    ) -> Result<FoundPython, OperationError> {
        if let Some(seen) = self.seen.get(id) {
            return Ok(seen.clone());
        }
        let named = self.python.map(|python| [python]);
        let pythons = named.as_ref().map_or(&PYTHONS[..], |named| &named[..]);
        let mut first = None;
        for python in pythons {
            match self.ask(name, id, python).await? {
                Some(seen) if seen.packages.dagster.is_some() => {
                    self.seen.insert(id.clone(), seen.clone());
                    return Ok(seen);
                }
                seen => first = first.or(seen),
            }
        }
        first.ok_or_else(|| {
            let message = format!("image `{name}` has no `{}`", pythons.join("` and no `"));
            OperationError::new(ErrorKind::Config, message)
                .advise("name the program that Dagster runs with: --python /opt/venv/bin/python")
        })
    }

    /// What one program tells; `None` where there is none of that name.
    async fn ask(
        &self,
        name: &ImageName,
        id: &ImageName,
        python: &str,
    ) -> Result<Option<FoundPython>, OperationError> {
        let within = || format!("image `{name}`");
        let words = [python, "-c", PACKAGES_SCRIPT].map(str::to_owned);
        let printed = match self.images.run(id, &words).await {
            Ok(printed) => printed,
            Err(fault) if fault.kind == FaultKind::Absent => return Ok(None),
            Err(fault) => return Err(OperationError::about(within(), &fault)),
        };
        let packages = Packages::parse(printed.expose())
            .map_err(|error| OperationError::of(ErrorKind::Config, &error).within(within()))?;
        Ok(Some(FoundPython { python: python.to_owned(), packages }))
    }
}

#[cfg(test)]
mod tests {
    use datalake_engine::Image;
    use datalake_engine::memory::{MemoryImages, MemoryPrograms};

    use super::*;

    const WITHOUT: &[u8] = br#"{"dagster": null, "pip": "26.3"}"#;
    const WITH: &[u8] = br#"{"dagster": "1.12.6", "pip": "26.3"}"#;

    async fn inspect(
        programs: &[(&str, &[u8])],
        python: Option<&str>,
    ) -> Result<FoundPython, OperationError> {
        let name: ImageName = "localhost/dagster:1".parse().unwrap();
        let id: ImageName = "5f3a".parse().unwrap();
        let image = Image { id: id.clone(), user: String::new(), labels: BTreeMap::new() };
        let program = |(name, printed): &(&str, &[u8])| ((*name).to_owned(), printed.to_vec());
        let programs: MemoryPrograms = programs.iter().map(program).collect();
        let images = MemoryImages::default().with(&name, image, programs);
        ImageInspector::of(&images, python).inspect(&name, &id).await
    }

    #[tokio::test]
    async fn the_python_that_sees_dagster_counts() {
        let seen = inspect(&[("python3", WITHOUT), ("python", WITH)], None).await.unwrap();
        assert_eq!((seen.python.as_str(), seen.packages.dagster.is_some()), ("python", true));

        let seen = inspect(&[("python3", WITHOUT), ("python", WITHOUT)], None).await.unwrap();
        assert_eq!((seen.python.as_str(), seen.packages.dagster), ("python3", None));

        let named = Some("/opt/venv/bin/python");
        let programs = [("python3", WITHOUT), ("/opt/venv/bin/python", WITH)];
        let seen = inspect(&programs, named).await.unwrap();
        assert_eq!(seen.python, "/opt/venv/bin/python");
    }

    #[tokio::test]
    async fn an_image_without_python_is_told_so() {
        let failure = inspect(&[("sh", b"")], None).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Config);
        let told = "image `localhost/dagster:1` has no `python3` and no `python`";
        assert_eq!(failure.messages, [told]);

        let failure = inspect(&[("python3", b"Traceback")], None).await.unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Config, "{failure:?}");
    }
}
