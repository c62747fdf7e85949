//! `cost estimate` and `cost compare`: no service, no keys, no spec.

use snapbox::{assert_data_eq, str};

use crate::support::{Host, Ran};

#[track_caller]
fn run(words: &str, code: i32) -> Ran {
    Host::usual().bare(words).run().exits(code)
}

#[test]
fn people_get_the_bill_line_by_line() {
    let words =
        "cost estimate --storage 2.5TB --egress 3TB --objects 1000 --month 2026-11 --vat 19";

    assert_data_eq!(
        run(words, 0).stdout,
        str![[r#"
Hetzner Object Storage (hetzner), 2026-11
  base     720 hours with a bucket                                          6.49 EUR
  storage  1800.000 TB-h, 720.000 TB-h free                                 9.40 EUR
  egress   3.0 TB, 1.1 TB free                                              1.92 EUR
  net                                                                      17.81 EUR
  gross    with 19 % tax                                                   21.19 EUR
  - the base price is paid once per account, for all buckets, projects and locations
  - each object is billed as 64 KB at least; old versions and unfinished uploads are billed
  - uploads, requests and traffic to Hetzner servers in eu-central are free
  - above the quota 0.0001 TB is the smallest step; how it is rounded Hetzner does not say
  - prices: Hetzner's product page until 2026-03-31; its price service, read 2026-10-08

"#]]
    );
}

#[track_caller]
fn check(words: &str, cents: u64) {
    let bill = &run(&format!("cost estimate --json {words}"), 0).json("cost-estimate")["bill"];
    assert_eq!(bill["net_cents"], cents, "{words}: {bill}");
}

#[test]
fn programs_get_cents_and_exact_sums() {
    check("--storage 100GB --egress 100GB --month 2026-11", 649);
    check("--storage 100GB --egress 100GB --month 2026-03", 499);
    check("--storage 100GB --egress 100GB --month 2026-11 --base-already-paid", 0);
    check("--storage 100GB --egress 100GB --month 2026-11 --plan guide", 150);
    check("--storage 80GB --objects 20000000 --month 2026-11", 824);
    check("--storage 10TB --egress 10TB --month 2026-12", 7363);
    let words = "cost estimate --json --storage 2.5TB --egress 3TB --month 2026-11";
    let told = run(words, 0).json("cost-estimate");
    assert_eq!(
        (&told["bill"]["net"], &told["bill"]["storage"]),
        (&"17.806".into(), &"9.396".into())
    );
}

#[test]
fn small_objects_are_told() {
    let ran = run("cost estimate --storage 4GB --objects 1000000 --month 2026-11", 0);

    assert!(
        ran.stdout.contains("4.0 GB in 1,000,000 objects are billed as 64.0 GB"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_comparison_says_where_hetzner_is_dearer() {
    let small = run("cost compare --storage 100GB --egress 100GB --month 2026-11", 0).stdout;
    let large = run("cost compare --storage 2.5TB --egress 3TB --month 2026-11", 0).stdout;

    let cheaper = "hetzner: cheaper for this are scaleway, scaleway-one-zone, ovh; \
                   as dear or dearer self-hosted-cx23, self-hosted-cpx12";
    assert!(small.contains(cheaper), "{small}");
    let none = "hetzner: cheaper for this are none; as dear or dearer scaleway";
    assert!(
        large.contains(none) && large.contains("wasabi                  19.98 USD and more"),
        "{large}"
    );
    let early = run("cost compare --storage 1TB --month 2025-06", 0).stdout;
    let told =
        "not in it: the prices of `aws` are known from 2026-08-31 on, not for all of 2025-06";
    assert!(early.contains(told), "{early}");
}

#[test]
fn what_is_not_known_is_a_usage_error_with_a_hint() {
    let plan = run("cost estimate --storage 1TB --plan nobody", 2);
    assert!(plan.stderr.contains("there is no plan `nobody`"), "{}", plan.stderr);
    assert!(plan.stderr.contains("the plans are: hetzner, "), "{}", plan.stderr);
    let month = run("cost estimate --storage 1TB --month 2020-01", 2);
    assert!(month.stderr.contains("known from 2024-12-01 on"), "{}", month.stderr);
    for words in ["--storage x", "--storage 1TB --month 11-2026", "--storage 1TB --vat x", ""] {
        run(&format!("cost estimate {words}"), 2);
    }
}

#[test]
fn a_list_of_ones_own_stands_in_the_spec() {
    let host = Host::usual();
    let spec = "cost: { plan: mine, vat: 19, plans: { mine: { currency: EUR, base-month: 2, \
                storage-tb-month: 6, egress-tb: 1.5 } } }\n";
    std::fs::write(host.work().join("datalake.yaml"), spec).unwrap();
    let words = "cost estimate --json --storage 1TB --egress 2TB --month 2026-11";

    let bill = &host.bare(words).run().exits(0).json("cost-estimate")["bill"];

    assert_eq!((&bill["net_cents"], &bill["gross_cents"]), (&1100.into(), &1309.into()));
    std::fs::write(
        host.work().join("datalake.yaml"),
        "cost: { plans: { mine: { curency: EUR } } }\n",
    )
    .unwrap();
    host.bare(words).run().exits(78);
}
