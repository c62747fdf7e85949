//! Amounts over time, drawn: what was recorded, what is to be expected, today's value.

mod month_axis;

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use self::month_axis::MonthAxis;

/// Colours that the style sheet takes for its own, light and dark.
const LINE: RGBColor = RGBColor(1, 1, 1);
const AREA: RGBColor = RGBColor(2, 2, 2);
const BAND: RGBColor = RGBColor(3, 3, 3);
const GRID: RGBColor = RGBColor(4, 4, 4);
const LIMIT: RGBColor = RGBColor(5, 5, 5);

/// The style that gives those colours their look.
pub(crate) const STYLE: &str = include_str!("chart/chart.css");

/// What is drawn. Times are seconds after 1970.
#[derive(Clone, Copy)]
pub(crate) struct Chart<'a> {
    /// What the picture shows.
    pub label: &'a str,
    /// What the line is called in the legend.
    pub line_name: &'a str,
    /// What was recorded, the oldest first.
    pub line: &'a [(i64, u64)],
    /// A part of it, with its name.
    pub part: Option<(&'a str, &'a [(i64, u64)])>,
    /// What is to be expected: low, likely, high.
    pub ahead: &'a [(i64, [u64; 3])],
    /// What is not to be passed, with its name.
    pub limit: Option<(&'a str, u64)>,
    /// An amount as text.
    pub format: &'a dyn Fn(u64) -> String,
}

/// How large a picture is, and how many labels it has room for.
#[derive(Clone, Copy)]
struct Size {
    class: &'static str,
    width: u32,
    height: u32,
    labels: usize,
    font: u32,
}

const WIDE: Size = Size { class: "wide", width: 960, height: 300, labels: 10, font: 15 };
const NARROW: Size = Size { class: "narrow", width: 360, height: 260, labels: 4, font: 15 };

type Cartesian<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<MonthAxis, plotters::coord::types::RangedCoordu64>,
>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

impl Chart<'_> {
    /// The picture, wide and narrow, with its legend; nothing where there is only a point.
    #[must_use]
    pub(crate) fn draw_line(&self) -> Option<Markup> {
        let from = self.line.first()?.0;
        let latest = self.line.last()?;
        let until = self.ahead.last().map_or(latest.0, |ahead| ahead.0.max(latest.0));
        let most = self.line.iter().map(|point| point.1);
        let expected = self.ahead.iter().flat_map(|ahead| ahead.1);
        let most = most.chain(expected).chain(self.limit.map(|limit| limit.1)).max()?.max(1);
        (until > from).then(|| {
            let axes = Axes { from, until, most: most.saturating_add(most / 8) };
            html! {
                figure {
                    (self.draw_size(axes, WIDE))
                    (self.draw_size(axes, NARROW))
                    (self.draw_legend(latest.1))
                }
            }
        })
    }

    fn draw_legend(&self, latest: u64) -> Markup {
        html! {
            ul.legend {
                li { (draw_swatch("line")) (self.line_name) ", today " strong { ((self.format)(latest)) } }
                @if let Some((name, _)) = self.part { li { (draw_swatch("area")) (name) } }
                @if !self.ahead.is_empty() {
                    li { (draw_swatch("dashed")) "expected" }
                    li { (draw_swatch("band")) "range of what is expected" }
                }
                @if let Some((name, limit)) = self.limit {
                    li { (draw_swatch("limit")) (name) " " ((self.format)(limit)) }
                }
            }
        }
    }

    fn draw_size(&self, axes: Axes, size: Size) -> Markup {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, (size.width, size.height)).into_drawing_area();
        let drawn = self.draw_area(&area, axes, size);
        drop(area);
        let label = html! { (self.label) }.into_string();
        let opening =
            format!("<svg class=\"plot {}\" role=\"img\" aria-label=\"{label}\" ", size.class);
        match drawn {
            Ok(()) => PreEscaped(svg.replacen("<svg ", &opening, 1)),
            Err(_) => html! {},
        }
    }

    fn draw_area(
        &self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
        axes: Axes,
        size: Size,
    ) -> Drawn {
        let axis = MonthAxis::new(axes.from, axes.until, size.labels);
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(20)
            .x_label_area_size(28)
            .y_label_area_size(84)
            .build_cartesian_2d(axis.clone(), 0..axes.most)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .x_labels(size.labels)
            .y_labels(5)
            .x_label_formatter(&|at| axis.label_month(*at))
            .y_label_formatter(&|amount| (self.format)(*amount))
            .label_style(("sans-serif", size.font))
            .draw()?;
        self.draw_series(&mut chart)?;
        self.mark_today(&mut chart, axes, size.font)?;
        area.present()?;
        Ok(())
    }

    fn draw_series(&self, chart: &mut Cartesian<'_, '_>) -> Drawn {
        chart.draw_series([Polygon::new(self.outline_band(), BAND.mix(0.2))])?;
        if let Some((_, part)) = self.part {
            chart.draw_series(AreaSeries::new(part.iter().copied(), 0, AREA.mix(0.5)))?;
        }
        if let (Some((_, limit)), Some(first)) = (self.limit, self.line.first()) {
            let until = self.ahead.last().map_or(first.0, |ahead| ahead.0);
            let until = self.line.last().map_or(until, |last| until.max(last.0));
            let line = [(first.0, limit), (until, limit)];
            chart.draw_series(DashedLineSeries::new(line, 9, 4, LIMIT.stroke_width(2)))?;
        }
        let likely = self.ahead.iter().map(|(at, [_, likely, _])| (*at, *likely));
        chart.draw_series(DashedLineSeries::new(likely, 5, 5, LINE.stroke_width(2)))?;
        chart.draw_series(LineSeries::new(self.line.iter().copied(), LINE.stroke_width(2)))?;
        Ok(())
    }

    /// A point at the newest value, with the value beside it where there is room.
    fn mark_today(&self, chart: &mut Cartesian<'_, '_>, axes: Axes, font: u32) -> Drawn {
        let Some(latest) = self.line.last().copied() else { return Ok(()) };
        chart.draw_series([Circle::new(latest, 4, LINE.filled())])?;
        let is_left = latest.0 - axes.from < (axes.until - axes.from) / 2;
        let side = if is_left { HPos::Left } else { HPos::Right };
        let style =
            ("sans-serif", font + 1).into_font().color(&BLACK).pos(Pos::new(side, VPos::Bottom));
        let above = axes.most / 30;
        let place = (latest.0, latest.1.saturating_add(above).min(axes.most));
        chart.draw_series([Text::new((self.format)(latest.1), place, style)])?;
        Ok(())
    }

    /// The outline of the band: the upper end there, the lower one back.
    fn outline_band(&self) -> Vec<(i64, u64)> {
        let upper = self.ahead.iter().map(|(at, [_, _, high])| (*at, *high));
        let lower = self.ahead.iter().rev().map(|(at, [low, _, _])| (*at, *low));
        upper.chain(lower).collect()
    }
}

/// What the axes reach.
#[derive(Clone, Copy)]
struct Axes {
    from: i64,
    until: i64,
    most: u64,
}

/// What a line or area of the legend looks like.
fn draw_swatch(class: &str) -> Markup {
    html! {
        svg.swatch.(class) viewBox="0 0 28 12" aria-hidden="true" {
            @match class {
                "area" | "band" => rect x="0" y="1" width="28" height="10" {},
                _ => line x1="0" y1="6" x2="28" y2="6" {},
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datalake_core::size::format_size;

    const DAY: i64 = 86_400;
    /// 2026-11-01.
    const BEGIN: i64 = 1_793_491_200;

    fn draw_chart(line: &[(i64, u64)]) -> Option<String> {
        let ahead =
            [(BEGIN + 60 * DAY, [6_000, 7_000, 8_000]), (BEGIN + 90 * DAY, [6_000, 8_000, 9_000])];
        let chart = Chart {
            label: "Stored <bytes>",
            line_name: "billed",
            line,
            part: Some(("hidden", line)),
            ahead: &ahead,
            limit: Some(("budget", 9_500)),
            format: &format_size,
        };
        chart.draw_line().map(Markup::into_string)
    }

    #[test]
    fn months_stand_on_the_axis_and_today_has_its_value() {
        let text = draw_chart(&[(BEGIN, 5_000), (BEGIN + 60 * DAY, 6_500)]).unwrap();

        assert!(text.contains("Dec") && text.contains("Jan 2027"), "{text}");
        assert!(text.contains("today <strong>6.5 kB</strong>"), "{text}");
        assert!(text.contains("budget 9.5 kB"), "{text}");
        assert!(text.contains("aria-label=\"Stored &lt;bytes&gt;\""), "{text}");
        assert_eq!(text.matches("<circle").count(), 2, "{text}");
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        assert_eq!(draw_chart(&[]), None);
    }
}
