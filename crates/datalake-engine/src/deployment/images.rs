//! The images of the service user's podman, and what is asked of them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use async_trait::async_trait;
use datalake_core::fault::Fault;
use datalake_core::secret::FilledBody;

use super::LineSink;

/// The images of the service user.
///
/// Nothing is fetched: an image that podman does not hold is `Absent`, wherever it could be had.
#[async_trait]
pub trait Images: Send + Sync {
    /// What podman says of an image.
    async fn image(&self, name: &ImageName) -> Result<Image, Fault>;

    /// What a program of an image prints that is run in a container of its own, without a network.
    /// `Absent`: the image has no such program, or there is no such image.
    async fn run(&self, name: &ImageName, words: &[String]) -> Result<FilledBody, Fault>;

    /// Builds an image and hands `sink` each line that the build prints, until `sink` says `false`;
    /// then there is none. After a fault the name stands for what it stood for before.
    async fn build(&self, build: &Build, sink: LineSink<'_>) -> Result<(), Fault>;

    /// Removes an image of this name; one that is absent counts as removed.
    async fn remove(&self, name: &ImageName) -> Result<(), Fault>;
}

/// The name or the id of an image: `localhost/dagster:latest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName(String);

/// The text is not a valid name of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid name of an image")]
pub struct InvalidImageName(String);

/// An image that podman holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its id: a name may stand for another image tomorrow.
    pub id: ImageName,
    /// The user that its programs run as; empty for root.
    pub user: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// An image to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The name that it gets.
    pub name: ImageName,
    /// The text of its Containerfile.
    pub containerfile: String,
    /// A folder of the host that the build may read, and where it sees it. Such a build has no
    /// network.
    pub folder: Option<(PathBuf, String)>,
    /// The id of a secret of the build, and its file.
    pub secret: Option<(String, PathBuf)>,
}

impl ImageName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageName {
    type Err = InvalidImageName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What names, tags and digests are made of; a first hyphen would be an option.
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/@+".contains(&b);
        let is_name = !text.is_empty()
            && text.len() <= 512
            && text.bytes().all(plain)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if is_name { Ok(Self(text.to_owned())) } else { Err(InvalidImageName(text.to_owned())) }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ImageName;

    #[test]
    fn an_image_is_never_taken_for_an_option() {
        for text in ["dagster", "localhost/dagster:1.2", "a.b:5000/c/d@sha256:0f", "5f3a"] {
            assert!(text.parse::<ImageName>().is_ok(), "{text:?}");
        }
        for text in ["", "-x", "--all", "a b", "a;b", "a\nb", "${X}", "/a"] {
            assert!(text.parse::<ImageName>().is_err(), "{text:?}");
        }
    }
}
