mod code_servers;
mod ground;

use datalake_core::fault::Target;
use datalake_core::spec::Logs;
use datalake_dagster::{PackageSource, image_drop_in};

use self::ground::*;
use super::*;
use crate::ErrorKind;

#[tokio::test]
async fn an_image_that_has_what_fits_is_left_alone() {
    let ground = Ground::of(WHOLE);

    assert_eq!(ground.standing().await, ImageStanding::Fits);
    let report = DepsReport::of(&ground.look().await.unwrap(), &PackageSource::default()).unwrap();
    assert!(report.is_well && report.images.is_empty() && report.units[0].to_do.is_none());
}

#[tokio::test]
async fn an_image_without_the_library_is_to_be_built_on() {
    let ground = Ground::of(BARE);

    assert_eq!(ground.standing().await, ImageStanding::Lacks);
    let report = DepsReport::of(&ground.look().await.unwrap(), &PackageSource::default()).unwrap();

    assert!(!report.is_well);
    assert_eq!((report.images.len(), report.images[0].from.as_str()), (1, NAME));
    assert!(report.images[0].containerfile.starts_with("FROM "));
    assert!(report.units[0].packages.iter().any(|package| !package.fits));
}

#[tokio::test]
async fn what_is_missing_is_told_unit_by_unit() {
    let ground = Ground::of(BARE);
    let missing =
        find_missing_packages(&ground.context(), &ground.open(), Logs::Local).await.unwrap();
    let [(unit, Some(words))] = &missing[..] else { panic!("{missing:?}") };
    assert!(unit == "web" && words.contains("dagster-aws none, needed"), "{words}");

    let whole = Ground::of(WHOLE);
    let missing =
        find_missing_packages(&whole.context(), &whole.open(), Logs::Local).await.unwrap();
    assert_eq!(missing, [("web".to_owned(), None)]);
}

#[tokio::test]
async fn an_image_that_was_built_and_runs_fits() {
    assert_eq!(Ground::with_built("5f3a", None).standing().await, ImageStanding::Fits);
}

#[tokio::test]
async fn an_image_built_from_an_older_one_is_stale() {
    assert_eq!(Ground::with_built("older", None).standing().await, ImageStanding::Stale);
}

#[tokio::test]
async fn an_image_that_the_container_does_not_run_yet_is_not_taken_up() {
    let ground = Ground::with_built("5f3a", Some(NAME));

    assert_eq!(ground.standing().await, ImageStanding::NotTakenUp);
}

#[tokio::test]
async fn an_image_that_was_built_and_is_gone_is_to_be_built_again() {
    let ground = Ground::of(BARE);
    let path = format!("{QUADLETS}/web.container.d/{}", datalake_dagster::DROP_IN_NAME);
    put_file(&ground.files, &path, &image_drop_in(&built_name()));

    assert_eq!(ground.standing().await, ImageStanding::Gone);
}

#[tokio::test]
async fn a_unit_that_names_no_image_or_an_unknown_one_is_refused() {
    let none = Ground::new("[Container]\n", NAME, Vec::new());
    let error = none.look().await.err().unwrap();
    assert_eq!(error.to_string(), "`web.container` names no image");

    let unknown = Ground::new(UNIT, NAME, Vec::new());
    let error = unknown.look().await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Config);
    assert_eq!(error.to_string(), format!("d's podman holds no image `{NAME}`"));
}

#[tokio::test]
async fn an_image_without_dagster_is_told_with_its_python() {
    let ground = Ground::of(r#"{"dagster": null, "pip": "26.3"}"#);

    let error = ground.look().await.err().unwrap();

    assert_eq!(error.kind, ErrorKind::Config);
    assert!(format!("{:?}", error.advice).contains("`python3` was asked"), "{error:?}");
}

#[tokio::test]
async fn a_drop_in_that_sets_the_image_later_is_refused() {
    let ground = Ground::of(BARE);
    let path = format!("{QUADLETS}/web.container.d/99-image.conf");
    put_file(&ground.files, &path, "[Container]\nImage=other:1\n");

    let error = ground.look().await.err().unwrap();

    assert!(error.to_string().contains("99-image.conf"), "{error}");
}

#[tokio::test]
async fn an_image_that_lacks_something_is_built_once_and_named_in_a_drop_in() {
    let (builds, targets) = Ground::of(BARE).plan().await.unwrap();

    assert_eq!(builds.len(), 1);
    let drop_in = format!("{QUADLETS}/web.container.d/{}", datalake_dagster::DROP_IN_NAME);
    assert!(targets.contains(&drop_in), "{targets:?}");
    let services = Target::Services.to_string();
    assert_eq!(targets.last(), Some(&services), "it is taken up at the end");
}

#[tokio::test]
async fn a_python_without_pip_cannot_be_helped() {
    let error = Ground::of(WITHOUT_PIP).plan().await.unwrap_err();

    assert_eq!(error.to_string(), format!("the `python3` of image `{NAME}` has no pip"));
}

#[tokio::test]
async fn an_image_that_another_quadlet_makes_is_to_be_changed_there() {
    let unit = "[Container]\nImage=dagster.build\n";
    let ground = Ground::new(unit, NAME, vec![(NAME.to_owned(), "5f3a", BARE, None)]);

    let error = ground.plan().await.unwrap_err();

    assert_eq!(error.to_string(), "the image of `web` is made by `dagster.build`");
}

#[tokio::test]
async fn where_all_fits_there_is_no_plan() {
    let (builds, targets) = Ground::of(WHOLE).plan().await.unwrap();

    assert!(builds.is_empty() && targets.is_empty(), "{builds:?} {targets:?}");
}
