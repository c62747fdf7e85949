use datalake_engine::memory::MemoryFolders;

use super::*;

async fn judge(folders: &MemoryFolders, home: &str) -> Result<(), OperationError> {
    let choice = HomeChoice { home: Some(home.into()), ..HomeChoice::default() };
    require_named_home(folders, &choice).await
}

fn folders() -> MemoryFolders {
    let folders = MemoryFolders::default();
    folders.tree_at("/srv/dagster").file("dagster.yaml", &b"{}"[..], 1);
    folders.tree_at("/srv/dagster").file("storage/a", &b"x"[..], 1);
    let _ = folders.tree_at("/srv/dagster/storage");
    folders.tree_at("/srv").file("dagster/dagster.yaml", &b"{}"[..], 1);
    folders
}

#[tokio::test]
async fn a_home_is_taken() {
    judge(&folders(), "/srv/dagster").await.unwrap();
}

#[tokio::test]
async fn a_folder_in_a_home_is_refused_and_the_home_named() {
    let error = judge(&folders(), "/srv/dagster/storage").await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Config);
    assert_eq!(error.advice, ["name the home: --home /srv/dagster".into()]);
}

#[tokio::test]
async fn a_folder_above_homes_names_them() {
    let error = judge(&folders(), "/srv").await.unwrap_err();

    assert_eq!(error.advice, ["did you mean --home /srv/dagster?".into()]);
}

#[tokio::test]
async fn a_folder_without_any_names_the_flags() {
    let folders = folders();
    folders.make_folder("/empty");

    let error = judge(&folders, "/empty").await.unwrap_err();

    assert_eq!(error.advice.len(), 2);
}

#[tokio::test]
async fn who_names_the_pickles_means_them() {
    let folder = || Some("/srv/dagster/storage".into());
    let choice = HomeChoice { home: folder(), pickles: folder(), ..HomeChoice::default() };

    require_named_home(&folders(), &choice).await.unwrap();
    // What is not there is told by who opens it.
    judge(&folders(), "/none").await.unwrap();
}

#[test]
fn a_home_is_proposed_as_it_is_reached() {
    let folders = folders();

    assert_eq!(name_as(&folders, Path::new("home/x"), "/home/op/home"), "home");
    assert_eq!(name_as(&folders, Path::new("x"), "/home/op"), ".");
    assert_eq!(name_as(&folders, Path::new("/home/op/x"), "/home/op/home"), "/home/op/home");
    assert_eq!(name_as(&folders, Path::new("x"), "/srv/home"), "/srv/home");
}
