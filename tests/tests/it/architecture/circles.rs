//! Folders of a crate that need each other.
//!
//! A file belongs to the folder below `src` that it lies in; `price.rs` and what lies in `price/` are
//! one. A folder that another one names in a `use crate::…` comes before it; where each comes before
//! the other there is a circle, and neither can be read, tested or moved by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use cargo_metadata::Package;
use syn::visit::{self, Visit};
use syn::{File, ItemMod, ItemUse, UseName, UseRename, UseTree};

use super::{folder, members};
use super::{is_test, sources};

/// Which folders a folder names.
type Needs = BTreeMap<String, BTreeSet<String>>;

/// What production code imports: the names of each path, the last one too.
#[derive(Default)]
struct Imports {
    /// Behind `crate::`.
    from_root: Vec<Vec<String>>,
    /// All that begins otherwise: in the crate's root they begin with one of its folders.
    others: Vec<Vec<String>>,
}

impl<'a> Visit<'a> for Imports {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if is_test(&item.attrs) {
            return;
        }
        let mut paths = Vec::new();
        note_tree(&item.tree, &mut Vec::new(), &mut paths);
        for mut path in paths {
            match path.first().map(String::as_str) {
                Some("crate") => self.from_root.push(path.split_off(1)),
                Some("self") => self.others.push(path.split_off(1)),
                _ => self.others.push(path),
            }
        }
    }
}

fn note_tree(tree: &UseTree, above: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    match tree {
        UseTree::Path(path) => {
            above.push(path.ident.to_string());
            note_tree(&path.tree, above, paths);
            above.pop();
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| note_tree(tree, above, paths));
        }
        UseTree::Name(UseName { ident }) | UseTree::Rename(UseRename { rename: ident, .. }) => {
            paths.push(above.iter().cloned().chain([ident.to_string()]).collect());
        }
        UseTree::Glob(_) => paths.push(above.clone()),
    }
}

/// The folder of a file below `src`: its first part, without an ending.
fn folder_of(path: &Path) -> String {
    let first = path.components().next().map(|part| Path::new(part.as_os_str()).to_owned());
    first.unwrap_or_default().with_extension("").to_string_lossy().into_owned()
}

fn read_imports(path: &Path) -> Imports {
    let file: File = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let mut imports = Imports::default();
    imports.visit_file(&file);
    imports
}

/// What the root of a crate gives further: name by name the folder that it comes from.
fn read_root(crate_folder: &Path) -> BTreeMap<String, String> {
    let imports = read_imports(&crate_folder.join("src/lib.rs"));
    let named = imports.others.into_iter().filter_map(|path| {
        Some((path.last()?.clone(), path.first().filter(|_| path.len() > 1)?.clone()))
    });
    named.collect()
}

fn read_needs(crate_folder: &Path) -> Needs {
    let root = read_root(crate_folder);
    let mut needs = Needs::new();
    for path in sources(crate_folder) {
        let from = folder_of(path.strip_prefix(crate_folder.join("src")).unwrap());
        if from == "lib" || from == "main" {
            continue;
        }
        let to = read_imports(&path).from_root.into_iter().filter_map(|path| {
            let first = path.first()?;
            Some(root.get(first).filter(|_| path.len() == 1).unwrap_or(first).clone())
        });
        needs.entry(from.clone()).or_default().extend(to.filter(|to| *to != from));
    }
    needs
}

/// Pairs of which each needs the other.
fn find_circles(needs: &Needs) -> Vec<(&str, &str)> {
    let needs_back = |from: &str, to: &str| needs.get(to).is_some_and(|of| of.contains(from));
    let pairs = needs.iter().flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    pairs
        .filter(|(from, to)| from < to && needs_back(from, to))
        .map(|(from, to)| (from.as_str(), to.as_str()))
        .collect()
}

#[test]
fn no_folders_of_a_crate_need_each_other() {
    let is_library = |package: &&Package| folder(package).join("src/lib.rs").is_file();
    for package in members().into_iter().filter(is_library) {
        let needs = read_needs(folder(package));
        assert_eq!(find_circles(&needs), [], "{}: these need each other", package.name);
    }
}

#[test]
fn a_circle_is_found_and_a_one_way_road_is_none() {
    let needs = |from: &str, to: &[&str]| {
        (from.to_owned(), to.iter().map(|to| (*to).to_owned()).collect::<BTreeSet<_>>())
    };
    let needs = Needs::from([needs("a", &["b", "c"]), needs("b", &["a"]), needs("c", &[])]);

    assert_eq!(find_circles(&needs), [("a", "b")]);
}
