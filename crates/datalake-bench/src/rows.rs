//! The work that is measured.

use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use crate::ground::{Ground, compare_counts, fill_bucket, fill_names};
use crate::server::{ServedCounts, Server, ServerLimits};
use crate::{Client, Failed, Wishes};

/// A piece of work that all clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BenchRow {
    /// Small files into the bucket.
    Up,
    /// The same again, with nothing to do.
    Unchanged,
    /// Small files out of the bucket.
    Down,
    /// One large file into the bucket.
    LargeUp,
    /// One large file out of the bucket.
    LargeDown,
    /// How much lies below a prefix.
    Usage,
    /// Until the first line of `ls` stands there.
    FirstLs,
    /// Until the first line of `du` stands there.
    FirstDu,
    /// Small files into a bucket far away that allows so many requests and connections.
    Far,
    /// Very many names with nothing to do, known to nobody.
    Names,
    /// The same again.
    NamesAgain,
}

impl BenchRow {
    /// What is measured where nothing else is wished for.
    pub const USUAL: [Self; 8] = [
        Self::Up,
        Self::Unchanged,
        Self::Down,
        Self::LargeUp,
        Self::LargeDown,
        Self::Usage,
        Self::FirstLs,
        Self::FirstDu,
    ];

    /// What it is, in words.
    pub(crate) fn words(self, wishes: &Wishes) -> String {
        let Wishes { files, size, large, objects, names, .. } = wishes;
        let (small, large) = (format!("{files} files of {} KiB", size >> 10), large >> 20);
        match self {
            Self::Up => format!("{small} up"),
            Self::Unchanged => format!("{small}, nothing changed"),
            Self::Down => format!("{small} down"),
            Self::LargeUp => format!("one file of {large} MiB up"),
            Self::LargeDown => format!("one file of {large} MiB down"),
            Self::Usage => format!("usage of {objects} objects"),
            Self::FirstLs => format!("first line of a list of {objects} objects"),
            Self::FirstDu => format!("first line of the usage of {objects} objects"),
            Self::Far => format!("{small} up; 20 ms away, 750 requests/s, 256 connections"),
            Self::Names => format!("{names} files of 0 to 4 KiB, nothing to do, no manifest"),
            Self::NamesAgain => format!("{names} files of 0 to 4 KiB, nothing to do, by manifest"),
        }
    }

    /// What its service keeps clients within.
    pub(crate) fn limits(self) -> ServerLimits {
        match self {
            Self::Far => ServerLimits {
                latency: Duration::from_millis(20),
                requests: Some(750),
                connections: Some(256),
            },
            _ => ServerLimits::default(),
        }
    }

    /// Makes what all clients work on.
    pub(crate) fn begin(self, ground: &Ground, server: &Server) -> Result<(), Failed> {
        match self {
            Self::Up | Self::Unchanged | Self::Far => ground.make_files(),
            Self::LargeUp => ground.make_large(),
            Self::Down | Self::LargeDown | Self::Usage | Self::FirstLs | Self::FirstDu => {
                fill_bucket(server, &ground.wishes);
                Ok(())
            }
            Self::Names | Self::NamesAgain => {
                ground.make_names()?;
                fill_names(server, &ground.wishes);
                Ok(())
            }
        }
    }

    /// Puts all back to how it was before a client's turn.
    pub(crate) fn prepare(
        self,
        ground: &Ground,
        server: &Server,
        client: Client,
    ) -> Result<(), Failed> {
        match self {
            Self::Up | Self::Far => server.store().clear(&format!("up/{}/", client.name())),
            Self::LargeUp => server.store().remove(&large_key(client)),
            Self::Down | Self::LargeDown => ground.clear_out(client)?,
            _ => (),
        }
        if client.is_ours() && !matches!(self, Self::Unchanged | Self::NamesAgain) {
            // Without a record of earlier runs it has as much to do as anybody.
            let state = ground.state(client);
            if state.exists() {
                std::fs::remove_dir_all(state)?;
            }
        }
        server.take_counts();
        Ok(())
    }

    /// Whether a client has done the work.
    pub(crate) fn check(
        self,
        ground: &Ground,
        client: Client,
        served: &Served<'_>,
    ) -> Result<(), Failed> {
        let Served { server, counts } = *served;
        let Wishes { files, size, large, .. } = ground.wishes;
        match self {
            Self::Up | Self::Far => {
                let there = server.store().sum(&format!("up/{}/", client.name()));
                compare_counts(client, (files, files * size), there)
            }
            Self::LargeUp => {
                compare_counts(client, (1, large), server.store().sum(&large_key(client)))
            }
            Self::Down => ground.check_files(client),
            Self::LargeDown => ground.check_large(client),
            _ => compare_counts(client, (0, 0), (counts.writes, 0)),
        }
    }
}

/// The service after a client's work, and what it has counted meanwhile.
pub(crate) struct Served<'a> {
    pub(crate) server: &'a Server,
    pub(crate) counts: ServedCounts,
}

fn large_key(client: Client) -> String {
    format!("large/{}.bin", client.name())
}
