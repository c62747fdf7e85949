//! How the code stands in figures: how thin the front end is, and how its names read.
//!
//! `cargo test --test it -- --nocapture architecture::figures` prints them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use syn::visit::{self, Visit};
use syn::{FnArg, ItemFn, ItemMod, Pat, Signature};

use super::{folder, is_test, member, production, sources};

/// The most that each figure may be; they only ever go down.
const MOST: [(&str, usize); 4] = [
    ("lines of the front end", 17_500),
    ("tuple parameters", 2),
    ("free functions of one word, in percent", 11),
    ("type names used twice, in percent", 3),
];

/// What is counted in production code.
#[derive(Default)]
struct Count {
    functions: Vec<String>,
    tuple_parameters: Vec<String>,
    types: BTreeMap<String, Vec<PathBuf>>,
    file: PathBuf,
}

impl Count {
    fn note_signature(&mut self, signature: &Signature) {
        let is_tuple = |argument: &&FnArg| match argument {
            FnArg::Typed(argument) => matches!(*argument.pat, Pat::Tuple(_)),
            FnArg::Receiver(_) => false,
        };
        let tuples = signature.inputs.iter().filter(is_tuple);
        let place = format!("{}: {}", self.file.display(), signature.ident);
        self.tuple_parameters.extend(tuples.map(|_| place.clone()));
    }

    fn note_type(&mut self, name: &syn::Ident) {
        self.types.entry(name.to_string()).or_default().push(self.file.clone());
    }
}

impl<'a> Visit<'a> for Count {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.functions.push(item.sig.ident.to_string());
        visit::visit_item_fn(self, item);
    }

    fn visit_signature(&mut self, signature: &'a Signature) {
        self.note_signature(signature);
        visit::visit_signature(self, signature);
    }

    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.note_type(&item.ident);
    }

    fn visit_item_enum(&mut self, item: &'a syn::ItemEnum) {
        self.note_type(&item.ident);
    }

    fn visit_item_trait(&mut self, item: &'a syn::ItemTrait) {
        self.note_type(&item.ident);
        visit::visit_item_trait(self, item);
    }
}

/// The lines of a source before its own tests.
fn lines_of(text: &str) -> usize {
    text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()
}

fn count_all() -> Count {
    let mut count = Count::default();
    for source in production() {
        count.file = source.path;
        count.visit_file(&source.file);
    }
    count
}

#[test]
fn figures_only_get_better() {
    let count = count_all();
    let front_end = sources(folder(member("datalake-cli")));
    let front_end = front_end.iter().map(|path| lines_of(&fs::read_to_string(path).unwrap()));
    let of_one_word = count.functions.iter().filter(|name| !name.contains('_')).count();
    let twice = count.types.values().filter(|places| places.len() > 1).map(Vec::len).sum::<usize>();
    let types = count.types.values().map(Vec::len).sum::<usize>();
    let found = [
        front_end.sum(),
        count.tuple_parameters.len(),
        of_one_word * 100 / count.functions.len(),
        twice * 100 / types,
    ];

    println!("{} free functions, {types} types", count.functions.len());
    for ((what, most), found) in MOST.into_iter().zip(found) {
        println!("{what}: {found}, at most {most}");
        assert!(found <= most, "{what}: {found}, and it was {most}");
    }
}
