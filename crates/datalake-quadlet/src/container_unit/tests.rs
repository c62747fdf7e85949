use super::*;

fn make_unit_file(path: &str, text: &str) -> UserUnit {
    UserUnit { path: path.parse().unwrap(), sort: UnitSort::Quadlet, file: UnitFile::parse(text) }
}

fn list_folders() -> [HostPath; 2] {
    ["/home/d/units".parse().unwrap(), "/etc/users".parse().unwrap()]
}

#[track_caller]
fn find_only_unit<'a>(files: &'a [UserUnit], folders: &'a [HostPath]) -> ContainerUnit<'a> {
    let mut found = find_container_units(files, folders);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn the_first_file_of_a_name_counts() {
    let files = [
        make_unit_file("/etc/users/web.container", "[Container]\nImage=b\n"),
        make_unit_file("/home/d/units/z/web.container", "[Container]\nImage=c\n"),
        make_unit_file("/home/d/units/web.container", "[Container]\nImage=a\n"),
        make_unit_file("/elsewhere/db.container", ""),
        make_unit_file("/home/d/units/web.container.d/a.conf", "[Container]\nPull=never\n"),
    ];
    let folders = list_folders();

    let unit = find_only_unit(&files, &folders);

    assert_eq!(unit.unit.path.as_str(), "/home/d/units/web.container");
    assert_eq!(unit.folder.as_str(), "/home/d/units");
    assert_eq!(unit.merged().last("Container", "Pull"), Some("never"));
}

#[test]
fn drop_ins_count_in_the_order_of_their_names_and_the_most_special_hides_others() {
    let drop_in =
        |path: &str, image: &str| make_unit_file(path, &format!("[Container]\nImage={image}\n"));
    let files = [
        drop_in("/home/d/units/web.container", "unit"),
        drop_in("/home/d/units/container.d/9.conf", "all"),
        drop_in("/home/d/units/web.container.d/5.conf", "five"),
        drop_in("/home/d/units/container.d/5.conf", "hidden"),
        drop_in("/etc/users/web.container.d/7.conf", "seven"),
    ];
    let folders = list_folders();

    let unit = find_only_unit(&files, &folders);

    let names: Vec<_> = unit.drop_ins.iter().map(|file| file.path.file_name()).collect();
    assert_eq!(names, ["5.conf", "7.conf", "9.conf"]);
    assert_eq!(unit.merged().last("Container", "Image"), Some("all"));
    assert_eq!(unit.drop_ins[0].path.as_str(), "/home/d/units/web.container.d/5.conf");
}

#[test]
fn a_line_is_told_with_its_file() {
    let files = [
        make_unit_file(
            "/home/d/units/web.container",
            "[Container]\nExec=a b\nEnvironment=A=1 HOME=/x\n",
        ),
        make_unit_file("/home/d/units/web.container.d/5.conf", "[Container]\nExec=c\n"),
    ];
    let folders = list_folders();

    let unit = find_only_unit(&files, &folders);

    let exec = unit.find_line("Container", "Exec").unwrap();
    assert_eq!((exec.path.file_name(), exec.line, exec.value.as_str()), ("5.conf", 2, "c"));
    let home = unit.find_variable("HOME").unwrap();
    assert_eq!((home.path.file_name(), home.line), ("web.container", 3));
    assert_eq!(home.value, "/x");
    assert_eq!(unit.find_variable("B"), None);
    assert_eq!(unit.find_line("Container", "User"), None);
}

#[test]
fn a_command_is_entry_point_and_words() {
    let command = |text: &str| {
        let files = [make_unit_file("/home/d/units/web.container", text)];
        let folders = list_folders();
        find_only_unit(&files, &folders).command()
    };

    assert_eq!(command("[Container]\nExec=sh -c \"a b\"\n"), ["sh", "-c", "a b"]);
    let list = "[Container]\nEntrypoint=[\"sh\", \"-c\"]\nExec=dagster\n";
    assert_eq!(command(list), ["sh", "-c", "dagster"]);
    assert_eq!(command("[Container]\nEntrypoint=/run.sh\n"), ["/run.sh"]);
    assert!(command("[Container]\nImage=a\n").is_empty());
}
