//! A secret that must not get out: not in what is printed, not in files that others may read, not
//! in argument lists (P8).

mod needle;
mod scene;
mod watched;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use datalake_sim::{Config, Quirk};
use needle::Needle;
use watched::watched;

use self::scene::Scene;
use crate::support::{KEY, OTHER_KEY, Service};

const ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

fn lines() -> String {
    format!("{ID}={}\n{SECRET}={}\n", KEY.id, KEY.secret)
}

#[test]
fn the_needle_finds_every_form() {
    use base64::Engine;
    let needle = Needle::of(KEY.secret);
    let base64 = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
    let hex: String = KEY.secret.bytes().map(|byte| format!("{byte:02x}")).collect();

    for hidden in [
        format!("x{}y", KEY.secret),
        KEY.secret.replace('/', "%2F").replace('+', "%2B"),
        KEY.secret[..9].to_owned(),
        base64(KEY.secret.to_owned()),
        base64(format!("{}:{}", KEY.id, KEY.secret)),
        base64(format!("a{}", KEY.secret)),
        hex.to_uppercase(),
        hex,
    ] {
        assert!(needle.is_in(hidden.as_bytes()), "{hidden}");
    }
    assert!(!needle.is_in(lines().replace(KEY.secret, "something else").as_bytes()));
}

#[test]
fn from_the_environment() {
    Scene::new().hides_on_the_road(|call| call.env(ID, KEY.id).env(SECRET, KEY.secret));
}

#[test]
fn from_a_file() {
    let scene = Scene::new();
    let file = scene.host.private_file("keys.env", &lines());

    scene.hides_on_the_road(|call| call.arg("--credentials-file").arg(&file));
}

#[test]
fn from_a_descriptor() {
    let scene = Scene::new();
    let file = scene.host.private_file("keys.env", &lines());

    scene.hides_on_the_road(|call| {
        call.through_script("exec \"$@\" 3<\"$KEYS\"").env("KEYS", &file).arg("--credentials-fd=3")
    });
}

#[test]
fn from_a_program() {
    let scene = Scene::new();
    scene.host.private_file("keys.env", &lines());
    let yaml = "credentials: { command: [cat, keys.env] }\n";
    fs::write(scene.host.work().join("datalake.yaml"), yaml).unwrap();

    scene.hides_on_the_road(|call| call.env("PATH", "/usr/bin:/bin"));
}

#[test]
fn a_program_is_started_with_no_secret_around_it() {
    let scene = Scene::new();
    let pipe = scene.host.work().join("keys");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let yaml = "credentials: { command: [cat, keys] }\n";
    fs::write(scene.host.work().join("datalake.yaml"), yaml).unwrap();
    let call = scene.host.without_key(&scene.service, "provision --dry-run");
    let call = call.env("PATH", "/usr/bin:/bin").env(ID, KEY.id).env(SECRET, KEY.secret);

    // The program waits for the pipe, so it is there to be looked at for sure.
    let seen = watched::children_of(call, &scene.needle, || fs::write(&pipe, lines()).unwrap());

    assert!(seen.iter().any(|line| line.contains("cat\0keys")), "{seen:?}");
}

#[test]
fn on_buckets_and_objects() {
    let scene = Scene::new();
    let call = |words: &str| scene.host.call(&scene.service, words);
    scene.look(&watched(call("bucket create"), &scene.needle).exits(0));

    for words in [
        "bucket create",
        "bucket list",
        "bucket show",
        "bucket versioning show",
        "bucket versioning enable",
        "bucket lifecycle show",
        "bucket lifecycle set --expire tmp/:7d",
        "bucket cors show",
        "bucket cors remove",
        "bucket lock show",
        "bucket uploads list",
        "bucket uploads abort --yes",
        "ls -l",
        "ls -r --versions",
        "du",
        "tree",
        // A signed address is meant to be seen, and the secret is not in it.
        "presign put a",
    ] {
        scene.hides(|| call(words), 0);
    }
    for words in ["stat a", "ls a/", "rm --yes a", "rm --yes -r a/", "presign get a"] {
        scene.hides(|| call(words), 66);
    }
    scene.hides(|| call("bucket delete"), 2);
    scene.look(&watched(call("cat a"), &scene.needle).exits(66));
    scene.hides(|| call("stat a").env(ID, OTHER_KEY.id), 77);
    scene.hides(|| call("ls").env(ID, "NOBODY00000000000001"), 77);
    scene.look(
        &watched(call("bucket delete --confirm acme-dagster-assets"), &scene.needle).exits(0),
    );
}

#[test]
fn on_transfers() {
    let scene = Scene::new();
    let call = |words: &str| scene.host.call(&scene.service, words);
    let lake = "s3://acme-dagster-assets/raw";
    fs::create_dir(scene.host.work().join("data")).unwrap();
    fs::write(scene.host.work().join("data/a"), "x").unwrap();
    scene.look(&watched(call("bucket create"), &scene.needle).exits(0));

    scene.hides(|| call(&format!("sync --dry-run data {lake}")), 3);
    for words in [
        format!("sync --report report.txt data {lake}"),
        format!("sync {lake} back"),
        format!("verify --deep data {lake}"),
        format!("scrub data {lake}"),
        "put data/a in/".to_owned(),
        "get in/a .".to_owned(),
        format!("cp {lake}/a {lake}/b"),
    ] {
        scene.hides(|| call(&words), 0);
    }
    scene.look(&watched(call(&format!("mv a {lake}/c")), &scene.needle).exits(0));
    scene.hides(|| call("get nothing ."), 66);
    scene.hides(|| call(&format!("sync data {lake}")).env(ID, "NOBODY00000000000001"), 77);
    scene.service.set_faults("403 on PUT");
    scene.hides(|| call("put data/a in/other"), 5);
}

#[test]
fn on_a_bad_day_of_the_service() {
    let scene = Scene::new();
    let call = || scene.host.call(&scene.service, "provision --yes");

    scene.hides(|| call().env(ID, "NOBODY00000000000001"), 77);
    scene.hides(|| call().env(ID, OTHER_KEY.id), 77);
    let nowhere = Service::hetzner().stop();
    scene.hides(|| call().env("DATALAKE_ENDPOINT", &nowhere), 69);
    scene.hides(|| call().env("DATALAKE_ENDPOINT", "http://203.0.113.1"), 78);
    scene.service.set_clock_offset(1200);
    scene.hides(call, 78);
    scene.service.set_clock_offset(0);
    scene.service.set_faults("403");
    scene.hides(call, 77);

    let strict =
        |config: Config| Config { quirks: config.quirks.with(Quirk::StrictRegion), ..config };
    let scene = Scene::with(Service::with(strict));
    let call = || scene.host.call(&scene.service, "provision --yes");
    scene.hides(|| call().env("DATALAKE_REGION", "hel1"), 78);
}

#[test]
fn on_a_bad_day_of_the_key_pair() {
    let scene = Scene::new();
    let call = || scene.host.without_key(&scene.service, "provision --yes");

    scene.hides(|| call().env(ID, KEY.secret).env(SECRET, KEY.id), 78);
    scene.hides(|| call().env(ID, KEY.id).env(SECRET, format!("{}\n", KEY.secret)), 78);
    scene.hides(|| call().env(ID, format!("{}\n", KEY.secret)).env(SECRET, KEY.id), 78);
    scene.hides(|| call().env(ID, KEY.id).env(SECRET, format!("\"{}\"", KEY.secret)), 78);
    scene.hides(|| call().env(SECRET, KEY.secret), 78);

    for broken in [
        lines().replace('\n', "\r\n"),
        lines().replace('=', " = "),
        lines().replace('=', "='"),
        KEY.secret.to_owned(),
        format!("{}\n{}\n", KEY.id, KEY.secret),
        format!("{SECRET}={}", KEY.secret),
    ] {
        let file = scene.host.private_file("keys.env", &broken);
        scene.hides(|| call().arg("--credentials-file").arg(&file), 78);
    }
    let file = scene.host.private_file("keys.env", &lines());
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    scene.hides(|| call().arg("--credentials-file").arg(&file), 78);
}

#[test]
fn in_the_wrong_place_of_the_spec() {
    let scene = Scene::new();
    let secret = KEY.secret;
    for yaml in [
        format!("{SECRET}: {secret}\n"),
        format!("credentials: {secret}\n"),
        format!("credentials: {{ from: {secret} }}\n"),
        format!("credentials: {{ from: env, secret: {secret} }}\n"),
        format!("credentials: {{ fd: {secret} }}\n"),
        format!("credentials: {{ command: {secret} }}\n"),
        format!("bucket: [{secret}]\n"),
        format!("bucket: \"{secret}\n"),
        format!("{secret}\n"),
    ] {
        fs::write(scene.host.work().join("datalake.yaml"), yaml).unwrap();
        scene.hides(|| scene.host.bare("provision --yes"), 78);
    }
    fs::remove_file(scene.host.work().join("datalake.yaml")).unwrap();
    let call = || scene.host.call(&scene.service, "provision --yes");
    scene.hides(|| call().env("DATALAKE_SECRET_ACCESS_KEY", secret), 78);
    scene.hides(|| call().env("DATALAKE_CREDENTIALS", secret), 78);
    scene.hides(|| call().env("DATALAKE_CREDENTIALS__FD", secret), 78);
}

#[test]
fn an_old_secret_in_a_unit_or_in_the_env_file() {
    let scene = Scene::new();
    let unit = scene.host.units().join("dagster-daemon.container");
    let left = format!(
        "[Container]\nEnvironment={SECRET}={old}\nEnvironment=\"A=1\" \"{SECRET}={old}\" B=2\n\
         Environment='PG_URL=postgresql://dagster:{old}@db/dagster'\n\
         PodmanArgs=--env {SECRET}={old}\n",
        old = KEY.secret
    );
    let text = fs::read_to_string(&unit).unwrap().replacen("[Container]\n", &left, 1);
    fs::write(&unit, text).unwrap();
    fs::set_permissions(&unit, Permissions::from_mode(0o600)).unwrap();
    fs::create_dir(scene.host.config().join("datalake")).unwrap();
    fs::write(scene.host.env_file(), lines()).unwrap();
    let call = |words: &str| {
        let call = scene.host.without_key(&scene.service, words);
        call.env(ID, OTHER_KEY.id).env(SECRET, OTHER_KEY.secret)
    };

    for words in ["status", "provision --dry-run", "provision --dry-run --json"] {
        let ran = call(words).run().exits(3);
        assert!(!scene.needle.is_in(ran.all().as_bytes()), "{}", ran.all());
    }
    let ran = call("provision --yes").run().exits(0);
    assert!(!scene.needle.is_in(ran.all().as_bytes()), "{}", ran.all());
    let receipts = crate::support::Tree::of(&scene.host.state().join("receipts"));
    assert!(receipts.iter().all(|(_, node)| !scene.needle.is_in(&node.content)));
}
