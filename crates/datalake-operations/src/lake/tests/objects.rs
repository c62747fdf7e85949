//! Single objects looked at and signed for, and uploads that nobody has finished.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::time::{Days, Timestamp};
use datalake_engine::{
    Attributes, Cleared, Expiry, Presign, SignedCall, SignedUrl, Uploads as _, VersionId,
};

use crate::lake::test_service::{TestService, key};
use crate::lake::{
    PresignRequest, PresignedObject, SignedAccess, UploadSearch, UploadTotals, choose_upload_age,
    find_object,
};
use crate::{ErrorKind, OperationError};

#[tokio::test]
async fn an_object_is_told_with_all_versions_of_its_key() {
    let service = TestService::with_keys(&[]).await.keeping_versions().await;
    service.put("a", "1").await;
    service.put("a", "22").await;
    service.put("a/b", "other").await;

    let report = find_object(&service.store, &service.bucket, &key("a"), None).await.unwrap();
    let versions = report.versions.clone().unwrap();
    let old = VersionId(versions[1].version.clone());
    let older = find_object(&service.store, &service.bucket, &key("a"), Some(old)).await.unwrap();

    assert_eq!((report.size, report.unlisted), (2, None));
    let told: Vec<_> = versions.iter().map(|version| (version.latest, version.size)).collect();
    assert_eq!(told, [(true, Some(2)), (false, Some(1))]);
    assert_eq!(older.size, 1);
}

#[tokio::test]
async fn versions_that_cannot_be_listed_are_unknown_and_the_object_is_told() {
    let service = TestService::with_keys(&["a"]).await;
    for (kind, is_told) in [(FaultKind::Denied, true), (FaultKind::Unreachable, false)] {
        // The first call asks for the object, the second one for its versions.
        service.store.fail_call(2, Fault::new(kind, "injected"));

        let found = find_object(&service.store, &service.bucket, &key("a"), None).await;

        let unlisted = found.map(|report| (report.versions, report.unlisted.map(|it| it.kind)));
        assert_eq!(unlisted.ok(), is_told.then_some((None, Some(kind))), "{kind:?}");
    }
}

#[tokio::test]
async fn of_an_object_that_does_not_exist_it_is_told_what_lies_there() {
    let service = TestService::with_keys(&["raw/a"]).await;
    let find = async |text| find_object(&service.store, &service.bucket, &key(text), None).await;

    let folder = find("raw").await.unwrap_err();
    assert_eq!(folder.messages, ["`s3://acme-lake/raw/` is a folder, not an object"]);
    assert_eq!(find("raw/*").await.unwrap_err().kind, ErrorKind::Usage);
    assert_eq!(find("none").await.unwrap_err().kind, ErrorKind::Absent);
}

/// Signs everything.
struct Signer;

impl Presign for Signer {
    fn presign(
        &self,
        call: &SignedCall<'_>,
        expiry: Expiry,
        _: Timestamp,
    ) -> Result<SignedUrl, Fault> {
        let call = match call {
            SignedCall::Get(_, key, version) => format!("get {} {version:?}", key.as_str()),
            other => format!("{other:?}"),
        };
        Ok(SignedUrl::new(format!("{call} for {}", expiry.seconds())))
    }
}

async fn presign_object(
    service: &TestService,
    text: &str,
    access: SignedAccess,
) -> Result<PresignedObject, OperationError> {
    let now = Timestamp::from_unix(1_000_000).unwrap();
    let (bucket, key, expiry) = (&service.bucket, &key(text), Expiry::LONGEST);
    let request = PresignRequest { bucket, key, access, expiry, now };
    request.sign(&Signer, &service.store).await
}

#[tokio::test]
async fn an_address_to_read_is_given_unless_the_object_surely_does_not_exist() {
    let service = TestService::with_keys(&["a"]).await;
    let read = || SignedAccess::Read(None);

    let signed = presign_object(&service, "a", read()).await.unwrap();
    assert_eq!(signed.url.expose(), "get a None for 604800");
    assert_eq!((signed.valid_until.unix(), signed.doubt), (1_604_800, None));
    assert_eq!(presign_object(&service, "none", read()).await.unwrap_err().kind, ErrorKind::Absent);
    for (kind, works) in [(FaultKind::Denied, true), (FaultKind::ClockSkew, false)] {
        let fault = Fault::new(kind, "injected");
        service.store.fail_call(1, fault.clone());
        let doubt = presign_object(&service, "a", read()).await.map(|signed| signed.doubt);
        assert_eq!(doubt.ok(), works.then_some(Some(fault)), "{kind:?}");
    }
}

#[tokio::test]
async fn an_address_to_store_needs_no_object() {
    let service = TestService::with_keys(&[]).await;

    let signed = presign_object(&service, "new", SignedAccess::Store).await.unwrap();

    assert_eq!(signed.doubt, None);
    assert_eq!(SignedAccess::Store.method(), "PUT");
}

#[tokio::test]
async fn uploads_are_found_by_their_age_and_given_up() {
    let service = TestService::with_keys(&[]).await;
    for (text, day) in [("old", 1), ("young", 9)] {
        service.store.set_now(Timestamp::from_unix(day * 86_400).unwrap());
        let key = key(text);
        service.store.begin_upload(&service.bucket, &key, &Attributes::NONE).await.unwrap();
    }
    let now = Timestamp::from_unix(10 * 86_400).unwrap();
    let before = choose_upload_age(Some(Days::new(5).unwrap()), now).unwrap();
    let (lake, bucket) = (&service.store, &service.bucket);
    let find = async |before| {
        let mut keys = Vec::new();
        let search = UploadSearch { lake, bucket, before };
        let totals = search.find(&mut |upload| keys.push(upload.key.to_owned())).await;
        totals.map(|totals| (keys, totals))
    };

    let (keys, totals) = find(before).await.unwrap();
    assert_eq!((keys, totals), (vec!["old".to_owned()], UploadTotals { uploads: 1, bytes: 0 }));
    let mut cleared = Cleared::default();
    UploadSearch { lake, bucket, before }.abort(&mut cleared).await.unwrap();

    assert_eq!(cleared.uploads, 1);
    assert_eq!(find(None).await.unwrap().0, ["young"]);
    assert_eq!(choose_upload_age(None, now), Ok(None));
}
