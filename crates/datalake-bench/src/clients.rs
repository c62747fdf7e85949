//! Who is measured, and the command lines with which each one is fastest.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use serde::Serialize;

use crate::Failed;
use crate::ground::Ground;
use crate::rows::BenchRow;

/// A program that moves files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// This project's: what it moves is compared.
    Datalake,
    /// The same, which leaves comparing to the service.
    Trusting,
    /// The one in Go over the SDK of AWS.
    S5cmd,
    /// With 32 transfers and all that spares it requests.
    Rclone,
    /// The Rust library `object_store`, driven from Python.
    Obstore,
    /// The official one, version 1.
    Aws,
    /// The same bytes over plain sockets; see `floor`.
    Floor,
}

/// The bucket of all.
pub(crate) const BUCKET: &str = "bench";

const OBSTORE: &str = include_str!("obstore_client.py");

/// Where the service is, and what the client works on.
pub(crate) struct ClientOrder<'a> {
    pub(crate) ground: &'a Ground,
    /// `ADDRESS:PORT`
    pub(crate) service: &'a str,
    pub(crate) row: BenchRow,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Datalake,
        Self::Trusting,
        Self::S5cmd,
        Self::Rclone,
        Self::Obstore,
        Self::Aws,
        Self::Floor,
    ];

    /// Its name in tables and folders.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Datalake => "datalake",
            Self::Trusting => "trusting",
            Self::S5cmd => "s5cmd",
            Self::Rclone => "rclone",
            Self::Obstore => "obstore",
            Self::Aws => "aws",
            Self::Floor => "floor",
        }
    }

    /// Whether it has to be installed.
    pub(crate) fn is_peer(self) -> bool {
        !matches!(self, Self::Floor) && !self.is_ours()
    }

    /// Whether it is this project's.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Self::Datalake | Self::Trusting)
    }

    /// What it compares of the contents that it moves, by itself.
    pub(crate) fn compares(self, row: BenchRow) -> &'static str {
        use BenchRow::{Down, Far, LargeDown, LargeUp, Up};
        match (self, row) {
            (Self::Datalake | Self::Trusting, Up | Far) => "each tag",
            (Self::Datalake, LargeUp) => "each part's tag, tag of all",
            (Self::Datalake, LargeDown) => "parts with the tag of all",
            (Self::Trusting, LargeUp) => "tag of all",
            (Self::Datalake | Self::Trusting | Self::Rclone, Down) | (Self::Rclone, Up | Far) => {
                "MD5 with the tag"
            }
            (_, Up | Far | Down | LargeUp | LargeDown) => "lengths",
            _ => "",
        }
    }

    /// The command line for some work; `None` where it has none for it.
    pub(crate) fn command(self, order: &ClientOrder<'_>) -> Result<Option<Command>, Failed> {
        let words = match self {
            Self::Datalake | Self::Trusting => datalake(order, self)?,
            Self::S5cmd => s5cmd(order),
            Self::Rclone => rclone(order)?,
            Self::Obstore => obstore(order)?,
            Self::Aws => aws(order)?,
            Self::Floor => floor(order)?,
        };
        let Some((program, words)) = words.split_first() else { return Ok(None) };
        let mut command = Command::new(program);
        command.args(words).env_clear().current_dir(&order.ground.work);
        command.envs([
            ("AWS_ACCESS_KEY_ID", "BENCH"),
            ("AWS_SECRET_ACCESS_KEY", "bench-secret"),
            ("AWS_REGION", "fsn1"),
            ("AWS_DEFAULT_REGION", "fsn1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),
            ("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required"),
            ("AWS_CONFIG_FILE", "aws.ini"),
            ("PATH", "/usr/bin:/bin"),
        ]);
        command.env("HOME", order.ground.work.join("home"));
        Ok(Some(command))
    }
}

impl ClientOrder<'_> {
    fn endpoint(&self) -> String {
        format!("http://{}", self.service)
    }

    fn tool(&self, name: &str) -> String {
        show_path(self.ground.tools.join("peers/bin").join(name))
    }

    /// Writes a file that a client reads.
    fn file(&self, name: &str, content: &str) -> Result<String, Failed> {
        let path = self.ground.work.join(name);
        std::fs::write(&path, content)?;
        Ok(show_path(path))
    }
}

fn show_path(path: impl AsRef<Path>) -> String {
    AsRef::<OsStr>::as_ref(path.as_ref()).to_string_lossy().into_owned()
}

fn join_words(program: String, words: &[&str], more: &[String]) -> Vec<String> {
    let words = words.iter().map(|word| (*word).to_owned());
    std::iter::once(program).chain(words).chain(more.iter().cloned()).collect()
}

fn datalake(order: &ClientOrder<'_>, client: Client) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let moves = matches!(
        order.row,
        BenchRow::Up
            | BenchRow::Unchanged
            | BenchRow::Far
            | BenchRow::Down
            | BenchRow::LargeUp
            | BenchRow::LargeDown
    );
    if client == Client::Trusting && !moves {
        return Ok(Vec::new());
    }
    // Far away Hetzner's limits count; else the default settings, which have none elsewhere.
    let limits =
        if order.row == BenchRow::Far { "limits: { requests-per-second: 750 }\n" } else { "" };
    let endpoint = order.endpoint();
    let config = order.file(
        "datalake.yaml",
        &format!("region: fsn1\nendpoint: {endpoint}\nbucket: {BUCKET}\ncredentials: {{ from: env }}\n{limits}"),
    )?;
    let (out, large) = (ground.out(client), ground.large());
    let there = |name: &str| format!("s3://{BUCKET}/{name}");
    let (what, more) = match order.row {
        BenchRow::Up | BenchRow::Unchanged | BenchRow::Far => {
            ("sync", vec![show_path(ground.files()), there(&format!("up/{}", client.name()))])
        }
        BenchRow::Down => ("sync", vec![there("source"), show_path(out)]),
        BenchRow::LargeUp => {
            ("cp", vec![show_path(large), there(&format!("large/{}.bin", client.name()))])
        }
        BenchRow::LargeDown => {
            ("cp", vec![there("large/source.bin"), show_path(out.join("large.bin"))])
        }
        BenchRow::Usage | BenchRow::FirstDu => ("du", vec![there("many/")]),
        BenchRow::FirstLs => ("ls", vec!["--recursive".to_owned(), there("many/")]),
        BenchRow::Names | BenchRow::NamesAgain => {
            ("sync", vec![show_path(ground.names()), there("names")])
        }
    };
    let state = show_path(ground.state(client));
    let mut place = vec!["--config", &config, "--state", &state, what];
    if client == Client::Trusting {
        place.push("--trust-service");
    }
    Ok(join_words(show_path(&ground.datalake), &place, &more))
}

/// The program itself: what stands among the tools is one in Python that starts it.
fn s5cmd_itself(order: &ClientOrder<'_>) -> String {
    let packages = std::fs::read_dir(order.ground.tools.join("peers/lib")).into_iter().flatten();
    let programs = packages.flatten().map(|it| it.path().join("site-packages/s5cmd/bin/s5cmd"));
    let found = programs.into_iter().find(|program| program.exists());
    found.map_or_else(|| order.tool("s5cmd"), show_path)
}

fn s5cmd(order: &ClientOrder<'_>) -> Vec<String> {
    let ground = order.ground;
    let (files, out) = (format!("{}/", show_path(ground.files())), ground.out(Client::S5cmd));
    let (large, out) = (show_path(ground.large()), show_path(out));
    let there = |name: &str| format!("s3://{BUCKET}/{name}");
    let parts = ["-c", "8", "-p", "16"].map(str::to_owned);
    let (what, more) = match order.row {
        BenchRow::Up | BenchRow::Far => ("cp", vec![files, there("up/s5cmd/")]),
        BenchRow::Unchanged => ("sync", vec![files, there("up/s5cmd/")]),
        BenchRow::Down => ("cp", vec![there("source/*"), format!("{out}/")]),
        BenchRow::LargeUp => ("cp", [&parts[..], &[large, there("large/s5cmd.bin")]].concat()),
        BenchRow::LargeDown => {
            ("cp", [&parts[..], &[there("large/source.bin"), format!("{out}/large.bin")]].concat())
        }
        BenchRow::Usage | BenchRow::FirstDu => ("du", vec![there("many/*")]),
        BenchRow::FirstLs => ("ls", vec![there("many/*")]),
        BenchRow::Names | BenchRow::NamesAgain => {
            ("sync", vec![format!("{}/", show_path(ground.names())), there("names/")])
        }
    };
    let endpoint = order.endpoint();
    join_words(s5cmd_itself(order), &["--endpoint-url", &endpoint, "--log", "error", what], &more)
}

fn rclone(order: &ClientOrder<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let endpoint = order.endpoint();
    let config = order.file(
        "rclone.conf",
        &format!("[s]\ntype = s3\nprovider = Other\nendpoint = {endpoint}\naccess_key_id = BENCH\nsecret_access_key = bench-secret\nregion = fsn1\nlist_version = 2\nno_check_bucket = true\n"),
    )?;
    let (files, large) = (show_path(ground.files()), show_path(ground.large()));
    let out = ground.out(Client::Rclone);
    let there = |name: &str| format!("s:{BUCKET}/{name}");
    let by_time = ["--use-server-modtime", "--update"];
    let parts = ["--s3-chunk-size", "16M", "--s3-upload-concurrency", "8", "--s3-disable-checksum"];
    let ranges = ["--multi-thread-streams", "8", "--multi-thread-chunk-size", "16M"];
    let (what, flags, more): (_, &[&str], _) = match order.row {
        BenchRow::Up | BenchRow::Far => {
            ("copy", &["--no-check-dest"], vec![files, there("up/rclone")])
        }
        BenchRow::Unchanged => ("sync", &by_time, vec![files, there("up/rclone")]),
        BenchRow::Down => {
            let flags = &["--no-check-dest", "--use-server-modtime", "--s3-no-head-object"];
            ("copy", flags, vec![there("source"), show_path(out)])
        }
        BenchRow::LargeUp => ("copyto", &parts, vec![large, there("large/rclone.bin")]),
        BenchRow::LargeDown => {
            ("copyto", &ranges, vec![there("large/source.bin"), show_path(out.join("large.bin"))])
        }
        BenchRow::Usage | BenchRow::FirstDu => ("size", &by_time[..1], vec![there("many")]),
        BenchRow::FirstLs => ("lsf", &["--recursive"], vec![there("many")]),
        BenchRow::Names | BenchRow::NamesAgain => {
            ("sync", &by_time, vec![show_path(ground.names()), there("names")])
        }
    };
    let place = ["--config", &config, "--transfers", "32", "--checkers", "32", "--fast-list"];
    let tuned = ["--s3-no-head", what];
    Ok(join_words(order.tool("rclone"), &[&place[..], &tuned, flags].concat(), &more))
}

fn obstore(order: &ClientOrder<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let script = order.file("obstore_client.py", OBSTORE)?;
    let (files, large) = (show_path(ground.files()), show_path(ground.large()));
    let out = ground.out(Client::Obstore);
    let (what, place, path) = match order.row {
        BenchRow::Up | BenchRow::Far => ("up", "up/obstore", files),
        BenchRow::Unchanged => ("unchanged", "up/obstore", files),
        BenchRow::Down => ("down", "source", show_path(out)),
        BenchRow::LargeUp => ("large-up", "large/obstore.bin", large),
        BenchRow::LargeDown => ("large-down", "large/source.bin", show_path(out.join("large.bin"))),
        BenchRow::Usage | BenchRow::FirstDu => ("usage", "many", String::new()),
        BenchRow::FirstLs | BenchRow::Names | BenchRow::NamesAgain => return Ok(Vec::new()),
    };
    let endpoint = order.endpoint();
    Ok(join_words(order.tool("python"), &[&script, what, &endpoint, BUCKET, place, &path], &[]))
}

fn aws(order: &ClientOrder<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    order.file(
        "aws.ini",
        "[default]\ns3 =\n  max_concurrent_requests = 32\n  multipart_chunksize = 16MB\n",
    )?;
    let (files, large) = (show_path(ground.files()), show_path(ground.large()));
    let out = ground.out(Client::Aws);
    let there = |name: &str| format!("s3://{BUCKET}/{name}");
    let (what, flags, more): (_, &[&str], _) = match order.row {
        BenchRow::Up | BenchRow::Far => {
            ("cp", &["--recursive", "--quiet"], vec![files, there("up/aws")])
        }
        BenchRow::Unchanged => ("sync", &["--quiet"], vec![files, there("up/aws")]),
        BenchRow::Down => {
            ("cp", &["--recursive", "--quiet"], vec![there("source"), show_path(out)])
        }
        BenchRow::LargeUp => ("cp", &["--quiet"], vec![large, there("large/aws.bin")]),
        BenchRow::LargeDown => {
            ("cp", &["--quiet"], vec![there("large/source.bin"), show_path(out.join("large.bin"))])
        }
        BenchRow::Usage | BenchRow::FirstDu | BenchRow::FirstLs => {
            ("ls", &["--recursive", "--summarize"], vec![there("many/")])
        }
        BenchRow::Names | BenchRow::NamesAgain => {
            ("sync", &["--quiet"], vec![show_path(ground.names()), there("names")])
        }
    };
    let endpoint = order.endpoint();
    let place = ["--endpoint-url", &endpoint, "s3", what];
    Ok(join_words(order.tool("aws"), &[&place[..], flags].concat(), &more))
}

fn floor(order: &ClientOrder<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let out = ground.out(Client::Floor);
    let (work, place, path) = match order.row {
        BenchRow::Up => ("up", "up/floor/", show_path(ground.files()) + "/"),
        BenchRow::Unchanged => ("unchanged", "up/floor/", show_path(ground.files())),
        BenchRow::Down => ("down", "source/", show_path(out)),
        BenchRow::LargeUp => ("up-large", "large/floor.bin", show_path(ground.large())),
        BenchRow::LargeDown => ("down-large", "large/source.bin", show_path(out.join("large.bin"))),
        BenchRow::Usage => ("list", "many/", String::from("-")),
        BenchRow::FirstDu
        | BenchRow::FirstLs
        | BenchRow::Far
        | BenchRow::Names
        | BenchRow::NamesAgain => {
            return Ok(Vec::new());
        }
    };
    let place = format!("{BUCKET}/{place}");
    let program = show_path(std::env::current_exe()?);
    Ok(join_words(program, &["floor", work, order.service, &place, &path], &[]))
}
