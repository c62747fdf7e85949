//! `report`: the same for a browser, a ticket and a program.

use std::fs;

use crate::support::Shelf;

const HOSTILE: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>|`[a](b)";

fn shelf() -> Shelf {
    let shelf = Shelf::empty();
    shelf.put("assets/raw/orders/2026-01-01", 100_000);
    shelf.put(&format!("assets/{HOSTILE}"), 90_000);
    shelf.put(&format!("{HOSTILE}/x"), 80_000);
    shelf.put("esc\u{1b}[31m/x", 70_000);
    shelf
}

#[test]
fn the_page_is_one_file_in_which_names_are_text() {
    let shelf = shelf();

    let ran = shelf.run("report --html lake.html", 0);

    let page = fs::read_to_string(shelf.host.work().join("lake.html")).unwrap();
    assert!(ran.stdout.starts_with("Wrote lake.html ("), "{}", ran.stdout);
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{page}");
    for alive in ["<script", "<img", "\u{1b}", "http://", "onload=", "src=\"", "style=\""] {
        let found =
            page.match_indices(alive).next().map(|(at, _)| &page[at..(at + 90).min(page.len())]);
        let is_plain_svg = found.is_some_and(|text| text.starts_with("http://www.w3.org/2000/svg"));
        assert!(found.is_none() || is_plain_svg, "{alive}: {found:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(page.contains("esc\\u{1b}[31m/"), "{page}");
    assert!(page.contains("6.49 EUR") && page.contains("raw/orders"), "{page}");
}

#[test]
fn markdown_and_json_say_the_same() {
    let shelf = shelf();
    shelf.run("usage record", 0);

    let markdown = shelf.run("report --markdown", 0).stdout;
    let json = shelf.run("report --json", 0).json("report");

    assert!(markdown.starts_with("# s3://acme-dagster-assets/\n"), "{markdown}");
    assert!(markdown.contains("\\<script\\>alert(1)\\</script\\>"), "{markdown}");
    let unescaped = markdown.replace("\\<", "");
    assert!(!unescaped.contains('<') && !markdown.contains('\u{1b}'), "{markdown}");
    assert_eq!(json["bill"]["net_cents"], 649);
    assert_eq!(json["assets"]["largest"][0]["name"], "raw/orders");
    assert_eq!(json["history"].as_array().unwrap().len(), 1);
    assert!(json["forecast"]["unknown"].is_string(), "{}", json["forecast"]);
    assert_eq!(json["billed_bytes"], 340_000);
    let status = json["status"][0].as_str().unwrap();
    assert!(status.starts_with("bucket or host is not in sync with the spec"), "{status}");
}

#[test]
fn a_page_that_cannot_be_written_leaves_the_old_one() {
    let shelf = shelf();
    let old = shelf.host.work().join("lake.html");
    fs::write(&old, "old").unwrap();
    shelf.service.set_faults("100% 503");

    shelf.run("report --html lake.html", 75);

    assert_eq!(fs::read_to_string(&old).unwrap(), "old");
    shelf.service.set_faults("");
    shelf.run("report --html nowhere/lake.html", 74);
}
