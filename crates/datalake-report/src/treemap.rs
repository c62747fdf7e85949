//! Folders as tiles whose areas are their sizes, folders in folders.

mod tile;
mod wrap;

use datalake_core::text::{group_digits, printable_key};
use datalake_core::usage::{FolderSum, SummedFolder};
use maud::{Markup, html};
use treemap::{MapItem, Mappable, Rect, TreemapLayout};

use self::tile::{Keys, draw_tile};

/// More tiles than this would be too small to see.
const MOST: usize = 160;
/// Folders that lie deeper are one tile.
const DEEPEST: usize = 3;
/// A folder shows what is in it from this width and height on.
const LEAST_FRAME: (f64, f64) = (96.0, 64.0);
/// The strip above what is in a folder, with its name, and the rim around it.
const STRIP: f64 = 20.0;
const RIM: f64 = 3.0;
/// So many folders of the first level differ in colour.
const HUES: usize = 8;

/// The look of tiles: a colour for each folder of the first level, stronger for what holds others.
pub(crate) const STYLE: &str = include_str!("treemap/treemap.css");

/// What is drawn, and how it is told.
pub(crate) struct Treemap<'a, T> {
    /// What the picture shows.
    pub label: &'a str,
    /// The folders.
    pub root: &'a SummedFolder<T>,
    /// A sum in a few letters.
    pub short: &'a dyn Fn(&T) -> String,
    /// The same with everything.
    pub long: &'a dyn Fn(&T) -> String,
    /// The class of a colour; without it each folder of the first level has one of its own.
    pub colour: Option<&'a dyn Fn(&T) -> &'static str>,
}

/// A folder or name with the place that it got.
struct Tile<'a, T> {
    name: String,
    path: String,
    sum: &'a T,
    place: Rect,
    class: String,
    is_frame: bool,
}

/// A picture of a size.
#[derive(Clone, Copy)]
struct Canvas {
    class: &'static str,
    width: f64,
    height: f64,
}

const WIDE: Canvas = Canvas { class: "wide", width: 960.0, height: 460.0 };
const NARROW: Canvas = Canvas { class: "narrow", width: 360.0, height: 480.0 };

impl<T: FolderSum> Treemap<'_, T> {
    /// The picture, wide and narrow; a sentence where there is nothing.
    #[must_use]
    pub(crate) fn draw_treemap(&self) -> Markup {
        if self.root.sum.measure_weight() == 0 {
            return html! { p.note { "There is nothing." } };
        }
        let few = self.root.clone().fold_small(MOST);
        html! { (self.draw_on(&few, WIDE)) (self.draw_on(&few, NARROW)) }
    }

    fn draw_on(&self, root: &SummedFolder<T>, canvas: Canvas) -> Markup {
        let mut tiles = Vec::new();
        let place = Rect::from_points(0.0, 0.0, canvas.width, canvas.height);
        self.lay_out(root, Level { path: "", depth: 0, class: "", place }, &mut tiles);
        let mut keys = Keys::default();
        let drawn: Vec<_> =
            tiles.iter().map(|tile| draw_tile(tile, self.short, self.long, &mut keys)).collect();
        html! {
            figure class=(canvas.class) {
                svg.tiles role="img" aria-label=(self.label)
                    viewBox=(format!("0 0 {} {}", canvas.width, canvas.height)) {
                    @for tile in drawn { (tile) }
                }
                (keys.draw_tile())
            }
        }
    }

    fn lay_out<'t>(
        &self,
        folder: &'t SummedFolder<T>,
        level: Level<'_>,
        tiles: &mut Vec<Tile<'t, T>>,
    ) {
        let rest = (folder.others > 0).then_some((None, &folder.others_sum));
        let parts = folder.parts.iter().map(|part| (Some(part), &part.sum));
        let mut all: Vec<_> =
            parts.chain(rest).filter(|(_, sum)| sum.measure_weight() > 0).collect();
        all.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.measure_weight()));
        let mut items: Vec<Box<dyn Mappable>> = all
            .iter()
            .map(|(_, sum)| Box::new(MapItem::with_size(measure_area(*sum))) as Box<dyn Mappable>)
            .collect();
        TreemapLayout::new().layout_items(&mut items, level.place);
        for (rank, ((part, sum), item)) in all.into_iter().zip(&items).enumerate() {
            let place = *item.bounds();
            let class = match (self.colour, level.depth, part) {
                (_, _, None) => "rest".to_owned(),
                (Some(colour), _, _) => colour(sum).to_owned(),
                (None, 0, _) => format!("h{}", rank % HUES),
                (None, ..) => level.class.to_owned(),
            };
            let name = part.map_or_else(
                || format!("({} more)", group_digits(folder.others)),
                |part| name_part(&part.name),
            );
            let path = format!("{}{name}", level.path);
            let inside = part.filter(|part| level.depth < DEEPEST && shows_parts(part, &place));
            let is_frame = inside.is_some();
            let tile = Tile { name, path: path.clone(), sum, place, class, is_frame };
            let class = tile.class.clone();
            tiles.push(tile);
            if let Some(part) = inside {
                let (x, y, width, height) = (place.x, place.y, place.w, place.h);
                let place = Rect {
                    x: x + RIM,
                    y: y + STRIP,
                    w: width - 2.0 * RIM,
                    h: height - STRIP - RIM,
                };
                let level = Level { path: &path, depth: level.depth + 1, class: &class, place };
                self.lay_out(part, level, tiles);
            }
        }
    }
}

/// Where the parts of a folder go.
#[derive(Clone, Copy)]
struct Level<'a> {
    path: &'a str,
    depth: usize,
    class: &'a str,
    place: Rect,
}

/// Whether the parts of a folder are drawn: where there is room, and where they are most of it.
fn shows_parts<T: FolderSum>(folder: &SummedFolder<T>, place: &Rect) -> bool {
    let (width, height) = LEAST_FRAME;
    let is_told = folder.others_sum.measure_weight() <= folder.sum.measure_weight() / 2;
    is_told && !folder.parts.is_empty() && place.w >= width && place.h >= height
}

/// What lies in a folder without a folder of its own has no name.
fn name_part(name: &str) -> String {
    if name.is_empty() { "(itself)".to_owned() } else { printable_key(name) }
}

/// A size as an area; what is lost of it nobody sees.
#[expect(clippy::cast_precision_loss, reason = "a picture has a thousand points, not 2^53")]
fn measure_area<T: FolderSum>(sum: &T) -> f64 {
    sum.measure_weight() as f64
}

#[cfg(test)]
mod tests {
    use datalake_core::usage::{FolderTree, Tally};

    use super::*;
    use datalake_core::size::format_size;

    fn draw_treemap(names: &[(&str, u64)]) -> String {
        let mut tree = FolderTree::new(10_000);
        for (name, billed) in names {
            tree.add_name(name, &Tally { count: 1, bytes: *billed, billed: *billed });
        }
        let size = |sum: &Tally| format_size(sum.billed);
        let root = tree.sum_up();
        let picture =
            Treemap { label: "By folder", root: &root, short: &size, long: &size, colour: None };
        picture.draw_treemap().into_string()
    }

    #[test]
    fn names_are_text_and_empty_parts_get_no_tile() {
        let text = draw_treemap(&[("\"><img src=x onerror=alert(1)>", 9_000), ("none", 0)]);

        assert!(!text.contains("<img") && text.contains("&lt;img src=x"), "{text}");
        assert!(!text.contains("none"), "{text}");
        assert_eq!(text.matches("<rect").count(), 2, "{text}");
    }

    #[test]
    fn what_is_too_small_is_one_tile() {
        let names: Vec<_> = (0..500).map(|number| format!("p{number:03}")).collect();
        let names: Vec<_> = names.iter().map(|name| (name.as_str(), 1_000)).collect();

        let text = draw_treemap(&names);

        assert_eq!(text.matches("<rect").count(), 2 * (MOST + 1));
        assert!(text.contains("(340 more): 340.0 kB"), "{text}");
    }

    #[test]
    fn a_folder_holds_the_tiles_of_what_is_in_it() {
        let text = draw_treemap(&[("raw/orders", 5_000), ("raw/users", 5_000), ("x", 10_000)]);

        assert!(text.contains("class=\"frame h") && text.contains("raw/orders: 5.0 kB"), "{text}");
    }

    #[test]
    fn a_folder_of_which_little_can_be_shown_is_one_tile() {
        let names: Vec<_> = (0..1_000).map(|number| format!("a/p{number:04}")).collect();
        let mut names: Vec<_> = names.iter().map(|name| (name.as_str(), 1_000)).collect();
        names.push(("b", 1_000_000));

        assert_eq!(draw_treemap(&names).matches("<rect").count(), 4);
    }

    #[test]
    fn a_name_that_does_not_fit_has_a_number_and_stands_below_whole() {
        let long = "a_very_long_name_of_an_asset_that_fits_into_no_tile".repeat(3);
        let text = draw_treemap(&[("large", 970_000), (&long, 30_000)]);

        assert!(text.contains(&format!("<bdi>{long}</bdi>")), "{text}");
    }
}
