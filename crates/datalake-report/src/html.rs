//! Pages for people: one file each, complete in itself.
//!
//! Markup is written with `maud`, which escapes every text that is put into it. A page sends no
//! request and runs no script: its policy allows its own style sheet by hash, and nothing else. So
//! `style="…"` does nothing in it; use the classes of the style sheet, or attributes of SVG.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use datalake_core::text::printable_key;

/// What all pages look like: light and dark, wide and narrow, on paper.
const STYLE: &str = include_str!("html/page.css");

/// A whole page.
pub(crate) struct HtmlPage<'a> {
    /// What stands in the window's title and in the first heading.
    pub title: &'a str,
    /// What stands below the heading: of what, and when.
    pub subtitle: &'a str,
    /// A style sheet besides that of all pages; empty for none.
    pub style: &'a str,
    /// The sections.
    pub body: Markup,
}

impl HtmlPage<'_> {
    /// The page as text.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        let style = format!("{STYLE}{}", self.style);
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
             form-action 'none'",
            STANDARD.encode(Sha256::digest(&style))
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    meta name="generator" content=(concat!("datalake ", env!("CARGO_PKG_VERSION")));
                    // Nobody shall ask the server of the page for an icon.
                    link rel="icon" href="data:,";
                    title { (printable_key(self.title)) }
                    style { (PreEscaped(style)) }
                }
                body {
                    header {
                        h1 { (printable_key(self.title)) }
                        p.subtitle { (printable_key(self.subtitle)) }
                    }
                    main { (self.body) }
                    footer {
                        p { "Made by datalake " (env!("CARGO_PKG_VERSION")) ". This page is \
                            self-contained: it makes no requests and runs nothing." }
                    }
                }
            }
        };
        page.into_string()
    }
}

/// A section with its heading.
#[must_use]
pub(crate) fn section(title: &str, body: &Markup) -> Markup {
    html! { section { h2 { (title) } (body) } }
}

/// A number that counts, with its name above and a remark below.
#[must_use]
pub(crate) fn card(name: &str, value: &str, remark: &str) -> Markup {
    html! {
        div.card { p.name { (name) } p.value { (value) } p.remark { (remark) } }
    }
}

/// A name from outside, whatever is in it: control characters are shown as escapes.
#[must_use]
pub(crate) fn name(text: &str) -> Markup {
    html! { code { bdi { (printable_key(text)) } } }
}

/// A table that scrolls sideways where it is too wide. The first column names the row.
#[must_use]
pub(crate) fn table(label: &str, heads: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.table role="region" aria-label=(label) tabindex="0" {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: Markup) -> String {
        let title = "<b>\u{202e}title</b>";
        HtmlPage { title, subtitle: "\"sub\" & title", style: ".own { color: red }", body }.text()
    }

    #[test]
    fn names_are_text_whatever_is_in_them() {
        let hostile = "\"><img src=x onerror=alert(1)><script>\u{1b}[31m\u{202e}";

        let text = page(html! { (name(hostile)) p title=(printable_key(hostile)) {} });

        assert!(!text.contains("<img") && !text.contains("<script"), "{text}");
        assert!(!text.contains("<b>") && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;&lt;script&gt;\\u{1b}"));
        assert!(text.contains("<title>&lt;b&gt;\\u{202e}title"), "{text}");
    }

    #[test]
    fn nothing_but_the_own_style_is_allowed() {
        let text = page(html! {});

        let (_, style) = text.split_once("<style>").unwrap();
        let (style, _) = style.split_once("</style>").unwrap();
        assert!(style.ends_with(".own { color: red }"), "{style}");
        let hash = STANDARD.encode(Sha256::digest(style));
        let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:;");
        assert!(text.contains(&policy), "{text}");
        assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    }

    #[test]
    fn a_table_names_its_columns_and_rows() {
        let row = vec![name("raw/"), html! { "7" }];

        let text = table("Prefixes", &["Prefix", "Objects"], &[row]).into_string();

        assert!(text.contains("<th scope=\"col\">Objects</th>"), "{text}");
        let cells = "<th scope=\"row\"><code><bdi>raw/</bdi></code></th><td>7</td>";
        assert!(text.contains(cells), "{text}");
    }
}
