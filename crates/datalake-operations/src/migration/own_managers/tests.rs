use datalake_engine::memory::MemoryFolders;

use super::super::scene::Scene;
use super::*;

async fn read(folders: &MemoryFolders, code: &[&str]) -> CodeFindings {
    let code: Vec<_> = code.iter().map(PathBuf::from).collect();
    let scene = Scene::new().await;
    find_own_managers(&scene.context(), folders, &code).unwrap()
}

async fn find(folders: &MemoryFolders, code: &[&str]) -> Vec<String> {
    read(folders, code).await.unknown
}

#[tokio::test(start_paused = true)]
async fn without_code_nobody_can_tell() {
    let found = find(&MemoryFolders::default(), &[]).await;

    assert!(found[0].contains("--code DIR"), "{found:?}");
}

#[tokio::test(start_paused = true)]
async fn managers_with_files_of_their_own_are_found_by_line() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/app/io.py", "import x\nm = FilesystemIOManager(base_dir=\"/data\")\n");
    folders.put_file("/code/notes.txt", "FilesystemIOManager(base_dir=1)\n");

    let found = find(&folders, &["/code"]).await;

    let line = "/code/app/io.py:2: `m = FilesystemIOManager(base_dir=\"/data\")`: where its files lie is not known";
    assert_eq!(found, [line]);
}

#[tokio::test(start_paused = true)]
async fn code_without_them_is_told_as_such() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/app.py", "import dagster\n");

    let found = find(&folders, &["/code"]).await;

    assert_eq!(found, ["no I/O manager with files of its own stands in the code that was named"]);
}

#[tokio::test(start_paused = true)]
async fn a_folder_of_code_that_is_not_there_is_an_error() {
    let folders = MemoryFolders::default();

    let scene = Scene::new().await;
    assert!(find_own_managers(&scene.context(), &folders, &[PathBuf::from("/none")]).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_manager_that_reads_below_another_prefix_is_told_with_the_line_to_write() {
    let folders = MemoryFolders::default();
    folders.put_file("/code/io.py", "io = S3PickleIOManager(s3_bucket=\"acme-lake\")\n");
    folders
        .put_file("/code/right.py", "S3PickleIOManager(s3_bucket='acme-lake', s3_prefix='assets')");

    let found = read(&folders, &["/code"]).await.elsewhere;

    let [line] = &found[..] else { panic!("{found:?}") };
    assert!(
        line.starts_with("/code/io.py:1: `S3PickleIOManager`: it reads below prefix `dagster`")
    );
    assert!(line.ends_with("write `s3_prefix=\"assets\"`"), "{line}");
}
