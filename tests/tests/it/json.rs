//! `--json` on every command: one document with its envelope on standard output.

use crate::support::{Host, Ran, Service};

#[track_caller]
fn json(host: &Host, service: &Service, words: &str, code: i32) -> Ran {
    host.call(service, words).arg("--json").run().exits(code)
}

#[test]
fn the_main_road() {
    let (host, service) = (Host::with("seed-broken"), Service::hetzner());

    let plan = json(&host, &service, "provision --dry-run", 3).json("plan");
    assert_eq!(plan["steps"].as_array().unwrap().len(), 12);
    let status = json(&host, &service, "status", 3).json("status");
    assert_eq!(status["in_step"], false);

    let done = json(&host, &service, "provision --yes", 0).json("provision");
    assert_eq!(done["proved"], true);
    let run = done["receipt"]["run"].as_str().unwrap();
    assert!(done["undo"].as_str().unwrap().ends_with(run), "{}", done["undo"]);
    assert_eq!(done["plan"]["steps"].as_array().unwrap().len(), 12);

    let nothing = json(&host, &service, "provision", 0).json("provision");
    assert_eq!(nothing["plan"]["steps"].as_array().unwrap().len(), 0);
    let status = json(&host, &service, "status", 0).json("status");
    assert_eq!((&status["in_step"], &status["last_run"]), (&true.into(), &run.into()));

    let plan = json(&host, &service, "rollback --dry-run", 3).json("plan");
    assert_eq!(plan["steps"].as_array().unwrap().len(), 8);
    let undone = json(&host, &service, "rollback --yes", 0).json("rollback");
    assert_eq!(undone["of"], run);
    let nothing = json(&host, &service, "rollback --yes", 0).json("rollback");
    assert!(nothing["of"].is_null());

    let history = json(&host, &service, "history", 0).json("history");
    let states: Vec<_> = history.as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["complete", "rolled back"]);
}

#[test]
fn commands_about_the_spec_and_the_program() {
    let (host, service) = (Host::usual(), Service::hetzner());

    let shown = json(&host, &service, "config show", 0).json("config");
    assert_eq!(shown["bucket"], "acme-dagster-assets");
    let explained = json(&host, &service, "config explain", 0).json("config-values");
    assert_eq!(explained[2]["source"], "variable DATALAKE_BUCKET");
    let paths = json(&host, &service, "config paths", 0).json("paths");
    assert_eq!(paths["root"], host.root().to_str().unwrap());
    let written = json(&host, &service, "init --region fsn1 --bucket mine", 0).json("init");
    assert_eq!(written["bucket"], "mine");
    let script = json(&host, &service, "completions bash", 0).json("completions");
    assert!(script.as_str().unwrap().contains("complete"), "{script}");
}

#[test]
fn a_failure() {
    let (host, service) = (Host::usual(), Service::hetzner());

    let ran = json(&host, &service, "provision --yes --bucket=NO", 78);

    let problem = ran.json("error");
    assert_eq!(problem["exit_code"], 78);
    assert!(problem["messages"][0].as_str().unwrap().contains("`bucket`"), "{problem}");
    assert!(ran.stderr.starts_with("error: `bucket`"), "{}", ran.stderr);
}

#[test]
fn a_command_line_that_was_not_understood() {
    let host = Host::usual();
    let check = |words: &str, message: &str| {
        let ran = host.bare(words).run().exits(2);
        let problem = ran.json("error");
        assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
        assert_eq!(problem["exit_code"], 2);
        let told = problem["messages"][0].as_str().unwrap();
        assert!(told.starts_with(message), "{told}");
        assert!(!problem["hints"].as_array().unwrap().is_empty(), "{problem}");
        assert!(ran.stderr.starts_with(&format!("error: {message}")), "{}", ran.stderr);
    };

    check("doctor --explain nonsense --json", "invalid value 'nonsense' for '--explain <ID>': ");
    check("--json nonsense", "unrecognized subcommand 'nonsense'");
    check("--json status --bogus", "unexpected argument '--bogus' found");
    let text = host.bare("status --bogus").run().exits(2);
    assert_eq!(text.stdout, "");
    let help = host.bare("status --help --json").run().exits(0);
    assert!(help.stdout.contains("Usage: datalake status"), "{}", help.stdout);
}
