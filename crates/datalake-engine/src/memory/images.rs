//! Images in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;

use crate::deployment::{Build, Image, ImageName, Images, LineSink};
use crate::hold_mutex;

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
        hold_mutex(&self.images).insert(name.clone(), (image, programs));
        self
    }

    /// The names of all images.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        hold_mutex(&self.images).keys().map(ToString::to_string).collect()
    }

    /// The image of that name or id.
    fn find(&self, name: &ImageName) -> Result<(Image, MemoryPrograms), Fault> {
        let images = hold_mutex(&self.images);
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
        let built = hold_mutex(&self.builds).pop();
        let built = built.ok_or_else(|| Fault::new(FaultKind::Refused, "the build failed"))?;
        hold_mutex(&self.images).insert(build.name.clone(), built);
        Ok(())
    }

    async fn remove(&self, name: &ImageName) -> Result<(), Fault> {
        hold_mutex(&self.images).remove(name);
        Ok(())
    }
}
