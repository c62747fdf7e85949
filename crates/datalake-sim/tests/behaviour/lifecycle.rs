use crate::lake::{Lake, refused};

async fn rules(lake: &Lake, rules: &str) {
    let body = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    let answer = lake.put("/lake?lifecycle").body(body).go().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn rule(id: &str, prefix: &str, action: &str) -> String {
    format!(
        "<Rule><ID>{id}</ID><Status>Enabled</Status><Filter><Prefix>{prefix}</Prefix></Filter>{action}</Rule>"
    )
}

const EXPIRE: &str = "<Expiration><Days>30</Days></Expiration>";
const EXPIRE_OLD: &str = "<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>";
const ABORT: &str = "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>";
const SWEEP: &str =
    "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";

#[tokio::test]
async fn objects_expire_by_their_age_and_prefix() {
    let lake = Lake::hetzner().await;
    rules(&lake, &rule("logs", "logs/", EXPIRE)).await;
    lake.put("/lake/logs/old").body("x").go().await;
    lake.put("/lake/kept").body("x").go().await;
    lake.advance_days(20);
    lake.put("/lake/logs/young").body("x").go().await;
    lake.advance_days(11);

    let keys = lake.get("/lake?list-type=2").go().await.elements("Key");

    assert_eq!(keys, ["kept", "logs/young"]);
}

#[tokio::test]
async fn rules_about_tags_or_sizes_are_kept_and_never_act() {
    const TAG: &str = "<Tag><Key>kind</Key><Value>scratch</Value></Tag>";
    const SIZE: &str = "<ObjectSizeGreaterThan>1</ObjectSizeGreaterThan>";
    let lake = Lake::hetzner().await;
    let filters = [
        TAG.to_owned(),
        SIZE.to_owned(),
        format!("<And><Prefix>logs/</Prefix>{TAG}</And>"),
        format!("<And><Prefix>logs/</Prefix>{SIZE}</And>"),
    ];
    let all: Vec<_> = filters
        .iter()
        .map(|filter| {
            format!("<Rule><Status>Enabled</Status><Filter>{filter}</Filter>{EXPIRE}</Rule>")
        })
        .collect();
    rules(&lake, &all.concat()).await;
    lake.put("/lake/logs/kept").body("content").go().await;

    lake.advance_days(365);

    assert_eq!(lake.head("/lake/logs/kept").go().await.status, 200);
    assert_eq!(lake.get("/lake?lifecycle").go().await.elements("ID").len(), 4);
}

#[tokio::test]
async fn in_a_versioned_bucket_data_goes_after_both_rules() {
    let lake = Lake::hetzner().await;
    lake.versioning("Enabled").await;
    let all =
        [("a", EXPIRE), ("b", EXPIRE_OLD), ("c", SWEEP)].map(|(id, action)| rule(id, "", action));
    rules(&lake, &all.concat()).await;
    lake.put("/lake/key").body("x").go().await;
    let count = |name: &'static str| {
        let lake = &lake;
        async move { lake.get("/lake?versions").go().await.text().matches(name).count() }
    };

    lake.advance_days(31);
    let hidden = (count("<Version>").await, count("<DeleteMarker>").await);
    lake.advance_days(31);

    assert_eq!(hidden, (1, 1));
    assert_eq!((count("<Version>").await, count("<DeleteMarker>").await), (0, 0));
}

#[tokio::test]
async fn nothing_expires_while_versioning_is_suspended() {
    let lake = Lake::hetzner().await;
    rules(&lake, &rule("all", "", EXPIRE)).await;
    lake.versioning("Enabled").await;
    lake.versioning("Suspended").await;
    lake.put("/lake/key").body("x").go().await;

    lake.advance_days(365);

    assert_eq!(lake.head("/lake/key").go().await.status, 200);
}

#[tokio::test]
async fn unfinished_uploads_are_aborted() {
    let lake = Lake::hetzner().await;
    rules(&lake, &rule("uploads", "", ABORT)).await;
    lake.post("/lake/big?uploads").go().await;

    lake.advance_days(6);
    let before = lake.get("/lake?uploads").go().await.elements("UploadId").len();
    lake.advance_days(1);
    let after = lake.get("/lake?uploads").go().await.elements("UploadId").len();

    assert_eq!((before, after), (1, 0));
}

#[tokio::test]
async fn rules_come_back_sorted_and_an_empty_filter_as_a_prefix() {
    let lake = Lake::hetzner().await;
    let empty = "<Rule><ID>z</ID><Status>Enabled</Status><Filter/>".to_owned() + EXPIRE + "</Rule>";
    rules(&lake, &(empty + &rule("a", "logs/", ABORT))).await;

    let answer = lake.get("/lake?lifecycle").go().await;

    assert_eq!(answer.elements("ID"), ["a", "z"]);
    assert_eq!(answer.text().matches("<Filter>").count(), 1);
    assert!(answer.elements("Prefix").contains(&String::new()));
}

#[tokio::test]
async fn absent_rules_are_told_from_removed_ones_by_nothing() {
    let lake = Lake::hetzner().await;
    rules(&lake, &rule("a", "", EXPIRE)).await;

    assert_eq!(lake.delete("/lake?lifecycle").go().await.status, 204);
    let answer = lake.get("/lake?lifecycle").go().await;

    assert_eq!(answer.refusal(), refused(404, "NoSuchLifecycleConfiguration"));
}

#[tokio::test]
async fn two_rules_with_one_id_are_refused() {
    let lake = Lake::hetzner().await;
    let twice = rule("a", "x/", EXPIRE) + &rule("a", "y/", EXPIRE);
    let body = format!("<LifecycleConfiguration>{twice}</LifecycleConfiguration>");

    let answer = lake.put("/lake?lifecycle").body(body).go().await;

    assert_eq!(answer.refusal(), refused(400, "InvalidArgument"));
}
