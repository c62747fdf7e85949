//! What 2.5 TB with 3 TB of egress cost in a month: no runtime, no network, nothing to set up.

#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use datalake_core::price::{Account, Intended, PriceList, estimate};
use datalake_core::size::ByteSize;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (storage, egress) = (ByteSize::gb(2_500), ByteSize::tb(3));
    let intended = Intended { storage, objects: Some(40_000), egress };
    for plan in PriceList::all() {
        let bill = estimate(&plan, "2026-11".parse()?, &intended, Account::default())?;
        println!("{:<18} {:>12}", plan.name, bill.net().0);
    }
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
