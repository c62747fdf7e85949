//! Price lists compared with one of them.

use datalake_core::price::{Bill, PriceList};

/// Which services are cheaper than one, and which are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceComparison<'a> {
    /// Names of lists by which the same costs less.
    pub cheaper: Vec<&'a str>,
    /// Names of lists by which it costs as much or more.
    pub dearer: Vec<&'a str>,
}

/// Compares the bill by the list `name` with those of other services in the same currency; `None`
/// where there is no such bill. What a list leaves open is compared with nothing.
#[must_use]
pub fn compare_prices<'a>(
    bills: &[(&'a PriceList, Bill)],
    name: &str,
) -> Option<PriceComparison<'a>> {
    let (own_list, own) = bills.iter().find(|(list, _)| list.name == name)?;
    let own = own.net().0.amount;
    let is_sold = |list: &PriceList| list.name != "guide" && !list.name.starts_with("hetzner");
    let others = bills.iter().filter(|(list, bill)| {
        is_sold(list) && list.currency == own_list.currency && bill.unpriced.0 == 0
    });
    let (cheaper, dearer): (Vec<_>, Vec<_>) =
        others.partition(|(_, bill)| bill.net().0.amount < own);
    let names = |bills: Vec<&(&'a PriceList, Bill)>| {
        bills.into_iter().map(|(list, _)| list.name.as_str()).collect()
    };
    Some(PriceComparison { cheaper: names(cheaper), dearer: names(dearer) })
}

/// What is cheaper and what is dearer than Hetzner, in sentences.
#[must_use]
pub fn describe_comparisons(bills: &[(&PriceList, Bill)]) -> String {
    let verdict = |name: &str| {
        let PriceComparison { cheaper, dearer } = compare_prices(bills, name)?;
        let named = |names: Vec<&str>| {
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        };
        let (cheaper, dearer) = (named(cheaper), named(dearer));
        Some(format!("{name}: cheaper for this are {cheaper}; as dear or dearer {dearer}\n"))
    };
    let both = ["hetzner", "hetzner-usd"].map(verdict);
    let text: String = both.into_iter().flatten().collect();
    format!(
        "\n{text}Hetzner's base price pays for 1 TB: below that it is dear, unless the account pays it \
         already. Nobody pays\nfor what servers in its own network read. Sums of different currencies are not \
         compared.\n"
    )
}
