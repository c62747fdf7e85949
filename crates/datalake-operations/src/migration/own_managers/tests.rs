use datalake_engine::memory::MemoryFolders;

use super::*;

fn find(folders: &MemoryFolders, code: &[&str]) -> Vec<String> {
    let code: Vec<_> = code.iter().map(PathBuf::from).collect();
    find_own_managers(folders, &code).unwrap()
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

    let line = "/code/app/io.py:2: `m = FilesystemIOManager(base_dir=\"/data\")`: where its files lie is not known";
    assert_eq!(found, [line]);
}

#[test]
fn code_without_them_is_told_as_such() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/app.py", "import dagster\n");

    let found = find(&folders, &["/code"]);

    assert_eq!(found, ["no I/O manager with files of its own stands in the code that was named"]);
}

#[test]
fn a_folder_of_code_that_is_not_there_is_an_error() {
    let folders = MemoryFolders::default();

    assert!(find_own_managers(&folders, &[PathBuf::from("/none")]).is_err());
}
