use super::*;
use crate::memory::{MemoryClock, MemoryStore};
use crate::transfer::SourceObject;
use crate::{Lake, ObjectPages, ObjectStore as _, Precondition};

struct Service {
    store: MemoryStore,
    clock: MemoryClock,
    bucket: BucketName,
}

impl Service {
    async fn with_keys(keys: &[&str]) -> Self {
        let (store, bucket) = (MemoryStore::default(), "acme-lake".parse().unwrap());
        store.create_bucket(&bucket).await.unwrap();
        for text in keys {
            let (key, payload) = (key(text), Payload::of(text.as_bytes().to_vec()));
            let object = NewObject {
                bucket: &bucket,
                key: &key,
                payload: &payload,
                attributes: &Attributes::NONE,
                when: &Precondition::None,
            };
            store.put(&object).await.unwrap();
        }
        Self { store, clock: MemoryClock::new(0), bucket }
    }

    fn view(&self, selection: KeySelection) -> BucketView<'_, dyn Lake> {
        BucketView::new(&self.store as &dyn Lake, &self.clock, selection)
    }

    async fn list_keys(&self, view: &BucketView<'_, dyn Lake>, ask: ListAsk) -> Vec<String> {
        let mut pages = ObjectPages::new(view, &self.bucket, ask);
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await.unwrap() {
            keys.extend(page.objects.into_iter().map(|object| object.key.as_str().to_owned()));
        }
        keys
    }
}

fn key(text: &str) -> AnyKey {
    AnyKey::try_from(text).unwrap()
}

fn object(name: &str, text: &str) -> SourceObject {
    SourceObject { name: name.to_owned(), key: key(text) }
}

fn pattern(text: &str) -> KeySelection {
    KeySelection::Matching(KeyPattern::new(text).unwrap())
}

#[tokio::test]
async fn a_listing_shows_what_was_selected() {
    let service = Service::with_keys(&["a/1.csv", "a/2.txt", "a/b/3.csv", "c/4.csv"]).await;
    let only = |keys: &[&str]| KeySelection::Only(keys.iter().map(|text| key(text)).collect());
    let table: [(KeySelection, &str, &[&str]); 6] = [
        (KeySelection::All, "a/", &["a/1.csv", "a/2.txt", "a/b/3.csv"]),
        (pattern("a/*.csv"), "a/", &["a/1.csv"]),
        (pattern("a/**.csv"), "a/", &["a/1.csv", "a/b/3.csv"]),
        (pattern("x*"), "", &[]),
        (only(&["a/1.csv", "c/4.csv", "never"]), "", &["a/1.csv", "c/4.csv"]),
        (only(&["a/1.csv", "c/4.csv"]), "c/", &["c/4.csv"]),
    ];

    for (selection, prefix, expected) in table {
        let shown = format!("{selection:?} below `{prefix}`");
        let view = service.view(selection);
        assert_eq!(service.list_keys(&view, ListAsk::below(prefix)).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn pages_in_which_nothing_matches_are_read_on_at_once() {
    let mut keys: Vec<_> = (0..25).map(|number| format!("a/{number:02}.txt")).collect();
    keys.push("a/99.csv".to_owned());
    let keys: Vec<_> = keys.iter().map(String::as_str).collect();
    let service = Service::with_keys(&keys).await;
    let view = service.view(pattern("a/*.csv"));

    let ask = ListAsk { page_size: 2, ..ListAsk::below("a/") };
    let page = view.list(&service.bucket, &ask, None).await.unwrap();

    assert_eq!(page.objects.len(), 1, "one answer, and no empty page before it");
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn an_alias_reads_the_object_that_it_stands_for() {
    let service = Service::with_keys(&["deep/below/x.csv"]).await;
    let objects = [object("y.csv", "deep/below/x.csv")];
    let aliases = Arc::new(KeyAliases::for_objects(&objects));
    let only = KeySelection::Only(aliases.list_keys());
    let view = service.view(only).with_aliases(&aliases);
    let alias = key(&format!("{}y.csv", KeyAliases::folder()));
    let source = ObjectSource::current(&service.bucket, &alias);

    let listed = service.list_keys(&view, ListAsk::below(KeyAliases::folder())).await;
    let copied = key("copy.csv");
    view.copy(&source, (&service.bucket, &copied), None).await.unwrap();

    assert_eq!(listed, [alias.as_str()]);
    assert_eq!(view.head(&source).await.unwrap().size.0, 16);
    assert_eq!(view.get(&source, None).await.unwrap().object.size.0, 16);
    let copy = ObjectSource::current(&service.bucket, &copied);
    assert_eq!(service.store.head(&copy).await.unwrap().size.0, 16);
    assert_eq!(view.resolve_key(&alias), &key("deep/below/x.csv"));
}

#[tokio::test]
async fn what_a_listing_shows_is_noted_by_its_name_and_what_is_missing_by_its_key() {
    let service = Service::with_keys(&["a/1.csv"]).await;
    let notes = Arc::new(SourceNotes::for_move());
    let objects = [object("1", "a/1.csv"), object("2", "a/2.csv")];
    let aliases = Arc::new(KeyAliases::for_objects(&objects));
    let only = KeySelection::Only(aliases.list_keys());
    let view = service.view(only).with_aliases(&aliases).noting(&notes);

    service.list_keys(&view, ListAsk::below(KeyAliases::folder())).await;

    let facts = notes.take_facts(&["1".to_owned(), "2".to_owned()].into());
    let names: Vec<_> = facts.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["1"]);
    assert_eq!(notes.missing_keys(), ["a/2.csv".to_owned()].into());
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_a_fault_and_no_empty_listing() {
    let service = Service::with_keys(&[]).await;
    let other = "other-lake".parse().unwrap();

    for selection in [KeySelection::All, pattern("a*")] {
        let view = service.view(selection);
        let fault = view.list(&other, &ListAsk::below(""), None).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Absent);
    }
}
