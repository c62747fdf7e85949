//! Hetzner Object Storage.

use bytesize::ByteSize;

use super::plan::{GB, TB};
use super::{Base, Currency, Egress, FreeEgress, Micros, PriceList, Prices, Rate, Storage};
use crate::time::Timestamp;

/// One TB-hour is included for each hour with a bucket.
const STORAGE: ByteSize = ByteSize(TB);

/// 1.5 GB are free for each hour with a bucket: 1.116 TB in 31 days, 1.008 TB in 28.
const EGRESS: ByteSize = ByteSize(GB / 2 * 3);

/// Hetzner's price list in euro, net.
///
/// Until 2026-03-31: 0.0081 an hour and 4.99 a month at most, 0.0067 for each TB-hour above the
/// quota, 1.00 for each TB of egress above its quota (Hetzner, product page "Object Storage",
/// copies of 2025-04-19 to 2026-03-31; on sale since December 2024, after a beta).
///
/// From 2026-04-01: 6.49 a month at most, 0.0087, 1.00 (read from Hetzner's price service,
/// products `CLOUD_84` to `CLOUD_86`, by third parties on 2026-09-07, 2026-10-03 and 2026-10-08). The
/// price of an hour was found nowhere; 0.0104 is 6.49 for 624 hours, the number that fits the
/// dollar list, and matters to months with less than 624 hours alone.
pub(super) fn price_in_euro() -> PriceList {
    let prices = vec![
        PublishedPrices { hourly: 8_100, monthly: 4_990_000, storage: 6_700, egress: 1_000_000 }
            .since(2024, 12),
        PublishedPrices { hourly: 10_400, monthly: 6_490_000, storage: 8_700, egress: 1_000_000 }
            .since(2026, 4),
    ];
    make_hetzner_list("hetzner", Currency::Eur, prices)
}

/// Hetzner's price list in US dollars, net; a list of its own, no conversion.
///
/// Until 2026-03-31: 0.0096 an hour and 5.99 a month at most, 0.0080, 1.20 (product page, as above).
///
/// From 2026-04-01: 7.99, 0.0123, 1.20 (2026-10-03; 0.0123 from one reader alone). The price of an
/// hour, 0.0128, is 7.99 for 624 hours.
pub(super) fn price_in_dollar() -> PriceList {
    let prices = vec![
        PublishedPrices { hourly: 9_600, monthly: 5_990_000, storage: 8_000, egress: 1_200_000 }
            .since(2024, 12),
        PublishedPrices { hourly: 12_800, monthly: 7_990_000, storage: 12_300, egress: 1_200_000 }
            .since(2026, 4),
    ];
    make_hetzner_list("hetzner-usd", Currency::Usd, prices)
}

fn make_hetzner_list(name: &str, currency: Currency, prices: Vec<Prices>) -> PriceList {
    let terms = [
        "the base price is paid once per account, for all buckets, projects and locations",
        "each object is billed as 64 KB at least; old versions and unfinished uploads are billed",
        "uploads, requests and traffic to Hetzner servers in eu-central are free",
        "above the quota 0.0001 TB is the smallest step; how it is rounded Hetzner does not say",
    ];
    PriceList {
        name: name.to_owned(),
        title: "Hetzner Object Storage".to_owned(),
        currency,
        prices,
        terms: terms.map(str::to_owned).into(),
        source: "Hetzner's product page until 2026-03-31; its price service, read 2026-10-08"
            .to_owned(),
    }
}

/// Prices in millionths: of an hour and a month; of a TB-hour and a TB of egress.
struct PublishedPrices {
    hourly: u64,
    monthly: u64,
    storage: u64,
    egress: u64,
}

impl PublishedPrices {
    /// These prices, from the first of a month on.
    fn since(self, year: i32, month: u8) -> Prices {
        let Self { hourly, monthly, storage, egress } = self;
        Prices {
            from: Timestamp::midnight(year, month, 1),
            base: Base::Account { hourly: Micros::new(hourly), monthly: Micros::new(monthly) },
            storage: Storage::hourly_above(STORAGE, Rate::per_tb(storage)),
            egress: Egress { free: FreeEgress::PerHour(EGRESS), rate: Some(Rate::per_tb(egress)) },
        }
    }
}
