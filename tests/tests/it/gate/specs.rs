//! Specs, and the programs and files that they name.

use std::fs::{self, File};
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use super::{Ground, NOBODY, can_arrange, refused};

const PLAIN: &str = "region: fsn1\nbucket: abc\n";

/// A spec that has a program of its author's run.
fn with_command(ground: &Ground) -> String {
    let ran = ground.at("ran");
    format!(
        "{PLAIN}endpoint: http://127.0.0.1:1\ncredentials: {{ command: [/bin/sh, -c, \"id > {}; \
         echo AWS_ACCESS_KEY_ID=a\"] }}\n",
        ran.display()
    )
}

#[test]
fn a_spec_that_everybody_may_write_to_runs_nothing() {
    let ground = Ground::new();
    let spec = ground.spec(&with_command(&ground));
    ground.mode("work/datalake.yaml", 0o666);

    for words in ["doctor --only key", "status", "config show", "ls", "doctor"] {
        refused(ground.call(words).run(), &spec, "0666");
    }
    assert!(!ground.at("ran").exists());
}

#[test]
fn a_spec_below_a_folder_that_everybody_may_write_to_runs_nothing() {
    let ground = Ground::new();
    ground.spec(&with_command(&ground));
    ground.mode("work", 0o777);

    refused(ground.call("doctor").run(), &ground.at("work"), "0777");
    assert!(!ground.at("ran").exists());
}

#[test]
fn a_spec_of_another_user_or_their_group_is_refused() {
    if !can_arrange("a spec of another user") {
        return;
    }
    let ground = Ground::new();
    let spec = ground.spec(&with_command(&ground));

    ground.give("work/datalake.yaml", NOBODY);
    refused(ground.call("doctor --only key").run(), &spec, "0644");
    ground.give("work/datalake.yaml", 0);
    ground.mode("work/datalake.yaml", 0o664);
    ground.give_group("work/datalake.yaml", 4343);
    refused(ground.call("doctor --only key").run(), &spec, "0664");
    assert!(!ground.at("ran").exists());
}

#[test]
fn a_link_to_a_file_of_another_user_is_no_spec() {
    if !can_arrange("a spec of another user") {
        return;
    }
    let ground = Ground::new();
    let theirs = ground.file("theirs/spec.yaml", &with_command(&ground), 0o644);
    ground.give("theirs/spec.yaml", NOBODY);
    symlink(&theirs, ground.at("work/datalake.yaml")).unwrap();

    refused(ground.call("doctor").run(), &theirs, "0644");
    assert!(!ground.at("ran").exists());
}

#[test]
fn a_spec_that_would_block_or_never_end_is_refused() {
    let ground = Ground::new();
    ground.pipe("work/datalake.yaml");
    let ran = ground.call("config show").run().exits(78);
    assert!(ran.stderr.contains("is a named pipe"), "{}", ran.stderr);

    fs::remove_file(ground.at("work/datalake.yaml")).unwrap();
    File::create(ground.at("work/datalake.yaml")).unwrap().set_len(10 << 30).unwrap();
    let ran = ground.call("config show").run().exits(78);
    assert!(ran.stderr.contains("it is larger than 1 MiB"), "{}", ran.stderr);
}

#[test]
fn a_home_of_another_user_gives_root_no_spec() {
    if !can_arrange("a home of another user") {
        return;
    }
    let ground = Ground::new();
    let below_home = ground.file("home/.config/datalake/datalake.yaml", PLAIN, 0o644);
    let elsewhere = ground.file("xdg/datalake/datalake.yaml", PLAIN, 0o644);
    ground.give("home", NOBODY);
    ground.give("xdg", NOBODY);

    refused(ground.call("config show").run(), &ground.at("home"), "0755");
    let ran = ground.call("config show").env("XDG_CONFIG_HOME", ground.at("xdg")).run();
    refused(ran, &ground.at("xdg"), "0755");
    for path in [below_home, elsewhere] {
        fs::remove_file(path).unwrap();
    }
    ground.call("config show").run().exits(0);
}

#[test]
fn price_lists_of_another_user_are_refused() {
    if !can_arrange("a spec of another user") {
        return;
    }
    let ground = Ground::new();
    let plans = "cost: { plan: own, plans: { own: { currency: EUR, base-month: 0.01 } } }\n";
    let spec = ground.spec(&format!("{PLAIN}{plans}"));
    ground.give("work/datalake.yaml", NOBODY);

    refused(ground.call("cost compare --storage 1TB").run(), &spec, "0644");
}

#[test]
fn credentials_below_a_folder_of_another_user_are_refused() {
    if !can_arrange("a folder of another user") {
        return;
    }
    let ground = Ground::new();
    ground.file("theirs/keys.env", "AWS_ACCESS_KEY_ID=a\n", 0o600);
    ground.give("theirs", NOBODY);
    let file = ground.at("theirs/keys.env");

    let ran = ground.call("ls").arg("--credentials-file").arg(&file).run();
    refused(ran, &ground.at("theirs"), "0755");
    ground.spec(&format!("{PLAIN}credentials: {{ file: {} }}\n", file.display()));
    refused(ground.call("doctor").run(), &ground.at("theirs"), "0755");
}

/// A client of Modal's and its interpreter, which say that they ran.
fn client(ground: &Ground) -> String {
    let ran = ground.at("ran");
    let script = format!("#!/bin/sh\nid > {}\n", ran.display());
    let python = ground.file("open/python3", &script, 0o755);
    let client = ground.file("modal", &format!("#!{}\n", python.display()), 0o755);
    format!("{PLAIN}modal: {{ secret: s, client: {} }}\n", client.display())
}

#[test]
fn an_interpreter_that_everybody_may_exchange_does_not_run() {
    let ground = Ground::new();
    ground.spec(&client(&ground));
    ground.mode("open", 0o777);

    for words in ["doctor", "modal check", "status", "provision --dry-run"] {
        refused(ground.call(words).run(), &ground.at("open"), "0777");
    }
    assert!(!ground.at("ran").exists());
}

#[test]
fn a_program_in_the_search_path_is_judged_for_root() {
    if !can_arrange("programs of root's") {
        return;
    }
    let ground = Ground::new();
    let script = format!("#!/bin/sh\nid > {}\n", ground.at("ran").display());
    ground.file("bin/get-key", &script, 0o755);
    ground.mode("bin", 0o777);
    let path = format!("{}:/usr/bin:/bin", ground.at("bin").display());
    ground.spec(&format!("{PLAIN}credentials: {{ command: [get-key] }}\n"));

    let ran = ground.call("ls").env("PATH", &path).run();

    refused(ran, &ground.at("bin"), "0777");
    assert!(!ground.at("ran").exists());
}

#[test]
fn a_state_folder_of_another_user_is_refused() {
    if !can_arrange("a folder of another user") {
        return;
    }
    let ground = Ground::new();
    ground.spec(PLAIN);
    fs::create_dir(ground.at("state")).unwrap();

    ground.give("state", NOBODY);
    let ran = ground.call("history").run();
    assert!(ran.stderr.contains("`--state DIR`"), "{}", ran.stderr);
    refused(ran, &ground.at("state"), "0755");
    ground.give("state", 0);
    ground.call("history").run().exits(0);
    fs::create_dir(ground.at("theirs")).unwrap();
    fs::rename(ground.at("state"), ground.at("theirs/state")).unwrap();
    ground.give("theirs", NOBODY);
    symlink(ground.at("theirs/state"), ground.at("state")).unwrap();
    refused(ground.call("history").run(), &ground.at("theirs"), "0755");
}

#[test]
fn a_file_that_is_named_gives_plain_values_whoever_owns_it() {
    let ground = Ground::new();
    let named = |content: &str| {
        ground.file("work/theirs.yaml", content, 0o666);
        ground.call("config show").arg("--config").arg("theirs.yaml").run()
    };

    named(PLAIN).exits(0);
    for value in [
        "endpoint: http://127.0.0.1:1",
        "credentials: { file: keys.env }",
        "credentials: { command: [id] }",
        "modal: { secret: s, client: /opt/modal }",
        "modal: { secret: s, token: token.env }",
    ] {
        let ran = named(&format!("{PLAIN}{value}\n"));
        refused(ran, &ground.at("work/theirs.yaml"), "0666");
    }
}

#[test]
fn what_the_caller_pipes_in_gives_plain_values() {
    let ground = Ground::new();
    let piped = |content: &str| {
        let call = ground.call("config show").arg("--config").arg("/dev/stdin");
        call.through_script(&format!("printf '{content}' | timeout 30 \"$@\"")).run()
    };

    piped("region: fsn1\\nbucket: abc\\n").exits(0);
    piped("region: fsn1\\nbucket: abc\\ncredentials: { command: [id] }\\n").exits(77);
}

#[test]
fn paths_in_a_spec_count_from_its_folder() {
    let ground = Ground::new();
    let script = format!("#!/bin/sh\npwd > {}\n", ground.at("ran").display());
    ground.file("elsewhere/bin/get-key", &script, 0o755);
    let shown = |value: &str| {
        let spec = ground.file("elsewhere/spec.yaml", &format!("{PLAIN}{value}\n"), 0o644);
        ground.call("config show").arg("--config").arg(spec).run().exits(0).stdout
    };
    let at = |name: &str| ground.at(name).display().to_string();

    assert!(shown("credentials: { file: keys.env }").contains(&at("elsewhere/keys.env")));
    assert!(
        shown("modal: { secret: s, client: venv/modal }").contains(&at("elsewhere/venv/modal"))
    );
    shown("credentials: { command: [bin/get-key] }");
    ground.call("ls").arg("--config").arg(ground.at("elsewhere/spec.yaml")).run().exits(78);
    let folder = fs::read_to_string(ground.at("ran")).unwrap();
    assert_eq!(Path::new(folder.trim()), ground.at("elsewhere"));
}

#[test]
fn an_endpoint_with_a_path_is_refused() {
    let ground = Ground::new();
    ground.spec(PLAIN);

    let ran = ground.call("ls").arg("--endpoint=https://s3.example.org/acme").run().exits(78);

    assert!(ran.stderr.contains("holds a path"), "{}", ran.stderr);
}

#[test]
fn a_password_in_an_endpoint_is_never_printed() {
    let ground = Ground::new();
    ground.spec(&format!("{PLAIN}endpoint: https://acme:geheim@s3.example.org\n"));

    for command in ["ls", "config show", "config explain", "doctor"] {
        let ran = ground.call(command).run().exits(78);

        assert!(ran.stderr.contains("`endpoint` holds a user or a password"), "{}", ran.stderr);
        assert!(!(ran.stdout + &ran.stderr).contains("geheim"), "{command}");
    }
}

#[test]
fn a_receipt_of_another_user_is_not_carried_out() {
    if !can_arrange("a file of another user") {
        return;
    }
    let ground = Ground::new();
    ground.call("provision --sandbox=sb --yes").run().exits(0);
    let receipts = ground.at("state/receipts");
    let receipt = fs::read_dir(&receipts).unwrap().next().unwrap().unwrap().path();

    lchown(&receipt, Some(NOBODY), Some(NOBODY)).unwrap();

    let ran = ground.call("rollback --sandbox=sb --yes").run().exits(77);
    assert!(ran.stderr.contains("65534"), "{}", ran.stderr);
}
