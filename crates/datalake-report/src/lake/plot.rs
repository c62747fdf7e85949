//! Storage over time, drawn.

use datalake_core::time::Timestamp;
use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

use super::{Ahead, LakeReport, Point};
use crate::format_size;

/// Colours that the style sheet takes for its own, light and dark.
const LINE: RGBColor = RGBColor(1, 1, 1);
const AREA: RGBColor = RGBColor(2, 2, 2);
const BAND: RGBColor = RGBColor(3, 3, 3);
const GRID: RGBColor = RGBColor(4, 4, 4);

/// The style that gives those colours their look.
pub(super) const STYLE: &str = "\
.plot [stroke=\"#010101\"] { stroke: var(--accent); }
.plot [fill=\"#020202\"] { fill: var(--warn); }
.plot [fill=\"#030303\"] { fill: var(--accent); }
.plot [stroke=\"#040404\"] { stroke: var(--line); }
.narrow { display: none; }
@media (max-width: 34rem) { .narrow { display: block; } .wide { display: none; } }
";

/// What was recorded and what is to be expected; a sentence where there is too little.
#[must_use]
pub(super) fn plot(lake: &LakeReport) -> Markup {
    let (history, ahead) = (&lake.history[..], list_ahead(lake));
    let Some(axes) = Axes::of(history, ahead) else {
        return html! { p.note {
            "Too little was recorded for a picture: `" (lake.record_command) "`, once a day, keeps it."
        } };
    };
    let label = format!(
        "Billed storage from {} to {}, up to {}",
        format_date(axes.from),
        format_date(axes.until),
        format_size(axes.most)
    );
    let draw = |class: &str, width: u32, height: u32, labels: usize| {
        let drawing = Drawing { axes, history, ahead, labels };
        let svg = drawing.svg(width, height).unwrap_or_default();
        let opening = format!("<svg class=\"plot {class}\" role=\"img\" aria-label=\"{label}\" ");
        PreEscaped(svg.replacen("<svg ", &opening, 1))
    };
    html! {
        figure {
            (draw("wide", 960, 320, 8))
            (draw("narrow", 360, 260, 3))
            figcaption {
                "The line is all that was billed, the area at the bottom what is hidden of it, the \
                 band what is to be expected."
            }
        }
    }
}

fn list_ahead(lake: &LakeReport) -> &[Ahead] {
    lake.forecast.as_ref().map_or(&[], |forecast| &forecast.ahead[..])
}

/// What the axes reach.
#[derive(Clone, Copy)]
struct Axes {
    from: i64,
    until: i64,
    most: u64,
}

impl Axes {
    fn of(history: &[Point], ahead: &[Ahead]) -> Option<Self> {
        let (first, last) = (history.first()?, history.last()?);
        let until = ahead.last().map_or(last.at, |ahead| ahead.at.max(last.at));
        let seen = history.iter().map(|point| point.billed_bytes).max()?;
        let expected = ahead.iter().flat_map(|ahead| ahead.billed_bytes).max().unwrap_or(0);
        let most = seen.max(expected).max(1);
        (until > first.at).then_some(Self { from: first.at, until, most })
    }
}

/// A picture of a size.
#[derive(Clone, Copy)]
struct Drawing<'a> {
    axes: Axes,
    history: &'a [Point],
    ahead: &'a [Ahead],
    labels: usize,
}

impl Drawing<'_> {
    fn svg(self, width: u32, height: u32) -> Option<String> {
        let mut svg = String::new();
        let drawn =
            self.draw(&SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area());
        drawn.ok().map(|()| svg)
    }

    fn draw(
        self,
        area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let Axes { from, until, most } = self.axes;
        let above = most.saturating_add(most / 20).saturating_add(1);
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(64)
            .build_cartesian_2d(from..until, 0..above)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(GRID)
            .x_labels(self.labels)
            .y_labels(5)
            .x_label_formatter(&|at| format_date(*at))
            .y_label_formatter(&|bytes| format_size(*bytes))
            .label_style(("sans-serif", 13))
            .draw()?;
        chart.draw_series([Polygon::new(self.band(), BAND.mix(0.2))])?;
        let hidden = self.history.iter().map(|point| (point.at, point.hidden_bytes));
        chart.draw_series(AreaSeries::new(hidden, 0, AREA.mix(0.5)))?;
        let likely = self.ahead.iter().map(|ahead| (ahead.at, ahead.billed_bytes[1]));
        chart.draw_series(DashedLineSeries::new(likely, 5, 5, LINE.stroke_width(2)))?;
        let seen = self.history.iter().map(|point| (point.at, point.billed_bytes));
        chart.draw_series(LineSeries::new(seen, LINE.stroke_width(2)))?;
        area.present()?;
        Ok(())
    }

    /// The outline of the band: the upper end there, the lower one back.
    fn band(self) -> Vec<(i64, u64)> {
        let upper = self.ahead.iter().map(|ahead| (ahead.at, ahead.billed_bytes[2]));
        let lower = self.ahead.iter().rev().map(|ahead| (ahead.at, ahead.billed_bytes[0]));
        upper.chain(lower).collect()
    }
}

fn format_date(seconds: i64) -> String {
    Timestamp::from_unix(seconds).map(Timestamp::date).unwrap_or_default()
}
