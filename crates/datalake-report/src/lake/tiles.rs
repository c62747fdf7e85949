//! Parts of a bucket as tiles whose areas are their sizes.

use maud::{Markup, html};
use treemap::{MapItem, Mappable, Rect, TreemapLayout};

use crate::format_size;
use datalake_core::price::{Part, Parts};
use datalake_core::text::{group_digits, printable_key};

/// More tiles than this would be too small to see.
const MOST: usize = 120;

/// The look of tiles: the larger, the stronger.
pub(super) const STYLE: &str = "\
.tiles rect { stroke: var(--sheet); stroke-width: 2; fill: #d6e7f1; }
.tiles .t0 { fill: #a9cfe4; } .tiles .t1 { fill: #c0dcec; } .tiles .rest { fill: #e4e2dc; }
@media (prefers-color-scheme: dark) {
  .tiles rect { fill: #213948; }
  .tiles .t0 { fill: #1f5878; } .tiles .t1 { fill: #214a61; } .tiles .rest { fill: #33383f; }
}
";

/// A picture of a size, with letters of about this width and height.
#[derive(Clone, Copy)]
struct Canvas {
    class: &'static str,
    width: f64,
    height: f64,
}

const LETTER: (f64, f64) = (7.2, 17.0);

/// The parts as tiles, wide and narrow; nothing where there are none.
#[must_use]
pub(super) fn tiles(label: &str, parts: &Parts) -> Markup {
    let mut all: Vec<_> = parts.largest.iter().take(MOST).cloned().collect();
    let more = parts.largest.len().saturating_sub(MOST) as u64 + parts.other_count;
    if more > 0 {
        all.push(rest(parts, more));
    }
    all.retain(|part| part.billed_bytes > 0);
    if all.is_empty() {
        return html! { p.note { "There is nothing." } };
    }
    let wide = Canvas { class: "tiles wide", width: 960.0, height: 380.0 };
    let narrow = Canvas { class: "tiles narrow", width: 360.0, height: 420.0 };
    html! { figure { (drawn(label, &all, wide)) (drawn(label, &all, narrow)) } }
}

/// All parts that get no tile of their own, as one.
fn rest(parts: &Parts, more: u64) -> Part {
    let mut rest = parts.others.clone();
    for part in parts.largest.iter().skip(MOST) {
        rest.billed_bytes += part.billed_bytes;
        rest.bytes += part.bytes;
        rest.count += part.count;
    }
    rest.name = format!("({} more)", group_digits(more));
    rest
}

fn drawn(label: &str, parts: &[Part], canvas: Canvas) -> Markup {
    let mut items: Vec<Box<dyn Mappable>> = parts
        .iter()
        .map(|part| Box::new(MapItem::with_size(area(part))) as Box<dyn Mappable>)
        .collect();
    let bounds = Rect::from_points(0.0, 0.0, canvas.width, canvas.height);
    TreemapLayout::new().layout_items(&mut items, bounds);
    html! {
        svg class=(canvas.class) role="img" aria-label=(label)
            viewBox=(format!("0 0 {} {}", canvas.width, canvas.height)) {
            @for (rank, (part, item)) in parts.iter().zip(&items).enumerate() {
                (tile(part, rank, item.bounds()))
            }
        }
    }
}

fn tile(part: &Part, rank: usize, Rect { x, y, w, h }: &Rect) -> Markup {
    let name = printable_key(&part.name);
    let class = match rank {
        _ if name.starts_with('(') => "rest",
        0..4 => "t0",
        4..12 => "t1",
        _ => "t2",
    };
    let (letter, line) = LETTER;
    let fitting = letters(*w - 12.0, letter);
    let lines = letters(*h - 8.0, line);
    html! {
        g {
            title { (name) ": " (format_size(part.billed_bytes)) " billed in " (group_digits(part.count)) }
            rect class=(class) x=(short(*x)) y=(short(*y)) width=(short(*w)) height=(short(*h)) {}
            @if fitting >= 4 && lines >= 1 {
                text x=(short(x + 6.0)) y=(short(y + line)) font-size="13" { (cut(&name, fitting)) }
            }
            @if fitting >= 8 && lines >= 2 {
                text x=(short(x + 6.0)) y=(short(y + 2.0 * line)) font-size="12" {
                    (format_size(part.billed_bytes))
                }
            }
        }
    }
}

/// How many letters or lines fit into a length.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture is less than a thousand wide, and none becomes nothing"
)]
fn letters(length: f64, one: f64) -> usize {
    (length / one).max(0.0) as usize
}

/// A size as an area; what is lost of it nobody sees.
#[expect(clippy::cast_precision_loss, reason = "a picture has a thousand points, not 2^53")]
fn area(part: &Part) -> f64 {
    part.billed_bytes as f64
}

fn short(number: f64) -> String {
    format!("{number:.1}")
}

/// The end of a name says more than its beginning.
fn cut(name: &str, letters: usize) -> String {
    let length = name.chars().count();
    if length <= letters {
        return name.to_owned();
    }
    let end: String = name.chars().skip(length + 1 - letters).collect();
    format!("\u{2026}{end}")
}

#[cfg(test)]
mod tests {
    use datalake_core::price::Micros;

    use super::*;

    fn part(name: &str, billed_bytes: u64) -> Part {
        let share = Micros::ZERO;
        Part { name: name.to_owned(), count: 1, bytes: billed_bytes, billed_bytes, share }
    }

    fn parts(largest: Vec<Part>, other_count: u64) -> Parts {
        Parts { largest, other_count, others: part("", 5_000) }
    }

    #[test]
    fn names_are_text_and_empty_parts_get_no_tile() {
        let hostile = "\"><img src=x onerror=alert(1)>";

        let text = tiles("By prefix", &parts(vec![part(hostile, 9_000), part("none", 0)], 0));

        let text = text.into_string();
        assert!(!text.contains("<img") && text.contains("&lt;img src=x"), "{text}");
        assert!(!text.contains("none:"), "{text}");
        assert_eq!(text.matches("<rect").count(), 2, "{text}");
    }

    #[test]
    fn what_is_too_small_is_one_tile() {
        let many = (0..500).map(|number| part(&format!("p{number:03}/"), 1_000)).collect();

        let text = tiles("By prefix", &parts(many, 7)).into_string();

        assert_eq!(text.matches("<rect").count(), 2 * (MOST + 1));
        assert!(text.contains("(387 more): 385.0 kB billed"), "{text}");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(cut("assets/raw/orders", 7), "\u{2026}orders");
        assert_eq!(cut("raw/", 4), "raw/");
    }
}
