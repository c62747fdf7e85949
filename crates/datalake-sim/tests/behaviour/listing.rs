use crate::lake::{Answer, Lake};

async fn filled(keys: &[&str]) -> Lake {
    let lake = Lake::hetzner().await;
    for key in keys {
        lake.put(&format!("/lake/{key}")).body("x").go().await;
    }
    lake
}

/// The keys of a listing, or its common prefixes.
fn names(answer: &Answer, element: &str) -> Vec<String> {
    let all = answer.elements(element);
    // The first prefix is the one that was asked for.
    if element == "Prefix" { all.into_iter().skip(1).collect() } else { all }
}

#[tokio::test]
async fn keys_below_a_delimiter_become_one_prefix() {
    let lake = filled(&["a/1", "a/2", "b", "c/d/1"]).await;

    let top = lake.get("/lake?list-type=2&delimiter=%2F").go().await;
    let below = lake.get("/lake?list-type=2&delimiter=%2F&prefix=c%2F").go().await;

    assert_eq!(names(&top, "Key"), ["b"]);
    assert_eq!(names(&top, "Prefix"), ["a/", "c/"]);
    assert_eq!(names(&below, "Prefix"), ["c/d/"]);
}

#[tokio::test]
async fn every_page_size_gives_the_same_names_once() {
    let lake = filled(&["a/1", "a/2", "b", "c/1", "c/2", "d", "e"]).await;
    for (delimiter, expected) in [
        ("", vec!["a/1", "a/2", "b", "c/1", "c/2", "d", "e"]),
        ("%2F", vec!["a/", "b", "c/", "d", "e"]),
    ] {
        for size in 1..4 {
            let (mut seen, mut token) = (Vec::new(), String::new());
            loop {
                let path =
                    format!("/lake?list-type=2&max-keys={size}&delimiter={delimiter}{token}");
                let page = lake.get(&path).go().await;
                seen.extend(names(&page, "Key"));
                seen.extend(names(&page, "Prefix"));
                if page.element("IsTruncated") != "true" {
                    break;
                }
                token = format!("&continuation-token={}", page.element("NextContinuationToken"));
            }
            seen.sort();
            assert_eq!(seen, expected, "{size} {delimiter:?}");
        }
    }
}

#[tokio::test]
async fn the_first_version_of_the_listing_goes_on_after_a_marker() {
    let lake = filled(&["a/1", "a/2", "b"]).await;

    let first = lake.get("/lake?max-keys=1&delimiter=%2F").go().await;
    let second = lake.get("/lake?delimiter=%2F&marker=a%2F").go().await;
    let inside = lake.get("/lake?marker=a%2F1").go().await;

    assert_eq!(first.element("NextMarker"), "a/");
    assert_eq!(names(&second, "Key"), ["b"]);
    assert_eq!(names(&inside, "Key"), ["a/2", "b"]);
}

#[tokio::test]
async fn names_are_encoded_when_asked() {
    let lake = filled(&["a%20b%2Bc%0A"]).await;

    let plain = lake.get("/lake?list-type=2&prefix=a").go().await;
    let encoded = lake.get("/lake?list-type=2&encoding-type=url").go().await;

    assert!(plain.element("Key").starts_with("a b+c"));
    assert_eq!(encoded.element("Key"), "a%20b%2Bc%0A");
}

#[tokio::test]
async fn an_entry_says_all_that_clients_read() {
    let lake = filled(&["key"]).await;

    let answer = lake.get("/lake?list-type=2&fetch-owner=true").go().await;

    assert_eq!(answer.element("StorageClass"), "STANDARD");
    assert_eq!(answer.element("Size"), "1");
    assert_eq!(answer.element("ID"), "p1000001");
    assert!(answer.element("ETag").contains("9dd4e461268c8034f5c8564e155c67a6"));
    assert!(answer.element("LastModified").ends_with('Z'));
}
