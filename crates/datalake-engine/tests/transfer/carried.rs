//! What objects carry along that are made of files.

use datalake_engine::Attributes;
use datalake_engine::transfer::{Mark, Options};

use super::support::{Bed, MIB, NOON, content, counts, options};

#[tokio::test(start_paused = true)]
async fn the_name_tells_the_type_and_a_flag_wins() {
    let bed = Bed::new().await;
    bed.tree.file("a.csv", "one", NOON);
    bed.tree.file("large.json", content(11 * MIB, 1), NOON);
    bed.tree.file("part-0", "two", NOON);
    bed.up(&options()).await.unwrap();
    bed.tree.file("b.csv", "three", NOON);
    let content_type = Some("text/plain; charset=utf-8".to_owned());
    let user = [("team".to_owned(), "money".to_owned())].into();
    let attributes = Attributes { content_type, user, ..Attributes::NONE };
    let asked = Options { attributes, ..options() };

    let second = bed.up(&asked).await.unwrap();

    // What is equal is not sent again for what it carries.
    assert_eq!(counts(&second), [(Mark::Skipped, 3), (Mark::New, 1)]);
    for (name, kind) in [
        ("a.csv", Some("text/csv")),
        ("large.json", Some("application/json")),
        ("part-0", None),
        ("b.csv", Some("text/plain; charset=utf-8")),
    ] {
        let carried = bed.carried(&format!("raw/{name}")).await;
        assert_eq!(carried.content_type.as_deref(), kind, "{name}");
        assert_eq!(carried.user.contains_key("team"), name == "b.csv", "{name}");
        assert!(carried.user.contains_key("mtime"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renamed_file_gets_the_type_of_its_new_name() {
    let bed = Bed::new().await;
    let large = content(11 * MIB, 1);
    bed.tree.file("a.txt", large.clone(), NOON);
    bed.tree.file("b.txt", large.slice(..MIB), NOON);
    bed.up(&options()).await.unwrap();
    let before = bed.carried("raw/a.txt").await;
    bed.tree.take("a.txt");
    bed.tree.take("b.txt");
    bed.tree.file("a.csv", large.clone(), NOON);
    bed.tree.file("c.txt", large.slice(..MIB), NOON);

    let second = bed.up(&options()).await.unwrap();

    assert_eq!((second.new.items, second.moved), (2, 0), "both are copied");
    let after = bed.carried("raw/a.csv").await;
    assert_eq!(after.content_type.as_deref(), Some("text/csv"));
    assert_eq!(after.user, before.user, "its time, and how it was cut");
    assert_eq!(bed.carried("raw/c.txt").await.content_type.as_deref(), Some("text/plain"));
}
