//! The disk is full or read-only.

use std::fs;

use snapbox::{IntoData, assert_data_eq, str};

use super::Day;
use crate::support::{Call, KEY, Tree, copy, shown};

/// Puts another file system over `$OVER`, runs the program, and keeps what is there afterwards.
const AROUND: &str = r#"
cp -a "$OVER" "$SPARE"
mount -t tmpfs -o size=256k,mode=700 tmpfs "$OVER"
cp -a "$SPARE/." "$OVER"
eval "$SPOIL"
code=0
"$@" || code=$?
rm -f "$OVER/filler"
cp -a "$OVER" "$AFTER"
exit "$code"
"#;

const FULL: &str = r#"head -c 1M /dev/zero >"$OVER/filler" 2>/dev/null || true"#;
const READ_ONLY: &str = r#"mount -o remount,bind,ro "$OVER""#;

/// Runs `provision` with the host's `config` or state folder on a disk that is spoiled like this.
#[track_caller]
fn refuses(over: Over, spoil: &str, text: impl IntoData) {
    let day = Day::new();
    // Who runs it is root in there.
    let passwd = "dagster-user:x:0:0::/var/lib/dagster:/usr/sbin/nologin\n";
    fs::write(day.host.root().join("etc/passwd"), passwd).unwrap();
    let folder = match over {
        Over::Config => day.host.config(),
        Over::State => day.host.state(),
    };
    fs::create_dir_all(&folder).unwrap();
    let before = day.host.dir().join("before");
    copy(&folder, &before);
    let after = day.host.dir().join("after");
    let Some(call) = Call::in_namespace(&day.host.work(), AROUND, "provision --yes") else {
        return;
    };
    let call = call
        .arg("--root")
        .arg(day.host.root())
        .env("OVER", &folder)
        .env("SPARE", day.host.dir().join("spare"))
        .env("AFTER", &after)
        .env("SPOIL", spoil)
        .env("DATALAKE_ENDPOINT", day.service.endpoint())
        .env("DATALAKE_REGION", "fsn1")
        .env("DATALAKE_BUCKET", "acme-dagster-assets")
        .env("AWS_ACCESS_KEY_ID", KEY.id)
        .env("AWS_SECRET_ACCESS_KEY", KEY.secret);

    let ran = call.run().exits(74);

    assert_data_eq!(shown(&ran.stderr), text);
    assert_eq!(day.service.writes(), [""; 0]);
    if let Over::Config = over {
        Tree::of(&after).must_be(&Tree::of(&before), "on the spoiled disk");
    }
    assert_eq!(fs::read_dir(day.host.state()).map_or(0, Iterator::count), 0);
}

/// Which folder lies on the spoiled disk.
#[derive(Clone, Copy)]
enum Over {
    Config,
    State,
}

#[test]
fn the_disk_of_the_units_is_full() {
    refuses(
        Over::Config,
        FULL,
        str![[r#"
error: `/var/lib/dagster/.config/datalake`: the disk is full (No space left on device (os error 28))
hint: free some space and run the same command again

"#]],
    );
}

#[test]
fn the_disk_of_the_units_is_read_only() {
    refuses(
        Over::Config,
        READ_ONLY,
        str![[r#"
error: `/var/lib/dagster/.config/datalake`: the file system is read-only (Read-only file system (os error 30))
hint: mount the file system for writing and run it again

"#]],
    );
}

#[test]
fn the_disk_of_the_journal_is_full() {
    refuses(
        Over::State,
        FULL,
        str![[r#"
error: folder `[DIR]/host/var/lib/datalake`: the disk is full (No space left on device (os error 28))
hint: free some space and run the same command again

"#]],
    );
}

#[test]
fn the_disk_of_the_journal_is_read_only() {
    refuses(
        Over::State,
        READ_ONLY,
        str![[r#"
error: folder `[DIR]/host/var/lib/datalake`: the file system is read-only (Read-only file system (os error 30))
hint: mount the file system for writing and run it again

"#]],
    );
}
