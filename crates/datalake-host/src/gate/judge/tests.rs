//! The table of what is trusted.

use super::*;

const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000::/:\nben:x:1001:1001::/:\n";
const GROUP: &str = "root:x:0:\nana:x:1000:\nteam:x:50:ana,ben\nempty:x:51:\n\
    staff:x:55:\n";

/// Ana has called `sudo`, or is the caller.
fn trusted() -> TrustedUsers {
    TrustedUsers::of_test(&[0, 1000], GROUP, PASSWD)
}

fn facts_of([uid, gid, mode]: [u32; 3], path: &str) -> PartFacts {
    let (kind, place) = (FileType::Directory, PathPartPlace::of(Path::new(path)));
    PartFacts { uid, gid, mode, kind, list: SeenList::Without, place }
}

#[track_caller]
fn check(role: PartRole, facts: [u32; 3], expected: Option<DistrustReason>) {
    let [uid, gid, mode] = facts;
    let facts = facts_of([uid, gid, mode], "/srv/x");
    assert_eq!(find_reason(facts, role, &trusted()), expected, "{role:?} {facts:?}");
}

const ROLES: [PartRole; 3] = [PartRole::Above, PartRole::Link, PartRole::Target];
const WRITABLE: [PartRole; 2] = [PartRole::Above, PartRole::Target];

#[test]
fn what_is_roots_or_ones_own_is_trusted() {
    for role in ROLES {
        for uid in [0, 1000] {
            check(role, [uid, 0, 0o755], None);
            check(role, [uid, 1001, 0o644], None);
        }
    }
}

#[test]
fn what_is_anothers_is_not() {
    for role in ROLES {
        check(role, [1001, 0, 0o600], Some(DistrustReason::Owner));
        check(role, [65534, 0, 0o1777], Some(DistrustReason::Owner));
    }
}

#[test]
fn what_everybody_may_write_to_is_not() {
    for role in WRITABLE {
        check(role, [0, 0, 0o646], Some(DistrustReason::Others));
        check(role, [1000, 1000, 0o777], Some(DistrustReason::Others));
        check(role, [1000, 1000, 0o1777], Some(DistrustReason::Others));
    }
}

#[test]
fn a_shared_folder_of_roots_is_a_way_and_no_target() {
    check(PartRole::Above, [0, 0, 0o1777], None);
    check(PartRole::Above, [0, 50, 0o1775], None);
    check(PartRole::Target, [0, 0, 0o1777], Some(DistrustReason::Others));
}

#[test]
fn a_group_may_write_that_has_no_other_members() {
    for role in WRITABLE {
        check(role, [1000, 1000, 0o664], None);
        check(role, [0, 0, 0o775], None);
        check(role, [0, 51, 0o2775], Some(DistrustReason::UnknownGroup(51)));
        check(role, [0, 55, 0o2775], Some(DistrustReason::UnknownGroup(55)));
        check(role, [0, 1000, 0o775], None);
        check(role, [1000, 0, 0o775], None);
        check(role, [1000, 50, 0o664], Some(DistrustReason::Group));
        check(role, [1000, 1001, 0o775], Some(DistrustReason::Group));
        check(role, [1000, 4343, 0o664], Some(DistrustReason::UnknownGroup(4343)));
    }
}

#[test]
fn what_a_link_says_only_its_owner_has_said() {
    check(PartRole::Link, [0, 50, 0o777], None);
    check(PartRole::Link, [1001, 0, 0o777], Some(DistrustReason::Owner));
}

#[test]
fn an_access_list_counts_where_it_may_let_somebody_write() {
    let mut facts = facts_of([1000, 1000, 0o664], "/srv/x");
    let reason = |facts| find_reason(facts, PartRole::Target, &trusted());

    facts.list = SeenList::With;
    assert_eq!(reason(facts), Some(DistrustReason::AccessList));
    facts.mode = 0o644;
    assert_eq!(reason(facts), None);
}

#[test]
fn an_access_list_that_cannot_be_seen_counts_for_root() {
    let facts = PartFacts { list: SeenList::Unknown, ..facts_of([0, 0, 0o775], "/srv/x") };
    let reason = |trusted: &TrustedUsers| find_reason(facts, PartRole::Target, trusted);

    let root = TrustedUsers::of_test(&[0], GROUP, PASSWD);
    assert_eq!(reason(&root), Some(DistrustReason::UnseenList));
    assert_eq!(reason(&trusted()), None);
}

#[test]
fn the_group_of_usr_local_may_write_to_folders_there_while_it_is_empty() {
    let group = |text: &str| TrustedUsers::of_test(&[0], text, PASSWD);
    let check = |path: &str, kind, trusted: &TrustedUsers, expected| {
        let facts = PartFacts { kind, ..facts_of([0, 55, 0o2775], path) };
        for role in WRITABLE {
            assert_eq!(find_reason(facts, role, trusted), expected, "{path}");
        }
    };
    let (empty, full) = (group("staff:x:55:\n"), group("staff:x:55:ben\n"));
    let unknown = Some(DistrustReason::UnknownGroup(55));

    for path in ["/usr/local", "/usr/local/bin", "/usr/local/lib/a"] {
        check(path, FileType::Directory, &empty, None);
        check(path, FileType::Directory, &full, Some(DistrustReason::Group));
        check(path, FileType::RegularFile, &empty, unknown);
    }
    for path in ["/usr/localx", "/usr", "/srv/usr/local"] {
        check(path, FileType::Directory, &empty, unknown);
    }
}

#[test]
fn what_a_user_namespace_does_not_map_is_a_way() {
    let trusted = TrustedUsers::of_test(&[0, 1000], GROUP, PASSWD).in_namespace(65534);
    let check = |path: &str, role, mode, expected| {
        let facts = facts_of([65534, 65534, mode], path);
        assert_eq!(find_reason(facts, role, &trusted), expected, "{path} {role:?} {mode:o}");
    };
    let unknown = Some(DistrustReason::UnknownGroup(65534));

    for path in ["/", "/home", "/var/home"] {
        check(path, PartRole::Above, 0o755, None);
        check(path, PartRole::Above, 0o1777, None);
        check(path, PartRole::Above, 0o775, unknown);
        check(path, PartRole::Above, 0o777, Some(DistrustReason::Others));
    }
    for path in ["/usr/bin/env", "/etc/datalake/datalake.yaml", "/usr/local/bin"] {
        check(path, PartRole::Target, 0o755, None);
        check(path, PartRole::Target, 0o775, unknown);
    }
    check("/home", PartRole::Link, 0o777, None);
    for role in [PartRole::Target, PartRole::Link] {
        check("/tmp/spec.yaml", role, 0o644, Some(DistrustReason::Owner));
    }
}

#[test]
fn a_refusal_names_path_owner_and_mode() {
    let facts = facts_of([65534, 0, 0o666], "/srv");
    let path = PathBuf::from("/srv/a\x1b[31m/datalake.yaml");
    let facts = PartFacts { kind: FileType::RegularFile, ..facts };

    let refusal = Distrust { path, reason: DistrustReason::Owner, facts, cure: String::new() };

    assert_eq!(
        refusal.to_string(),
        "`/srv/a\\u{1b}[31m/datalake.yaml` belongs to user 65534 and has mode 0666: it is neither \
         yours nor root's, so it is not used"
    );
}
