//! Tasks of the workspace: `cargo xtask provision`, `cargo xtask ci`, `cargo xtask docs`,
//! `cargo xtask messages`, `cargo xtask e2e LANE`, `cargo xtask bench`, `cargo xtask dist`.
//!
//! It only starts cargo, the binary and the scripts of the lanes; the work is in the crates.

mod ci;
mod dist;
mod e2e;
mod run;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use run::{Failed, cargo};

const USAGE: &str = "\
cargo xtask provision [ARGUMENTS]   Run `datalake provision`: with ./datalake.yaml on this host,
                                    without it on the built-in sandbox in ./.sandbox
cargo xtask ci                      Format, lints, documentation, licences and all tests
cargo xtask docs                    Write the pages below `docs` that are made from the program
cargo xtask messages                Print every error, hint, finding and help text on one page
cargo xtask e2e [LANE…] [-- PART…]  Tests with the real programs; without a name, list the lanes
cargo xtask bench [ARGUMENTS]       Speed beside other programs; --help tells how, --quick tries it
cargo xtask dist                    The program in one file that runs on any Linux, its man pages and
                                    completions, as an archive, .deb and .rpm, below target/dist
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = match words.split_first() {
        Some((task, rest)) if task == "provision" => provision(rest),
        Some((task, [])) if task == "ci" => ci::ci(),
        Some((task, [])) if task == "docs" => docs(),
        Some((task, [])) if task == "messages" => print_messages(),
        Some((task, lanes)) if task == "e2e" => e2e::e2e(lanes),
        Some((task, [])) if task == "dist" => dist::dist(),
        Some((task, rest)) if task == "bench" => bench(rest),
        _ => Err(Failed::usage(USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            run::say(&failed.message);
            ExitCode::from(failed.code)
        }
    }
}

fn provision(rest: &[String]) -> Result<(), Failed> {
    let mut words = vec!["run", "--quiet", "--package", "datalake-cli", "--"];
    if Path::new("datalake.yaml").exists() {
        words.push("provision");
    } else {
        run::say("No datalake.yaml here: working on the built-in sandbox in ./.sandbox.");
        words.extend(["--sandbox", "provision", "--yes"]);
    }
    words.extend(rest.iter().map(String::as_str));
    cargo(&words)
}

/// The tests that hold the pages write them where that is asked for.
fn docs() -> Result<(), Failed> {
    let words = ["test", "--quiet", "--locked", "--package", "datalake-tests", "--test", "it"];
    run::cargo_with(&[&words[..], &["--", "pages::"]].concat(), ("SNAPSHOTS", "overwrite"))
}

/// The test that reads the sources writes the page where it is told to.
fn print_messages() -> Result<(), Failed> {
    let failed = |error: std::io::Error| Failed::new(format!("the page of messages: {error}"));
    let page = std::path::absolute(run::target().join("messages.md")).map_err(failed)?;
    let words = ["test", "--quiet", "--locked", "--package", "datalake-tests", "--test", "it"];
    let name = "pages::messages::the_page_of_messages_has_every_kind_of_text";
    let variable = ("MESSAGES", page.as_os_str());
    run::printed_by_cargo_with(&[&words[..], &["--", "--exact", name]].concat(), variable)?;
    let text = std::fs::read(page).map_err(failed)?;
    std::io::stdout().write_all(&text).map_err(failed)
}

fn bench(rest: &[String]) -> Result<(), Failed> {
    // Both packages at once, so that the program lies beside what measures it.
    let packages = ["--package", "datalake-cli", "--package", "datalake-bench"];
    cargo(&[&["build", "--release", "--locked"], &packages[..]].concat())?;
    let program = run::target().join("release/datalake-bench");
    run::run(std::process::Command::new(program).args(rest), "the benchmark")
}
