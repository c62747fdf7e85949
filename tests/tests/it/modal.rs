//! Modal's token for Dagster's containers, beside the secret for Modal's own.

mod away;
mod left;
mod mended;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::support::{Call, FakeModal, Ran, Shelf};

const ID: &str = "ak-canary-id";
const SECRET: &str = "as-CANARYcanaryCANARY";

struct Ground {
    shelf: Shelf,
    modal: FakeModal,
}

impl Ground {
    fn new() -> Self {
        Self { shelf: Shelf::without_bucket(), modal: FakeModal::new() }
    }

    /// A call whose spec names the secret.
    fn call(&self, words: &str) -> Call {
        self.modal.named_in(self.shelf.call(words), "hetzner-s3")
    }

    /// The same with a token for the containers, which the environment has.
    fn with_token(&self, words: &str) -> Call {
        self.call(words)
            .env("DATALAKE_MODAL__TOKEN", "env")
            .env("MODAL_TOKEN_ID", ID)
            .env("MODAL_TOKEN_SECRET", SECRET)
    }

    fn env_file(&self) -> String {
        fs::read_to_string(self.shelf.host.env_file()).unwrap()
    }

    fn drop_in(&self) -> String {
        let path = "dagster-daemon.container.d/50-datalake-s3.conf";
        fs::read_to_string(self.shelf.host.units().join(path)).unwrap()
    }

    /// The token lies in the env file and nowhere else below the host, datalake's own folder included.
    #[track_caller]
    fn token_is_in_the_env_file_alone(&self) {
        let lines = format!("MODAL_TOKEN_ID={ID}\nMODAL_TOKEN_SECRET={SECRET}\n");
        assert!(self.env_file().ends_with(&lines), "the token comes last");
        let found = std::process::Command::new("grep")
            .args(["-rl", SECRET])
            .arg(self.shelf.host.root())
            .output()
            .unwrap();
        let found = String::from_utf8(found.stdout).unwrap();
        let env_file = format!("{}\n", self.shelf.host.env_file().display());
        assert_eq!(found, env_file);
    }
}

#[track_caller]
fn silent(ran: &Ran) {
    assert!(!ran.all().contains(SECRET) && !ran.all().contains(ID), "{}", ran.all());
}

#[test]
fn the_containers_get_the_token_and_modal_does_not() {
    let ground = Ground::new();

    let ran = ground.with_token("provision --yes").run().exits(0);

    silent(&ran);
    ground.token_is_in_the_env_file_alone();
    let mode = fs::metadata(ground.shelf.host.env_file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let drop_in = ground.drop_in();
    assert!(drop_in.contains("PodmanArgs=--env=MODAL_TOKEN_ID\n"), "{drop_in}");
    assert!(drop_in.contains("PodmanArgs=--env=MODAL_TOKEN_SECRET\n"), "{drop_in}");
    let stored = ground.modal.stored().unwrap();
    assert!(stored.contains("AWS_SECRET_ACCESS_KEY"), "the secret is there");
    assert!(!stored.contains("MODAL_TOKEN") && !stored.contains(SECRET), "without the token");
    let again = ground.with_token("provision --yes").run().exits(0);
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
    silent(&ground.with_token("status").run().exits(0));
    silent(&ground.with_token("doctor --only host").run());
}

#[test]
fn a_token_that_is_no_longer_asked_for_goes_and_comes_back_by_rollback() {
    let ground = Ground::new();
    ground.call("provision --yes").run().exits(0);
    let before = ground.env_file();
    let stored = ground.modal.stored();
    ground.with_token("provision --yes").run().exits(0);
    let with_token = ground.env_file();

    assert_eq!(ground.modal.stored(), stored, "the secret in Modal had not to change");
    ground.call("provision --yes").run().exits(0);
    assert_eq!(ground.env_file(), before);
    assert!(!ground.drop_in().contains("MODAL_TOKEN"), "{}", ground.drop_in());

    let ran = ground.call("rollback --yes").run().exits(0);
    silent(&ran);
    assert_eq!(ground.env_file(), with_token);
    assert!(ground.drop_in().contains("MODAL_TOKEN_ID"), "{}", ground.drop_in());
}

#[test]
fn blocks_in_the_units_name_the_token_too() {
    let ground = Ground::new();

    ground.with_token("provision --yes --handover in-place").run().exits(0);

    let unit = ground.shelf.host.units().join("dagster-daemon.container");
    let unit = fs::read_to_string(unit).unwrap();
    assert!(unit.contains("PodmanArgs=--env=MODAL_TOKEN_SECRET\n"), "{unit}");
}

#[test]
fn a_value_of_somebody_else_would_win_and_is_taken_out_only_where_a_token_is_asked_for() {
    let ground = Ground::new();
    let unit = ground.shelf.host.units().join("dagster-daemon.container");
    let own = fs::read_to_string(&unit).unwrap();
    let own = own.replace("[Container]\n", "[Container]\nEnvironment=MODAL_TOKEN_ID=ak-old\n");
    fs::write(&unit, &own).unwrap();

    ground.call("provision --yes").run().exits(0);
    assert_eq!(fs::read_to_string(&unit).unwrap(), own);
    let ran = ground.with_token("provision --yes").run().exits(0);

    assert!(!fs::read_to_string(&unit).unwrap().contains("ak-old"));
    assert!(!ran.all().contains("ak-old"), "{}", ran.all());
}

#[test]
fn a_token_that_is_asked_for_and_not_there_stops_the_run_before_it_begins() {
    let ground = Ground::new();
    let before = ground.shelf.host.home();
    let missing = ground.call("provision --yes").env("DATALAKE_MODAL__TOKEN", "env");

    let ran = missing.env("MODAL_TOKEN_ID", ID).run().exits(78);

    let expected = "error: Modal's token for the containers: the environment has no \
                    MODAL_TOKEN_SECRET\n";
    assert!(ran.stderr.starts_with(expected), "{}", ran.stderr);
    silent(&ran);
    ground.shelf.host.home().must_be(&before, "nothing was changed");
}

#[test]
fn a_token_comes_from_a_private_file_or_from_the_profile_that_counts() {
    let ground = Ground::new();
    let lines = format!("MODAL_TOKEN_ID={ID}\nMODAL_TOKEN_SECRET={SECRET}\n");
    let file = ground.shelf.host.private_file("token.env", &lines);
    let profiles = format!(
        "[other]\ntoken_id = \"ak-x\"\ntoken_secret = \"as-x\"\n\n[mine]\ntoken_id = \
         \"{ID}\"\ntoken_secret = \"{SECRET}\"\nactive = true\n"
    );
    let profiles = ground.shelf.host.private_file("modal.toml", &profiles);

    ground.call("provision --yes").env("DATALAKE_MODAL__TOKEN", &file).run().exits(0);
    let by_file = ground.env_file();
    assert!(by_file.ends_with(&lines), "the token is there");
    let by_profile = ground.call("provision --yes").env("DATALAKE_MODAL__TOKEN", "profile");
    let ran = by_profile.env("MODAL_CONFIG_PATH", &profiles).run().exits(0);
    assert!(ran.stdout.contains("Nothing to do"), "the same token: {}", ran.stdout);

    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let wide = ground.call("status").env("DATALAKE_MODAL__TOKEN", &file).run().exits(78);
    assert!(wide.stderr.contains("hint: chmod 600"), "{}", wide.stderr);
    silent(&wide);
}
