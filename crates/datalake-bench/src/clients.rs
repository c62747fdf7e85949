//! Who is measured, and the command lines with which each one is fastest.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use serde::Serialize;

use crate::Failed;
use crate::ground::Ground;
use crate::rows::Row;

/// A program that moves files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// This project's.
    Datalake,
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
pub(crate) struct Order<'a> {
    pub(crate) ground: &'a Ground,
    /// `ADDRESS:PORT`
    pub(crate) service: &'a str,
    pub(crate) row: Row,
}

impl Client {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Datalake, Self::S5cmd, Self::Rclone, Self::Obstore, Self::Aws, Self::Floor];

    /// Its name in tables and folders.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Datalake => "datalake",
            Self::S5cmd => "s5cmd",
            Self::Rclone => "rclone",
            Self::Obstore => "obstore",
            Self::Aws => "aws",
            Self::Floor => "floor",
        }
    }

    /// Whether it has to be installed.
    pub(crate) fn is_peer(self) -> bool {
        !matches!(self, Self::Datalake | Self::Floor)
    }

    /// The command line for some work; `None` where it has none for it.
    pub(crate) fn command(self, order: &Order<'_>) -> Result<Option<Command>, Failed> {
        let words = match self {
            Self::Datalake => datalake(order)?,
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

impl Order<'_> {
    fn endpoint(&self) -> String {
        format!("http://{}", self.service)
    }

    fn tool(&self, name: &str) -> String {
        text(self.ground.tools.join("peers/bin").join(name))
    }

    /// Writes a file that a client reads.
    fn file(&self, name: &str, content: &str) -> Result<String, Failed> {
        let path = self.ground.work.join(name);
        std::fs::write(&path, content)?;
        Ok(text(path))
    }
}

fn text(path: impl AsRef<Path>) -> String {
    AsRef::<OsStr>::as_ref(path.as_ref()).to_string_lossy().into_owned()
}

fn words(program: String, words: &[&str], more: &[String]) -> Vec<String> {
    let words = words.iter().map(|word| (*word).to_owned());
    std::iter::once(program).chain(words).chain(more.iter().cloned()).collect()
}

fn datalake(order: &Order<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    // Far away the usual limits count; near by there are none.
    let limits = if order.row == Row::Far { "" } else { "limits: { requests-per-second: off }\n" };
    let endpoint = order.endpoint();
    let config = order.file(
        "datalake.yaml",
        &format!("region: fsn1\nendpoint: {endpoint}\nbucket: {BUCKET}\ncredentials: {{ from: env }}\n{limits}"),
    )?;
    let (out, large) = (ground.out(Client::Datalake), ground.large());
    let there = |name: &str| format!("s3://{BUCKET}/{name}");
    let (what, more) = match order.row {
        Row::Up | Row::Unchanged | Row::Far => {
            ("sync", vec![text(ground.files()), there("up/datalake")])
        }
        Row::Down => ("sync", vec![there("source"), text(out)]),
        Row::LargeUp => ("cp", vec![text(large), there("large/datalake.bin")]),
        Row::LargeDown => ("cp", vec![there("large/source.bin"), text(out.join("large.bin"))]),
        Row::Usage | Row::FirstDu => ("du", vec![there("many/")]),
        Row::FirstLs => ("ls", vec!["--recursive".to_owned(), there("many/")]),
        Row::Names | Row::NamesAgain => ("sync", vec![text(ground.names()), there("names")]),
    };
    let place = ["--config", &config, "--state", &text(ground.work.join("state")), what];
    Ok(words(text(&ground.datalake), &place, &more))
}

/// The program itself: what stands among the tools is one in Python that starts it.
fn s5cmd_itself(order: &Order<'_>) -> String {
    let packages = std::fs::read_dir(order.ground.tools.join("peers/lib")).into_iter().flatten();
    let programs = packages.flatten().map(|it| it.path().join("site-packages/s5cmd/bin/s5cmd"));
    let found = programs.into_iter().find(|program| program.exists());
    found.map_or_else(|| order.tool("s5cmd"), text)
}

fn s5cmd(order: &Order<'_>) -> Vec<String> {
    let ground = order.ground;
    let (files, out) = (format!("{}/", text(ground.files())), ground.out(Client::S5cmd));
    let (large, out) = (text(ground.large()), text(out));
    let there = |name: &str| format!("s3://{BUCKET}/{name}");
    let parts = ["-c", "8", "-p", "16"].map(str::to_owned);
    let (what, more) = match order.row {
        Row::Up | Row::Far => ("cp", vec![files, there("up/s5cmd/")]),
        Row::Unchanged => ("sync", vec![files, there("up/s5cmd/")]),
        Row::Down => ("cp", vec![there("source/*"), format!("{out}/")]),
        Row::LargeUp => ("cp", [&parts[..], &[large, there("large/s5cmd.bin")]].concat()),
        Row::LargeDown => {
            ("cp", [&parts[..], &[there("large/source.bin"), format!("{out}/large.bin")]].concat())
        }
        Row::Usage | Row::FirstDu => ("du", vec![there("many/*")]),
        Row::FirstLs => ("ls", vec![there("many/*")]),
        Row::Names | Row::NamesAgain => {
            ("sync", vec![format!("{}/", text(ground.names())), there("names/")])
        }
    };
    let endpoint = order.endpoint();
    words(s5cmd_itself(order), &["--endpoint-url", &endpoint, "--log", "error", what], &more)
}

fn rclone(order: &Order<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let endpoint = order.endpoint();
    let config = order.file(
        "rclone.conf",
        &format!("[s]\ntype = s3\nprovider = Other\nendpoint = {endpoint}\naccess_key_id = BENCH\nsecret_access_key = bench-secret\nregion = fsn1\nlist_version = 2\nno_check_bucket = true\n"),
    )?;
    let (files, large) = (text(ground.files()), text(ground.large()));
    let out = ground.out(Client::Rclone);
    let there = |name: &str| format!("s:{BUCKET}/{name}");
    let by_time = ["--use-server-modtime", "--update"];
    let parts = ["--s3-chunk-size", "16M", "--s3-upload-concurrency", "8", "--s3-disable-checksum"];
    let ranges = ["--multi-thread-streams", "8", "--multi-thread-chunk-size", "16M"];
    let (what, flags, more): (_, &[&str], _) = match order.row {
        Row::Up | Row::Far => ("copy", &["--no-check-dest"], vec![files, there("up/rclone")]),
        Row::Unchanged => ("sync", &by_time, vec![files, there("up/rclone")]),
        Row::Down => {
            let flags = &["--no-check-dest", "--use-server-modtime", "--s3-no-head-object"];
            ("copy", flags, vec![there("source"), text(out)])
        }
        Row::LargeUp => ("copyto", &parts, vec![large, there("large/rclone.bin")]),
        Row::LargeDown => {
            ("copyto", &ranges, vec![there("large/source.bin"), text(out.join("large.bin"))])
        }
        Row::Usage | Row::FirstDu => ("size", &by_time[..1], vec![there("many")]),
        Row::FirstLs => ("lsf", &["--recursive"], vec![there("many")]),
        Row::Names | Row::NamesAgain => {
            ("sync", &by_time, vec![text(ground.names()), there("names")])
        }
    };
    let place = ["--config", &config, "--transfers", "32", "--checkers", "32", "--fast-list"];
    let tuned = ["--s3-no-head", what];
    Ok(words(order.tool("rclone"), &[&place[..], &tuned, flags].concat(), &more))
}

fn obstore(order: &Order<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let script = order.file("obstore_client.py", OBSTORE)?;
    let (files, large) = (text(ground.files()), text(ground.large()));
    let out = ground.out(Client::Obstore);
    let (what, place, path) = match order.row {
        Row::Up | Row::Far => ("up", "up/obstore", files),
        Row::Unchanged => ("unchanged", "up/obstore", files),
        Row::Down => ("down", "source", text(out)),
        Row::LargeUp => ("large-up", "large/obstore.bin", large),
        Row::LargeDown => ("large-down", "large/source.bin", text(out.join("large.bin"))),
        Row::Usage | Row::FirstDu => ("usage", "many", String::new()),
        Row::FirstLs | Row::Names | Row::NamesAgain => return Ok(Vec::new()),
    };
    let endpoint = order.endpoint();
    Ok(words(order.tool("python"), &[&script, what, &endpoint, BUCKET, place, &path], &[]))
}

fn aws(order: &Order<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    order.file(
        "aws.ini",
        "[default]\ns3 =\n  max_concurrent_requests = 32\n  multipart_chunksize = 16MB\n",
    )?;
    let (files, large) = (text(ground.files()), text(ground.large()));
    let out = ground.out(Client::Aws);
    let there = |name: &str| format!("s3://{BUCKET}/{name}");
    let (what, flags, more): (_, &[&str], _) = match order.row {
        Row::Up | Row::Far => ("cp", &["--recursive", "--quiet"], vec![files, there("up/aws")]),
        Row::Unchanged => ("sync", &["--quiet"], vec![files, there("up/aws")]),
        Row::Down => ("cp", &["--recursive", "--quiet"], vec![there("source"), text(out)]),
        Row::LargeUp => ("cp", &["--quiet"], vec![large, there("large/aws.bin")]),
        Row::LargeDown => {
            ("cp", &["--quiet"], vec![there("large/source.bin"), text(out.join("large.bin"))])
        }
        Row::Usage | Row::FirstDu | Row::FirstLs => {
            ("ls", &["--recursive", "--summarize"], vec![there("many/")])
        }
        Row::Names | Row::NamesAgain => {
            ("sync", &["--quiet"], vec![text(ground.names()), there("names")])
        }
    };
    let endpoint = order.endpoint();
    let place = ["--endpoint-url", &endpoint, "s3", what];
    Ok(words(order.tool("aws"), &[&place[..], flags].concat(), &more))
}

fn floor(order: &Order<'_>) -> Result<Vec<String>, Failed> {
    let ground = order.ground;
    let out = ground.out(Client::Floor);
    let (work, place, path) = match order.row {
        Row::Up => ("up", "up/floor/", text(ground.files()) + "/"),
        Row::Unchanged => ("unchanged", "up/floor/", text(ground.files())),
        Row::Down => ("down", "source/", text(out)),
        Row::LargeUp => ("up-large", "large/floor.bin", text(ground.large())),
        Row::LargeDown => ("down-large", "large/source.bin", text(out.join("large.bin"))),
        Row::Usage => ("list", "many/", String::from("-")),
        Row::FirstDu | Row::FirstLs | Row::Far | Row::Names | Row::NamesAgain => {
            return Ok(Vec::new());
        }
    };
    let place = format!("{BUCKET}/{place}");
    let program = text(std::env::current_exe()?);
    Ok(words(program, &["floor", work, order.service, &place, &path], &[]))
}
