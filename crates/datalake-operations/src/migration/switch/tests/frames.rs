//! Frames in the place of the tables.

use super::super::super::MigrationChoice;
use super::*;

const PARQUET: &[u8] = b"PAR1..data..footer\x06\0\0\0PAR1";

/// What a check of pickles and frames makes of a frame, `c.parquet`, that `manager` reads at `key`.
async fn check_frame(manager: &str, key: &str) -> (SwitchReport, AssetSwitch) {
    let scene = moved_scene().await;
    scene.storage().file("c.parquet", PARQUET, NOON - DAY);
    let context = scene.context();
    let choice = MigrationChoice { tables: true, ..choice() };
    let migration = Migration::find(&context, &choice).await.unwrap();
    move_parts(&migration, &default_limits(), &ToldWords::default()).await.unwrap();
    let pickles = s3_manager("acme-lake", "assets");
    let loads = r#"{"right":[[0,1],[2,3]],"types":[],"failed":[],"untried":[]}"#;
    let printed = answer(&format!("{pickles},{manager}"), "assets/", loads);
    let (assets, rest) = printed.split_once("\"files\"").unwrap();
    let assets = assets.trim_end().strip_suffix("],").unwrap();
    let asset = format!(r#"{{"key":["c"],"manager":1,"odd":[[2,"{key}"]]}}"#);
    let printed = format!("{assets},{asset}],\"files\"{rest}");
    let target =
        CodeTarget { python_file: Some("code/defs.py".to_owned()), ..CodeTarget::default() };
    let python = NamedPython { name: "python".to_owned(), path: "/venv/bin/python".to_owned() };
    let place = place_switch_on_host(Box::new(RecordedPython(Ok(printed))), python, target);
    let check = SwitchCheck {
        migration: &migration,
        places: &[place],
        load: LoadExtent::One,
        limits: &default_limits(),
        reporter: &NoReporter,
    };
    let report = check_switch(&check).await.unwrap();
    let frame = report.assets.iter().find(|asset| asset.asset == "c").unwrap().clone();
    (report, frame)
}

fn frames_manager(bucket: &str, prefix: &str, place: &str) -> String {
    format!(
        r#"{{"declared":"frames_polars.PolarsIOManager","kind":"s3","bucket":"{bucket}","prefix":"{prefix}",
        "place":"{place}","endpoint":null}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn frames_are_read_from_the_place_of_the_tables() {
    let generated = |bucket: &str, prefix: &str| frames_manager(bucket, prefix, "generated");

    let (report, frame) =
        check_frame(&generated("acme-tables", "assets"), "assets/c.parquet").await;
    assert_eq!((report.green, frame.verdict), (3, SwitchVerdict::Green), "{}", report.describe());
    assert_eq!(report.frames.as_deref(), Some("s3://acme-tables/assets/"));

    for (manager, key, instead) in [
        (generated("acme-tables", "x"), "x/c.parquet", "prefix=\"assets\""),
        (
            generated("acme-lake", "assets"),
            "assets/c.parquet",
            "bucket=dg.EnvVar(\"DAGSTER_S3_TABLES_BUCKET\")",
        ),
        (
            frames_manager("acme-tables", "x", "path"),
            "x/c.parquet",
            "base_dir=\"s3://acme-tables/assets\"",
        ),
    ] {
        let (report, frame) = check_frame(&manager, key).await;
        assert_eq!((report.green, frame.verdict), (2, SwitchVerdict::Red), "{}", report.describe());
        assert_eq!(frame.instead.as_deref(), Some(instead));
    }
}

#[tokio::test(start_paused = true)]
async fn a_manager_of_pickles_reads_no_frames_wherever_it_looks() {
    let manager = frames_manager("acme-tables", "assets", "library");

    let (report, frame) = check_frame(&manager, "assets/c.parquet").await;

    assert_eq!((report.red, frame.instead), (1, None));
    assert_eq!(frame.why, "`PolarsIOManager` reads pickles, and it is a frame");
}
