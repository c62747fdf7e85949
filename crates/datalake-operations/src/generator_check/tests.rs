use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datalake_core::host::{FileState, Mode, Owner};
use datalake_core::plan::{Action, Guard, Step, Undo, Way};
use datalake_core::secret::{FileBody, FilledBody, FingerprintKey, Piece};
use datalake_engine::QuadletFolder;
use datalake_quadlet::{S3_VARIABLES, UnitFile, drop_in};

use super::*;

const WEB: &str = "/q/web.container";
const DROP_IN: &str = "/q/web.container.d/50-datalake-s3.conf";
const UNIT: &str = "[Container]\nImage=i\n";

/// Behaves like the generator of some podman, as far as the words here matter.
#[derive(Default)]
struct Fake {
    ignores_drop_ins: bool,
    hangs_on: &'static str,
    fault: Option<Fault>,
}

impl Fake {
    /// The unit file with what all folders add to it.
    fn whole(&self, tree: &QuadletTree, name: &str, unit: &FilledBody) -> UnitFile {
        let is_drop_in = |file: &str| file.starts_with(&format!("{name}.d/"));
        let all = tree.folders.iter().flat_map(|folder| &folder.files);
        let drop_ins = all.filter(|(file, _)| !self.ignores_drop_ins && is_drop_in(file));
        let parts = [unit].into_iter().chain(drop_ins.map(|(_, content)| content.as_ref()));
        let text: Vec<_> = parts.map(|part| String::from_utf8_lossy(part.expose())).collect();
        UnitFile::parse(&text.join("\n"))
    }
}

#[async_trait]
impl Generator for Fake {
    async fn generate(&self, tree: &QuadletTree) -> Result<GeneratorAnswer, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let (mut stdout, mut stderr) = (String::new(), String::new());
        for folder in &tree.folders {
            for (name, content) in &folder.files {
                let Some(stem) = name.strip_suffix(".container") else { continue };
                let unit = self.whole(tree, name, content);
                if !self.hangs_on.is_empty() && unit.text().contains(self.hangs_on) {
                    return Ok(GeneratorAnswer::Hung(Duration::from_secs(20)));
                }
                if unit.last("Container", "Foo").is_some() {
                    stderr.push_str(&format!(
                        "quadlet-generator[1]: converting \"{name}\": unsupported key 'Foo'\n"
                    ));
                    continue;
                }
                let words = unit.values("Container", "PodmanArgs").join(" ");
                let path = folder.path.join(name).unwrap();
                stdout.push_str(&format!(
                    "---{stem}.service---\n[Unit]\nSourcePath={path}\n[Service]\n\
                     ExecStart=/usr/bin/podman run {words} i\n"
                ));
            }
        }
        let said = |text: String| FilledBody::new(text.into_bytes());
        Ok(GeneratorAnswer::Said { stdout: said(stdout), stderr: said(stderr), exit: 1 })
    }
}

fn at(path: &str) -> HostPath {
    path.parse().unwrap()
}

fn tree(unit: &str) -> QuadletTree {
    let file = Arc::new(FilledBody::new(unit.into()));
    let files = BTreeMap::from([("web.container".to_owned(), file)]);
    let folder = QuadletFolder { path: at("/q"), files };
    let reader = Owner { uid: 9, gid: 9 };
    QuadletTree { reader, folders: vec![folder], left_out: Vec::new() }
}

fn plan(path: &str, text: &str) -> Plan {
    let content = FingerprintKey::new([0; 32]).of(b"");
    let file = FileState { content, mode: Mode::PUBLIC, owner: Owner { uid: 9, gid: 9 } };
    let body = FileBody::new([Piece::text(text)]);
    let undo = Undo { guard: Guard::PathAbsent(at(path)), way: Way::OneWay(String::new()) };
    let action = Action::WriteFile { path: at(path), body, file };
    Plan::of_steps(vec![Step { guard: undo.guard.clone(), action, undo, why: String::new() }])
}

async fn told_of(
    generator: &Fake,
    tree: &QuadletTree,
    plan: &Plan,
) -> Result<String, OperationError> {
    let web = at(WEB);
    let expected = S3_VARIABLES.map(Expected::Env).to_vec();
    try_generator(generator, tree, plan, &WantedUnits { units: vec![&web], expected }).await
}

fn drop_in_plan() -> Plan {
    plan(DROP_IN, &drop_in(&at("/s3.env"), &S3_VARIABLES).unwrap())
}

#[track_caller]
fn check_failure(told: Result<String, OperationError>, words: &[&str]) {
    let failure = told.expect_err("a failure");
    let text = format!("{failure}\n{:?}", failure.advice);
    assert_eq!(failure.kind, ErrorKind::Config);
    assert!(text.contains("nothing was changed"), "{text}");
    for word in words {
        assert!(text.contains(word), "{word}: {text}");
    }
}

const ALREADY: &str = "this is so already, without the changes of datalake";

#[tokio::test]
async fn a_good_change_is_told_in_a_line() {
    let told = told_of(&Fake::default(), &tree(UNIT), &drop_in_plan()).await.unwrap();

    assert_eq!(
        told,
        "Checked: the installed quadlet generator makes the unit of the changed files.\n"
    );
}

#[tokio::test]
async fn an_unknown_key_that_was_there_before_is_not_put_down_to_the_change() {
    let told = told_of(&Fake::default(), &tree("[Container]\nFoo=bar\n"), &drop_in_plan()).await;

    let reason = "converting \"web.container\": unsupported key 'Foo'";
    check_failure(told, &[WEB, reason, ALREADY, "put right by hand"]);
}

#[tokio::test]
async fn a_change_that_breaks_a_unit_is_told_as_such() {
    let told = told_of(&Fake::default(), &tree(UNIT), &plan(DROP_IN, "[Container]\nFoo=1")).await;

    let text = format!("{:?}", told.as_ref().unwrap_err());
    assert!(!text.contains(ALREADY), "{text}");
    check_failure(told, &["unsupported key", "without the changes of datalake it is not so"]);
}

#[tokio::test]
async fn a_podman_that_ignores_drop_ins_is_noticed() {
    let old = Fake { ignores_drop_ins: true, ..Fake::default() };

    let told = told_of(&old, &tree(UNIT), &drop_in_plan()).await;

    let words = "`web.service` does not hand `AWS_ACCESS_KEY_ID` to its container";
    check_failure(told, &[words, "since podman 5.0"]);
}

#[tokio::test]
async fn a_generator_that_hangs_is_a_failure() {
    let before = Fake { hangs_on: "Image", ..Fake::default() };
    let change = Fake { hangs_on: "--env", ..Fake::default() };

    let told = told_of(&before, &tree(UNIT), &drop_in_plan()).await;
    check_failure(told, &["did not finish within 20s", ALREADY]);

    let told = told_of(&change, &tree(UNIT), &drop_in_plan()).await;
    check_failure(told, &["did not finish within 20s", "it is not so"]);
}

#[tokio::test]
async fn what_was_not_checked_is_told() {
    let fault = |kind| Fault::new(kind, "program `runuser` is not there\u{1b}");
    let told = async |kind| {
        let fake = Fake { fault: Some(fault(kind)), ..Fake::default() };
        told_of(&fake, &tree(UNIT), &drop_in_plan()).await.unwrap()
    };

    let absent = told(FaultKind::Absent).await;
    assert_eq!(absent, "Not checked: no quadlet generator is installed.\n");
    assert_eq!(
        told(FaultKind::Unreachable).await,
        "Not checked: the quadlet generator could not be asked: program `runuser` is not \
         there\\u{1b}.\n"
    );
}

#[tokio::test]
async fn what_is_missing_in_the_copy_takes_nothing_away_and_blames_nobody() {
    let link = (at("/q/dagster.network"), Fault::new(FaultKind::NotPlain, "a symbolic link"));
    let told = async |unit: &str| {
        let tree = QuadletTree { left_out: vec![link.clone()], ..tree(unit) };
        told_of(&Fake::default(), &tree, &drop_in_plan()).await.unwrap()
    };

    let good = told(UNIT).await;
    assert!(good.starts_with("Checked: "), "{good}");
    assert!(good.contains("`/q/dagster.network` was left out"), "{good}");
    let bad = told("[Container]\nFoo=bar\n").await;
    assert!(bad.starts_with("Not checked: the generator makes no unit of"), "{bad}");
    assert!(bad.contains("`/q/dagster.network` was left out of the copy"), "{bad}");
}
