//! The image that has what Dagster needs: its text, its tag, and the drop-in that names it.

use sha2::{Digest, Sha256};

use crate::dependencies::Dependencies;
use crate::source::{PIP_CONF_ID, PackageSource, WHEELS};

/// The name of the drop-in's file; generators take files of one name for one another.
pub const DROP_IN_NAME: &str = "60-datalake-image.conf";

/// The label that tells from which image, by its id, an image was built.
pub const BASE_LABEL: &str = "datalake.base";

/// How an image is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Its name, the same for the same base and requirements wherever packages come from.
    pub tag: String,
    /// The text for `podman build`; it needs no files.
    pub containerfile: String,
}

/// The image that another one is built from.
#[derive(Debug, Clone, Copy)]
pub struct BaseImage<'a> {
    /// Its id.
    pub id: &'a str,
    /// The user that it runs as; empty for root.
    pub user: &'a str,
}

/// The user of the base image cannot be in a Containerfile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the image's user, `{0}`, has characters that do not belong into a user's name")]
pub struct UnfitUser(String);

impl Recipe {
    /// How to build an image from `base` with the packages `needed` installed by its program `python`.
    ///
    /// # Errors
    ///
    /// [`UnfitUser`] where another user would be meant.
    pub fn new(
        base: BaseImage<'_>,
        python: &str,
        needed: &Dependencies,
        source: &PackageSource,
    ) -> Result<Self, UnfitUser> {
        let BaseImage { id: base, user } = base;
        if !user.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c)) {
            return Err(UnfitUser(user.to_owned()));
        }
        let (before, after) = match user {
            "" => (String::new(), String::new()),
            user => ("USER 0\n".to_owned(), format!("USER {user}\n")),
        };
        // Arguments are variables of the build alone; what they set is not in the new image.
        let settings = [
            // The image is Dagster's own, so there is no system to keep clear of.
            "PIP_BREAK_SYSTEM_PACKAGES=1",
            "PIP_ROOT_USER_ACTION=ignore",
            "PIP_DISABLE_PIP_VERSION_CHECK=1",
            "PIP_NO_INPUT=1",
        ];
        let settings: String = settings.map(|setting| format!("ARG {setting}\n")).concat();
        let (pip_conf, mount) = if source.pip_conf {
            let path = format!("/run/secrets/{PIP_CONF_ID}");
            (
                format!("ARG PIP_CONFIG_FILE={path}\n"),
                format!("--mount=type=secret,id={PIP_CONF_ID},target={path} "),
            )
        } else {
            (String::new(), String::new())
        };
        let command = serde_json::Value::from(render_command(python, needed, source));
        let containerfile = format!(
            "FROM {base}\nLABEL {BASE_LABEL}={base}\n{before}{settings}{pip_conf}RUN {mount}{command}\n{after}"
        );
        Ok(Self { tag: make_tag(base, python, needed), containerfile })
    }
}

/// A list, since the image may have no shell.
fn render_command(python: &str, needed: &Dependencies, source: &PackageSource) -> Vec<String> {
    let words = [python, "-m", "pip", "install", "--no-cache-dir"];
    let mut words: Vec<_> = words.map(str::to_owned).into();
    if source.wheels {
        words.extend(["--no-index".to_owned(), format!("--find-links={WHEELS}")]);
    }
    words.extend(source.index.as_ref().map(|index| format!("--index-url={index}")));
    words.extend(needed.requirements());
    words
}

fn make_tag(base: &str, python: &str, needed: &Dependencies) -> String {
    let mut hash = Sha256::new();
    for part in [base, python].into_iter().chain(needed.requirements().iter().map(String::as_str)) {
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    let digest: String = hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("localhost/datalake-dagster:{}-{digest}", needed.dagster)
}

/// Renders the drop-in that has a container use the image `tag`.
///
/// An image of this machine is in no registry, so `podman auto-update` must not look for it there.
#[must_use]
pub fn image_drop_in(tag: &str) -> String {
    format!(
        "# Written by datalake. Remove this file and run daemon-reload to undo.\n\
         [Container]\nImage={tag}\nAutoUpdate=\n"
    )
}

/// The image that a drop-in of [`image_drop_in`] names; `None` for another text.
#[must_use]
pub fn image_in_drop_in(text: &str) -> Option<&str> {
    let tag = text.lines().find_map(|line| line.strip_prefix("Image="))?;
    (text == image_drop_in(tag)).then_some(tag)
}

/// Whether `Image=` names an image outright: no quadlet of its own, nothing that systemd fills in.
#[must_use]
pub fn is_plain_image(value: &str) -> bool {
    let ending = value.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_quadlet = ["build", "image"].contains(&ending);
    !value.is_empty() && !is_quadlet && !value.contains(['%', '$', '"', '\'', ' ', '\t', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Packages, WantedLibraries, find_dependencies};

    fn needed(modal: bool) -> Dependencies {
        let packages = Packages { dagster: Some("1.12.6".to_owned()), ..Packages::default() };
        find_dependencies(&packages, WantedLibraries { modal, frames: None }).unwrap()
    }

    fn recipe(user: &str, source: &PackageSource) -> Recipe {
        Recipe::new(BaseImage { id: "5f3a", user }, "python3", &needed(false), source).unwrap()
    }

    #[test]
    fn the_user_of_the_base_stays() {
        let text = recipe("dagster:1000", &PackageSource::default()).containerfile;

        assert_eq!(
            text,
            "FROM 5f3a\n\
             LABEL datalake.base=5f3a\n\
             USER 0\n\
             ARG PIP_BREAK_SYSTEM_PACKAGES=1\n\
             ARG PIP_ROOT_USER_ACTION=ignore\n\
             ARG PIP_DISABLE_PIP_VERSION_CHECK=1\n\
             ARG PIP_NO_INPUT=1\n\
             RUN [\"python3\",\"-m\",\"pip\",\"install\",\"--no-cache-dir\",\"dagster==1.12.6\",\
             \"dagster-aws==0.28.6\",\"boto3>=1.38\"]\n\
             USER dagster:1000\n"
        );
        assert!(!recipe("", &PackageSource::default()).containerfile.contains("USER "));
        let odd = Recipe::new(
            BaseImage { id: "5f3a", user: "a\nRUN x" },
            "python3",
            &needed(false),
            &PackageSource::default(),
        );
        assert_eq!(odd, Err(UnfitUser("a\nRUN x".to_owned())));
    }

    #[test]
    fn packages_come_from_where_they_are_meant_to() {
        let wheels = PackageSource { wheels: true, ..PackageSource::default() };
        let text = recipe("", &wheels).containerfile;
        assert!(text.contains("\"--no-index\",\"--find-links=/run/datalake-wheels\""), "{text}");

        let index = "https://pkg.example/simple".parse().ok();
        let text =
            recipe("", &PackageSource { index, pip_conf: true, wheels: false }).containerfile;
        assert!(text.contains("\"--index-url=https://pkg.example/simple\""), "{text}");
        assert!(text.contains("ARG PIP_CONFIG_FILE=/run/secrets/pipconf\n"), "{text}");
        let mount = "RUN --mount=type=secret,id=pipconf,target=/run/secrets/pipconf [\"python3\"";
        assert!(text.contains(mount), "{text}");
    }

    #[test]
    fn a_tag_stands_for_base_and_requirements_alone() {
        let tag = recipe("", &PackageSource::default()).tag;

        assert!(tag.starts_with("localhost/datalake-dagster:1.12.6-"), "{tag}");
        assert_eq!(tag.rsplit('-').next().map(str::len), Some(12));
        assert_eq!(
            recipe("root", &PackageSource { wheels: true, ..PackageSource::default() }).tag,
            tag
        );
        let other = |base, modal| {
            Recipe::new(
                BaseImage { id: base, user: "" },
                "python3",
                &needed(modal),
                &PackageSource::default(),
            )
            .unwrap()
            .tag
        };
        assert_ne!(other("5f3b", false), tag);
        assert_ne!(other("5f3a", true), tag);
    }

    #[test]
    fn a_drop_in_tells_its_image() {
        let text = image_drop_in("localhost/datalake-dagster:1.12.6-0123456789ab");

        let image = Some("localhost/datalake-dagster:1.12.6-0123456789ab");
        assert_eq!(image_in_drop_in(&text), image);
        assert_eq!(image_in_drop_in("[Container]\nImage=a\n"), None);
        assert_eq!(image_in_drop_in(&(text + "Exec=sh\n")), None);
    }

    #[test]
    fn images_of_other_quadlets_are_not_plain() {
        for value in ["localhost/dagster:latest", "docker.io/acme/dagster@sha256:ab", "dagster"] {
            assert!(is_plain_image(value), "{value}");
        }
        for value in ["", "dagster-s3.build", "dagster.image", "a/%i:1", "${TAG}", "a b"] {
            assert!(!is_plain_image(value), "{value}");
        }
    }
}
