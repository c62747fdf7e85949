use super::*;

const STDOUT: &str = "---w.service---\n[Unit]\nSourcePath=/q/w.container\n[Service]\n\
    ExecStart=/usr/bin/podman run --env=A --env \"B\" --env \"C=a\\x20b\" EXTRA img\n";

const STDERR: &str = "quadlet-generator[7]: Loading source unit file /q/w.container\n\
    quadlet-generator[7]: file contains line 3: “KEY s3cret” which is not a pair\n\
    quadlet-generator[7]: processing encountered some errors\n";

#[track_caller]
fn verdict(extra: &str, path: &str, expected: &[Expected<'_>]) -> Option<String> {
    let output = GeneratorOutput::read(&STDOUT.replace("EXTRA", extra), STDERR);
    check_unit(&output, path, expected).err().map(|verdict| verdict.to_string())
}

#[test]
fn variables_are_found_in_both_spellings() {
    let both = [Expected::Env("A"), Expected::Env("B"), Expected::Value("C", "a b")];
    assert_eq!(verdict("", "/q/w.container", &both), None);
    for missing in [Expected::Env("C"), Expected::Value("C", "a"), Expected::Value("A", "")] {
        let told = verdict("", "/q/w.container", &[Expected::Env("A"), missing.clone()]);
        let variable = missing.variable();
        let text = format!("`w.service` does not hand `{variable}` to its container");
        assert_eq!(told.unwrap(), text);
    }
}

#[test]
fn a_secret_is_handed_over_as_a_variable_of_that_name() {
    let expected = [Expected::Secret { variable: "KEY", secret: "s3-key" }];
    let is_met = |words: &str| verdict(words, "/q/w.container", &expected).is_none();

    assert!(is_met("--secret=s3-key,type=env,target=KEY"));
    assert!(is_met("--secret \"s3-key,target=KEY,uid=0,type=env\""));
    assert!(is_met("--secret s3-key\\x2ctype=env\\x2ctarget=KEY"));
    for words in [
        "",
        "--secret s3-key",
        "--secret s3-key,type=env",
        "--secret s3-key,type=mount,target=KEY",
        "--secret s3-key,type=env,target=KEY2",
        "--secret other,type=env,target=KEY",
        "--env KEY",
    ] {
        assert!(!is_met(words), "{words}");
    }
}

#[test]
fn a_missing_unit_is_told_with_the_complaint_and_without_the_line() {
    assert_eq!(
        verdict("", "/q/x.container", &[]).unwrap(),
        "the generator makes no unit of `/q/x.container`: file contains line 3: “…” which is \
         not a pair"
    );
}

#[test]
fn of_a_missing_unit_only_its_own_complaints_are_told_if_there_are_any() {
    let stderr = "quadlet-generator[7]: No files parsed from [/q]\n\
        quadlet-generator[7]: Warning: x.container has a short name\n\
        quadlet-generator[7]: converting \"x.container\": no Image\n\
        quadlet-generator[7]: converting \"xx.container\": no Image\n";
    let output = GeneratorOutput::read(STDOUT, stderr);

    let about = |path| output.messages_about(path);
    assert_eq!(about("/q/x.container"), ["converting \"x.container\": no Image"]);
    assert_eq!(about("/q/z.container").len(), 3);
    assert_eq!(about("/weaker/w.container"), ["`/q/w.container` comes first"]);
}

#[test]
fn an_env_file_taken_for_a_relative_one_is_told() {
    for path in ["/q/-/etc/a", "/q/-%h/a", "\"/q/-/a\\x20b\"", "/other/-/a"] {
        let told = verdict(&format!("--env-file {path}"), "/q/w.container", &[]).unwrap();
        assert!(told.contains("can never start"), "{told}");
    }
    assert_eq!(verdict("--env-file /etc/a-/-b", "/q/w.container", &[]), None);
}

#[test]
fn a_unit_is_found_by_its_source() {
    let output = GeneratorOutput::read(STDOUT, "");

    assert_eq!(output.made_from("/q/w.container").unwrap().name, "w.service");
    assert!(output.made_from("/q/x.container").is_none());
}
