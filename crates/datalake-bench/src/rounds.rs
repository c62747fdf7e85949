//! All clients in turn, again and again.

use serde::Serialize;

use crate::clients::ClientOrder;
use crate::ground::Ground;
use crate::measure::{MeasuredCost, measure_program};
use crate::rows::Served;
use crate::server::Server;
use crate::{BenchRow, Client, Failed, Wishes, peers, tell_operator};

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Samples {
    pub(crate) rows: Vec<RowSamples>,
    /// The machine, in words.
    pub(crate) machine: String,
}

/// What was measured of one piece of work.
#[derive(Debug, Serialize)]
pub(crate) struct RowSamples {
    pub(crate) row: BenchRow,
    pub(crate) words: String,
    /// How many files it moves, where a rate tells something.
    pub(crate) files: Option<u64>,
    pub(crate) rounds: Vec<Vec<MeasuredRun>>,
}

/// One run.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct MeasuredRun {
    pub(crate) client: Client,
    pub(crate) cost: MeasuredCost,
    pub(crate) requests: u64,
    pub(crate) refused: u64,
}

/// Measures all rows.
pub(crate) fn measure_rows(wishes: &Wishes) -> Result<Samples, Failed> {
    let ground = Ground::new(wishes)?;
    if wishes.clients.iter().any(|client| client.is_peer()) {
        peers::install_clients(&ground.tools)?;
    }
    let near = Server::start(BenchRow::Up.limits())?;
    let mut rows = Vec::new();
    for row in &wishes.rows {
        let far = if *row == BenchRow::Far { Some(Server::start(row.limits())?) } else { None };
        let server = far.as_ref().unwrap_or(&near);
        row.begin(&ground, server)?;
        let mut rounds = Vec::new();
        for round in 0..wishes.rounds.max(1) {
            rounds.push(measure_round(&ground, server, *row, round)?);
        }
        let files = (*row == BenchRow::Far).then_some(wishes.files);
        rows.push(RowSamples { row: *row, words: row.words(wishes), files, rounds });
    }
    Ok(Samples { rows, machine: describe_machine() })
}

fn measure_round(
    ground: &Ground,
    server: &Server,
    row: BenchRow,
    round: usize,
) -> Result<Vec<MeasuredRun>, Failed> {
    let mut samples = Vec::new();
    let mut clients = ground.wishes.clients.clone();
    // Nobody is always the first one.
    let first = round % clients.len().max(1);
    clients.rotate_left(first);
    for client in clients {
        // The slow one would take longer than all others together.
        if client == Client::Aws && round > 0 {
            continue;
        }
        let service = server.address.to_string();
        let order = ClientOrder { ground, service: &service, row };
        let Some(mut command) = client.command(&order)? else { continue };
        row.prepare(ground, server, client)?;
        let ended = measure_program(&mut command, &ground.work.join("log")).and_then(|cost| {
            let counts = server.take_counts();
            row.check(ground, client, &Served { server, counts }).map(|()| (cost, counts))
        });
        let (cost, counts) = match ended {
            Ok(ended) => ended,
            // What others do wrong now and then is told, and no reason to end.
            Err(failed) if client.is_peer() => {
                tell_operator(&format!("{row:?} {round} {}: {failed}", client.name()));
                continue;
            }
            Err(failed) => return Err(failed),
        };
        let MeasuredCost { wall, cpu, .. } = cost;
        tell_operator(&format!("{row:?} {round} {}: {wall:.2} s, {cpu:.2} CPU s", client.name()));
        let (requests, refused) = (counts.requests, counts.refused);
        samples.push(MeasuredRun { client, cost, requests, refused });
    }
    Ok(samples)
}

/// Processor and number of them, for the table.
fn describe_machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{count} × {model}")
}
