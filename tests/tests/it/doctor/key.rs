//! The key pair and what it opens.

use super::{check, green, provisioned, red, yellow};
use crate::support::{KEY, OTHER_KEY, Shelf};

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

#[test]
fn no_pair_or_half_of_one() {
    let shelf = provisioned();
    let none = |words: &str| shelf.host.without_key(&shelf.service, words);

    let said = check(none, "key-source", "wrong");
    assert!(said.contains("there is no key pair"), "{said}");
    check(none, "key-unknown", "skipped");
    check(|words| none(words).env(ID, KEY.id), "key-source", "wrong");
    green(&shelf, "key-source");
}

#[test]
fn a_pair_that_was_pasted_badly() {
    let shelf = provisioned();

    for secret in [format!("{}\n", KEY.secret), format!("\"{}\"", KEY.secret), String::new()] {
        let said = check(|words| shelf.call(words).env(SECRET, &secret), "key-shape", "wrong");
        assert!(!said.contains(KEY.secret), "{said}");
    }
    green(&shelf, "key-shape");
}

#[test]
fn halves_that_have_changed_places() {
    let shelf = provisioned();
    let swapped = |words: &str| shelf.call(words).env(ID, KEY.secret).env(SECRET, KEY.id);

    let said = check(swapped, "key-swapped", "wrong");

    assert!(!said.contains(KEY.secret), "{said}");
    green(&shelf, "key-swapped");
}

#[test]
fn an_id_that_nobody_knows() {
    let shelf = provisioned();

    check(|words| shelf.call(words).env(ID, "NOBODY00000000000001"), "key-unknown", "wrong");
    let said = green(&shelf, "key-unknown");
    assert!(said.contains("p11"), "{said}");
}

#[test]
fn a_secret_of_another_key() {
    let shelf = provisioned();
    let other = |words: &str| shelf.call(words).env(SECRET, OTHER_KEY.secret);

    check(other, "key-secret", "wrong");
    check(other, "key-unknown", "sound");
    check(other, "store-bucket", "skipped");
    green(&shelf, "key-secret");
}

#[test]
fn a_key_of_another_project() {
    let shelf = provisioned();
    let other = |words: &str| shelf.call(words).env(ID, OTHER_KEY.id).env(SECRET, OTHER_KEY.secret);

    let said = check(other, "key-project", "wrong");
    assert!(said.contains("p22"), "{said}");
    check(other, "store-bucket-foreign", "skipped");
    green(&shelf, "key-project");
}

#[test]
fn a_key_that_opens_more_than_it_has_to() {
    let shelf = provisioned();
    green(&shelf, "key-reach");

    shelf.run("bucket create acme-payroll", 0);

    let said = yellow(&shelf, "key-reach");
    assert!(said.contains("`acme-payroll`"), "{said}");
}

#[test]
fn a_bucket_that_refuses_a_key_of_its_own_project() {
    let shelf = provisioned();
    green(&shelf, "key-denied");
    deny(&shelf, "s3:ListBucket", "");

    let said = red(&shelf, "key-denied");

    assert!(said.contains("a bucket policy names this key"), "{said}");
}

/// Denies the tests' key an action in the bucket; waits until that acts.
#[track_caller]
pub(super) fn deny(shelf: &Shelf, action: &str, below: &str) {
    let resource = format!("arn:aws:s3:::acme-dagster-assets{below}");
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Deny",
          "Principal": {{"AWS": ["arn:aws:iam:::user/p11:{}"]}},
          "Action": ["{action}"], "Resource": ["{resource}"]}}]}}"#,
        KEY.id
    );
    super::store::set_policy(shelf, &policy);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_own_cure() {
    use std::os::unix::fs::PermissionsExt;
    let shelf = provisioned();
    let file = shelf.host.private_file("hetzner.env", "");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let named = |words: &str| {
        shelf.host.without_key(&shelf.service, words).arg("--credentials-file").arg(&file)
    };

    let said = check(named, "key-source", "wrong");
    assert!(said.contains("chmod 600") && !said.contains("Console"), "{said}");

    std::fs::remove_file(&file).unwrap();
    let said = check(named, "key-source", "wrong");
    assert!(!said.contains("Console"), "{said}");
}
