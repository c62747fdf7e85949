//! Images in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::{Fault, FaultKind, FilledBody};

use super::held;
use crate::deployment::{Build, Image, ImageName, Images, LineSink};

/// Images that print always the same, whichever program is run, and become what was foreseen when
/// they are built.
#[derive(Debug, Default)]
pub struct MemoryImages {
    images: Mutex<BTreeMap<ImageName, (Image, MemoryPrograms)>>,
    /// What the next builds give, the next last; without one a build fails.
    pub builds: Mutex<Vec<(Image, MemoryPrograms)>>,
}

/// The programs of an image, and what each prints.
pub type MemoryPrograms = BTreeMap<String, Vec<u8>>;

impl MemoryImages {
    /// The same with an image more.
    #[must_use]
    pub fn with(self, name: &ImageName, image: Image, programs: MemoryPrograms) -> Self {
        held(&self.images).insert(name.clone(), (image, programs));
        self
    }

    /// The names of all images.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        held(&self.images).keys().map(ToString::to_string).collect()
    }

    /// The image of that name or id.
    fn find(&self, name: &ImageName) -> Result<(Image, MemoryPrograms), Fault> {
        let images = held(&self.images);
        let by_id = || images.values().find(|(image, _)| image.id == *name);
        let absent = || Fault::new(FaultKind::Absent, format!("{name}: image not known"));
        images.get(name).or_else(by_id).cloned().ok_or_else(absent)
    }
}

#[async_trait]
impl Images for MemoryImages {
    async fn image(&self, name: &ImageName) -> Result<Image, Fault> {
        self.find(name).map(|(image, _)| image)
    }

    async fn run(&self, name: &ImageName, words: &[String]) -> Result<FilledBody, Fault> {
        let (_, programs) = self.find(name)?;
        let printed = words.first().and_then(|program| programs.get(program)).cloned();
        let absent = || Fault::new(FaultKind::Absent, "no such program");
        printed.map(FilledBody::new).ok_or_else(absent)
    }

    async fn build(&self, build: &Build, sink: LineSink<'_>) -> Result<(), Fault> {
        for line in build.containerfile.lines() {
            if !sink(line.as_bytes()) {
                return Ok(());
            }
        }
        let built = held(&self.builds).pop();
        let built = built.ok_or_else(|| Fault::new(FaultKind::Refused, "the build failed"))?;
        held(&self.images).insert(build.name.clone(), built);
        Ok(())
    }

    async fn remove(&self, name: &ImageName) -> Result<(), Fault> {
        held(&self.images).remove(name);
        Ok(())
    }
}
