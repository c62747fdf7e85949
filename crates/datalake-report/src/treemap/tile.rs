//! One tile, and the names that fit into none.

use maud::{Markup, html};

use super::wrap::wrap_name;
use super::{STRIP, Tile};
use crate::html;

/// The width of a letter and the height of a line, a little more than they are.
const LETTER: f64 = 7.4;
const LINE: f64 = 16.0;
/// So many names that do not fit stand below the picture.
const MOST_KEYS: usize = 24;

/// Names that did not fit into their tiles, each with the number that stands there.
#[derive(Default)]
pub(super) struct Keys(Vec<[String; 2]>);

impl Keys {
    fn add_tile(&mut self, path: &str, sum: String) -> Option<usize> {
        let number = self.0.len() + 1;
        (number <= MOST_KEYS).then(|| self.0.push([path.to_owned(), sum])).map(|()| number)
    }

    pub(super) fn draw_tile(&self) -> Markup {
        if self.0.is_empty() {
            return html! {};
        }
        html! {
            ol.keys {
                @for [path, sum] in &self.0 { li { (html::name(path)) " " span.note { (sum) } } }
            }
        }
    }
}

/// A tile with its whole name, or with a number that stands for it below.
pub(super) fn draw_tile<T>(
    tile: &Tile<'_, T>,
    short: &dyn Fn(&T) -> String,
    long: &dyn Fn(&T) -> String,
    keys: &mut Keys,
) -> Markup {
    let Tile { path, sum, place, class, is_frame, .. } = tile;
    let class = if *is_frame { format!("frame {class}") } else { class.clone() };
    let lines = fit_lines(tile, &short(sum), || keys.add_tile(path, short(sum)));
    html! {
        g {
            title { (path) ": " (long(sum)) }
            rect class=(class) x=(write_length(place.x)) y=(write_length(place.y))
                width=(write_length(place.w)) height=(write_length(place.h)) {}
            @for (at, line) in lines.iter().enumerate() {
                text x=(write_length(place.x + 5.0)) y=(write_length(find_baseline(place.y, at)))
                    font-size="13" { (line) }
            }
        }
    }
}

/// What is written into a tile: its whole name with its sum, its name, a number, or nothing.
fn fit_lines<T>(
    tile: &Tile<'_, T>,
    sum: &str,
    number: impl FnOnce() -> Option<usize>,
) -> Vec<String> {
    let height = if tile.is_frame { STRIP } else { tile.place.h };
    let (letters, room) =
        (fit_letters(tile.place.w - 8.0, LETTER), fit_letters(height - 3.0, LINE));
    if room == 0 || letters < 2 {
        return Vec::new();
    }
    let beside = format!("{} {sum}", tile.name);
    if room == 1 && beside.chars().count() <= letters {
        return vec![beside];
    }
    let mut lines = wrap_name(&tile.name, letters);
    // A word is legible in lines, single letters are not.
    let is_legible = lines.len() == 1 || letters >= 7;
    if lines.len() <= room && is_legible {
        if lines.len() < room && sum.chars().count() <= letters {
            lines.push(sum.to_owned());
        }
        return lines;
    }
    // All others together have no name that is worth a line below.
    let number = if tile.class == "rest" { None } else { number() };
    number.map(|number| number.to_string()).into_iter().collect()
}

/// How many letters or lines fit into a length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture is less than a thousand wide, and none becomes nothing"
)]
fn fit_letters(length: f64, one: f64) -> usize {
    (length / one).max(0.0) as usize
}

#[expect(clippy::cast_precision_loss, reason = "a tile has less than a hundred lines")]
fn find_baseline(top: f64, line: usize) -> f64 {
    top + 15.0 + LINE * line as f64
}

fn write_length(number: f64) -> String {
    format!("{number:.1}")
}
