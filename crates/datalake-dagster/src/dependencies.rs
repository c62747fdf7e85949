//! What fits the Dagster of an image, and what of it is there.

use std::fmt;

use crate::packages::Packages;
use crate::project::FrameEngine;
use crate::version::{DagsterVersion, UnfitVersion, reaches_bound};

/// The first boto3 that surely comes with an s3transfer (0.11.2) which heeds the setting for checksums.
const BOTO3: &str = "1.38";

/// The first client that has all that the samples use (`uv_pip_install`).
const MODAL: &str = "1.1";

/// What is wanted besides Dagster's library for S3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WantedLibraries {
    /// The client of Modal.
    pub modal: bool,
    /// What the I/O manager of frames needs.
    pub frames: Option<FrameEngine>,
}

/// Everything that an image has to have, and its Dagster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependencies {
    /// Its Dagster, which stays as it is.
    pub dagster: DagsterVersion,
    /// The packages that have to be there.
    pub packages: Vec<Dependency>,
}

/// A package that has to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Its name.
    pub name: &'static str,
    /// The version that is there.
    pub has: Option<String>,
    /// The version that fits.
    pub needs: VersionNeed,
}

/// Which versions fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionNeed {
    /// This one alone.
    Exactly(String),
    /// This one and later ones.
    AtLeast(&'static str),
}

/// Why nothing can be said to fit an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// Its Python sees no Dagster.
    #[error("its Python sees no Dagster")]
    NoDagster,
    /// Its Dagster has no library.
    #[error(transparent)]
    Version(#[from] UnfitVersion),
}

/// Why a new image must not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Moved {
    /// What is in it cannot be imported.
    #[error("an import fails: {0}")]
    Import(String),
    /// It has another Dagster than the one it was built from.
    #[error("Dagster was {before} and is {}", .now.as_deref().unwrap_or("gone"))]
    Dagster {
        /// Before.
        before: DagsterVersion,
        /// In the new image.
        now: Option<String>,
    },
    /// What was to be installed does not exist.
    #[error("it has {} {}, and needs {needs}", .name, .now.as_deref().unwrap_or("none"))]
    Package {
        /// The package.
        name: &'static str,
        /// What is there.
        now: Option<String>,
        /// What fits.
        needs: VersionNeed,
    },
}

/// What fits the Dagster of an image with these packages.
///
/// # Errors
///
/// [`Unfit`] without a Dagster, or with one that no library fits.
pub fn find_dependencies(
    packages: &Packages,
    wish: WantedLibraries,
) -> Result<Dependencies, Unfit> {
    let dagster: DagsterVersion = packages.dagster.as_deref().ok_or(Unfit::NoDagster)?.parse()?;
    let needed = |name, needs| {
        let has = packages.version_of(name).map(str::to_owned);
        Dependency { name, has, needs }
    };
    let library = VersionNeed::Exactly(dagster.library());
    let mut all =
        vec![needed("dagster-aws", library), needed("boto3", VersionNeed::AtLeast(BOTO3))];
    if wish.modal {
        all.push(needed("modal", VersionNeed::AtLeast(MODAL)));
    }
    let of_frames = wish.frames.into_iter().flat_map(FrameEngine::packages);
    all.extend(of_frames.map(|(name, bound)| needed(name, VersionNeed::AtLeast(bound))));
    Ok(Dependencies { dagster, packages: all })
}

impl Dependencies {
    /// What is not there, or in a version that does not fit.
    pub fn missing(&self) -> impl Iterator<Item = &Dependency> {
        self.packages.iter().filter(|package| !package.fits())
    }

    /// What pip is asked for: the Dagster that is there, so that it cannot move, and the rest.
    #[must_use]
    pub fn requirements(&self) -> Vec<String> {
        let dagster = format!("dagster=={}", self.dagster);
        [dagster].into_iter().chain(self.packages.iter().map(Dependency::requirement)).collect()
    }

    /// Judges the packages of an image that was built for these.
    ///
    /// # Errors
    ///
    /// [`Moved`] where it must not be used.
    pub fn check(&self, built: &Packages) -> Result<(), Moved> {
        if let Some(error) = &built.error {
            return Err(Moved::Import(error.clone()));
        }
        if built.dagster.as_deref() != Some(self.dagster.to_string().as_str()) {
            let now = built.dagster.clone();
            return Err(Moved::Dagster { before: self.dagster, now });
        }
        let now = |needed: &Dependency| Dependency {
            has: built.version_of(needed.name).map(str::to_owned),
            ..needed.clone()
        };
        match self.packages.iter().map(now).find(|package| !package.fits()) {
            Some(Dependency { name, has: now, needs }) => Err(Moved::Package { name, now, needs }),
            None => Ok(()),
        }
    }
}

impl Dependency {
    /// Whether a version that fits is there.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.has.as_deref().is_some_and(|has| match &self.needs {
            VersionNeed::Exactly(version) => has == version,
            VersionNeed::AtLeast(bound) => reaches_bound(has, bound),
        })
    }

    /// The package as pip takes it: `dagster-aws==0.28.6`.
    #[must_use]
    pub fn requirement(&self) -> String {
        format!("{}{}", self.name, self.needs)
    }
}

impl fmt::Display for VersionNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(version) => write!(f, "=={version}"),
            Self::AtLeast(bound) => write!(f, ">={bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages(dagster: &str, library: Option<&str>, boto3: Option<&str>) -> Packages {
        Packages {
            dagster: Some(dagster.to_owned()),
            dagster_aws: library.map(str::to_owned),
            boto3: boto3.map(str::to_owned),
            ..Packages::default()
        }
    }

    #[track_caller]
    fn check(packages: &Packages, modal: bool, missing: &[&str]) {
        let needed = find_dependencies(packages, WantedLibraries { modal, frames: None }).unwrap();
        let found: Vec<_> = needed.missing().map(Dependency::requirement).collect();
        assert_eq!(found, missing, "{packages:?}");
    }

    #[test]
    fn what_does_not_fit_is_missing() {
        let (library, boto3) = ("dagster-aws==0.28.6", "boto3>=1.38");
        check(&packages("1.12.6", None, None), false, &[library, boto3]);
        check(&packages("1.12.6", Some("0.28.6"), Some("1.44.5")), false, &[]);
        check(&packages("1.12.6", Some("0.29.27"), Some("1.44.5")), false, &[library]);
        check(&packages("1.12.6", Some("0.28.6"), Some("1.35.9")), false, &[boto3]);
        check(&packages("1.12.6", Some("0.28.6"), Some("1.38")), true, &["modal>=1.1"]);
    }

    #[test]
    fn frames_need_their_engine() {
        let with = |pyarrow: &str| Packages {
            pandas: Some("3.1.1".to_owned()),
            pyarrow: Some(pyarrow.to_owned()),
            ..packages("1.12.6", Some("0.28.6"), Some("1.44.5"))
        };
        let missing = |packages: &Packages, engine| {
            let wish = WantedLibraries { modal: false, frames: Some(engine) };
            let needed = find_dependencies(packages, wish).unwrap();
            needed.missing().map(Dependency::requirement).collect::<Vec<_>>()
        };

        assert_eq!(missing(&with("26.0.1"), FrameEngine::Pandas), [""; 0]);
        assert_eq!(missing(&with("9.0"), FrameEngine::Pandas), ["pyarrow>=18.0"]);
        assert_eq!(missing(&with("26.0.1"), FrameEngine::Polars), ["polars>=1.36"]);
        assert_eq!(missing(&with("26.0.1"), FrameEngine::Duckdb), ["duckdb>=1.2"]);
    }

    #[test]
    fn the_present_dagster_is_asked_for_too() {
        let needed = find_dependencies(
            &packages("1.9.0", None, None),
            WantedLibraries { modal: true, frames: None },
        )
        .unwrap();

        let asked = ["dagster==1.9.0", "dagster-aws==0.25.0", "boto3>=1.38", "modal>=1.1"];
        assert_eq!(needed.requirements(), asked);
    }

    #[test]
    fn an_image_whose_dagster_moved_is_refused() {
        let needed =
            find_dependencies(&packages("1.9.0", None, None), WantedLibraries::default()).unwrap();

        let moved = needed.check(&packages("1.13.27", Some("0.29.27"), Some("1.44.5")));
        assert_eq!(moved.unwrap_err().to_string(), "Dagster was 1.9.0 and is 1.13.27");
        let lacking = needed.check(&packages("1.9.0", Some("0.25.0"), None));
        assert_eq!(lacking.unwrap_err().to_string(), "it has boto3 none, and needs >=1.38");
        let whole = packages("1.9.0", Some("0.25.0"), Some("1.44.5"));
        let broken = Packages { error: Some("ImportError: no".to_owned()), ..whole.clone() };
        assert_eq!(needed.check(&broken), Err(Moved::Import("ImportError: no".to_owned())));
        assert_eq!(needed.check(&whole), Ok(()));
    }

    #[test]
    fn without_a_released_dagster_nothing_fits() {
        let wish = WantedLibraries::default();

        assert_eq!(find_dependencies(&Packages::default(), wish), Err(Unfit::NoDagster));
        let error = find_dependencies(&packages("1!0+dev", None, None), wish).unwrap_err();
        assert!(matches!(error, Unfit::Version(UnfitVersion::NotReleased(_))));
    }
}
