//! Folders as a list that unfolds, each with its sums.

use datalake_core::text::{count_things, group_digits};
use datalake_core::usage::{FolderSum, SummedFolder};
use maud::{Markup, html};

use crate::html;

/// A page has so many folders and names; the smallest are together in one row of their folder.
const MOST: usize = 1_500;
/// A folder that is among the largest and holds no more than this is unfolded at first.
const OPEN: usize = 12;
/// So many of the largest folders are looked at for that.
const LARGEST: usize = 3;

/// The look of such a list.
pub(crate) const STYLE: &str = include_str!("folder_list/folder_list.css");

/// What is listed, and how it is told.
pub(crate) struct FolderList<'a, T> {
    /// What a name is: `asset`.
    pub noun: &'a str,
    /// The heads of the columns behind the names.
    pub heads: [&'a str; 3],
    /// The folders.
    pub root: &'a SummedFolder<T>,
    /// The cells of a row.
    pub cells: &'a dyn Fn(&T) -> [Markup; 3],
}

impl<T: FolderSum> FolderList<'_, T> {
    /// The list; its last row has the sum of all.
    #[must_use]
    pub(crate) fn draw_folders(&self) -> Markup {
        let root = self.root.clone().fold_small(MOST);
        html! {
            div.folders {
                div.row.head aria-hidden="true" {
                    span.label { "Folder or " (self.noun) }
                    @for head in self.heads { span.cell { (head) } }
                }
                (self.draw_parts(&root, 0))
                div.row.sum { (self.draw_cells(&html! { strong { "All" } }, root.names, &root.sum)) }
            }
        }
    }

    fn draw_parts(&self, folder: &SummedFolder<T>, depth: usize) -> Markup {
        html! {
            @for (rank, part) in folder.parts.iter().enumerate() {
                @if part.parts.is_empty() && part.others == 0 {
                    @let name = if part.name.is_empty() { "(itself)" } else { &part.name };
                    div.row { (self.draw_cells(&html::name(name), 0, &part.sum)) }
                } @else {
                    @let is_open = depth == 0 && rank < LARGEST && part.parts.len() <= OPEN;
                    details open[is_open] {
                        summary.row { (self.draw_cells(&html::name(&part.name), part.names, &part.sum)) }
                        div.inner { (self.draw_parts(part, depth + 1)) }
                    }
                }
            }
            @if folder.others > 0 {
                @let more = format!("({} more)", group_digits(folder.others));
                div.row.rest { (self.draw_cells(&html! { (more) }, 0, &folder.others_sum)) }
            }
        }
    }

    fn draw_cells(&self, name: &Markup, names: u64, sum: &T) -> Markup {
        html! {
            span.label {
                (name)
                @if names > 0 { " " span.note { (count_things(names, self.noun)) } }
            }
            @for (head, cell) in self.heads.iter().zip((self.cells)(sum)) {
                span.cell { span.unseen { (head) " " } (cell) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::usage::{FolderTree, Tally};

    use super::*;
    use datalake_core::size::format_size;

    fn draw_folders(names: impl Iterator<Item = String>) -> String {
        let mut tree = FolderTree::new(1_000_000);
        names.for_each(|name| {
            tree.add_name(&name, &Tally { count: 1, bytes: 1_000, billed: 1_000 });
        });
        let root = tree.sum_up();
        let cells = |sum: &Tally| [html! { (format_size(sum.billed)) }, html! {}, html! {}];
        let heads = ["Billed", "Share", "Cost"];
        FolderList { noun: "asset", heads, root: &root, cells: &cells }.draw_folders().into_string()
    }

    #[test]
    fn folders_unfold_and_have_the_sum_of_what_is_in_them() {
        let text = draw_folders(["raw/a", "raw/b", "<x>"].map(str::to_owned).into_iter());

        assert!(text.contains("<details open><summary class=\"row\">"), "{text}");
        assert!(text.contains("raw/</bdi></code> <span class=\"note\">2 assets</span>"), "{text}");
        assert!(text.contains("2.0 kB") && text.contains("3.0 kB"), "{text}");
        assert!(text.contains("&lt;x&gt;") && !text.contains("<x>"), "{text}");
    }

    #[test]
    fn a_hundred_thousand_names_are_one_short_page_with_all_sums() {
        let text = draw_folders((0..100_000).map(|at| format!("team{:02}/asset_{at:06}", at % 40)));

        assert!(text.len() < 1_000_000, "{} bytes", text.len());
        assert!(text.contains("100,000 assets") && text.contains("100.0 MB"), "{}", text.len());
        assert!(text.contains(" more)"), "{}", text.len());
    }
}
