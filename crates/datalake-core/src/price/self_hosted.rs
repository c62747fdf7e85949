//! A store of one's own on a Hetzner server, and the by-hand guide's sum.

use bytesize::ByteSize;

use super::competitors::make_price_list;
use super::plan::TB;
use super::{Base, Currency, Egress, FreeEgress, Micros, PriceList, Prices, Rate, Storage};
use crate::time::Timestamp;

pub(super) fn list_self_hosted() -> [PriceList; 3] {
    let small = "CX and CAX servers could not be ordered any more from 2026-09-02 on";
    [
        self_hosted("self-hosted-cx23", "own store on a CX23", 5_490_000, Some(small)),
        self_hosted("self-hosted-cpx12", "own store on a CPX12", 11_490_000, None),
        price_of_guide(),
    ]
}

/// A Hetzner server (CX23 5.49 EUR, CPX12 11.49 EUR) with an IPv4 address (0.50) and a volume (0.0572 per
/// GB); 20 TB of egress come with it. Net; Cloud pricing 2026-05-27 and notes until 2026-10-07.
fn self_hosted(name: &str, title: &str, server: u64, term: Option<&str>) -> PriceList {
    let prices = Prices {
        from: Timestamp::midnight(2026, 5, 27),
        base: Base::Monthly(Micros::new(server + 500_000)),
        storage: Storage::monthly(Rate::per_gb(57_200)),
        egress: Egress { free: FreeEgress::PerMonth(ByteSize(20 * TB)), rate: None },
    };
    let always = [
        "one server, and your work: no redundancy, backups and updates are yours",
        "MinIO's community edition is archived (2026-04-25): Garage, SeaweedFS, RustFS or Ceph",
        "egress above 20 TB has a price that is not in here",
    ];
    let terms = always.into_iter().chain(term).map(str::to_owned).collect();
    let source = "Hetzner Cloud prices, read 2026-05-27 to 2026-10-07";
    PriceList { terms, ..make_price_list(name, title, Currency::Eur, vec![prices]).read(source) }
}

/// What the by-hand guide reckons with: 0.005 EUR per GB stored and 0.01 EUR per GB of egress. Nobody
/// sells at these prices; it is here to compare.
fn price_of_guide() -> PriceList {
    let prices = Prices {
        from: Timestamp::midnight(2024, 12, 1),
        base: Base::None,
        storage: Storage::monthly(Rate::per_gb(5_000)),
        egress: Egress {
            free: FreeEgress::PerMonth(ByteSize(0)),
            rate: Some(Rate::per_gb(10_000)),
        },
    };
    let terms =
        vec!["no provider sells at these prices: figures of a guide, for comparison".to_owned()];
    let title = "the by-hand guide's sum";
    PriceList {
        terms,
        ..make_price_list("guide", title, Currency::Eur, vec![prices]).read("the by-hand guide")
    }
}
