//! Something else lies where a plain file or folder must be.

use std::fs;
use std::os::unix::fs::symlink;

use snapbox::str;

use super::Day;

#[test]
fn a_link_on_the_way() {
    let day = Day::new();
    let elsewhere = day.host.dir().join("elsewhere");
    fs::rename(day.host.config(), &elsewhere).unwrap();
    symlink(&elsewhere, day.host.config()).unwrap();

    day.refuses(day.provision(), 78, str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-webserver.container`: it is not a plain file or folder (`/var/lib/dagster/.config` is a symbolic link to `[DIR]/elsewhere`, which does not exist)
hint: datalake never writes through a link or to a device: put a plain file or folder there

"#]]);
}

#[test]
fn a_link_in_place_of_the_env_file() {
    let day = Day::new();
    let elsewhere = day.host.dir().join("elsewhere");
    fs::write(&elsewhere, "precious\n").unwrap();
    fs::create_dir(day.host.config().join("datalake")).unwrap();
    symlink(&elsewhere, day.host.env_file()).unwrap();

    day.refuses(day.provision(), 78, str![[r#"
error: `/var/lib/dagster/.config/datalake/s3.env`: it is not a plain file or folder (`/var/lib/dagster/.config/datalake/s3.env` is a symbolic link to `[DIR]/elsewhere`)
hint: datalake never writes through a link or to a device: put a plain file or folder there

"#]]);

    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "precious\n");
}

#[test]
fn a_link_in_place_of_a_unit() {
    let day = Day::new();
    let unit = day.host.units().join("dagster-daemon.container");
    let elsewhere = day.host.dir().join("elsewhere");
    fs::rename(&unit, &elsewhere).unwrap();
    symlink(&elsewhere, &unit).unwrap();

    day.refuses(day.provision(), 78, str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container`: it is not a plain file or folder (`/var/lib/dagster/.config/containers/systemd/dagster-daemon.container` is a symbolic link to `[DIR]/elsewhere`, which does not exist)
hint: datalake never writes through a link or to a device: put a plain file or folder there

"#]]);
}

#[test]
fn a_file_with_a_second_name() {
    let day = Day::new();
    let unit = day.host.units().join("dagster-daemon.container");
    fs::hard_link(unit, day.host.dir().join("second-name")).unwrap();

    day.refuses(day.provision(), 78, str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container`: it is not a plain file or folder (`/var/lib/dagster/.config/containers/systemd/dagster-daemon.container` has another name too: it is a hard link)
hint: datalake never writes through a link or to a device: put a plain file or folder there

"#]]);
}

#[test]
fn a_folder_in_place_of_a_file_and_a_file_in_place_of_a_folder() {
    let day = Day::new();
    fs::create_dir_all(day.host.env_file()).unwrap();
    fs::write(day.host.units().join("dagster-daemon.container.d"), "").unwrap();

    day.refuses(day.provision(), 78, str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d`: it is not a plain file or folder (a file, not a folder)
error: `/var/lib/dagster/.config/datalake/s3.env`: it is not a plain file or folder (a folder, not a file)
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d/50-datalake-s3.conf`: it is not a plain file or folder (`/var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d` is a plain file)
hint: datalake never writes through a link or to a device: put a plain file or folder there

"#]]);
}

#[test]
fn a_unit_that_is_not_text() {
    let day = Day::new();
    fs::write(day.host.units().join("dagster-daemon.container"), b"[Unit]\n\xff\n").unwrap();

    day.refuses(
        day.provision(),
        78,
        str![[r#"
error: `/var/lib/dagster/.config/containers/systemd/dagster-daemon.container` is not UTF-8 text
hint: datalake changes text only: put the unit file right by hand

"#]],
    );
}
