use std::collections::BTreeMap;
use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{Endpoint, Region};
use datalake_engine::memory::{MemoryHost, MemoryNetwork, MemoryStore, PausedClock};
use datalake_engine::{ObjectStore, TestedStore};
use futures::FutureExt;

use super::*;

/// A person who gives these answers, an empty one for what is proposed, and then goes away.
struct Person {
    answers: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<SpecQuestion>>,
}

impl Person {
    fn with(answers: &[&'static str]) -> Self {
        let answers = answers.iter().rev().copied().collect();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<SpecQuestion> {
        self.asked.lock().unwrap().clone()
    }
}

impl SpecPrompt for Person {
    fn ask(&self, question: &SpecQuestion) -> Result<String, OperationError> {
        self.asked.lock().unwrap().push(question.clone());
        let gone = || OperationError::new(ErrorKind::Interrupted, "the person is gone");
        let answer = self.answers.lock().unwrap().pop().ok_or_else(gone)?;
        let proposed = question.choices.first().unwrap_or(&question.proposed);
        Ok(if answer.is_empty() { proposed.clone() } else { answer.to_owned() })
    }
}

/// Services in memory by location: how they answer, and which buckets they have.
#[derive(Default)]
struct Services {
    own: BTreeMap<&'static str, &'static str>,
    /// How many names in a row are somebody else's.
    taken: Mutex<u32>,
    busy: Option<FaultKind>,
    silent: bool,
}

impl TestedStores for Services {
    fn open(
        &self,
        _: &Endpoint,
        region: &Region,
        _: &Credentials,
    ) -> Result<Box<dyn TestedStore>, Fault> {
        let store = MemoryStore::default();
        if let Some(bucket) = self.own.get(region.as_str()) {
            let bucket = bucket.parse().unwrap();
            let made = store.create_bucket(&bucket).now_or_never().unwrap();
            made.unwrap();
        }
        let mut taken = self.taken.lock().unwrap();
        if let Some(kind) = self.busy {
            store.fail_call(1, Fault::new(kind, "come back later"));
        } else if *taken > 0 && *region == Region::Fsn1 {
            *taken -= 1;
            store.fail_call(1, Fault::new(FaultKind::Denied, "it is somebody else's"));
        }
        if self.silent {
            return Err(Fault::new(FaultKind::Unreachable, "connection refused"));
        }
        Ok(Box::new(store))
    }
}

fn make_keys() -> Credentials {
    let (id, secret) = ("A".repeat(20).parse().unwrap(), "b".repeat(40).parse().unwrap());
    Credentials::pair(id, secret)
}

/// All of Hetzner's locations, answering.
fn make_network() -> MemoryNetwork {
    let locations = list_location_times().into_iter();
    let hosts = locations.filter_map(|location| location.region.endpoint());
    let hosts = hosts.map(|endpoint| (endpoint.host().to_owned(), MemoryHost::default()));
    MemoryNetwork { hosts: hosts.collect(), ..MemoryNetwork::default() }
}

async fn hold_interview(
    named: &SpecDocument,
    person: &Person,
    services: &Services,
    keys: Result<Credentials, String>,
) -> Result<AnsweredSpec, OperationError> {
    let (network, clock) = (make_network(), PausedClock::new());
    let outside = Some(InterviewOutside { network: &network, services, keys });
    let prompt = Some(person as &dyn SpecPrompt);
    let wants_tables = true;
    SpecInterview { named, wants_tables, found: None, prompt, outside, clock: &clock }
        .complete_spec()
        .await
}

fn make_document(region: &str, bucket: &str) -> SpecDocument {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    SpecDocument { region: text(region), bucket: text(bucket), ..SpecDocument::default() }
}

#[tokio::test]
async fn three_questions_make_a_spec_and_an_empty_answer_takes_what_is_proposed() {
    let person = Person::with(&["", "", ""]);

    let answered =
        hold_interview(&make_document("", ""), &person, &Services::default(), Ok(make_keys()))
            .await
            .unwrap();

    let asked = person.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[0].choices.iter().all(|choice| choice.contains("answers in")), "{asked:?}");
    assert_eq!(asked[1].help.clone().unwrap(), format!("{}: the name is free", asked[1].proposed));
    assert_eq!(asked[2].proposed, "assets");
    let first = asked[0].choices[0].split(' ').next();
    assert_eq!(answered.document.region.as_deref(), first);
    assert_eq!(answered.document.bucket.as_deref(), Some(asked[1].proposed.as_str()));
    assert_eq!(answered.document.prefix.as_deref(), Some("assets"));
    assert_eq!(answered.bucket, Some(BucketStanding::Free));
    let tables = format!("{}-tables", asked[1].proposed);
    assert_eq!(answered.document.tables.unwrap().bucket, Some(tables));
    assert_eq!(answered.tables, TablesAnswer::Chosen(Some(BucketStanding::Free)));
}

/// The bucket for tables beside a named bucket, how it came about, and how often somebody was asked.
async fn choose_tables(
    bucket: &str,
    own: BTreeMap<&'static str, &'static str>,
    answers: Option<&[&'static str]>,
) -> (Option<String>, TablesAnswer, usize) {
    let named = SpecDocument { prefix: Some("p".to_owned()), ..make_document("fsn1", bucket) };
    let person = Person::with(answers.unwrap_or_default());
    let services = Services { own, ..Services::default() };
    let (network, clock) = (make_network(), PausedClock::new());
    let asks = answers.is_some();
    let outside =
        InterviewOutside { network: &network, services: &services, keys: Ok(make_keys()) };
    let interview = SpecInterview {
        named: &named,
        wants_tables: true,
        found: None,
        prompt: asks.then_some(&person as &dyn SpecPrompt),
        outside: asks.then_some(outside),
        clock: &clock,
    };

    let answered = interview.complete_spec().await.unwrap();

    let bucket = answered.document.tables.and_then(|tables| tables.bucket);
    (bucket, answered.tables, person.asked().len())
}

#[tokio::test]
async fn a_bucket_for_tables_is_asked_for_only_where_the_usual_name_cannot_be() {
    let some = |name: &str| Some(name.to_owned());
    let usual = choose_tables("acme", BTreeMap::new(), Some(&[])).await;
    let free = || TablesAnswer::Chosen(Some(BucketStanding::Free));
    assert_eq!(usual, (some("acme-tables"), free(), 0));

    let long = "a".repeat(60);
    let asked = choose_tables(&long, BTreeMap::new(), Some(&["lake-tables"])).await;
    assert_eq!(asked, (some("lake-tables"), free(), 1));

    let elsewhere = BTreeMap::from([("hel1", "acme-tables")]);
    let asked =
        choose_tables("acme", elsewhere, Some(&["acme-tables", "acme", "lake-tables"])).await;
    assert_eq!(asked, (some("lake-tables"), free(), 3));
}

#[tokio::test]
async fn where_nobody_can_be_asked_a_name_that_is_too_long_is_left_out_and_said() {
    let usual = choose_tables("acme", BTreeMap::new(), None).await;
    assert_eq!(usual, (Some("acme-tables".to_owned()), TablesAnswer::Chosen(None), 0));

    let (bucket, answer, _) = choose_tables(&"a".repeat(60), BTreeMap::new(), None).await;

    assert_eq!(bucket, None);
    assert!(matches!(answer, TablesAnswer::LeftOut(why) if why.contains("too long")));
}

#[tokio::test]
async fn what_is_named_is_not_asked() {
    let person = Person::with(&["lake"]);
    let answered = hold_interview(
        &make_document("hel1", "acme-assets"),
        &person,
        &Services::default(),
        Ok(make_keys()),
    )
    .await;
    assert_eq!(answered.unwrap().document.prefix.as_deref(), Some("lake"));

    let nobody = Person::with(&[]);
    let whole =
        SpecDocument { prefix: Some("p".to_owned()), ..make_document("hel1", "acme-assets") };
    hold_interview(&whole, &nobody, &Services::default(), Ok(make_keys())).await.unwrap();
    assert_eq!(nobody.asked().len(), 0);
}

#[tokio::test]
async fn a_wrong_value_is_refused_before_the_first_question() {
    for wrong in [make_document("fns1", ""), make_document("", "No Bucket")] {
        let person = Person::with(&["", "", ""]);

        let refused = hold_interview(&wrong, &person, &Services::default(), Ok(make_keys()))
            .await
            .unwrap_err();

        assert_eq!((refused.kind, person.asked().len()), (ErrorKind::Config, 0));
    }
}

#[tokio::test]
async fn a_name_of_somebody_else_is_not_proposed() {
    let services = Services { taken: Mutex::new(2), ..Services::default() };
    let person = Person::with(&["", ""]);

    let answered = hold_interview(&make_document("fsn1", ""), &person, &services, Ok(make_keys()))
        .await
        .unwrap();

    assert_eq!(answered.bucket, Some(BucketStanding::Free));
    assert_eq!(*services.taken.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_typed_name_that_cannot_work_is_asked_again() {
    let own = BTreeMap::from([("hel1", "acme-hel"), ("fsn1", "acme-fsn")]);
    let services = Services { own, ..Services::default() };
    let person = Person::with(&["acme-hel", "acme-fsn", ""]);

    let answered = hold_interview(&make_document("fsn1", ""), &person, &services, Ok(make_keys()))
        .await
        .unwrap();

    let help = person.asked()[1].help.clone().unwrap();
    assert!(help.starts_with("acme-hel: a bucket of your own, but in hel1"), "{help}");
    assert_eq!(answered.bucket, Some(BucketStanding::Own));
    assert_eq!(answered.document.bucket.as_deref(), Some("acme-fsn"));
}

#[tokio::test]
async fn unknown_is_said_and_never_free() {
    let busy = Services { busy: Some(FaultKind::Throttled), ..Services::default() };
    let silent = Services { silent: true, ..Services::default() };
    let no_keys = Err("there is no key pair yet".to_owned());
    for (services, keys, why) in [
        (busy, Ok(make_keys()), "come back later"),
        (silent, Ok(make_keys()), "connection refused"),
        (Services::default(), no_keys, "there is no key pair yet"),
    ] {
        let person = Person::with(&["", ""]);

        let answered =
            hold_interview(&make_document("fsn1", ""), &person, &services, keys).await.unwrap();

        let help = person.asked()[0].help.clone().unwrap();
        assert!(help.contains("whether the name is free is not known"), "{help}");
        assert!(help.contains(why), "{help}");
        assert!(matches!(answered.bucket, Some(BucketStanding::Unknown(_))));
    }
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_flag_is_named_and_no_network_is_needed() {
    let clock = PausedClock::new();
    for (named, flag) in
        [(make_document("", ""), "--region"), (make_document("fsn1", ""), "--bucket")]
    {
        let interview = SpecInterview {
            named: &named,
            wants_tables: true,
            found: None,
            prompt: None,
            outside: None,
            clock: &clock,
        };

        let refused = interview.complete_spec().await.unwrap_err();

        assert_eq!(refused.kind, ErrorKind::Usage);
        assert!(refused.messages[0].starts_with(flag), "{refused:?}");
    }
}

#[tokio::test]
async fn who_goes_away_ends_it() {
    for answers in [&[][..], &[""], &["", ""]] {
        let person = Person::with(answers);

        let ended =
            hold_interview(&make_document("", ""), &person, &Services::default(), Ok(make_keys()))
                .await;

        assert_eq!(ended.unwrap_err().kind, ErrorKind::Interrupted);
    }
}
