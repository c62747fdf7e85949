//! How a unit's image stands.

use datalake_dagster::Dependencies;

use super::images::UnitImage;

/// How a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageStanding {
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

impl UnitImage {
    /// Whether an image of ours can be built from its own.
    #[must_use]
    pub fn can_be_built_on(&self) -> bool {
        self.made_by.is_none() && self.has_pip
    }

    /// What its state is.
    #[must_use]
    pub fn standing(&self) -> ImageStanding {
        let is_whole = |needed: &Dependencies| needed.missing().next().is_none();
        let Some(own) = &self.own else {
            return if is_whole(&self.needed) { ImageStanding::Fits } else { ImageStanding::Lacks };
        };
        match &own.needed {
            None => ImageStanding::Gone,
            Some(_) if own.base.as_deref() != Some(self.base.id.as_str()) => ImageStanding::Stale,
            Some(needed) if needed.dagster != self.needed.dagster || !is_whole(needed) => {
                ImageStanding::Lacks
            }
            Some(_) if self.running.as_deref().is_some_and(|runs| runs != own.name.as_str()) => {
                ImageStanding::NotTakenUp
            }
            Some(_) => ImageStanding::Fits,
        }
    }
}
