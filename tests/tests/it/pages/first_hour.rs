//! `docs/first-hour.md`: what a newcomer types and reads, from an empty folder to the way back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::hold;
use crate::support::{Call, folder_in_memory, shown};

const HEAD: &str = "\
# The first hour

What a newcomer types and reads on a machine without an account, a network and root: the built-in S3 service, a pretend host, a plan, a run, four faults, their diagnosis and the way
back. A test types every line and writes this page. What differs from run to run has a word in brackets; `#` says what happens between two commands.
";

/// What differs besides what [`shown`] knows.
static MARKS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let marks = [
        (r"it is \d+ days old", "it is [N] days old"),
        (r"\d+ sound, (.*), \d+ skipped", "[N] sound, $1, [N] skipped"),
        (r"(?m)^(\S+ +)\d+ in order", "$1[N] in order"),
        (r"\d+ skipped\n", "[N] skipped\n"),
        (r"\((\d{4}), \d+:\d+\)", "($1, [OWNER])"),
    ];
    marks.map(|(pattern, mark)| (Regex::new(pattern).unwrap(), mark)).into()
});

/// A session in one folder.
struct Session<'s> {
    folder: &'s Path,
    page: String,
}

impl Session<'_> {
    /// Types a command and expects this exit code.
    #[track_caller]
    fn type_command(&mut self, words: &str, exit: i32) {
        let call = Call::new(self.folder, words).through_script("exec \"$@\" 2>&1");
        let ran = call.run().exits(exit);
        self.page += &format!("$ datalake {words}\n{}", ran.stdout.trim_start_matches('\n'));
        if exit > 0 {
            self.page += &format!("# exit code {exit}\n");
        }
        self.page += "\n";
    }

    /// Something that happens beside the program.
    fn note_event(&mut self, what: &str) {
        self.page += &format!("# {what}\n");
    }

    fn write_text(&self) -> String {
        let mark = |text: String, (pattern, mark): &(Regex, &str)| {
            pattern.replace_all(&text, *mark).into_owned()
        };
        MARKS.iter().fold(shown(&self.page), mark)
    }
}

/// Four faults as they are found in the field: an open file, a lost drop-in, keys for everybody, and
/// the line of a guide that keeps a service from starting.
fn plant_faults(host: &Path) {
    let home = host.join("var/lib/dagster/.config");
    let env_file = home.join("datalake/s3.env");
    fs::set_permissions(env_file, fs::Permissions::from_mode(0o644)).unwrap();
    let units = home.join("containers/systemd");
    fs::remove_file(units.join("dagster-daemon.container.d/50-datalake-s3.conf")).unwrap();
    fs::create_dir_all(home.join("environment.d")).unwrap();
    fs::write(home.join("environment.d/s3.conf"), "AWS_ACCESS_KEY_ID=OLD\n").unwrap();
    let unit = units.join("dagster-webserver.container");
    let text = fs::read_to_string(&unit).unwrap();
    let line = "[Container]\nEnvironmentFile=-/etc/dagster/old.env";
    fs::write(unit, text.replacen("[Container]", line, 1)).unwrap();
}

#[test]
fn the_page_of_the_first_hour_is_what_is_typed_and_read() {
    let folder = folder_in_memory();
    let mut session = Session { folder: folder.path(), page: String::new() };

    session.type_command("doctor --only spec", 3);
    session.type_command("--sandbox provision --dry-run", 3);
    session.type_command("--sandbox provision --yes", 0);
    session.type_command("--sandbox status", 0);
    session.note_event(
        "Somebody opens the env file, loses a drop-in, exports a key and follows an old guide.",
    );
    plant_faults(&folder.path().join(".sandbox/host"));
    session.type_command("--sandbox doctor", 3);
    session.type_command("doctor --explain host-dashed-env-file", 0);
    session.type_command("--sandbox doctor --fix host-dashed-env-file --yes", 0);
    session.type_command("--sandbox doctor", 0);
    session.type_command("--sandbox rollback --yes", 0);
    session.type_command("--sandbox history", 0);

    let text = session.write_text();
    for finding in
        ["host-env-file-mode", "host-handover", "host-environment-d", "host-dashed-env-file"]
    {
        assert!(text.contains(&format!("✗ wrong    {finding}: ")), "{finding}\n{text}");
    }
    hold("first-hour.md", &format!("{HEAD}\n```console\n{}\n```\n", text.trim_matches('\n')));
}
