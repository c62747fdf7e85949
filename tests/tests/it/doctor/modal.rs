//! Modal's client, its token, and the secret.

use crate::support::{Call, FakeModal, Shelf};

use super::check;

/// So much later than any run of a test.
const LATER: u64 = 9_999_999_999;

struct Ground {
    shelf: Shelf,
    modal: FakeModal,
}

impl Ground {
    /// A place that was provisioned a moment ago, its secret included.
    fn new() -> Self {
        let ground = Self { shelf: Shelf::without_bucket(), modal: FakeModal::new() };
        ground.call("provision --yes").run().exits(0);
        ground.modal.lists(&[("hetzner-s3", LATER)]);
        ground
    }

    fn call(&self, words: &str) -> Call {
        self.modal.named_in(self.shelf.call(words), "hetzner-s3")
    }

    #[track_caller]
    fn is(&self, id: &str, outcome: &str) -> String {
        check(|words| self.call(words), id, outcome)
    }
}

#[test]
fn a_sound_client_with_one_token_and_the_secret_in_step() {
    let ground = Ground::new();

    assert!(ground.is("modal-client", "sound").contains("1.6.4 of"));
    for id in ["modal-client-version", "modal-token-twice", "modal-answer", "modal-secret-age"] {
        ground.is(id, "sound");
    }
    assert!(ground.is("modal-token", "sound").contains("from the environment"));
    assert!(
        ground.is("modal-secret", "sound").contains("all variables that the containers here get")
    );
    let ran = ground.call("modal check -v").run().exits(0);
    assert!(ran.stdout.contains("✓ sound    modal-secret: "), "{}", ran.stdout);
}

#[test]
fn what_is_wrong_with_the_client_and_its_token() {
    let ground = Ground::new();

    ground.modal.is_about("1.4.1", true, true);
    assert!(ground.is("modal-client-version", "wrong").contains("it is 1.4.1"));
    let said = ground.is("modal-token-twice", "warning");
    assert!(said.contains("the token of the environment wins over that of profile"), "{said}");
    ground.modal.is_about("1.6.4", false, false);
    ground.is("modal-token", "wrong");
    ground.is("modal-answer", "skipped");
    ground.call("modal check").run().exits(3);
    std::fs::remove_file(ground.modal.path("bin/modal")).unwrap();
    ground.is("modal-client", "wrong");
    ground.is("modal-token", "skipped");
}

#[test]
fn what_modal_says() {
    let ground = Ground::new();

    ground.modal.refuses("AuthError");
    ground.is("modal-answer", "wrong");
    ground.is("modal-secret", "skipped");
    ground.modal.refuses("ConnectionError");
    ground.is("modal-answer", "wrong");
    ground.modal.refuses("ServiceError");
    ground.is("modal-answer", "unknown");
    ground.call("modal check").run().exits(5);
}

#[test]
fn a_secret_that_is_not_as_it_has_to_be() {
    let ground = Ground::new();
    let said = || ground.is("modal-secret", "wrong");
    let stored = ground.modal.stored().unwrap();

    std::fs::write(ground.modal.path("stored"), "DATALAKE_FP_0123456789abcdef").unwrap();
    assert!(said().contains("someone else stored"), "{}", said());
    std::fs::remove_file(ground.modal.path("stored")).unwrap();
    assert!(said().contains("it does not exist"), "{}", said());
    std::fs::write(ground.modal.path("stored"), stored).unwrap();
    ground.is("modal-secret", "sound");
}

#[test]
fn a_secret_that_is_older_than_the_env_file() {
    let ground = Ground::new();
    std::fs::write(ground.modal.path("stored"), "DATALAKE_FP_0123456789abcdef").unwrap();
    ground.is("modal-secret-age", "sound");

    ground.modal.lists(&[("hetzner-s3", 1_700_000_000)]);

    let said = ground.is("modal-secret-age", "wrong");
    assert!(said.contains("before R-"), "{said}");
}

#[test]
fn a_spec_without_modal_asks_no_client() {
    let shelf = Shelf::without_bucket();

    for id in ["modal-client", "modal-answer", "modal-secret"] {
        let said = check(|words| shelf.call(words), id, "skipped");
        assert!(said.contains("asks for nothing of Modal"), "{said}");
    }
}
