//! Other services' list prices: net, pay as you go, the usual class. Requests are not counted.
//!
//! They hold from the day on which they were read, since nothing is known of the time before,
//! unless an earlier price is known.

use bytesize::ByteSize;

use super::plan::{GB, TB};
use super::{Base, Currency, Egress, FreeEgress, Per, PriceList, Prices, Rate, Storage};
use crate::time::Timestamp;

pub(super) fn list_competitors() -> [PriceList; 7] {
    [
        price_aws(),
        price_b2(),
        price_r2(),
        price_wasabi(),
        price_scaleway(),
        scaleway_one_zone(),
        price_ovh(),
    ]
}

/// AWS S3 Standard in `eu-central-1`: 0.0245 USD per GB (price list of 2026-08-31), 0.09 USD per GB
/// of egress (2026-10-03), the first 100 GB of which are free in each account (2026-09-07).
fn price_aws() -> PriceList {
    let egress =
        Egress { free: FreeEgress::PerMonth(ByteSize(100 * GB)), rate: Some(Rate::per_gb(90_000)) };
    let prices = price_since(
        Timestamp::midnight(2026, 8, 31),
        Storage::monthly(Rate::per_gb(24_500)),
        egress,
    );
    PriceList {
        terms: list_terms(&[
            "requests cost extra: 1,000 PUT about 0.0054 USD, 1,000 GET about 0.00043 USD",
            "storage above 50 TB and egress above 10 TB have other prices, which are not in here",
        ]),
        ..make_price_list("aws", "AWS S3 Standard, eu-central-1", Currency::Usd, vec![prices])
            .read("AWS price list of 2026-08-31; egress read 2026-10-03")
    }
}

/// Backblaze B2: 6.95 USD per TB, 6.00 until 2026-04-30; 10 GB free; egress up to three times what is
/// stored free, then 0.01 USD per GB (2026-09-07, 2026-10-03).
fn price_b2() -> PriceList {
    let storage =
        |micros| Storage { included: ByteSize(10 * GB), ..Storage::monthly(Rate::per_tb(micros)) };
    let egress = Egress { free: FreeEgress::TimesStored(3), rate: Some(Rate::per_gb(10_000)) };
    let prices = vec![
        price_since(Timestamp::midnight(2024, 12, 1), storage(6_000_000), egress),
        price_since(Timestamp::midnight(2026, 5, 1), storage(6_950_000), egress),
    ];
    make_price_list("b2", "Backblaze B2", Currency::Usd, prices)
        .read("provider's page, read 2026-10-03")
}

/// Cloudflare R2: 0.015 USD per GB, 10 GB free, egress free (page of 2026-10-01).
fn price_r2() -> PriceList {
    let storage = Storage { included: ByteSize(10 * GB), ..Storage::monthly(Rate::per_gb(15_000)) };
    let egress = Egress { free: FreeEgress::All, rate: None };
    PriceList {
        terms: list_terms(&[
            "requests cost extra: a million writes 4.50 USD, reads 0.36 USD; one and \
                        ten million are free",
        ]),
        ..make_price_list(
            "r2",
            "Cloudflare R2",
            Currency::Usd,
            vec![price_since(Timestamp::midnight(2026, 10, 1), storage, egress)],
        )
        .read("provider's page of 2026-10-01")
    }
}

/// Wasabi: 7.99 USD per TB, 6.99 until 2026-06-30; 1 TB and 4 KB an object at least; egress free up
/// to what is stored (2026-10-01).
fn price_wasabi() -> PriceList {
    let storage = |micros| Storage {
        least: ByteSize(TB),
        smallest: ByteSize(4_000),
        ..Storage::monthly(Rate::per_tb(micros))
    };
    let egress = Egress { free: FreeEgress::TimesStored(1), rate: None };
    let prices = vec![
        price_since(Timestamp::midnight(2024, 12, 1), storage(6_990_000), egress),
        price_since(Timestamp::midnight(2026, 7, 1), storage(7_990_000), egress),
    ];
    PriceList {
        terms: list_terms(&[
            "1 TB is paid at least, and each object for 90 days",
            "more egress than what is stored is against its terms, and has no price",
        ]),
        ..make_price_list("wasabi", "Wasabi", Currency::Usd, prices)
            .read("provider's page, read 2026-10-01")
    }
}

/// Scaleway Multi-AZ: 0.01606 EUR per GB (study citing scaleway.com/en/pricing/storage, 2026-10-08),
/// 75 GB of egress free, then 0.01 EUR per GB.
fn price_scaleway() -> PriceList {
    let prices = price_since(
        Timestamp::midnight(2026, 10, 8),
        Storage::monthly(Rate::per_gb(16_060)),
        scaleway_egress(),
    );
    make_price_list("scaleway", "Scaleway Multi-AZ", Currency::Eur, vec![prices])
        .read("read 2026-10-08")
}

/// Scaleway One Zone: about 0.0080 EUR per GB (2026-10-08), egress as above.
fn scaleway_one_zone() -> PriceList {
    let prices = price_since(
        Timestamp::midnight(2026, 10, 8),
        Storage::monthly(Rate::per_gb(8_000)),
        scaleway_egress(),
    );
    PriceList {
        terms: list_terms(&["one building: a fire takes it all"]),
        ..make_price_list("scaleway-one-zone", "Scaleway One Zone", Currency::Eur, vec![prices])
            .read("read 2026-10-08")
    }
}

/// `OVHcloud` Standard 1-AZ: 0.0000111 EUR per GiB and hour (catalogue of 2026-08-17); egress included,
/// which one reader alone says.
fn price_ovh() -> PriceList {
    let ten_gib = Rate { price: super::Micros::new(111), bytes: 10 << 30 };
    let storage = Storage { per: Per::Hour, ..Storage::monthly(ten_gib) };
    let egress = Egress { free: FreeEgress::All, rate: None };
    PriceList {
        terms: list_terms(&["prices of requests are not known here"]),
        ..make_price_list(
            "ovh",
            "OVHcloud Standard 1-AZ",
            Currency::Eur,
            vec![price_since(Timestamp::midnight(2026, 8, 17), storage, egress)],
        )
        .read("catalogue of 2026-08-17")
    }
}

fn scaleway_egress() -> Egress {
    let free = FreeEgress::PerMonth(ByteSize(75 * GB));
    Egress { free, rate: Some(Rate::per_gb(10_000)) }
}

fn price_since(from: Timestamp, storage: Storage, egress: Egress) -> Prices {
    Prices { from, base: Base::None, storage, egress }
}

fn list_terms(terms: &[&str]) -> Vec<String> {
    terms.iter().map(ToString::to_string).collect()
}

pub(super) fn make_price_list(
    name: &str,
    title: &str,
    currency: Currency,
    prices: Vec<Prices>,
) -> PriceList {
    let (name, title) = (name.to_owned(), title.to_owned());
    PriceList { name, title, currency, prices, terms: Vec::new(), source: String::new() }
}

impl PriceList {
    pub(super) fn read(self, source: &str) -> Self {
        Self { source: source.to_owned(), ..self }
    }
}
