use datalake_core::host::Mode;
use datalake_core::plan::{Guard, Step, Undo, Way};
use datalake_core::secret::{Fingerprint, FingerprintKey, Piece, SecretName};

use super::walk::MOST_LOOKS;
use super::*;
use crate::memory::MemoryFiles;
use crate::ports::NewFile;

const OWNER: Owner = Owner { uid: 900, gid: 900 };
const HOME: &str = "/home/d/systemd";
const USERS: &str = "/etc/containers/systemd/users";

fn at(path: &str) -> HostPath {
    path.parse().unwrap()
}

/// A host with these files, each holding its own path.
fn host(paths: &[&str]) -> MemoryFiles {
    let files = MemoryFiles::default();
    for path in paths {
        let mut parents: Vec<_> =
            std::iter::successors(at(path).parent(), HostPath::parent).collect();
        parents.pop();
        for parent in parents.iter().rev() {
            files.create_folder(parent, Mode::PUBLIC_FOLDER, OWNER).unwrap();
        }
        let content = FilledBody::new((*path).into());
        let file = NewFile { content: &content, mode: Mode::PUBLIC, owner: OWNER };
        files.write(&at(path), &file).unwrap();
    }
    files
}

fn collected(paths: &[&str]) -> QuadletTree {
    QuadletTree::collect(&[at(HOME), at(USERS)], OWNER, &host(paths))
}

fn names(tree: &QuadletTree) -> Vec<Vec<&str>> {
    tree.folders.iter().map(|folder| folder.files.keys().map(String::as_str).collect()).collect()
}

fn content(tree: &QuadletTree, name: &str) -> String {
    String::from_utf8(tree.folders[0].files[name].expose().to_vec()).unwrap()
}

fn print() -> Fingerprint {
    FingerprintKey::new([0; 32]).of(b"")
}

fn plan(actions: impl IntoIterator<Item = Action>) -> Plan {
    let step = |action: Action| Step {
        guard: Guard::PathAbsent(at("/x")),
        action,
        undo: Undo { guard: Guard::PathAbsent(at("/x")), way: Way::OneWay(String::new()) },
        why: String::new(),
    };
    Plan::of_steps(actions.into_iter().map(step).collect())
}

fn write(path: &str, pieces: impl IntoIterator<Item = Piece>) -> Action {
    let file = FileState { content: print(), mode: Mode::PUBLIC, owner: OWNER };
    Action::WriteFile { path: at(path), body: FileBody::new(pieces), file }
}

#[test]
fn units_and_drop_ins_of_all_folders_are_copied_and_nothing_else() {
    let tree = collected(&[
        "/home/d/systemd/web.container",
        "/home/d/systemd/web.container.bak",
        "/home/d/systemd/postgres.env",
        "/home/d/systemd/web.container.d/50-a.conf",
        "/home/d/systemd/web.container.d/50-a.conf.bak",
        "/home/d/systemd/web.container.d/x.container",
        "/home/d/systemd/app.v2/db/d.network",
        "/home/d/systemd/app.v2/stray.conf",
        "/home/d/systemd/.git/a.container",
        "/etc/containers/systemd/users/container.d/all.conf",
        "/etc/containers/systemd/users/901/other.container",
        "/etc/containers/systemd/users/staff/901/v.volume",
    ]);

    assert_eq!(
        names(&tree),
        [
            vec!["app.v2/db/d.network", "web.container", "web.container.d/50-a.conf"],
            vec!["container.d/all.conf", "staff/901/v.volume"],
        ]
    );
    assert_eq!(content(&tree, "web.container"), "/home/d/systemd/web.container");
    assert_eq!(tree.left_out, []);
}

#[test]
fn a_user_s_own_numbered_folder_is_copied_apart() {
    let own = format!("{USERS}/900");
    let files = host(&["/etc/containers/systemd/users/900/a.container"]);

    let tree = QuadletTree::collect(&[at(&own), at(USERS)], OWNER, &files);

    assert_eq!(names(&tree), [vec!["a.container"], vec![]]);
}

#[test]
fn what_cannot_be_copied_is_told() {
    let tree =
        collected(&["/home/d/systemd/1/2/3/4/5/a.container", "/home/d/systemd/odd.container/x"]);

    let told: Vec<_> = tree.left_out.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(told, ["/home/d/systemd/1/2/3/4/5", "/home/d/systemd/odd.container"]);
    assert_eq!(names(&tree), [Vec::<&str>::new(), vec![]]);
}

#[test]
fn a_copy_has_its_bounds() {
    let many: Vec<_> = (0..MOST_LOOKS + 9).map(|n| format!("{HOME}/{n}.container")).collect();
    let tree = collected(&many.iter().map(String::as_str).collect::<Vec<_>>());

    assert!(tree.folders[0].files.len() < MOST_LOOKS);
    assert_eq!(tree.left_out.len(), 1);
    assert!(tree.left_out[0].1.detail.starts_with("more than 2000"), "{:?}", tree.left_out);
}

#[test]
fn a_plan_changes_the_copy_alone() {
    let before = collected(&["/home/d/systemd/web.container", "/home/d/systemd/old.volume"]);

    let after = before
        .changed_by(&plan([
            write("/home/d/systemd/web.container", [Piece::Kept(0..5), Piece::text(" new")]),
            write("/home/d/systemd/web.container.d/50.conf", [Piece::text("drop-in")]),
            write("/home/d/systemd/web.env", [Piece::text("A=1")]),
            write("/home/d/s3.env", [Piece::Secret(SecretName::SecretAccessKey)]),
            Action::RemoveFile(at("/home/d/systemd/old.volume")),
        ]))
        .unwrap();

    assert_eq!(names(&after), [vec!["web.container", "web.container.d/50.conf"], vec![]]);
    assert_eq!(content(&after, "web.container"), "/home new");
    assert_eq!(content(&after, "web.container.d/50.conf"), "drop-in");
    assert_eq!(names(&before), [vec!["old.volume", "web.container"], vec![]]);
}

#[test]
fn a_body_that_no_copy_can_show_is_refused() {
    let tree = collected(&["/home/d/systemd/web.container"]);
    let refused = |action| tree.changed_by(&plan([action])).err();
    let path = "/home/d/systemd/web.container";

    let secret = write(path, [Piece::Secret(SecretName::AccessKeyId)]);
    assert_eq!(refused(secret), Some(NotShown::Secret(at(path))));
    assert_eq!(refused(write(path, [Piece::Kept(0..999)])), Some(NotShown::Kept(at(path))));
}

#[test]
fn a_file_put_back_from_a_copy_is_told_as_left_out() {
    let tree = collected(&["/home/d/systemd/web.container"]);
    let file = FileState { content: print(), mode: Mode::PUBLIC, owner: OWNER };
    let back = |path: &str| Action::RestoreFile { path: at(path), file: file.clone() };

    let after = tree.changed_by(&plan([back("/home/d/systemd/web.container"), back("/etc/a")]));

    let after = after.unwrap();
    assert_eq!(names(&after), [Vec::<&str>::new(), vec![]]);
    assert_eq!(after.left_out[0].0, at("/home/d/systemd/web.container"));
    assert_eq!(after.left_out.len(), 1);
}

const ROOT: Owner = Owner { uid: 0, gid: 0 };

/// What of one unit and of one folder with this owner and these modes is copied.
fn seen_with(owner: Owner, file: u32, folder: u32) -> (usize, usize) {
    let files = host(&["/home/d/systemd/web.container"]);
    let content = FilledBody::new(b"[Container]\n".to_vec());
    let file = NewFile { content: &content, mode: Mode::new(file), owner };
    files.write(&at("/home/d/systemd/a.container"), &file).unwrap();
    files.create_folder(&at("/home/d/systemd/below"), Mode::new(folder), owner).unwrap();
    let file = NewFile { mode: Mode::PUBLIC, ..file };
    files.write(&at("/home/d/systemd/below/b.container"), &file).unwrap();

    let tree = QuadletTree::collect(&[at(HOME)], OWNER, &files);

    assert!(tree.left_out.iter().all(|(_, fault)| fault.kind == FaultKind::Denied));
    let names = names(&tree).concat();
    let has = |name: &str| usize::from(names.contains(&name));
    assert_eq!(names.len() + tree.left_out.len(), 3, "what is left out is told");
    (has("a.container"), has("below/b.container"))
}

#[test]
fn what_the_user_cannot_read_is_left_out() {
    let of_group = Owner { uid: 0, gid: OWNER.gid };
    for (owner, file, folder, expected) in [
        (OWNER, 0o600, 0o700, (1, 1)),
        (OWNER, 0o044, 0o077, (0, 0)),
        (ROOT, 0o600, 0o700, (0, 0)),
        (ROOT, 0o660, 0o770, (0, 0)),
        (ROOT, 0o604, 0o701, (1, 0)),
        (ROOT, 0o644, 0o755, (1, 1)),
        (of_group, 0o640, 0o750, (1, 1)),
        (of_group, 0o604, 0o705, (0, 0)),
    ] {
        assert_eq!(seen_with(owner, file, folder), expected, "{owner} {file:o} {folder:o}");
    }
}

#[test]
fn what_the_user_cannot_read_after_a_plan_is_left_out_as_well() {
    let files = host(&["/home/d/systemd/web.container"]);
    let content = FilledBody::new(b"Secret=x\n".to_vec());
    let file = NewFile { content: &content, mode: Mode::PRIVATE, owner: ROOT };
    files.write(&at("/home/d/systemd/a.container"), &file).unwrap();
    files.create_folder(&at("/home/d/systemd/a.container.d"), Mode::new(0o700), ROOT).unwrap();
    let tree = QuadletTree::collect(&[at(HOME)], OWNER, &files);
    let state = FileState { content: print(), mode: Mode::PRIVATE, owner: ROOT };
    let kept = FileBody::new([Piece::Kept(0..5), Piece::text("new")]);
    let write = |path: &str, body: &FileBody| {
        let (path, body, file) = (at(path), body.clone(), state.clone());
        Action::WriteFile { path, body, file }
    };
    let drop_in = FileBody::new([Piece::text("[Container]")]);

    let after = tree.changed_by(&plan([
        write("/home/d/systemd/a.container", &kept),
        write("/home/d/systemd/a.container.d/50.conf", &drop_in),
        write("/home/d/systemd/web.container", &kept),
        write("/home/d/systemd/web.env", &drop_in),
    ]));

    let after = after.unwrap();
    let told: Vec<_> = after.left_out.iter().map(|(path, _)| path.file_name()).collect();
    assert_eq!(told, ["a.container", "a.container.d", "web.container"]);
    assert_eq!(names(&after), [Vec::<&str>::new()]);
}
