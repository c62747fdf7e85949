//! The spec does not fit the host.

use std::fs;

use snapbox::str;

use super::Day;

#[test]
fn a_unit_that_is_not_there() {
    let day = Day::new();

    day.refuses(day.provision().arg("--unit=dagster-webservr"), 78, str![[r#"
error: there is no `/var/lib/dagster/.config/containers/systemd/dagster-webservr.container`: the container units that name Dagster are `dagster-daemon`, `dagster-postgres`, `dagster-webserver`
hint: name the quadlet units that run Dagster: `host: { units: [NAME, …] }`

"#]]);
    day.refuses(
        day.provision().arg("--unit=../../etc/passwd"),
        78,
        str![[r#"
error: `host.units`: `../../etc/passwd` is not a valid name of a user or unit
hint: the value comes from the command line; `datalake --root=[DIR]/host --unit=../../etc/passwd config explain` shows all of them

"#]],
    );
}

#[test]
fn a_user_that_is_not_there() {
    let day = Day::new();

    day.refuses(
        day.provision().arg("--user=nobody-here"),
        78,
        str![[r#"
error: below `[DIR]/host`: there is no user `nobody-here`
hint: set `host.user` to the user that runs the Dagster containers: `host: { user: NAME }`

"#]],
    );

    fs::remove_file(day.host.root().join("etc/passwd")).unwrap();
    day.refuses(
        day.provision(),
        78,
        str![[r#"
error: below `[DIR]/host`: cannot read `/etc/passwd`: it does not exist (No such file or directory (os error 2))

"#]],
    );
}

#[test]
fn a_root_that_is_not_there() {
    let day = Day::new();
    fs::rename(day.host.root(), day.host.dir().join("moved")).unwrap();

    day.refuses(
        day.provision(),
        78,
        str![[r#"
error: folder `[DIR]/host`: it does not exist (No such file or directory (os error 2))

"#]],
    );
}

#[test]
fn nobody_to_confirm() {
    let day = Day::new();
    let provision = || day.host.call(&day.service, "provision");

    day.refuses(
        provision(),
        2,
        str![[r#"
error: confirmation is needed, but there is no terminal
hint: add --yes to apply it, or --dry-run to only look at it

"#]],
    );
    day.refuses(
        provision().arg("--no-input"),
        2,
        str![[r#"
error: confirmation is needed, but there is no terminal
hint: add --yes to apply it, or --dry-run to only look at it

"#]],
    );
}
