//! What became of each asset.

use std::fs;

use super::{Lake, pickle};

#[test]
fn the_report_tells_what_is_moved_and_what_to_materialize_again() {
    let lake = Lake::with_assets();
    let half = pickle("half");
    lake.file("half", &half[..half.len() - 1]);
    lake.migrate(5);
    lake.pickle("raw/orders", "changed since");

    let report =
        lake.run("report --json --webserver http://127.0.0.1:9", 3).json("migration-report");

    let asset = |name: &str| {
        let all = report["assets"].as_array().unwrap();
        all.iter().find(|row| row["asset"] == name).unwrap()["partitions"][0].clone()
    };
    assert_eq!(asset("plain")["standing"], "moved");
    assert_eq!(asset("raw/orders")["standing"], "changed");
    assert_eq!(
        (&asset("half")["standing"], &asset("half")["materialize"]),
        (&"failed".into(), &true.into())
    );
    assert_eq!(report["keys_known"], false);
}

#[test]
fn the_page_is_complete_in_itself() {
    let lake = Lake::with_assets();
    lake.pickle("<script>alert(1)<", "x");
    lake.migrate(0);

    lake.run("report --html report.html --webserver http://127.0.0.1:9", 0);

    let page = fs::read_to_string(lake.shelf.host.work().join("report.html")).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;") && !page.contains("<script"), "{page}");
    assert!(page.contains("default-src 'none'"), "{page}");
    assert!(!page.contains("src=\"http") && !page.contains("url("), "{page}");
}
