//! `tree`: folders and keys, indented.

use datalake_operations::lake::{ObjectTree, TreeFolder, TreeObject, TreeReporter, TreeTotals};

use crate::args::{Cli, objects::Tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, key_text, size};

pub(super) const TREE_FOLDER: DocumentKind = DocumentKind::of::<TreeFolder<'static>>("tree-folder");
pub(super) const TREE_OBJECT: DocumentKind = DocumentKind::of::<TreeObject<'static>>("tree-object");
pub(super) const TREE_END: DocumentKind = DocumentKind::of::<TreeTotals>("tree-end");

/// Prints a tree as its pages come.
struct PrintedTree(Rows);

pub(in crate::commands) async fn tree(
    cli: &Cli,
    flags: &Tree,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.client().parse_pattern(&flags.keys, true)?;
    let mut printed = PrintedTree(Rows::new(printer));
    let tree = ObjectTree { bucket: &bucket, prefix: pattern.literal(), depth: flags.depth };
    let totals = tree.list(&remote.lake(), &mut printed).await?;
    if printer.is_json() {
        printed.0.row(TREE_END, totals, String::new);
    }
    Ok(Exit::Done)
}

impl TreeReporter for PrintedTree {
    fn folder(&mut self, name: &str, folder: &TreeFolder<'_>) {
        self.0.row(TREE_FOLDER, folder, || {
            format!("{:indent$}{}", "", key_text(name), indent = 2 * folder.depth)
        });
    }

    fn object(&mut self, name: &str, object: &TreeObject<'_>) {
        self.0.row(TREE_OBJECT, object, || {
            let indent = 2 * object.depth;
            format!("{:indent$}{}  {}", "", key_text(name), size(object.size))
        });
    }

    fn page_ended(&mut self) -> bool {
        self.0.flush()
    }
}
