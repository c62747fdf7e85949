//! Completions, in the shells that are installed, and man pages.

use std::fs;

use crate::support::{Call, Host, Service, shown};

/// What bash completes behind a line, with the script that the program prints.
const COMPLETE: &str = r#"
cat > complete.bash <<'END'
program=$1 line=$2
source <("$program" completions bash)
COMP_LINE=$line COMP_POINT=${#line}
read -ra COMP_WORDS <<< "$line"
[[ $line == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMPREPLY=()
_datalake_values "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
END
bash complete.bash "$1" "$1 $LINE"
"#;

/// The path of the programs that the script needs.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

fn complete_line(call: Call, line: &str) -> Vec<String> {
    let ran = call.through_script(COMPLETE).env("PATH", PATH).env("LINE", line).run().exits(0);
    ran.stdout.lines().map(str::to_owned).filter(|line| !line.is_empty()).collect()
}

#[track_caller]
fn check_completion(line: &str, expected: &[&str]) {
    let host = Host::usual();
    assert_eq!(complete_line(host.bare(""), line), expected, "{line}");
}

#[test]
fn bash_completes_values_of_flags() {
    check_completion("--region ", &["fsn1", "nbg1", "hel1"]);
    check_completion("provision --handover p", &["podman-secret"]);
    check_completion("doctor --only dag", &["dagster-yaml"]);
    check_completion(
        "doctor --explain host-env",
        &["host-env-file", "host-env-file-mode", "host-environment-d"],
    );
    check_completion("provision --environment-host k", &["keep"]);
    check_completion("doct", &["doctor"]);
}

#[test]
fn bash_completes_runs_and_buckets_as_the_program_lists_them() {
    let (host, service) = (Host::usual(), Service::hetzner());
    host.call(&service, "provision --yes").run().exits(0);
    let call = || host.call(&service, "");
    let (root, state) = (host.root(), host.state());
    let place = format!("--root {} --state {}", root.display(), state.display());

    let runs = complete_line(call(), &format!("{place} rollback "));
    let buckets = complete_line(call(), &format!("{place} bucket show acme-"));

    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(shown(&runs[0]), "[RUN]");
    assert_eq!(buckets, ["acme-dagster-assets"]);
}

#[test]
fn scripts_of_all_shells_are_made_and_know_runs_and_buckets() {
    let host = Host::usual();
    for (shell, words) in
        [("bash", "_datalake_runs"), ("zsh", ":_datalake_buckets'"), ("fish", "__datalake_runs")]
    {
        let script = host.bare(&format!("completions {shell}")).run().exits(0).stdout;
        assert!(script.contains(words), "{shell}");
        assert!(script.contains("podman-secret"), "{shell}");
    }
}

/// What stands in zsh's script behind the beginning of a command's part, up to the next.
fn cut_zsh_part<'a>(script: &'a str, command: &str) -> &'a str {
    let (_, behind) = script.split_once(&format!("\n({command})\n")).unwrap();
    behind.split_once("\n&& ret=0").unwrap().0
}

#[test]
fn zsh_asks_for_runs_and_buckets_at_the_commands_that_take_one() {
    let host = Host::usual();
    let script = host.bare("completions zsh").run().exits(0).stdout;
    for (command, function) in [
        ("rollback", "_datalake_receipts"),
        ("history", "_datalake_runs"),
        ("delete", "_datalake_buckets"),
        ("provision", "_datalake_buckets"),
    ] {
        let part = cut_zsh_part(&script, command);
        assert!(part.contains(function), "{command}: {part}");
    }
}

#[test]
fn commands_that_help_does_not_show_are_not_offered() {
    let host = Host::usual();
    for shell in ["bash", "zsh", "fish"] {
        let script = host.bare(&format!("completions {shell}")).run().exits(0).stdout;
        assert!(!script.contains("Note how a run goes"), "{shell}");
        assert!(!script.contains("plan apply note"), "{shell}");
    }
}

#[test]
fn man_pages_have_examples_and_further_reading() {
    let host = Host::usual();
    host.bare("man pages").run().exits(0);
    let page = |name: &str| fs::read_to_string(host.work().join("pages").join(name)).unwrap();

    let provision = page("datalake-provision.1");
    assert!(provision.contains(".SH EXAMPLES\n.nf\n"), "{provision}");
    assert!(provision.contains("sudo \\-E datalake provision \\-\\-dry\\-run"), "{provision}");
    let further = ".SH \"SEE ALSO\"\n\\fBdatalake\\fR(1),\n\\fBdatalake.yaml\\fR(5)\n";
    assert!(provision.ends_with(further), "{provision}");
    assert!(page("datalake-bucket.1").contains("\\fBdatalake\\-bucket\\-show\\fR(1)"));
    let spec = page("datalake.yaml.5");
    assert!(
        spec.contains("\\fBhost.user\\fR (") && spec.contains("\\fBcost.budget\\fR ("),
        "{spec}"
    );
    for entry in fs::read_dir(host.work().join("pages")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(".SH \"SEE ALSO\""), "{}", path.display());
    }
}
