use std::collections::BTreeMap;

use datalake_dagster::{BaseImage, Dependencies, Recipe, WantedLibraries, find_dependencies};
use datalake_engine::memory::{MemoryImages, MemoryPrograms};
use datalake_engine::{Image, ImageName};

use super::*;

const WHOLE: &str = r#"{"dagster": "1.12.6", "dagster-aws": "0.28.6", "boto3": "1.44.5"}"#;
const MOVED: &str = r#"{"dagster": "1.13.27", "dagster-aws": "0.29.27", "boto3": "1.44.5"}"#;
const BROKEN: &str = r#"{"dagster-aws": "0.28.6", "error": "ImportError: no libgcc_s.so.1"}"#;

fn needed() -> Dependencies {
    let packages = Packages { dagster: Some("1.12.6".to_owned()), ..Packages::default() };
    find_dependencies(&packages, WantedLibraries::default()).unwrap()
}

fn image(base: &str, printed: &str) -> (Image, MemoryPrograms) {
    let labels = BTreeMap::from([(BASE_LABEL.to_owned(), base.to_owned())]);
    let image = Image { id: "ba6b".parse().unwrap(), user: String::new(), labels };
    (image, [("python3".to_owned(), printed.as_bytes().to_vec())].into())
}

/// Makes the image where `images` are there, and tells the lines of the build.
async fn make(images: &MemoryImages) -> (Result<(), UnmadeImage>, usize) {
    let (needed, base): (_, ImageName) = (needed(), "5f3a".parse().unwrap());
    let recipe = Recipe::new(
        BaseImage { id: "5f3a", user: "" },
        "python3",
        &needed,
        &PackageSource::default(),
    )
    .unwrap();
    let name: ImageName = recipe.tag.parse().unwrap();
    let build = Build {
        name: name.clone(),
        containerfile: recipe.containerfile.clone(),
        folder: None,
        secret: None,
    };
    let wanted = WantedImage { name, recipe, needed: &needed, python: "python3", base: &base };
    let mut lines = 0;
    let mut show = |_: &[u8]| {
        lines += 1;
        true
    };
    let made = make_image(&wanted, &build, images, &mut show).await;
    (made, lines)
}

fn to_build(printed: &str) -> MemoryImages {
    let images = MemoryImages::default();
    images.builds.lock().unwrap().push(image("5f3a", printed));
    images
}

#[tokio::test]
async fn an_image_that_stands_the_trial_stays() {
    let images = to_build(WHOLE);

    let (made, lines) = make(&images).await;

    made.unwrap();
    assert!(lines > 3 && images.names().len() == 1, "{:?}", images.names());

    // The second time it is there, and only tried.
    let (made, lines) = make(&images).await;
    assert!(made.is_ok() && lines == 0);
}

#[tokio::test]
async fn an_image_that_does_not_stand_the_trial_is_removed() {
    for (printed, told) in [
        (MOVED, "Dagster was 1.12.6 and is 1.13.27"),
        (BROKEN, "an import fails: ImportError: no libgcc_s.so.1"),
        ("Segmentation fault", "the image's Python did not list its packages"),
    ] {
        let images = to_build(printed);

        let Err(UnmadeImage::Trial(failure)) = make(&images).await.0 else { panic!("{printed}") };

        assert_eq!(failure.kind, ErrorKind::Mismatch);
        assert!(failure.messages.iter().any(|message| message == told), "{failure:?}");
        assert_eq!(images.names(), [""; 0]);
    }
}

#[tokio::test]
async fn an_image_of_that_name_from_elsewhere_is_built_anew() {
    let images = to_build(WHOLE);
    make(&images).await.0.unwrap();
    let name: ImageName = images.names()[0].parse().unwrap();
    let (other, programs) = image("another", WHOLE);
    let images = to_build(WHOLE).with(&name, other, programs);

    let (made, lines) = make(&images).await;

    assert!(made.is_ok() && lines > 3);
}

#[tokio::test]
async fn a_build_that_fails_tells_the_cure() {
    let Err(unmade) = make(&MemoryImages::default()).await.0 else { panic!("it was built") };
    assert!(matches!(unmade, UnmadeImage::Build(_)), "{unmade:?}");

    let needed = needed();
    let recipe = Recipe::new(
        BaseImage { id: "5f3a", user: "" },
        "python3",
        &needed,
        &PackageSource::default(),
    )
    .unwrap();
    let base: ImageName = "5f3a".parse().unwrap();
    let name = recipe.tag.parse().unwrap();
    let wanted = WantedImage { name, recipe, needed: &needed, python: "python3", base: &base };
    let hint = |said: &str| advise_on_build(said, &wanted);
    assert!(hint("ERROR: No matching distribution found").contains("dagster-aws==0.28.6"));
    let offline = "connection broken by NameResolutionError\\nERROR: No matching distribution";
    assert!(hint(offline).starts_with("without a way"));
    assert!(hint("open /srv/pip.conf: permission denied").contains("--pip-conf"));
}
