//! How a command is typed is known to the front end alone.

use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, LitStr, Macro, Meta};

use super::{Source, is_test, production};

/// The crates that know it: the command line, and what measures it.
const FRONT_ENDS: [&str; 2] = ["crates/datalake-cli", "crates/datalake-bench"];
/// How a command begins in a text.
const BEGINNINGS: [&str; 2] = ["`datalake ", "sudo datalake "];

/// The texts in a source that name a command.
#[derive(Default)]
struct Search {
    found: Vec<String>,
}

impl Search {
    fn look_at(&mut self, text: &str) {
        if BEGINNINGS.iter().any(|beginning| text.contains(beginning)) {
            self.found.push(text.to_owned());
        }
    }
}

impl<'a> Visit<'a> for Search {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    /// Texts of errors stand in attributes, documentation does, too.
    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.look_at(&list.tokens.to_string());
        }
    }

    fn visit_macro(&mut self, found: &'a Macro) {
        self.look_at(&found.tokens.to_string());
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.look_at(&text.value());
    }
}

fn texts_of(source: &Source) -> Vec<String> {
    let mut search = Search::default();
    search.visit_file(&source.file);
    search.found.into_iter().map(|text| format!("{}: {text}", source.path.display())).collect()
}

#[test]
fn commands_are_named_by_the_front_end_alone() {
    let is_library =
        |source: &Source| !FRONT_ENDS.iter().any(|front_end| source.path.starts_with(front_end));
    let found: Vec<_> =
        production().into_iter().filter(is_library).flat_map(|source| texts_of(&source)).collect();

    assert!(found.is_empty(), "an `Advice` names a command as a value: {found:#?}");
}

#[test]
fn a_text_that_names_a_command_is_found() {
    let check = |text: &str, expected: usize| {
        let mut search = Search::default();
        search.visit_file(&syn::parse_file(text).unwrap());
        assert_eq!(search.found.len(), expected, "{text}");
    };

    check("const A: &str = \"run `datalake status`\";", 1);
    check("fn f() -> String { format!(\"`datalake ls {}`\", 1) }", 1);
    check("#[error(\"run `sudo datalake doctor`\")] struct E;", 1);
    check("/// Carries out what `datalake provision` asks for.\nstruct S;", 0);
    check("#[cfg(test)] mod tests { const A: &str = \"`datalake status`\"; }", 0);
    check("const A: &str = \"`datalake` writes it\";", 0);
}
