//! `demo`: the whole road on this machine, in a folder of its own, by this very program.
//!
//! Each act starts the program as a person would, shows the end of what it says, and checks how it
//! ends. Nothing is asked of a network, a root or a podman.

mod stage;
mod storage;

use datalake_core::text::printable;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::Demo;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path::{self, list_tree};
use crate::render::{DocumentKind, Printer};
use stage::{Act, ActEnding, DemoStage};
use storage::fill_storage;

pub(super) const DEMO: DocumentKind = DocumentKind::of::<Played>("demo");

/// What is shown, and in which order.
const ACTS: [Act; 17] = [
    Act::new("What would change on this host, with a diff of every file", "provision --dry-run")
        .ends(ActEnding::Exit(Exit::Drift)),
    Act::new("The same, carried out and killed in the middle of a file", "provision --yes")
        .with("DATALAKE_TEST_KILL", "file-renamed:2")
        .ends(ActEnding::Killed),
    Act::new("The next run finishes what the killed one began", "provision --yes").shows(12),
    Act::new("Bucket and host are in sync with the spec", "status"),
    Act::new("What is wrong anywhere in the chain", "doctor").shows(12),
    Act::new("Dagster's local storage: what would be moved, and what stays", "migrate plan")
        .ends(ActEnding::Exit(Exit::Drift)),
    Act::new("Moved over a faulty wire, and killed half-way", MIGRATE_SLOWLY)
        .with("DATALAKE_TEST_FAULTS", FAULTS)
        .within(Duration::from_millis(1500))
        .ends(ActEnding::Killed),
    Act::new("The next run goes on from there, inside large files too", MIGRATE)
        .with("DATALAKE_TEST_FAULTS", FAULTS),
    Act::new("Everything that was sent is read back and compared", "migrate verify --deep"),
    Act::new("Each asset, and what became of it", "migrate report"),
    Act::new("What the bucket holds", "du --depth 2"),
    Act::new("A sample for the history, as a timer takes one each day", "usage record"),
    Act::new("What the bucket costs, by Hetzner's price list", "cost report"),
    Act::new("What would change with smaller pickles and more read", WHATIF),
    Act::new("The same as a page", "report --html report.html"),
    Act::new("Would it fit a budget?", "cost check --budget 10EUR"),
    Act::new("And back: the same bytes, modes and owners", "rollback --yes").shows(12),
];

const WHATIF: &str = "cost whatif --compress 3 --egress 2TB";

const MIGRATE: &str = "migrate run --yes --while-running";
const MIGRATE_SLOWLY: &str = "migrate run --yes --while-running --bwlimit 8M";

/// Every twentieth answer is a fault of some kind.
const FAULTS: &str = "seed 7, 2% 503, 1% 500, 1% cut-body@1024, 1% reset";

/// What was checked, and how it came out.
#[derive(Serialize, JsonSchema)]
struct Played {
    /// The checks, in the order in which they were made.
    checks: Vec<Check>,
    /// The folder that was kept; `null` where it is gone again.
    folder: Option<PathBuf>,
    /// The page of the report, which stays in any case; `null` where there is none.
    page: Option<PathBuf>,
}

/// A check of the demo.
#[derive(Serialize, JsonSchema)]
struct Check {
    /// What has to hold.
    what: String,
    /// Whether it did.
    held: bool,
}

pub(super) async fn demo(flags: &Demo, printer: Printer) -> Result<Exit, Failure> {
    let folder = DemoFolder::new(flags)?;
    let stage = DemoStage::new(folder.path(), printer)?;
    let mut checks = Vec::new();
    let mut before = Vec::new();
    for (number, act) in ACTS.iter().enumerate() {
        let held = stage.play(number + 1, act).await?;
        checks.push(Check { what: act.title.to_owned(), held });
        if number == 0 {
            let at_host = |error| Failure::io(&stage.host(), &error);
            fill_storage(&stage.host()).map_err(at_host)?;
            before = list_tree(&stage.host()).map_err(at_host)?;
        }
    }
    let after = list_tree(&stage.host()).map_err(|error| Failure::io(&stage.host(), &error))?;
    let what = "Every file of the host is what it was before".to_owned();
    checks.push(Check { what, held: before == after && !after.is_empty() });
    let page = folder.keep_page()?;
    let played = Played { checks, folder: flags.keep.clone(), page };
    printer.result(DEMO, &played, &describe_ending(&played));
    drop(folder);
    if played.checks.iter().all(|check| check.held) { Ok(Exit::Done) } else { Ok(Exit::Mismatch) }
}

fn describe_ending(played: &Played) -> String {
    let mut text = "\n".to_owned();
    for Check { what, held } in &played.checks {
        text.push_str(&format!("{}  {what}\n", if *held { "held  " } else { "BROKEN" }));
    }
    let held = played.checks.iter().filter(|check| check.held).count();
    text.push_str(&format!("\n{held} of {} checks held. ", played.checks.len()));
    text.push_str(&match &played.folder {
        Some(folder) => format!("Nothing outside of `{}` was touched.\n", folder.display()),
        None => "Nothing outside of a temporary folder was touched, and that is gone.\n".to_owned(),
    });
    if let Some(page) = &played.page {
        text.push_str(&format!("The page of act 15 is still there: {}\n", page.display()));
    }
    text.push_str("Next, on this machine's own terms: datalake init\n");
    text
}

/// The page that an act writes, in the folder.
const PAGE: &str = "report.html";

/// Where the demo plays: a new folder that the operator keeps, or one that goes with it.
enum DemoFolder {
    Kept(PathBuf),
    Passing(tempfile::TempDir),
}

impl DemoFolder {
    fn new(flags: &Demo) -> Result<Self, Failure> {
        let Some(path) = &flags.keep else {
            let folder = tempfile::Builder::new().prefix("datalake-demo-").tempdir();
            let folder = folder.map_err(|error| Failure::io(&std::env::temp_dir(), &error))?;
            return Ok(Self::Passing(folder));
        };
        if named_path::is_taken(path) {
            let message = format!("`{}` already exists", printable(&path.display().to_string()));
            return Err(Failure::new(Exit::Usage, message).hint("--keep names a new folder"));
        }
        named_path::make_folder(path)?;
        Ok(Self::Kept(named_path::find_whole(path)?))
    }

    /// The page, which stays when the folder goes: people are told to open it.
    fn keep_page(&self) -> Result<Option<PathBuf>, Failure> {
        let page = self.path().join(PAGE);
        match self {
            Self::Kept(_) => Ok(named_path::is_taken(&page).then_some(page)),
            Self::Passing(_) => named_path::keep_copy(&page, "datalake-demo-", ".html"),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Passing(folder) => folder.path(),
        }
    }
}
