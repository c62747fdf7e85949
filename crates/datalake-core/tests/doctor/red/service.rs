//! What makes the findings of the network, the key, the bucket and its costs red.

use datalake_core::doctor::{
    FindingId, HeadAnswer, LocationTrial, Look, Proxy, SpecTrouble, TablesBucket, Tagging, TlsLook,
    TrialTimes, UnfinishedUpload, Unread, read_policy,
};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{
    ConditionalPuts, FoundTable, FoundTables, Lifecycle, LifecycleRule, PublicAccessBlock,
    TableKind, TableSearch, Versioning,
};
use datalake_core::size::ByteSize;
use datalake_core::tables::{LostCommit, LostSearch};

use crate::sound::{Change, bucket, location, tables_bucket};

pub(super) fn cases() -> Vec<(FindingId, Change)> {
    [network(), key(), store(), trials(), tables(), money()].concat()
}

fn network() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::SpecValues, |seen| {
            let (what, cure) = ("`bucket`: missing".to_owned(), "datalake init".to_owned());
            seen.spec.troubles = Look::Saw(vec![SpecTrouble { what, cure }]);
        }),
        (FindingId::NetworkProxy, |seen| {
            let address = "socks5://192.0.2.1:1080".to_owned();
            seen.network.proxy = Look::Saw(Some(Proxy { address, is_usable: false }));
        }),
        (FindingId::NetworkDns, |seen| seen.network.addresses = Look::Saw(vec![])),
        (FindingId::NetworkTcp, |seen| seen.network.connection = refused(FaultKind::Unreachable)),
        (FindingId::NetworkTls, |seen| {
            let refused = Some("UnknownIssuer".to_owned());
            seen.network.tls = Look::Saw(TlsLook { refused, expires: None });
        }),
        (FindingId::NetworkCertificate, |seen| {
            seen.network.tls = certificate("2026-11-25T00:00:00Z");
        }),
        (FindingId::NetworkCertificate, |seen| {
            seen.network.tls = certificate("2026-11-22T17:59:59Z");
        }),
        (FindingId::NetworkAnswer, |seen| {
            seen.network.greeting = seen.network.greeting.clone().map(|mut greeting| {
                greeting.is_s3 = false;
                greeting
            });
        }),
        (FindingId::NetworkClock, |seen| {
            seen.network.greeting = seen.network.greeting.clone().map(|mut greeting| {
                greeting.clock_ahead = Some(-1000);
                greeting
            });
        }),
        (FindingId::NetworkLocations, |seen| {
            seen.network.locations = Look::Saw(vec![dead("fsn1", true), location("hel1", false)]);
        }),
        (FindingId::NetworkLocations, |seen| {
            seen.network.locations = Look::Saw(vec![dead("fsn1", true), dead("hel1", false)]);
        }),
        (FindingId::NetworkLocations, |seen| {
            let slow = LocationTrial { millis: Some(4000), ..location("fsn1", true) };
            seen.network.locations = Look::Saw(vec![slow, location("hel1", false)]);
        }),
    ]
}

fn unread(cure: Option<&str>) -> Look<Result<String, Unread>> {
    Look::Saw(Err(Unread { what: "no pair".to_owned(), cure: cure.map(str::to_owned) }))
}

fn key() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::KeySource, |seen| seen.key.source = unread(None)),
        (FindingId::KeySource, |seen| seen.key.source = unread(Some("chmod 600 key.env"))),
        (FindingId::KeyShape, |seen| {
            seen.key.flaw = Look::Saw(Some("the secret access key is empty".to_owned()));
        }),
        (FindingId::KeySwapped, |seen| seen.key.is_swapped = Look::Saw(true)),
        (FindingId::KeyUnknown, |seen| seen.key.service = refused(FaultKind::UnknownAccessKey)),
        (FindingId::KeySecret, |seen| seen.key.service = refused(FaultKind::WrongSecret)),
        (FindingId::KeyRegion, |seen| seen.key.service = refused(FaultKind::WrongRegion)),
        (FindingId::KeyDenied, |seen| seen.store.heads = Look::Saw(vec![HeadAnswer::Denied; 5])),
        (FindingId::KeyProject, |seen| {
            seen.store.heads = Look::Saw(vec![HeadAnswer::Denied; 5]);
            seen.key.buckets = Look::Saw(vec![bucket("other")]);
            seen.key.has_used_bucket = true;
        }),
        (FindingId::KeyReach, |seen| {
            seen.key.opens = Look::Saw(vec![bucket("payroll"), bucket("backups")]);
        }),
        (FindingId::KeyAge, |seen| {
            seen.key.first_stored = Look::Saw(Some("2026-08-23T17:59:59Z".parse().unwrap()));
        }),
    ]
}

fn store() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::StoreBucket, |seen| seen.store.heads = Look::Saw(vec![HeadAnswer::Absent; 5])),
        (FindingId::StoreBucketForeign, |seen| {
            seen.store.heads = Look::Saw(vec![HeadAnswer::Denied; 5]);
            seen.key.buckets = Look::Saw(vec![]);
        }),
        (FindingId::StoreBucketLate, |seen| {
            seen.store.heads =
                Look::Saw(vec![HeadAnswer::Here, HeadAnswer::Absent, HeadAnswer::Here]);
        }),
        (FindingId::StoreVersioning, |seen| {
            seen.store.versioning = Look::Saw(Versioning::Suspended);
        }),
        (FindingId::StoreVersioning, |seen| seen.store.versioning = Look::Saw(Versioning::Never)),
        (FindingId::StoreVersioning, |seen| {
            let found = Some(sales());
            seen.store.versioning = Look::Saw(Versioning::Suspended);
            seen.store.tables = Look::Saw(TableSearch { found, ..TableSearch::default() });
        }),
        (FindingId::StoreLifecycle, |seen| {
            seen.store.lifecycle = Look::Saw(Lifecycle::default());
        }),
        (FindingId::StorePublic, |seen| {
            seen.store.open_to_all = Look::Saw(vec!["list it".to_owned()]);
        }),
        (FindingId::StorePolicy, |seen| {
            seen.store.policy =
                policy(r#"{"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject"}"#);
        }),
        (FindingId::StorePolicy, |seen| {
            seen.store.policy = policy(
                r#"{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::7:root"}, "Action": "*"}"#,
            );
        }),
        (FindingId::StoreWriters, |seen| {
            seen.store.policy = policy(
                r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam:::user/p7:MODAL"},
                    "Action": "s3:PutObject"}"#,
            );
        }),
        (FindingId::StorePublicAccess, |seen| {
            let off = Look::Saw(PublicAccessBlock::default());
            seen.public_access.buckets = Look::Saw(vec![(bucket("acme-tables"), off)]);
        }),
        (FindingId::StoreMigrated, |seen| seen.store.migrated = Look::Saw(1000)),
    ]
}

fn trials() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::StoreProbe, |seen| seen.trials.probe = refused(FaultKind::Denied)),
        (FindingId::StoreSlow, |seen| {
            seen.trials.probe = Look::Saw(TrialTimes { put: 9000, get: 20, delete: 20 });
        }),
        (FindingId::StoreMultipart, |seen| seen.trials.multipart = refused(FaultKind::Denied)),
        (FindingId::StoreChecksums, |seen| seen.trials.damage_is_refused = Look::Saw(false)),
        (FindingId::StoreTagging, |seen| seen.trials.tagging = Look::Saw(Tagging::Lost)),
    ]
}

fn sales() -> FoundTable {
    let key = "sales/_delta_log/00000000000000000000.json".to_owned();
    FoundTable { kind: TableKind::Delta, key }
}

fn with_sales() -> TablesBucket {
    let found = FoundTables { tables: vec![sales()], folders: 2, complete: true };
    TablesBucket { found: Look::Saw(found), ..tables_bucket() }
}

fn tables() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::StoreConditionalPut, |seen| {
            let versioning = Look::Saw(Versioning::Never);
            seen.tables.buckets = Look::Saw(vec![TablesBucket { versioning, ..tables_bucket() }]);
        }),
        (FindingId::StoreConditionalPut, |seen| {
            let conditional = Look::Saw(ConditionalPuts::Raced(3));
            let bucket = TablesBucket { conditional, is_for_tables: true, ..tables_bucket() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
        (FindingId::TablesVersioned, |seen| seen.tables.buckets = Look::Saw(vec![with_sales()])),
        (FindingId::TablesVersioned, |seen| {
            let lost = LostSearch { has_markers: true, ..LostSearch::default() };
            let versioning = Look::Saw(Versioning::Suspended);
            let bucket = TablesBucket { versioning, lost: Look::Saw(lost), ..with_sales() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
            seen.tables.place = Some("acme-tables".to_owned());
        }),
        (FindingId::TablesExpire, |seen| {
            let rule = LifecycleRule {
                enabled: true,
                prefix: "old/".to_owned(),
                expire: "30d".parse().ok(),
                expire_markers: false,
                expire_noncurrent: None,
                abort_uploads: None,
            };
            let lifecycle = Look::Saw(Lifecycle::new([("tidy".to_owned(), rule)]));
            let conditional = Look::Saw(ConditionalPuts::Held);
            let bucket =
                TablesBucket { lifecycle, conditional, is_for_tables: true, ..tables_bucket() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
        (FindingId::TablesLostCommits, |seen| {
            let lost = vec![("sales/".to_owned(), (0..3).map(lost_commit).collect())];
            let lost = LostSearch { lost, tables: 1, ..LostSearch::default() };
            let bucket = TablesBucket { lost: Look::Saw(lost), ..tables_bucket() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
    ]
}

fn lost_commit(number: u64) -> LostCommit {
    LostCommit {
        number: number / 2,
        name: format!("{:020}.json", number / 2),
        id: number.to_string(),
        resent: Vec::new(),
        size: 7,
        stored: "2026-11-22T17:00:00Z".parse().unwrap(),
        replaced: "2026-11-22T17:00:00Z".parse().unwrap(),
    }
}

fn money() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::MoneyPriceTable, |seen| {
            seen.money.prices = Look::Saw("read 2025-01-01 to 2025-02-03".to_owned());
        }),
        (FindingId::MoneyPerGb, |seen| {
            seen.money.plan = Look::Saw(("per-gb".to_owned(), true));
        }),
        (FindingId::MoneyUnfinishedUploads, |seen| {
            let (key, begun) = ("a".to_owned(), "2026-11-20T00:00:00Z".parse().unwrap());
            seen.money.uploads = Look::Saw(vec![UnfinishedUpload { key, begun }]);
        }),
        (FindingId::MoneyOldVersions, |seen| seen.money.old_versions_expire = false),
        (FindingId::MoneyLogGrowth, |seen| seen.money.logs_expire = Look::Saw(false)),
        (FindingId::MoneyOldVersions, |seen| {
            let Look::Saw(usage) = &mut seen.money.usage else { panic!() };
            (0..200).for_each(|_| usage.noncurrent.add(ByteSize(1_000_000)));
        }),
    ]
}

fn refused<T>(kind: FaultKind) -> Look<T> {
    Look::Unknown(Fault::new(kind, "status 403"))
}

fn certificate(expires: &str) -> Look<TlsLook> {
    Look::Saw(TlsLook { refused: None, expires: Some(expires.parse().unwrap()) })
}

fn dead(name: &str, is_own: bool) -> LocationTrial {
    let fault = Some("no connection in time".to_owned());
    LocationTrial { failures: 3, millis: None, fault, ..location(name, is_own) }
}

fn policy(statement: &str) -> Look<Option<datalake_core::doctor::PolicyTraits>> {
    Look::Saw(Some(read_policy(&format!(r#"{{"Statement": [{statement}]}}"#))))
}
