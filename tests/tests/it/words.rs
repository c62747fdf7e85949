//! Messages in words of the program's own, not in those of what it is made of.

use crate::support::{Host, Shelf};

#[test]
fn a_wrong_value_of_a_flag_is_told_as_it_was_typed() {
    let host = Host::usual();
    let check = |words: &str, message: &str| {
        let ran = host.bare(words).run().exits(2);
        assert!(ran.stderr.contains(message), "{}", ran.stderr);
    };

    check("cost check --budget abc", "`abc` is not an amount of money: write it like `10EUR`");
    check("cost check --budget 1,5EUR", "`1,5` is not a price: ");
    check("usage egress 12XB", "`12XB` is not a valid size: write a number and a unit");
    check("cost estimate --storage many", "`many` is not a valid size: ");
    check("cost estimate --egress 100", "`100` has no unit: write `100GB`");
    check("status --credentials-fd x", "a descriptor is the number of an open file: ");
    check("status --credentials-fd=-1", "a descriptor is the number of an open file: ");
}

#[test]
fn an_unknown_finding_is_told_with_those_that_may_have_been_meant() {
    let host = Host::usual();
    let said = |words: &str| host.bare(words).run().exits(2).stderr;

    let near = said("doctor --explain host-dashed-envfile");
    assert!(
        near.contains("not the id of a finding: did you mean `host-dashed-env-file`"),
        "{near}"
    );
    let far = said("doctor --fix xyz");
    assert!(
        far.contains("`xyz` is not the id of a finding: `datalake doctor` prints the ids"),
        "{far}"
    );
}

#[test]
fn a_page_that_cannot_be_written_is_told_by_its_own_name() {
    let shelf = Shelf::empty();

    let ran = shelf.run("report --html nowhere/lake.html", 74);

    assert_eq!(ran.stderr, "error: `nowhere/lake.html`: No such file or directory (os error 2)\n");
}
