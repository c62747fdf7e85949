//! Samples and egress as rows.

use datalake_core::price::Span;
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use datalake_core::usage::{Tally, Usage};
use datalake_engine::{AssetUse, EgressBy, EgressNote, UsagePlace, UsageSample};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, Transaction, params, params_from_iter};

const SAMPLE: &str = "
INSERT INTO sample (place, at,
  current_count, current_bytes, current_billed,
  noncurrent_count, noncurrent_bytes, noncurrent_billed,
  markers_count, markers_bytes, markers_billed,
  uploads_count, uploads_bytes, uploads_billed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

const SAMPLES: &str = "
SELECT sample.at,
  current_count, current_bytes, current_billed,
  noncurrent_count, noncurrent_bytes, noncurrent_billed,
  markers_count, markers_bytes, markers_billed,
  uploads_count, uploads_bytes, uploads_billed
FROM sample JOIN place ON place.id = sample.place
WHERE endpoint = ?1 AND bucket = ?2 AND at >= ?3 AND at < ?4 ORDER BY at";

const ASSETS: &str = "
SELECT asset, count, bytes, billed
FROM asset_use JOIN sample ON sample.id = asset_use.sample JOIN place ON place.id = sample.place
WHERE endpoint = ?1 AND bucket = ?2 AND at = ?3 ORDER BY billed DESC, asset";

const EGRESS: &str = "
SELECT at, bytes, known_by, note FROM egress JOIN place ON place.id = egress.place
WHERE endpoint = ?1 AND bucket = ?2 AND at >= ?3 AND at < ?4 ORDER BY at, egress.id";

pub(super) fn insert_sample(
    change: &Transaction<'_>,
    place: &UsagePlace,
    sample: &UsageSample,
) -> rusqlite::Result<()> {
    let place = place_id(change, place)?;
    let at = sample.at.unix();
    change.execute("DELETE FROM sample WHERE place = ?1 AND at = ?2", params![place, at])?;
    let Usage { current, noncurrent, markers, uploads } = &sample.usage;
    let mut values = vec![place, at];
    for tally in [current, noncurrent, markers, uploads] {
        values.extend([
            store_integer(tally.count)?,
            store_integer(tally.bytes)?,
            store_integer(tally.billed)?,
        ]);
    }
    change.execute(SAMPLE, params_from_iter(values))?;
    let sample_id = change.last_insert_rowid();
    let text =
        "INSERT INTO asset_use (sample, asset, count, bytes, billed) VALUES (?1, ?2, ?3, ?4, ?5)";
    let mut insert = change.prepare(text)?;
    for AssetUse { asset, total } in &sample.assets {
        let (count, bytes) = (store_integer(total.count)?, store_integer(total.bytes)?);
        insert.execute(params![sample_id, asset, count, bytes, store_integer(total.billed)?])?;
    }
    Ok(())
}

pub(super) fn insert_egress(
    change: &Transaction<'_>,
    place: &UsagePlace,
    egress: &EgressNote,
) -> rusqlite::Result<()> {
    let place = place_id(change, place)?;
    let text = "INSERT INTO egress (place, at, bytes, known_by, note) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (at, bytes) = (egress.at.unix(), store_integer(egress.size.0)?);
    change.execute(text, params![place, at, bytes, name_origin(egress.by), egress.note])?;
    Ok(())
}

/// Removes one note, and tells whether there was one.
pub(super) fn delete_egress(
    change: &Transaction<'_>,
    place: &UsagePlace,
    egress: &EgressNote,
) -> rusqlite::Result<bool> {
    let place = place_id(change, place)?;
    let text = "DELETE FROM egress WHERE id = (SELECT id FROM egress WHERE place = ?1 AND at = ?2 \
                AND bytes = ?3 AND known_by = ?4 AND note = ?5 ORDER BY id LIMIT 1)";
    let (at, bytes) = (egress.at.unix(), store_integer(egress.size.0)?);
    let values = params![place, at, bytes, name_origin(egress.by), egress.note];
    Ok(change.execute(text, values)? > 0)
}

pub(super) fn read_samples(
    connection: &Connection,
    place: &UsagePlace,
    span: Span,
) -> rusqlite::Result<Vec<UsageSample>> {
    let mut query = connection.prepare(SAMPLES)?;
    let (endpoint, bucket) = (place.endpoint.to_string(), place.bucket.as_str());
    let (from, until) = (span.from.unix(), span.until.unix());
    let rows = query.query_map(params![endpoint, bucket, from, until], |row| {
        let usage = Usage {
            current: read_tally(row, 1)?,
            noncurrent: read_tally(row, 4)?,
            markers: read_tally(row, 7)?,
            uploads: read_tally(row, 10)?,
        };
        Ok(UsageSample { at: read_time(row, 0)?, usage, assets: Vec::new() })
    })?;
    rows.collect()
}

pub(super) fn read_assets(
    connection: &Connection,
    place: &UsagePlace,
    at: Timestamp,
) -> rusqlite::Result<Vec<AssetUse>> {
    let mut query = connection.prepare(ASSETS)?;
    let (endpoint, bucket) = (place.endpoint.to_string(), place.bucket.as_str());
    let rows = query.query_map(params![endpoint, bucket, at.unix()], |row| {
        Ok(AssetUse { asset: row.get(0)?, total: read_tally(row, 1)? })
    })?;
    rows.collect()
}

pub(super) fn read_egress(
    connection: &Connection,
    place: &UsagePlace,
    span: Span,
) -> rusqlite::Result<Vec<EgressNote>> {
    let mut query = connection.prepare(EGRESS)?;
    let (endpoint, bucket) = (place.endpoint.to_string(), place.bucket.as_str());
    let (from, until) = (span.from.unix(), span.until.unix());
    let rows = query.query_map(params![endpoint, bucket, from, until], |row| {
        let by = match row.get_ref(2)?.as_str()? {
            "datalake" => EgressBy::Datalake,
            _ => EgressBy::Operator,
        };
        let size = ByteSize(read_number(row, 1)?);
        Ok(EgressNote { at: read_time(row, 0)?, size, by, note: row.get(3)? })
    })?;
    rows.collect()
}

fn place_id(change: &Transaction<'_>, place: &UsagePlace) -> rusqlite::Result<i64> {
    let values = params![place.endpoint.to_string(), place.bucket.as_str()];
    change.execute("INSERT OR IGNORE INTO place (endpoint, bucket) VALUES (?1, ?2)", values)?;
    let text = "SELECT id FROM place WHERE endpoint = ?1 AND bucket = ?2";
    change.query_row(text, values, |row| row.get(0))
}

fn name_origin(by: EgressBy) -> &'static str {
    match by {
        EgressBy::Datalake => "datalake",
        EgressBy::Operator => "operator",
    }
}

fn store_integer(number: u64) -> rusqlite::Result<i64> {
    i64::try_from(number).map_err(|error| Error::ToSqlConversionFailure(Box::new(error)))
}

fn read_tally(row: &Row<'_>, at: usize) -> rusqlite::Result<Tally> {
    Ok(Tally {
        count: read_number(row, at)?,
        bytes: read_number(row, at + 1)?,
        billed: read_number(row, at + 2)?,
    })
}

fn read_number(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(at)?;
    u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(at, number))
}

fn read_time(row: &Row<'_>, at: usize) -> rusqlite::Result<Timestamp> {
    let unreadable = |error| Error::FromSqlConversionFailure(at, Type::Integer, Box::new(error));
    Timestamp::from_unix(row.get(at)?).map_err(unreadable)
}
