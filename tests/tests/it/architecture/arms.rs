//! Which types are matched variant by variant, so that a new one shows every place that must learn it.

use std::path::Path;

use syn::visit::{self, Visit};
use syn::{ExprMatch, Ident, ItemImpl, ItemMod, Pat, Signature, Type};

use super::{is_test, production};

/// Matched variant by variant in all production code.
const EVERYWHERE: [&str; 4] = ["Action", "Guard", "Target", "Way"];
/// Matched variant by variant where the end of a command is chosen.
const AT_THE_END: [&str; 4] = ["ErrorKind", "Exit", "FaultKind", "Target"];
/// The files that choose it.
const ENDS: [&str; 2] =
    ["crates/datalake-operations/src/error/faults.rs", "crates/datalake-cli/src/exit.rs"];

/// Looks for matches over some types that have an arm for whatever is left.
struct Search<'s> {
    types: &'s [&'s str],
    /// What `Self` stands for.
    own: Option<String>,
    /// The function that is gone through.
    function: String,
    /// How many matches over those types there are.
    matches: usize,
    /// The functions with such an arm, one for each.
    found: Vec<String>,
}

impl<'s> Search<'s> {
    fn new(types: &'s [&'s str]) -> Self {
        Self { types, own: None, function: String::new(), matches: 0, found: Vec::new() }
    }

    /// Whether a path names a variant of one of the types.
    fn names_variant(&self, path: &syn::Path) -> bool {
        let mut segments = path.segments.iter().rev().skip(1);
        segments.next().is_some_and(|segment| {
            let name = segment.ident.to_string();
            let name = if name == "Self" { self.own.clone().unwrap_or(name) } else { name };
            self.types.contains(&name.as_str())
        })
    }

    /// Whether a pattern names a variant of one of the types, alone or in a tuple.
    fn names_one(&self, pattern: &Pat) -> bool {
        match pattern {
            Pat::Path(pattern) => self.names_variant(&pattern.path),
            Pat::TupleStruct(pattern) => self.names_variant(&pattern.path),
            Pat::Struct(pattern) => self.names_variant(&pattern.path),
            Pat::Tuple(pattern) => pattern.elems.iter().any(|pattern| self.names_one(pattern)),
            Pat::Or(pattern) => pattern.cases.iter().any(|pattern| self.names_one(pattern)),
            Pat::Reference(pattern) => self.names_one(&pattern.pat),
            Pat::Paren(pattern) => self.names_one(&pattern.pat),
            _ => false,
        }
    }
}

/// Whether a pattern takes whatever there is.
fn takes_all(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) => true,
        Pat::Ident(pattern) => pattern.subpat.is_none() && is_binding(&pattern.ident),
        Pat::Tuple(pattern) => pattern.elems.iter().all(takes_all),
        Pat::Reference(pattern) => takes_all(&pattern.pat),
        Pat::Paren(pattern) => takes_all(&pattern.pat),
        _ => false,
    }
}

/// Whether an identifier in a pattern is a new name, not a constant.
fn is_binding(name: &Ident) -> bool {
    name.to_string().starts_with(|first: char| first.is_lowercase())
}

impl<'a> Visit<'a> for Search<'_> {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        if let Type::Path(own) = &*item.self_ty {
            self.own = own.path.segments.last().map(|segment| segment.ident.to_string());
        }
        visit::visit_item_impl(self, item);
        self.own = None;
    }

    fn visit_signature(&mut self, signature: &'a Signature) {
        self.function = signature.ident.to_string();
        visit::visit_signature(self, signature);
    }

    fn visit_expr_match(&mut self, found: &'a ExprMatch) {
        if found.arms.iter().any(|arm| self.names_one(&arm.pat)) {
            self.matches += 1;
            let all = found.arms.iter().filter(|arm| takes_all(&arm.pat));
            self.found.extend(all.map(|_| self.function.clone()));
        }
        visit::visit_expr_match(self, found);
    }
}

/// The matches over some types in production code, and the places of arms for whatever is left.
fn search(types: &[&str], is_meant: impl Fn(&Path) -> bool) -> (usize, Vec<String>) {
    let (mut matches, mut places) = (0, Vec::new());
    for source in production().into_iter().filter(|source| is_meant(&source.path)) {
        let mut search = Search::new(types);
        search.visit_file(&source.file);
        matches += search.matches;
        let place = |function| format!("{}: {function}", source.path.display());
        places.extend(search.found.into_iter().map(place));
    }
    (matches, places)
}

#[test]
fn plans_and_places_are_matched_variant_by_variant() {
    let (matches, found) = search(&EVERYWHERE, |_| true);

    assert!(matches > 20, "the matches are not found: {matches}");
    assert!(found.is_empty(), "arms for whatever is left: {found:#?}");
}

#[test]
fn the_end_of_a_command_is_chosen_fault_by_fault() {
    let (matches, found) = search(&AT_THE_END, |path| ENDS.iter().any(|end| path.ends_with(end)));

    assert!(matches > 5, "the matches are not found: {matches}");
    assert!(found.is_empty(), "arms for whatever is left: {found:#?}");
}

#[test]
fn an_arm_for_whatever_is_left_is_found() {
    let check = |arms: &str, expected: usize| {
        let text = format!("impl Guard {{ fn f(&self) {{ match self {{ {arms} }} }} }}");
        let mut search = Search::new(&EVERYWHERE);
        search.visit_file(&syn::parse_file(&text).unwrap());
        assert_eq!(search.found.len(), expected, "{arms}");
    };

    check("Action::RollOver(_) => 1, Action::RemoveFile(_) => 2,", 0);
    check("Action::RollOver(_) => 1, _ => 2,", 1);
    check("core::Action::RollOver(_) | Action::RemoveFile(_) => 1, other => 2,", 1);
    check("(Target::Service, _) => 1, (_, Guard::ServicesKnown) => 2,", 0);
    check("(Target::Service, _) => 1, (_, other) => 2,", 1);
    check("Self::ServicesKnown => 1, _ if so => 2, _ => 3,", 2);
    check("Other::Action => 1, _ => 2,", 0);
}
