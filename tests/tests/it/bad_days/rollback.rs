//! The way back, on a day when other things are broken too.

use std::fs;
use std::path::PathBuf;

use snapbox::str;

use super::Day;
use crate::support::{Call, Host, Service, Tree};

/// A host after `provision`, and how it looked before.
fn provisioned() -> (Day, Tree) {
    let day = Day { host: Host::with("seed-broken"), service: Service::hetzner() };
    let home = day.host.home();
    day.provision().run().exits(0);
    (day, home)
}

fn rollback(day: &Day) -> Call {
    day.host.call(&day.service, "rollback --yes")
}

/// The files in a folder of the state folder.
fn files_in(day: &Day, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(day.host.state().join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Replaces all receipts.
fn receipts_become(day: &Day, text: &str) {
    for file in files_in(day, "receipts") {
        fs::write(file, text).unwrap();
    }
}

#[test]
fn it_needs_neither_service_nor_key() {
    let (Day { host, service }, home) = provisioned();
    let endpoint = service.stop();
    let call = host.bare("rollback --yes").env("DATALAKE_ENDPOINT", endpoint);

    call.env("DATALAKE_BUCKET", "acme-dagster-assets").run().exits(0);

    host.home().must_be(&home, "after a rollback without service and key");
}

#[test]
fn it_needs_no_spec() {
    let (Day { host, .. }, home) = provisioned();

    host.bare("rollback --yes").run().exits(0);

    host.home().must_be(&home, "after a rollback without a spec");
}

#[test]
fn a_run_that_never_was() {
    let (day, _) = provisioned();

    day.refuses(
        rollback(&day).arg("R-20200101-000000-aaaa"),
        2,
        str![[r#"
error: there is no run [RUN]
hint: `datalake --root=[DIR]/host history` lists them

"#]],
    );
    day.refuses(
        rollback(&day).arg("yesterday"),
        2,
        str![[r#"
error: `yesterday` is not the id of a run: an id looks like `[RUN]`

"#]],
    );
    day.refuses(
        rollback(&day).arg("absent.json"),
        74,
        str![[r#"
error: `absent.json`: No such file or directory (os error 2)

"#]],
    );
}

#[test]
fn a_rollback_of_a_rollback() {
    let (day, _) = provisioned();
    let undone = rollback(&day).arg("--json").run().exits(0).json("rollback");
    let run = undone["receipt"]["run"].as_str().unwrap();

    day.refuses(
        rollback(&day).arg(run),
        2,
        str![[r#"
error: [RUN] is itself a rollback
hint: `datalake --root=[DIR]/host provision` goes forward again

"#]],
    );
}

#[test]
fn a_receipt_that_is_damaged() {
    let (day, _) = provisioned();
    receipts_become(&day, "{ \"schema_version\": 1");

    day.refuses(rollback(&day), 74, str![[r#"
error: folder `[DIR]/host/var/lib/datalake`: a file in it cannot be used: receipts/[RUN].json: no receipt: EOF while parsing an object at line 1 column 21
hint: without that file its run is forgotten: move it away only if need be

"#]]);
    day.refuses(day.host.call(&day.service, "status"), 74, str![[r#"
error: folder `[DIR]/host/var/lib/datalake`: a file in it cannot be used: receipts/[RUN].json: no receipt: EOF while parsing an object at line 1 column 21
hint: without that file its run is forgotten: move it away only if need be

"#]]);
}

#[test]
fn a_receipt_of_a_newer_release() {
    let (day, _) = provisioned();
    receipts_become(&day, "{ \"schema_version\": 99 }");

    day.refuses(rollback(&day), 74, str![[r#"
error: folder `[DIR]/host/var/lib/datalake`: a file in it cannot be used: receipts/[RUN].json: the receipt has form 99; this release reads form 1
hint: without that file its run is forgotten: move it away only if need be

"#]]);
}

#[test]
fn kept_copies_that_somebody_has_changed() {
    let (day, _) = provisioned();

    for copy in files_in(&day, "copies") {
        fs::write(copy, "ours now\n").unwrap();
    }
    day.refuses(rollback(&day), 4, str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container`: someone else changed it in the meantime (the kept copy copies/[FINGERPRINT] is not as it was)
error: `/var/lib/dagster/.config/containers/systemd/dagster-webserver.container`: someone else changed it in the meantime (the kept copy copies/[FINGERPRINT] is not as it was)
hint: compare it with what `datalake --root=[DIR]/host history` shows; undo the edit, or keep it and undo the rest by hand

"#]]);

    for copy in files_in(&day, "copies") {
        fs::remove_file(copy).unwrap();
    }
    day.refuses(rollback(&day), 4, str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container`: someone else changed it in the meantime (the kept copy copies/[FINGERPRINT] is gone)
error: `/var/lib/dagster/.config/containers/systemd/dagster-webserver.container`: someone else changed it in the meantime (the kept copy copies/[FINGERPRINT] is gone)
hint: compare it with what `datalake --root=[DIR]/host history` shows; undo the edit, or keep it and undo the rest by hand

"#]]);
}
