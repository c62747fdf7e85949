//! Every sentence that people read, on one page, and the idioms that none of them may hold.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use datalake_cli::args::build_strict_command;
use datalake_core::doctor::FindingId;
use syn::Attribute;
use syn::visit::{self, Visit};

use super::sources::{Literals, list_sources, make_plain, messages, parse};

/// The page that has the idioms.
const LEFT_OUT: [&str; 1] = ["style-of-messages.md"];

/// How far the two ends of an idiom with a gap may be apart.
const GAP: usize = 40;

/// What may not be written, and what of it is right all the same.
struct Idiom {
    words: String,
    unless: Vec<String>,
}

/// A sentence, and where it is.
struct Sentence {
    place: String,
    text: String,
}

fn find_root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The table of the page about style.
fn read_idioms() -> Vec<Idiom> {
    let page = fs::read_to_string(find_root().join("docs/style-of-messages.md")).unwrap();
    let (_, table) = page.split_once("|---|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let idiom = |row: &str| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let unless = cells[1].split(',').map(|words| words.trim().to_lowercase());
        let unless = unless.filter(|words| !words.is_empty()).collect();
        Idiom { words: cells[0].to_lowercase(), unless }
    };
    rows.map(idiom).collect()
}

impl Idiom {
    fn is_in(&self, text: &str) -> bool {
        let mut text = text.to_lowercase();
        for unless in &self.unless {
            text = text.replace(unless.as_str(), "·");
        }
        match self.words.split_once('…') {
            None => find_word(&text, &self.words).is_some(),
            Some((first, last)) => find_word(&text, first.trim()).is_some_and(|at| {
                let rest: String = text[at..].chars().take(GAP).collect();
                find_word(&rest, last.trim()).is_some()
            }),
        }
    }
}

/// Where some whole words are in a text.
fn find_word(text: &str, words: &str) -> Option<usize> {
    let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(words).map(|(at, _)| at).find(|at| {
        !is_letter(text[..*at].chars().next_back())
            && !is_letter(text[at + words.len()..].chars().next())
    })
}

/// A text without what stands in backticks: names are as they are.
fn without_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.filter(|(number, _)| number % 2 == 0).map(|(_, part)| part).collect::<Vec<_>>().join("`")
}

fn of_errors() -> Vec<Sentence> {
    let mut found = Vec::new();
    for message in messages() {
        let place = format!("error `{}`", message.text);
        let meaning = message.meaning.into_iter();
        let texts = [message.text].into_iter().chain(meaning).chain(message.hints);
        found.extend(texts.map(|text| Sentence { place: place.clone(), text }));
    }
    found
}

fn of_findings() -> Vec<Sentence> {
    let pages = FindingId::ALL.into_iter().flat_map(|id| {
        let texts = [id.title(), id.state_claim()].into_iter().chain(id.page().lines());
        texts.map(move |text| Sentence { place: format!("finding {id}"), text: text.to_owned() })
    });
    let checks = list_literals(&find_root().join("crates/datalake-core/src/doctor"));
    let checks = checks.into_iter().map(|text| Sentence { place: "check".to_owned(), text });
    pages.chain(checks).collect()
}

/// Texts outside of tests and of what is only for the reader of the code.
#[derive(Default)]
struct ProseLiterals(Vec<String>);

impl<'ast> Visit<'ast> for ProseLiterals {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.0.push(text.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let mut inner = Literals::default();
        inner.visit_macro(call);
        self.0.extend(inner.0);
    }
}

/// All texts in the sources of a folder that are more than a word, `…` for what is put in.
fn list_literals(folder: &Path) -> BTreeSet<String> {
    let mut found = ProseLiterals::default();
    list_sources(folder.to_owned()).for_each(|file| found.visit_file(&parse(&file)));
    found.0.into_iter().filter(|text| text.contains(' ')).map(|text| make_plain(&text)).collect()
}

fn of_help() -> Vec<Sentence> {
    let mut command = build_strict_command().term_width(200);
    command.build();
    let (mut left, mut found) = (vec![(command, "datalake".to_owned())], Vec::new());
    while let Some((mut command, path)) = left.pop() {
        let page = command.render_long_help().to_string();
        let place = format!("help {path}");
        let lines = page.lines().map(|line| Sentence { place: place.clone(), text: line.into() });
        found.extend(lines);
        let below = command.get_subcommands().filter(|below| !below.is_hide_set());
        left.extend(below.map(|below| (below.clone(), format!("{path} {}", below.get_name()))));
    }
    found
}

fn of_pages() -> Vec<Sentence> {
    let docs = fs::read_dir(find_root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let is_read = |path: &PathBuf| !LEFT_OUT.iter().any(|name| path.ends_with(name));
    let mut pages: Vec<_> = docs.filter(is_page).filter(is_read).collect();
    pages.push(find_root().join("README.md"));
    pages.sort();
    pages.iter().flat_map(|page| lines_of(page)).collect()
}

fn lines_of(page: &Path) -> Vec<Sentence> {
    let text = fs::read_to_string(page).unwrap();
    let name = page.file_name().unwrap().to_string_lossy();
    let line = |(number, line): (usize, &str)| Sentence {
        place: format!("{name}:{}", number + 1),
        text: line.to_owned(),
    };
    text.lines().enumerate().map(line).collect()
}

#[test]
fn no_sentence_holds_a_banned_idiom() {
    let idioms = read_idioms();
    assert!(idioms.len() > 30, "{} idioms", idioms.len());
    let mut wrong = Vec::new();
    for sentence in [of_errors(), of_findings(), of_help(), of_pages()].into_iter().flatten() {
        let text = without_code(&sentence.text);
        for idiom in idioms.iter().filter(|idiom| idiom.is_in(&text)) {
            wrong.push(format!("{}: `{}` in: {}", sentence.place, idiom.words, sentence.text));
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} sentences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn an_idiom_is_found_as_whole_words_and_not_where_it_is_right() {
    let idiom = |words: &str, unless: &[&str]| Idiom {
        words: words.to_owned(),
        unless: unless.iter().map(|words| (*words).to_owned()).collect(),
    };

    assert!(idiom("is no", &["there is no"]).is_in("It is no size"));
    assert!(!idiom("is no", &["there is no"]).is_in("There is no size, and it is not one"));
    assert!(idiom("makes … equal", &[]).is_in("makes the two folders equal"));
    assert!(!idiom("anew", &[]).is_in("canew"));
    assert_eq!(without_code("a `tells` b"), "a ` b");
}

/// The page that `cargo xtask messages` prints; it is written to the file that `MESSAGES` names.
#[test]
fn the_page_of_messages_has_every_kind_of_text() {
    let parts =
        [("Errors and hints", of_errors()), ("Findings", of_findings()), ("Help", of_help())];
    let mut page = "# Every message\n".to_owned();
    for (title, sentences) in &parts {
        page += &format!("\n## {title}\n\n");
        let mut place = "";
        for sentence in sentences {
            if sentence.place != place {
                place = &sentence.place;
                page += &format!("\n{place}\n");
            }
            page += &format!("  {}\n", sentence.text);
        }
    }
    for text in [
        "access is denied",
        "The endpoint accepts connections.",
        "Check that bucket and host are in sync",
    ] {
        assert!(page.contains(text), "`{text}` is not on the page");
    }
    if let Some(path) = std::env::var_os("MESSAGES") {
        fs::write(path, page).unwrap();
    }
}
