//! Users are looked up below the host's root.

use datalake_engine::{AccountFault, find_user};
use std::fs;
use std::os::unix::fs::symlink;

use datalake_core::fault::FaultKind;
use datalake_core::host::Owner;

use crate::bed::Bed;

#[test]
fn a_user_is_that_of_the_host_below_the_root() {
    let bed = Bed::new();
    fs::create_dir(bed.real("/etc")).unwrap();
    let line = "dagster-user:x:900:901::/var/lib/dagster:/bin/sh\n";
    fs::write(bed.real("/etc/passwd"), line).unwrap();

    let account = find_user(&bed.files, "dagster-user").unwrap();

    assert_eq!(account.owner, Owner { uid: 900, gid: 901 });
    assert_eq!(find_user(&bed.files, "root"), Err(AccountFault::Absent("root".to_owned())));
}

#[test]
fn a_list_of_users_that_cannot_be_read_is_no_empty_one() {
    let bed = Bed::new();

    let missing = find_user(&bed.files, "x");
    fs::create_dir(bed.real("/etc")).unwrap();
    symlink("/etc/passwd", bed.real("/etc/passwd")).unwrap();
    let linked = find_user(&bed.files, "x");

    for (found, kind) in [(missing, FaultKind::Absent), (linked, FaultKind::NotPlain)] {
        let Err(AccountFault::Unreadable(fault)) = found else {
            panic!("{found:?}");
        };
        assert_eq!(fault.kind, kind);
    }
}
