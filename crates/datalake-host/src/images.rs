//! The images of the service user's podman.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_engine::{Build, Image, ImageName, Images, LineSink};
use serde::Deserialize;

use crate::commands::{
    CommandFault, ProgramCall, fault_of_command, follow_with_input, run_program,
};
use crate::podman::Podman;

/// What a program may take that is run in a container of its own: the first look into a large image
/// may copy all of it.
const RUN_LIMIT: Duration = Duration::from_mins(5);

/// What the program in it may take: killing `podman run` alone would leave the container running.
const CONTAINER_LIMIT: Duration = Duration::from_secs(280);

/// What a build may take, packages and all.
const BUILD_LIMIT: Duration = Duration::from_mins(20);

#[async_trait]
impl Images for Podman {
    async fn image(&self, name: &ImageName) -> Result<Image, Fault> {
        self.user().require_manager()?;
        let command = self.user().podman(&["image", "inspect", name.as_str()]);
        read_image(run_program(&command).await.map_err(fault_of_image)?.stdout.expose())
    }

    async fn run(&self, name: &ImageName, words: &[String]) -> Result<FilledBody, Fault> {
        self.user().require_manager()?;
        let words = run_words(name, words);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let command = ProgramCall { limit: RUN_LIMIT, ..self.user().podman(&words) };
        run_program(&command).await.map(|output| output.stdout).map_err(fault_of_image)
    }

    async fn build(&self, build: &Build, sink: LineSink<'_>) -> Result<(), Fault> {
        self.user().require_manager()?;
        let words = build_words(build);
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let command = ProgramCall { limit: BUILD_LIMIT, ..self.user().podman(&words) };
        let input = FilledBody::new(build.containerfile.clone().into_bytes());
        let built = follow_with_input(&command, &input, sink);
        match tokio::time::timeout(BUILD_LIMIT, built).await {
            Ok(built) => built.map_err(fault_of_image),
            Err(_) => {
                let program = "podman build".to_owned();
                Err(fault_of_image(CommandFault::TimedOut { program, limit: BUILD_LIMIT }))
            }
        }
    }

    async fn remove(&self, name: &ImageName) -> Result<(), Fault> {
        self.user().require_manager()?;
        let command = self.user().podman(&["image", "rm", name.as_str()]);
        match run_program(&command).await.map_err(fault_of_image) {
            Err(fault) if fault.kind != FaultKind::Absent => Err(fault),
            _ => Ok(()),
        }
    }
}

fn run_words(name: &ImageName, words: &[String]) -> Vec<String> {
    let mut all: Vec<_> =
        ["run", "--rm", "--network=none", "--pull=never"].map(str::to_owned).into();
    all.push(format!("--timeout={}", CONTAINER_LIMIT.as_secs()));
    let (program, arguments) = words.split_first().map_or(("", words), |(p, a)| (p.as_str(), a));
    all.push(format!("--entrypoint={program}"));
    all.push(name.to_string());
    all.extend(arguments.iter().cloned());
    all
}

/// The Containerfile comes through standard input, and there is no folder to copy files from.
fn build_words(build: &Build) -> Vec<String> {
    // One layer, never one of an earlier try, and nothing is left of it once the name is gone. The
    // other format would lose a health check of the base.
    let mut all: Vec<_> =
        ["build", "--pull=never", "--layers=false", "--format=docker"].map(str::to_owned).into();
    if let Some((folder, seen_at)) = &build.folder {
        all.push("--network=none".to_owned());
        // A label of its own would be written to the operator's files otherwise.
        all.push("--security-opt=label=disable".to_owned());
        all.push(format!("--volume={}:{seen_at}:ro", folder.display()));
    }
    if let Some((id, file)) = &build.secret {
        all.push(format!("--secret=id={id},src={}", file.display()));
    }
    all.push(format!("--tag={}", build.name));
    all.push("-".to_owned());
    all
}

/// podman 5 in its own words, where the kind of fault is about images.
fn fault_of_image(fault: CommandFault) -> Fault {
    const ABSENT: [&str; 2] = ["image not known", "a command that was not found"];
    let is_absent = |stderr: &str| ABSENT.iter().any(|words| stderr.contains(words));
    match &fault {
        CommandFault::Failed { stderr, .. } if is_absent(stderr) => {
            Fault::new(FaultKind::Absent, fault.to_string())
        }
        _ => fault_of_command(fault),
    }
}

/// An image in the words of `podman image inspect`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    labels: Option<BTreeMap<String, String>>,
}

fn read_image(json: &[u8]) -> Result<Image, Fault> {
    let unreadable =
        |what: String| Fault::new(FaultKind::Unreadable, format!("podman's image: {what}"));
    let images: Vec<Inspected> =
        serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
    let image = images.into_iter().next().ok_or_else(|| unreadable("none".to_owned()))?;
    Ok(Image {
        id: image.id.parse().map_err(|_| unreadable("its id is odd".to_owned()))?,
        user: image.user,
        labels: image.labels.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// podman 5.8.6, shortened.
    const INSPECTED: &str = r#"[ { "Id": "ba6b8a2d1249", "RepoTags": ["localhost/dagster:latest"],
      "Config": { "User": "dagster", "Cmd": ["dagster-webserver"] }, "Size": 43070678,
      "Labels": { "datalake.base": "5f3a", "io.buildah.version": "1.43.2" }, "User": "dagster" } ]"#;

    fn name(text: &str) -> ImageName {
        text.parse().unwrap()
    }

    fn failed(stderr: &str) -> FaultKind {
        let (program, stderr) = ("podman".to_owned(), stderr.to_owned());
        let status = std::process::ExitStatus::default();
        fault_of_image(CommandFault::Failed { program, status, stderr }).kind
    }

    #[test]
    fn an_image_tells_its_user_and_its_labels() {
        let read = read_image(INSPECTED.as_bytes()).unwrap();

        assert_eq!((read.id.as_str(), read.user.as_str()), ("ba6b8a2d1249", "dagster"));
        assert_eq!(read.labels["datalake.base"], "5f3a");
        let imported = read_image(br#"[{"Id": "ba", "Config": {}, "Labels": null, "User": ""}]"#);
        assert_eq!(imported.unwrap().labels.len(), 0);
        for odd in [&b"[]"[..], b"null", b"", br#"[{"Id": "--all"}]"#] {
            assert_eq!(read_image(odd).unwrap_err().kind, FaultKind::Unreadable);
        }
    }

    #[test]
    fn what_is_not_there_is_told_from_what_fails() {
        assert_eq!(failed("Error: localhost/x: image not known"), FaultKind::Absent);
        let no_program = "Error: crun: executable file `python9` not found in $PATH: No such file or \
                          directory: OCI runtime attempted to invoke a command that was not found";
        assert_eq!(failed(no_program), FaultKind::Absent);
        assert_eq!(failed("Error: building at STEP \"RUN x\": exit status 1"), FaultKind::Refused);
    }

    #[test]
    fn a_look_needs_no_network_and_fetches_nothing() {
        let words = ["python3", "-c", "print(1)"].map(str::to_owned);

        assert_eq!(
            run_words(&name("localhost/a:1"), &words).join(" "),
            "run --rm --network=none --pull=never --timeout=280 --entrypoint=python3 localhost/a:1 \
             -c print(1)"
        );
    }

    #[test]
    fn a_container_ends_by_itself_before_it_is_given_up() {
        let words = run_words(&name("localhost/a:1"), &["true".to_owned()]);

        let limit = words.iter().find_map(|word| word.strip_prefix("--timeout=")).unwrap();
        let limit = Duration::from_secs(limit.parse().unwrap());
        assert!(!limit.is_zero() && limit < RUN_LIMIT, "{limit:?}");
    }

    #[test]
    fn a_build_reads_what_it_is_given_and_nothing_else() {
        let plain = Build {
            name: name("localhost/a:1"),
            containerfile: "FROM x\n".to_owned(),
            folder: None,
            secret: None,
        };
        let words = "build --pull=never --layers=false --format=docker --tag=localhost/a:1 -";
        assert_eq!(build_words(&plain).join(" "), words);

        let folder = Some(("/srv/wheels".into(), "/run/wheels".to_owned()));
        let secret = Some(("pipconf".to_owned(), "/etc/pip.conf".into()));
        assert_eq!(
            build_words(&Build { folder, secret, ..plain }).join(" "),
            "build --pull=never --layers=false --format=docker --network=none --security-opt=label=disable \
             --volume=/srv/wheels:/run/wheels:ro --secret=id=pipconf,src=/etc/pip.conf \
             --tag=localhost/a:1 -"
        );
    }
}
