//! The documented roads stay open: oneself, oneself with `sudo`, root, a shared group of one's own.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, lchown};

use super::{Ground, NOBODY, can_arrange, refused};
use crate::support::{Call, Host, Service};

/// The user who calls `sudo`, as far as a file can tell.
const OPERATOR: u32 = 4711;

const PLAIN: &str = "region: fsn1\nbucket: abc\n";

/// A host whose working folder, spec and key file belong to the operator.
fn of_operator(service: &Service) -> Host {
    let host = Host::usual();
    let spec = format!(
        "region: {}\nendpoint: {}\nbucket: acme-dagster-assets\ncredentials: {{ file: keys.env }}\n",
        service.region(),
        service.endpoint()
    );
    fs::write(host.work().join("datalake.yaml"), spec).unwrap();
    let key = crate::support::KEY;
    let lines = format!("AWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\n", key.id, key.secret);
    host.private_file("keys.env", &lines);
    for path in [host.work(), host.work().join("datalake.yaml"), host.work().join("keys.env")] {
        lchown(path, Some(OPERATOR), Some(OPERATOR)).unwrap();
    }
    host
}

fn provision(host: &Host) -> Call {
    host.bare("provision --yes")
}

#[test]
fn init_as_oneself_then_provision_with_sudo() {
    if !can_arrange("files of the user who calls sudo") {
        return;
    }
    let service = Service::hetzner();
    let host = of_operator(&service);

    let ran = provision(&host).run();
    refused(ran, &host.work(), "0755");
    provision(&host).env("SUDO_UID", OPERATOR.to_string()).run().exits(0);
}

#[test]
fn sudo_by_the_service_user_makes_nothing_of_theirs_trusted() {
    if !can_arrange("files of the user who calls sudo") {
        return;
    }
    let service = Service::hetzner();
    let host = of_operator(&service);
    let line = format!("dagster-user:x:{OPERATOR}:{OPERATOR}::/var/lib/dagster:/bin/sh\n");
    fs::write(host.root().join("etc/passwd"), line).unwrap();

    let ran = provision(&host).env("SUDO_UID", OPERATOR.to_string()).run();
    refused(ran, &host.work(), "0755");
    // Nor does a spec of theirs that names somebody else.
    let ran = provision(&host).env("SUDO_UID", OPERATOR.to_string()).arg("--user=root").run();
    refused(ran, &host.work(), "0755");
}

#[test]
fn another_user_than_the_one_who_called_sudo_is_not_trusted() {
    if !can_arrange("files of another user") {
        return;
    }
    let ground = Ground::new();
    let spec = ground.spec(PLAIN);
    ground.give("work/datalake.yaml", NOBODY);

    let ran = ground.call("config show").env("SUDO_UID", OPERATOR.to_string()).run();

    refused(ran, &spec, "0644");
}

#[test]
fn a_mask_that_lets_ones_own_group_write_is_no_obstacle() {
    let ground = Ground::new();
    ground.spec(PLAIN);
    ground.mode("work/datalake.yaml", 0o664);
    ground.mode("work", 0o775);

    ground.call("config show").run().exits(0);
}

#[test]
fn a_spec_in_ones_home_and_one_that_was_just_made_are_read() {
    let ground = Ground::new();
    ground.file("home/.config/datalake/datalake.yaml", "region: hel1\n", 0o644);

    ground.call("init --region=fsn1 --bucket=abc-assets").run().exits(0);
    let shown = ground.call("config explain").run().exits(0).stdout;

    assert!(shown.contains("abc-assets"), "{shown}");
    assert!(
        shown.lines().any(|line| line.starts_with("region ") && line.contains("fsn1")),
        "{shown}"
    );
    let mode = fs::metadata(ground.at("work/datalake.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o022, 0, "{mode:o}");
}

#[test]
fn the_spec_of_the_machine_is_read_below_the_root_that_is_named() {
    let host = Host::usual();
    fs::create_dir(host.root().join("etc/datalake")).unwrap();
    fs::write(host.root().join("etc/datalake/datalake.yaml"), PLAIN).unwrap();

    let shown = host.bare("config show").run().exits(0).stdout;

    assert!(shown.contains("bucket: abc"), "{shown}");
}

#[test]
fn roots_program_is_found_behind_a_folder_of_another_user() {
    if !can_arrange("programs of another user") {
        return;
    }
    let ground = Ground::new();
    let script = |name: &str| format!("#!/bin/sh\nid > {}\n", ground.at(name).display());
    ground.file("theirs/get-key", &script("ran-theirs"), 0o755);
    ground.file("bin/get-key", &script("ran"), 0o755);
    ground.give("theirs", NOBODY);
    ground.spec("region: fsn1\nbucket: abc\ncredentials: { command: [get-key] }\n");
    let path =
        format!("{}:{}:/usr/bin:/bin", ground.at("theirs").display(), ground.at("bin").display());

    ground.call("ls").env("PATH", &path).run().exits(78);

    assert!(ground.at("ran").exists() && !ground.at("ran-theirs").exists());
}

#[test]
fn a_client_of_modal_is_no_matter_of_commands_that_do_not_run_it() {
    let ground = Ground::new();
    let client = ground.file("open/modal", "#!/bin/sh\n", 0o755);
    ground.mode("open", 0o777);
    ground.spec(&format!(
        "region: fsn1\nbucket: abc\nmodal: {{ secret: s, client: {} }}\n",
        client.display()
    ));

    ground.call("config show").run().exits(0);
    refused(ground.call("modal check").run(), &ground.at("open"), "0777");
}

#[test]
fn ones_own_files_are_used_in_a_user_namespace() {
    let ground = Ground::new();
    let unshare = "unshare -Ur true 2> /dev/null || exit 99; exec unshare -Ur timeout 30 \"$@\"";
    ground.spec("region: fsn1\nbucket: abc\n");

    let ran = ground.call("config show").through_script(unshare).run();

    // Where no such namespace may be made there is nothing to be tried.
    assert!(matches!(ran.status.code(), Some(0 | 99)), "{}", ran.stderr);
}
