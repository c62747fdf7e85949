//! Tables listed.

use datalake_core::spec::{StoreSpec, TablesPlace};

use super::bed::{Bed, tables};
use crate::ErrorKind;
use crate::lake::BucketClient;
use crate::tables::{
    TablesFolder, list_all_tables, list_tables, recover_all_commits, recover_commits,
};

#[tokio::test]
async fn tables_are_told_with_version_and_size() {
    let bed = Bed::with_sales(5).await;
    bed.put("raw/x", "12345");
    bed.put("v.lance/_versions/2.manifest", "m");
    let mut keys = 0;

    let report = list_tables(&bed.service.store, &bed.folder(""), &mut |count| keys = count).await;
    let below = list_tables(&bed.service.store, &bed.folder("v.lance/"), &mut |_| ()).await;

    let report = report.unwrap();
    let told: Vec<_> = report
        .tables
        .iter()
        .map(|table| (table.place.as_str(), table.format, table.version, table.objects))
        .collect();
    assert_eq!(
        told,
        [
            ("s3://acme-lake/sales/", "Delta", Some(4), 12),
            ("s3://acme-lake/v.lance/", "Lance", Some(2), 1),
        ]
    );
    assert_eq!((report.other_objects, report.other_bytes, keys), (1, 5, 14));
    assert_eq!(below.unwrap().tables.len(), 1);
    assert!(report.to_string().ends_with("2 tables; 1 object (5 B) in none\n"), "{report}");
}

#[tokio::test]
async fn without_a_place_the_bucket_of_the_tables_is_looked_at_as_well() {
    let bed = Bed::with_sales(2).await;
    let (service, clock) = (&bed.service, &bed.service.clock);
    let place = TablesPlace::Bucket("acme-tables".parse().unwrap());
    let spec = StoreSpec { tables: Some(place), ..service.spec.clone() };
    let client = BucketClient { spec: &spec, ..service.client() };
    let all = TablesFolder::choose_all(&client, &"".parse().unwrap()).unwrap();
    let named = TablesFolder::choose_all(&client, &"sales".parse().unwrap()).unwrap();
    bed.put_into(&tables(), "orders/_delta_log/00000000000000000000.json", "{}");
    let yet_to_come = [
        bed.folder(""),
        TablesFolder { bucket: "acme-none".parse().unwrap(), prefix: String::new() },
    ];

    let listed = list_all_tables(&service.store, &all, &mut |_| ()).await.unwrap();
    let first = list_all_tables(&service.store, &yet_to_come, &mut |_| ()).await.unwrap();
    let searched = recover_all_commits(&service.store, clock, &all, &mut |_| ()).await.unwrap();

    let places: Vec<_> = listed.tables.iter().map(|table| table.place.as_str()).collect();
    assert_eq!(places, ["s3://acme-lake/sales/", "s3://acme-tables/orders/"]);
    assert_eq!((first.tables.len(), searched.tables, named.len()), (1, 2, 1));
}

#[tokio::test]
async fn a_place_where_nothing_lies_is_absent_and_one_without_tables_is_told() {
    let bed = Bed::new().await;
    let (store, clock) = (&bed.service.store, &bed.service.clock);
    let whole = list_tables(store, &bed.folder(""), &mut |_| ()).await;
    bed.put("raw/x", "12345");
    let (raw, none) = (bed.folder("raw/"), bed.folder("none/"));

    let listed = list_tables(store, &raw, &mut |_| ()).await.unwrap();
    let recovered = recover_commits(store, clock, &raw, &mut |_| ()).await.unwrap();
    let unlisted = list_tables(store, &none, &mut |_| ()).await.unwrap_err();
    let unrecovered = recover_commits(store, clock, &none, &mut |_| ()).await.unwrap_err();

    assert!(whole.is_ok());
    assert_eq!(listed.to_string(), "no tables; 1 object (5 B) in none\n");
    assert!(recovered.to_string().starts_with("no Delta or Lance tables"), "{recovered}");
    assert_eq!([unlisted.kind, unrecovered.kind], [ErrorKind::Absent; 2]);
}
