//! The bucket, and what lies in it.

use std::time::Duration;

use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{Lifecycle, Versioning};
use datalake_engine::ObjectStore;
use datalake_sim::{Config, Quirk, Quirks};

use super::key::deny;
use super::{check, green, provisioned, red, yellow};
use crate::support::{Host, OTHER_KEY, Service, Shelf};

/// Sets a policy that acts at once.
#[track_caller]
pub(super) fn set_policy(shelf: &Shelf, policy: &str) {
    let (store, bucket) = shelf.store();
    let policy = NewPolicy { text: PolicyText::new(policy), binds_owner: false };
    shelf.service.block_on(store.set_policy(bucket, Some(&policy))).unwrap();
    shelf.service.advance(1);
}

#[test]
fn a_bucket_that_is_not_there() {
    let shelf = Shelf::without_bucket();

    let said = red(&shelf, "store-bucket");
    assert!(said.contains("provision` creates it"), "{said}");
    check(|words| shelf.call(words), "store-probe", "skipped");
    check(|words| shelf.call(words), "money-old-versions", "skipped");
}

#[test]
fn a_bucket_of_somebody_else() {
    let shelf = Shelf::without_bucket();
    let theirs = |words: &str| {
        let call = shelf.call(words).env("AWS_ACCESS_KEY_ID", OTHER_KEY.id);
        call.env("AWS_SECRET_ACCESS_KEY", OTHER_KEY.secret)
    };
    theirs("bucket create acme-dagster-assets").run().exits(0);

    let said = red(&shelf, "store-bucket-foreign");

    assert!(said.contains("shared by all of Hetzner's customers"), "{said}");
    check(theirs, "store-bucket-foreign", "sound");
}

#[test]
fn a_bucket_that_not_all_gateways_have() {
    let service = Service::with(|config| {
        let quirks = Quirks { bucket_delay: Duration::from_hours(1), ..config.quirks };
        Config { quirks, ..config }
    });
    let host = Host::usual();
    let call = |words: &str| host.call(&service, words);
    host.call(&service, "bucket list").run().exits(0);
    let created = service.block_on(create(&service.endpoint()));
    assert!(created.is_ok(), "{created:?}");

    let said = check(call, "store-bucket-late", "warning");

    assert!(said.contains("gateways disagree"), "{said}");
}

async fn create(endpoint: &str) -> Result<(), datalake_core::fault::Fault> {
    let keys = datalake_core::secret::Credentials::pair(
        crate::support::KEY.id.parse().unwrap(),
        crate::support::KEY.secret.parse().unwrap(),
    );
    let endpoint = endpoint.parse().unwrap();
    let store = datalake_s3::S3Store::new(&endpoint, &"fsn1".parse().unwrap(), &keys).unwrap();
    store.create_bucket(&"acme-dagster-assets".parse().unwrap()).await
}

#[test]
fn a_key_that_may_not_write() {
    let shelf = provisioned();
    for id in ["store-probe", "store-slow", "store-multipart", "store-checksums"] {
        green(&shelf, id);
    }
    green(&shelf, "store-bucket-late");
    deny(&shelf, "s3:PutObject", "/*");

    let said = red(&shelf, "store-probe");

    assert!(said.contains("put: "), "{said}");
    check(|words| shelf.call(words), "store-multipart", "skipped");
}

#[test]
fn conditions_and_tags_of_other_services() {
    let shelf = provisioned();
    let said = green(&shelf, "store-conditional-put");
    assert!(said.contains("it keeps versions: no place for tables"), "{said}");
    let said = green(&shelf, "store-tagging");
    assert!(said.contains("has none"), "{said}");

    let plain = Service::with(|config| {
        let quirks = config.quirks.without(Quirk::NoTagging);
        Config { quirks: Quirks { bucket_delay: Duration::ZERO, ..quirks }, ..config }
    });
    let host = Host::usual();
    host.call(&plain, "bucket create acme-dagster-assets").run().exits(0);
    let said = check(|words| host.call(&plain, words), "store-tagging", "sound");
    assert!(said.contains("as they were set"), "{said}");
    let said = check(|words| host.call(&plain, words), "store-conditional-put", "sound");
    assert!(said.contains("one of several writers of a key stores it"), "{said}");
}

#[test]
fn settings_that_are_not_those_of_the_spec() {
    let shelf = provisioned();
    let (store, bucket) = shelf.store();
    green(&shelf, "store-versioning");
    green(&shelf, "store-lifecycle");

    let changed = async {
        store.set_versioning(bucket, Versioning::Suspended).await?;
        store.set_lifecycle(bucket, &Lifecycle::default()).await
    };
    shelf.service.block_on(changed).unwrap();

    red(&shelf, "store-versioning");
    red(&shelf, "store-lifecycle");
}

#[test]
fn a_table_in_a_bucket_that_keeps_versions_and_its_lost_commits() {
    let shelf = provisioned();
    for id in ["store-versioning", "tables-versioned", "tables-lost-commits"] {
        green(&shelf, id);
    }
    let commit = "assets/sales/_delta_log/00000000000000000000.json";
    shelf.put_content(commit, b"{}");

    let told = red(&shelf, "tables-versioned");
    assert!(told.contains("keeps old versions and holds tables"), "{told}");
    assert!(told.contains("a Delta table"), "{told}");
    let way_out = "tables move s3://acme-dagster-assets/ s3://acme-dagster-assets-tables/`";
    assert!(told.contains(way_out), "{told}");
    let told = green(&shelf, "store-versioning");
    assert!(told.contains("beside a Delta table"), "{told}");
    green(&shelf, "tables-lost-commits");

    shelf.put_content(commit, b"{\"txn\":{}}");

    let told = red(&shelf, "tables-lost-commits");
    assert!(told.contains("s3://acme-dagster-assets/assets/sales/: version 0, 1 lost"), "{told}");
    assert!(told.contains("tables recover` shows"), "{told}");
    assert!(shelf.keys().iter().all(|key| !key.contains("probe")), "{:?}", shelf.keys());
}

#[test]
fn a_bucket_that_is_open_to_all() {
    let shelf = provisioned();
    green(&shelf, "store-public");
    set_policy(
        &shelf,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*",
          "Action": ["s3:GetObject", "s3:ListBucket"],
          "Resource": ["arn:aws:s3:::acme-dagster-assets", "arn:aws:s3:::acme-dagster-assets/*"]}]}"#,
    );

    let said = red(&shelf, "store-public");

    assert!(said.contains("list it and read"), "{said}");
}

#[test]
fn a_policy_with_traps_and_writers() {
    let shelf = provisioned();
    green(&shelf, "store-policy");
    green(&shelf, "store-writers");
    set_policy(
        &shelf,
        r#"{"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/p22:MODAL"]},
           "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::acme-dagster-assets/*"]},
          {"Effect": "Deny", "Principal": {"AWS": ["arn:aws:iam:::user/p22:OTHER"]},
           "NotAction": ["s3:GetObject"], "Resource": ["arn:aws:s3:::acme-dagster-assets/*"]}]}"#,
    );

    let said = yellow(&shelf, "store-policy");
    assert!(said.contains("`NotAction`"), "{said}");
    let said = yellow(&shelf, "store-writers");
    assert!(said.contains("p22:MODAL") && said.contains("unpickles"), "{said}");
}

#[test]
fn assets_where_no_io_manager_looks() {
    let shelf = provisioned();
    green(&shelf, "store-migrated");
    shelf.put("migrated/plain", 1);

    let said = yellow(&shelf, "store-migrated");

    assert!(said.contains("mv --recursive"), "{said}");
}

#[test]
fn what_costs_money() {
    let shelf = provisioned();
    for id in ["money-unfinished-uploads", "money-old-versions", "money-per-gb"] {
        green(&shelf, id);
    }
    green(&shelf, "money-price-table");
    shelf.begin("assets/half", &[5 << 20]);
    shelf.put("assets/a", 1);
    shelf.put("assets/a", 2);
    green(&shelf, "money-unfinished-uploads");
    green(&shelf, "money-old-versions");

    let (store, bucket) = shelf.store();
    let none = Lifecycle::default();
    shelf.service.block_on(store.set_lifecycle(bucket, &none)).unwrap();
    red(&shelf, "money-old-versions");
    let guide = |words: &str| shelf.call(words).env("DATALAKE_COST__PLAN", "guide");
    let said = check(guide, "money-per-gb", "warning");
    assert!(said.contains("6.49 EUR"), "{said}");
}

#[test]
fn acls_that_can_make_objects_public_where_other_keys_store_them() {
    let shelf = provisioned();
    let said = green(&shelf, "store-public-access");
    assert!(said.contains("the spec has no roles"), "{said}");

    let role = format!("modal: {{ project: p22, key: {}, as: modal-worker }}", OTHER_KEY.id);
    let spec = shelf.host.work().join("datalake.yaml");
    std::fs::write(&spec, format!("access: {{ {role} }}\n")).unwrap();
    let said = yellow(&shelf, "store-public-access");
    assert!(said.contains("access apply` sets IgnorePublicAcls"), "{said}");

    shelf.run("access apply --yes", 5);
    let said = green(&shelf, "store-public-access");
    assert!(said.contains("public ACLs are ignored in `acme-dagster-assets`"), "{said}");
}
