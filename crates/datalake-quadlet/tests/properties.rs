//! Round trips over generated unit files.

use datalake_core::secret::{Credentials, FileBody};
use datalake_quadlet::{
    BlockError, EnvValue, UnitFile, env_body, find_troubles, insert_blocks, parse_env,
    remove_blocks, repair_unit, split_words,
};
use proptest::prelude::*;

const NAMES: [&str; 2] = ["AWS_REGION", "AWS_ACCESS_KEY_ID"];

const LINES: [&str; 40] = [
    "[Container]",
    "[Container]  ",
    "[Service]",
    "[Service]\\",
    "  [Unit]",
    "[Container] # web",
    "[]",
    "\u{feff}[Container]",
    "Image=localhost/dagster:latest",
    "EnvironmentFile=-/etc/s3.env",
    "EnvironmentFile=/a \"-/b c\" '-/d'",
    "EnvironmentFile=-%h/a \\",
    "EnvironmentFile=",
    "EnvironmentFile = ",
    "Environment=AWS_REGION=x",
    "Environment=A=1 AWS_REGION=x B=2",
    "Environment=\"AWS_ACCESS_KEY_ID=x y\" C='3 4'\\",
    "Environment=\"\" AWS_REGION=x",
    "Environment=\"AWS_REGION=unclosed",
    "Environment=AWS_REGION=\\q",
    "Environ\\",
    "ment=AWS_REGION=x D=4",
    "Environment=",
    "PodmanArgs=--env=A",
    "PodmanArgs=",
    "  AWS_REGION=x \\",
    "  -/e \\",
    "F=5",
    "Exec=dagster \\",
    "Exec=\\\\",
    "# comment",
    "# comment \\",
    "  ; comment",
    "",
    "   ",
    "\\",
    "no pair",
    "=x",
    "\r",
    "é=ü\u{85}\u{a0}",
];

fn unit_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        9 => proptest::sample::select(&LINES[..]).prop_map(str::to_owned),
        1 => "[^\n]{0,12}",
    ];
    let ending = proptest::sample::select(&["\n", "\n", "\r\n"][..]);
    (any::<bool>(), proptest::collection::vec((line, ending), 0..14), 0..3usize).prop_map(
        |(container, lines, cut)| {
            let mut text = if container { "[Container]\n".to_owned() } else { String::new() };
            for (line, ending) in lines {
                text += &line;
                text += ending;
            }
            for _ in 0..cut {
                text.pop();
            }
            text
        },
    )
}

fn filled(body: &FileBody, old: &str) -> String {
    let keys = Credentials::pair("ID".parse().expect("an id"), "SECRET".parse().expect("a secret"));
    let filled = body.fill(&keys, old.as_bytes()).expect("only what is there is kept");
    String::from_utf8(filled.expose().to_vec()).expect("characters are kept whole")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_its_bytes(text in prop_oneof![unit_text(), any::<String>()]) {
        prop_assert_eq!(UnitFile::parse(&text).to_string(), text);
    }

    #[test]
    fn any_value_splits_or_is_told(value in "[ab \\\\\"'x0u-]{0,12}") {
        let _ = split_words(&value);
    }

    #[test]
    fn blocks_go_in_once_and_out_without_a_trace(text in unit_text()) {
        let unit = UnitFile::parse(&text);
        let path = "/etc/s3.env".parse().unwrap();
        let edited = match insert_blocks(&unit, &path, &NAMES) {
            Err(BlockError::NoContainer) => return Ok(()),
            other => other.unwrap(),
        };

        prop_assert_eq!(filled(&edited.body(), &text), edited.text());
        let out = remove_blocks(&edited.unit()).unwrap();
        prop_assert_eq!(out.text(), &text);
        prop_assert_eq!(filled(&out.body(), edited.text()), text);

        let again = insert_blocks(&edited.unit(), &path, &NAMES).unwrap();
        prop_assert_eq!(again.text(), edited.text());
        let fewer = insert_blocks(&edited.unit(), &path, &NAMES[..1]).unwrap();
        let direct = insert_blocks(&unit, &path, &NAMES[..1]).unwrap();
        prop_assert_eq!(fewer.text(), direct.text());
        prop_assert_eq!(filled(&fewer.body(), edited.text()), fewer.text());
    }

    #[test]
    fn blocks_add_their_words_and_nothing_else(text in unit_text()) {
        let unit = UnitFile::parse(&text);
        let Ok(edited) = insert_blocks(&unit, &"/etc/s3.env".parse().unwrap(), &NAMES) else {
            return Ok(());
        };
        let after = edited.unit();

        let mut words = unit.words("Container", "PodmanArgs");
        words.extend(NAMES.map(|name| format!("--env={name}")));
        let dropped_by_last_line = after.values("Container", "PodmanArgs").is_empty();
        prop_assert!(dropped_by_last_line || after.words("Container", "PodmanArgs") == words);
        prop_assert!(after.values("Service", "EnvironmentFile").contains(&"-/etc/s3.env"));
        for key in ["Environment", "EnvironmentFile", "Image", "Exec"] {
            prop_assert_eq!(after.values("Container", key), unit.values("Container", key));
        }
        prop_assert_eq!(after.refused_lines().len(), unit.refused_lines().len());
    }

    #[test]
    fn a_repair_takes_out_what_harms_and_nothing_else(text in unit_text()) {
        let unit = UnitFile::parse(&text);

        let edited = repair_unit(&unit, &NAMES);

        let after = edited.unit();
        prop_assert_eq!(find_troubles(&after, &NAMES), []);
        prop_assert_eq!(filled(&edited.body(), &text), edited.text());
        let harmless = |word: &String| !NAMES.iter().any(|name| word.starts_with(&format!("{name}=")));
        let mut words = unit.words("Container", "Environment");
        words.retain(harmless);
        prop_assert_eq!(after.words("Container", "Environment"), words);
        let mut files = unit.words("Container", "EnvironmentFile");
        files.retain(|word| !word.starts_with('-'));
        prop_assert_eq!(after.words("Container", "EnvironmentFile"), files);
        for key in ["Image", "Exec", "PodmanArgs", "F"] {
            prop_assert_eq!(after.values("Container", key), unit.values("Container", key));
        }
        prop_assert_eq!(after.refused_lines().len(), unit.refused_lines().len());
        let unharmed = find_troubles(&unit, &NAMES).is_empty();
        prop_assert_eq!(unharmed, edited.text() == text);
    }

    #[test]
    fn an_env_file_is_read_as_it_was_written(
        entries in proptest::collection::btree_map("[A-Za-z_][A-Za-z0-9_]{0,8}", "[A-Za-z0-9_./:=+@%,^-][A-Za-z0-9_./:=+@%,^~-]{0,12}", 0..8)
    ) {
        let entries: Vec<(String, String)> = entries.into_iter().collect();
        let values: Vec<_> =
            entries.iter().map(|(name, value)| (name.clone(), EnvValue::Text(value.clone()))).collect();

        let written = filled(&env_body(&values).unwrap(), "");

        prop_assert_eq!(parse_env(written.as_bytes()), Ok(entries));
    }
}
