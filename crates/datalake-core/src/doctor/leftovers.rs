//! What people leave behind: secrets in shell histories, copies, backups.

use super::Examination;
use super::look::{Judged, warning};
use crate::advice::{Advice, AdvisedCommand};

pub(super) fn judge_histories(seen: &Examination) -> Judged {
    let found = seen.settings.histories.seen()?;
    if found.is_empty() {
        return Ok("no secret in the ones that could be read".to_owned());
    }
    let lines = found.iter().map(|(path, lines)| {
        let numbers: Vec<_> = lines.iter().take(5).map(ToString::to_string).collect();
        format!("`{path}`, line {}", numbers.join(", "))
    });
    Err(warning(
        lines,
        "take those lines out of the file, and change the key: it stood in the list of processes, \
         too. `datalake` reads keys from a file, a descriptor or a program",
    ))
}

pub(super) fn judge_yaml_backups(seen: &Examination) -> Judged {
    let found = seen.settings.yaml_backups.seen()?;
    if found.len() < 2 {
        return Ok(format!("{} by hand", found.len()));
    }
    Err(warning(
        [format!("there are {}: {}", found.len(), found.join(", "))],
        Advice::naming(
            "`cp dagster.yaml.backup-* dagster.yaml` fails with more than one: keep the one that \
             you need, under a name of its own. {} needs none",
            [AdvisedCommand::Rollback(None)],
        ),
    ))
}

pub(super) fn judge_backups(seen: &Examination) -> Judged {
    let found = seen.settings.blind_backups.seen()?;
    let dump = seen.dagster_yaml.dump.as_ref();
    let dump = dump.map(|line| {
        format!("Dagster's database is Postgres, which a backup of files leaves out: {line}")
    });
    if found.is_empty() {
        let sound = "none that holds assets and no databases".to_owned();
        return Ok(dump.map_or(sound.clone(), |dump| format!("{sound}. {dump}")));
    }
    let lines = found.iter().map(|path| format!("`{path}` holds no run and no schedule"));
    let lines = lines.chain(dump);
    Err(warning(
        lines,
        "back up `history`, `schedules` and dagster.yaml, too, a database by `sqlite3 FILE \".backup \
         COPY\"` while Dagster runs",
    ))
}
