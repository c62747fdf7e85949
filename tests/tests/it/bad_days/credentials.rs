//! The key pair is wrong, or cannot be read.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use snapbox::str;

use super::Day;
use crate::support::{Call, KEY};

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

fn lines() -> String {
    format!("{ID}={}\n{SECRET}={}\n", KEY.id, KEY.secret)
}

#[test]
fn a_wrong_secret() {
    let day = Day::new();
    let call = day.provision().env(SECRET, "wrong0wrong0wrong0wrong0wrong0wrong0wron");

    day.refuses(call, 77, str![[r#"
error: the S3 service: the secret access key does not fit the access key id (SignatureDoesNotMatch, status 403, request [ID])
hint: the secret is shown only once, when the key is made: make a new key if it is lost

"#]]);
}

#[test]
fn an_unknown_id() {
    let day = Day::new();
    let call = day.provision().env(ID, "NOBODY00000000000001");

    day.refuses(call, 77, str![[r#"
error: the S3 service: the service does not know this access key id (InvalidAccessKeyId, status 403, request [ID])
hint: compare the id with the project's Security > S3 credentials; a new key can take a minute to be known everywhere

"#]]);
}

#[test]
fn id_and_secret_exchanged() {
    let day = Day::new();
    let call = day.provision().env(ID, KEY.secret).env(SECRET, KEY.id);

    day.refuses(
        call,
        78,
        str![[r#"
error: access key id and secret look exchanged
hint: at Hetzner the id has 20 characters and the secret 40

"#]],
    );
}

#[test]
fn a_line_end_pasted_along() {
    let day = Day::new();

    let call = day.provision().env(SECRET, format!("{}\n", KEY.secret));
    day.refuses(call, 78, str![[r#"
error: the environment: the secret access key holds a blank or a line end, perhaps pasted along with it
hint: paste it again, without blanks or line ends

"#]]);

    let call = day.provision().env(ID, format!("{}\n", KEY.id));
    day.refuses(
        call,
        78,
        str![[r#"
error: the environment: the access key id holds a blank or a line end, perhaps pasted along with it
hint: paste it again, without blanks or line ends

"#]],
    );
}

#[test]
fn a_blank_in_a_key_in_a_file() {
    let day = Day::new();
    let broken = lines().replace(KEY.secret, &KEY.secret.replace('+', " "));
    day.host.private_file("keys.env", &broken);

    let call = day.provision_without_key().arg("--credentials-file=keys.env");

    day.refuses(
        call,
        78,
        str![[r#"
error: credentials file `keys.env`: the value in line 2 holds a character that env files cannot carry safely
hint: needed are the lines AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, without quotes, blanks or Windows line ends

"#]],
    );
}

#[test]
fn a_file_from_windows() {
    let day = Day::new();
    day.host.private_file("keys.env", &lines().replace('\n', "\r\n"));

    let call = day.provision_without_key().arg("--credentials-file=keys.env");

    day.refuses(
        call,
        78,
        str![[r#"
error: credentials file `keys.env`: line 1 ends in a carriage return: save the file with the line ends of Unix
hint: needed are the lines AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, without quotes, blanks or Windows line ends

"#]],
    );
}

#[test]
fn no_key_at_all_or_half_a_pair() {
    let day = Day::new();

    day.refuses(
        day.provision_without_key(),
        78,
        str![[r#"
error: there is no key pair
hint: export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --credentials-file FILE

"#]],
    );
    day.refuses(
        day.provision_without_key().env(ID, KEY.id),
        78,
        str![[r#"
error: AWS_SECRET_ACCESS_KEY is not set, and AWS_ACCESS_KEY_ID is
hint: export both, or neither and give --credentials-file FILE

"#]],
    );
    day.refuses(
        day.provision_without_key().env(SECRET, KEY.secret),
        78,
        str![[r#"
error: AWS_ACCESS_KEY_ID is not set, and AWS_SECRET_ACCESS_KEY is
hint: export both, or neither and give --credentials-file FILE

"#]],
    );
}

#[test]
fn a_file_that_others_may_read() {
    let day = Day::new();
    let file = day.host.private_file("keys.env", &lines());
    fs::set_permissions(file, Permissions::from_mode(0o644)).unwrap();

    let call = day.provision_without_key().arg("--credentials-file=keys.env");

    day.refuses(
        call,
        78,
        str![[r#"
error: credentials file `keys.env`: mode 0644 is wider than 0600
hint: chmod 600 keys.env

"#]],
    );
}

#[test]
fn a_file_that_is_a_link_or_missing() {
    let day = Day::new();
    let file = day.host.private_file("real.env", &lines());
    symlink(file, day.host.work().join("keys.env")).unwrap();

    let call = day.provision_without_key().arg("--credentials-file=keys.env");
    day.refuses(
        call,
        78,
        str![[r#"
error: credentials file `keys.env`: it is a symbolic link, where a plain file is needed

"#]],
    );

    let call = day.provision_without_key().arg("--credentials-file=absent.env");
    day.refuses(call, 78, str![[r#"
error: credentials file `absent.env`: cannot read it: it does not exist (No such file or directory (os error 2))

"#]]);
}

#[test]
fn a_file_without_the_two_lines() {
    let day = Day::new();
    day.host.private_file("keys.env", "[default]\naws_access_key_id = x\n");

    let call = day.provision_without_key().arg("--credentials-file=keys.env");

    day.refuses(
        call,
        78,
        str![[r#"
error: credentials file `keys.env`: line 1 is neither empty, nor a comment with `#`, nor `NAME=value`
hint: needed are the lines AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, without quotes, blanks or Windows line ends

"#]],
    );
}

#[test]
fn a_descriptor_that_is_taken_or_closed() {
    let day = Day::new();

    let call = day.provision_without_key().arg("--credentials-fd=0");
    day.refuses(
        call,
        78,
        str![[r#"
error: credentials from descriptor 0: descriptor 0 is taken: use 3 or higher
hint: open it for the command: `--credentials-fd 3 3< FILE`

"#]],
    );

    let call = day.provision_without_key().arg("--credentials-fd=99");
    day.refuses(
        call,
        78,
        str![[r#"
error: credentials from descriptor 99: cannot read it: it does not exist (No such file or directory (os error 2))
hint: open it for the command: `--credentials-fd 3 3< FILE`

"#]],
    );
}

/// `provision` with a program that is to print the key pair.
fn with_command(day: &Day, command: &str) -> Call {
    let yaml = format!("credentials: {{ command: {command} }}\n");
    fs::write(day.host.work().join("datalake.yaml"), yaml).unwrap();
    day.provision_without_key().env("PATH", "/usr/bin:/bin")
}

#[test]
fn a_program_that_fails() {
    let day = Day::new();
    let call = with_command(&day, "[sh, -c, \"echo 'the vault is locked' >&2; exit 3\"]");

    day.refuses(
        call,
        78,
        str![[r#"
error: credentials command: program `sh` failed (exit status: 3): the vault is locked
hint: it has to print AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, without a question and within 60 seconds

"#]],
    );
}

#[test]
fn a_program_that_is_absent_or_prints_no_key_pair() {
    let day = Day::new();

    day.refuses(
        with_command(&day, "[no-such-program]"),
        78,
        str![[r#"
error: credentials command: there is no program `no-such-program`
hint: it has to print AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, without a question and within 60 seconds

"#]],
    );
    day.refuses(
        with_command(&day, "[echo, hello]"),
        78,
        str![[r#"
error: what `echo` prints: line 1 is neither empty, nor a comment with `#`, nor `NAME=value`
hint: needed are the lines AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=…, without quotes, blanks or Windows line ends

"#]],
    );
    day.refuses(
        with_command(&day, "[]"),
        78,
        str![[r#"
error: `credentials.command` names no program

"#]],
    );
}
