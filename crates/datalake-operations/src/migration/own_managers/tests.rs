use datalake_engine::memory::MemoryFolders;

use super::*;

fn at() -> StoredAt {
    StoredAt {
        bucket: "acme-lake".to_owned(),
        prefix: "assets".to_owned(),
        tables: Some("s3://acme-tables/assets".to_owned()),
    }
}

fn find(folders: &MemoryFolders, code: &[&str]) -> Vec<String> {
    read_code(folders, code).unknown
}

fn read_code(folders: &MemoryFolders, code: &[&str]) -> CodeFindings {
    let code: Vec<_> = code.iter().map(PathBuf::from).collect();
    find_own_managers(folders, &code, &at()).unwrap()
}

#[test]
fn each_manager_is_told_with_its_assets_and_the_line_to_change() {
    let folders = MemoryFolders::default();
    let code = "io = {\"frames\": PolarsParquetIOManager(base_dir=\"/data\")}\n";
    folders.put_file("/code/app/io.py", code);
    let assets = "@asset(io_manager_key=\"frames\")\ndef sales(): ...\n@asset\ndef plain(): ...\n";
    folders.put_file("/code/app/assets.py", assets);

    let managers = read_code(&folders, &["/code"]).managers;

    let [frames, default] = managers.as_slice() else { panic!("{managers:?}") };
    assert_eq!(frames.place, "/code/app/io.py:1");
    assert_eq!(frames.assets, ["sales"]);
    assert_eq!(frames.says, "base_dir=\"/data\"");
    let new = "io = {\"frames\": PolarsParquetIOManager(base_dir=\"s3://acme-tables/assets\")}";
    assert_eq!(frames.new.as_deref(), Some(new));
    assert_eq!((default.class.as_str(), default.assets.len()), ("FilesystemIOManager", 1));
}

#[test]
fn a_folder_without_code_one_that_is_not_there_and_a_file_are_told_apart() {
    let folders = MemoryFolders::default();
    folders.put_file("/empty/notes.txt", "none");
    folders.put_file("/code/defs.py", "");
    let told = |code: &str| {
        let found = find_own_managers(&folders, &[PathBuf::from(code)], &at());
        found.map(|found| found.unknown).map_err(|error| (error.kind, error.to_string()))
    };

    assert_eq!(told("/empty").unwrap(), ["`/empty` holds no Python file: nothing was read"]);
    let (kind, message) = told("/absent").unwrap_err();
    assert_eq!((kind, message.as_str()), (ErrorKind::Absent, "there is no folder `/absent`"));
    let (kind, message) = told("/code/defs.py").unwrap_err();
    assert_eq!(kind, ErrorKind::Usage);
    assert!(message.starts_with("`/code/defs.py` is not a folder"), "{message}");
}

#[test]
fn without_code_nobody_can_tell() {
    let found = find(&MemoryFolders::default(), &[]);

    assert!(found[0].contains("--code DIR"), "{found:?}");
}

#[test]
fn managers_with_files_of_their_own_are_found_by_line() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/app/io.py", "import x\nm = FilesystemIOManager(base_dir=\"/data\")\n");
    folders.put_file("/code/notes.txt", "FilesystemIOManager(base_dir=1)\n");

    let found = find(&folders, &["/code"]);

    let line = "/code/app/io.py:2: `m = FilesystemIOManager(base_dir=\"/data\")`: the place of its files is unknown";
    assert_eq!(found, [line]);
}

#[test]
fn code_without_them_is_told_as_such() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/app.py", "import dagster\n");

    let found = find(&folders, &["/code"]);

    assert_eq!(found, ["the named code has no I/O manager with files of its own"]);
}

#[test]
fn a_folder_of_code_that_is_not_there_is_an_error() {
    let folders = MemoryFolders::default();

    assert!(find_own_managers(&folders, &[PathBuf::from("/none")], &at()).is_err());
}

#[test]
fn a_manager_that_reads_below_another_prefix_is_told_with_the_line_to_write() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/io.py", "io = S3PickleIOManager(s3_bucket=\"acme-lake\")\n");
    folders
        .put_file("/code/right.py", "S3PickleIOManager(s3_bucket='acme-lake', s3_prefix='assets')");

    let found = read_code(&folders, &["/code"]).elsewhere;

    let [line] = &found[..] else { panic!("{found:?}") };
    assert!(
        line.starts_with("/code/io.py:1: `S3PickleIOManager`: it reads below prefix `dagster`")
    );
    assert!(line.ends_with("write `s3_prefix=\"assets\"`"), "{line}");
}
