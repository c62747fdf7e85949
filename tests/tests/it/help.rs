//! Pages of help, as people ask for them.

use crate::support::{Call, Host};

fn print_page(words: &str, exit: i32) -> String {
    let host = Host::usual();
    Call::new(&host.work(), words).run().exits(exit).all()
}

#[test]
fn a_command_and_each_topic_have_a_page() {
    for (words, part) in [
        ("help provision", "Usage: datalake provision"),
        ("help bucket cors set", "CORSRules"),
        ("help exit-codes", " 130  stopped by the operator"),
        ("help spec", "protect.keep-old-versions"),
        ("help credentials", "--credentials-fd 3 3< FILE"),
        ("help environment", "DATALAKE_HOST__USER"),
        ("help global-options", "--config <FILE>"),
        ("help", "Commands:"),
    ] {
        let page = print_page(words, 0);
        assert!(page.contains(part), "{words}\n{page}");
    }
}

#[test]
fn the_long_page_has_what_the_short_one_leaves_out() {
    let (short, long) = (print_page("sync --help", 0), print_page("help sync", 0));

    assert!(!short.contains("--part-size"), "{short}");
    assert!(short.contains("datalake help sync"), "{short}");
    assert!(long.contains("--part-size"), "{long}");
}

#[test]
fn an_unknown_page_is_told_with_the_nearest() {
    let told = print_page("help exit-code", 2);

    assert!(told.contains("did you mean `exit-codes`?"), "{told}");
}

#[test]
fn an_option_that_a_command_does_not_read_is_refused_behind_it() {
    let told = print_page("history --bucket acme-lake", 2);

    assert!(told.contains("unexpected argument '--bucket'"), "{told}");
}
