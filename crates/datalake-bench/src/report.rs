//! The table.

use crate::Client;
use crate::rounds::{MeasuredRun, RowSamples, Samples};

/// All rows as a document in Markdown.
pub(crate) fn render_table(samples: &Samples) -> String {
    let others: Vec<f64> = list_samples(samples).map(|sample| sample.cost.others).collect();
    let mut text = format!(
        "{}; other programs took {:.2} processors in the median, {:.2} at most\n",
        samples.machine,
        find_median(others.iter().copied()),
        others.iter().copied().fold(0.0, f64::max),
    );
    for row in &samples.rows {
        text += &format!("\n### {}, {} rounds\n\n", row.words, row.rounds.len());
        text += "| client | wall s | × | CPU s | × | memory MiB | first output ms | requests | refused | service CPU s | compares |\n";
        text += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n";
        for client in Client::ALL {
            text += &render_line(row, client);
        }
    }
    text
}

fn list_samples(samples: &Samples) -> impl Iterator<Item = &MeasuredRun> {
    samples.rows.iter().flat_map(|row| row.rounds.iter().flatten())
}

fn render_line(row: &RowSamples, client: Client) -> String {
    let runs = || row.rounds.iter().flatten().filter(move |sample| sample.client == client);
    let Some(any) = runs().next() else { return String::new() };
    let wall = find_median(runs().map(|run| run.cost.wall));
    let cpu = find_median(runs().map(|run| run.cost.cpu));
    let memory = runs().map(|run| run.cost.memory).max().unwrap_or_default() >> 20;
    let first = find_median(runs().map(|run| run.cost.first)) * 1000.0;
    let server = find_median(runs().map(|run| run.cost.server_cpu));
    let rate = row.files.map(|files| format!(" ({:.0} files/s)", files_per_second(files, wall)));
    format!(
        "| {} | {wall:.2}{} | {} | {cpu:.2} | {} | {memory} | {first:.0} | {} | {} | {server:.2} | {} |\n",
        client.name(),
        rate.unwrap_or_default(),
        render_ratio(row, client, |sample| sample.cost.wall),
        render_ratio(row, client, |sample| sample.cost.cpu),
        any.requests,
        runs().map(|run| run.refused).max().unwrap_or_default(),
        client.compares(row.row),
    )
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn files_per_second(files: u64, seconds: f64) -> f64 {
    files as f64 / seconds
}

/// How many times as much a client takes as ours: the median over the rounds, each with itself.
fn render_ratio(row: &RowSamples, client: Client, of: impl Fn(&MeasuredRun) -> f64) -> String {
    let pairs = row.rounds.iter().filter_map(|round| {
        let by = |client| round.iter().find(|sample| sample.client == client).map(&of);
        Some(by(client)? / by(Client::Datalake)?)
    });
    let ratios: Vec<f64> = pairs.collect();
    if ratios.is_empty() { "–".to_owned() } else { format!("{:.2}", find_median(ratios)) }
}

/// The middle one; the mean of two where there are two.
fn find_median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let (upper, lower) = (values.get(middle), values.get(values.len().saturating_sub(1) / 2));
    f64::midpoint(upper.copied().unwrap_or_default(), lower.copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        for (values, expected) in [
            (vec![], 0.0),
            (vec![3.0], 3.0),
            (vec![9.0, 1.0, 2.0], 2.0),
            (vec![4.0, 1.0, 2.0, 3.0], 2.5),
        ] {
            assert!((find_median(values.clone()) - expected).abs() < 1e-9, "{values:?}");
        }
    }
}
