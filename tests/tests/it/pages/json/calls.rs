//! The calls whose documents are shown.

use std::fs;

use serde_json::Value;

use crate::support::{Call, Shelf};

/// Words and exit code of each call, in an order in which one prepares the next.
pub(super) const CALLS: [(&str, i32); 85] = [
    ("init --region fsn1 --bucket acme-dagster-assets", 0),
    ("config show", 0),
    ("config explain", 0),
    ("config paths", 0),
    ("discover", 0),
    ("provision --dry-run", 3),
    ("provision --yes", 0),
    ("provision --yes --bucket=NO", 78),
    ("status", 0),
    ("bucket list", 0),
    ("bucket create acme-reports", 0),
    ("bucket show", 0),
    ("access show", 0),
    ("access plan --config roles.yaml", 3),
    ("access simulate anonymous GetObject raw/a.csv", 0),
    ("access grant AKLOOK --project p7654321 --as observer --config roles.yaml --dry-run", 3),
    ("access adopt --dry-run", 0),
    ("bucket versioning show", 0),
    ("bucket lifecycle show", 0),
    ("bucket lifecycle set --expire tmp/:7d --noncurrent 30d --abort-uploads 7d", 0),
    ("bucket cors set cors.json", 0),
    ("bucket cors show", 0),
    ("bucket lock show", 0),
    ("bucket delete --confirm acme-reports acme-reports", 0),
    ("sync --dry-run data s3://acme-dagster-assets/raw", 3),
    ("sync --transfers 1 data s3://acme-dagster-assets/raw", 0),
    ("put notes.txt reports/notes.txt", 0),
    ("verify data s3://acme-dagster-assets/raw", 0),
    ("scrub --subset 50% --round 1 data s3://acme-dagster-assets/raw", 0),
    ("bucket uploads list", 0),
    ("bucket uploads abort --yes --older-than 7d", 0),
    ("ls raw/", 0),
    ("ls -r", 0),
    ("ls --versions reports/", 0),
    ("du --depth 2", 0),
    ("tree", 0),
    ("stat reports/notes.txt", 0),
    ("rm --dry-run reports/notes.txt", 3),
    ("rm --yes reports/notes.txt", 0),
    ("presign get raw/a.csv", 0),
    ("cost estimate --storage 100GB --egress 100GB --month 2026-11", 0),
    ("cost compare --storage 2.5TB --egress 3TB --month 2026-11", 0),
    ("cost report", 0),
    ("cost whatif --compress 3 --egress 500GB", 0),
    ("usage record", 0),
    ("usage egress 120GB --note Modal", 0),
    ("usage show", 0),
    ("cost check --budget 10EUR", 0),
    ("report", 0),
    ("report --html lake.html", 0),
    ("migrate backup --home home --to home.tar.zst", 0),
    ("migrate backup --check home.tar.zst", 0),
    ("migrate kinds", 0),
    ("migrate plan --home home", 3),
    ("migrate run --home home --yes --while-running", 0),
    ("migrate status --home home", 0),
    ("migrate verify --home home", 0),
    ("migrate report --home home", 0),
    ("migrate back plan --home home", 0),
    ("migrate back run --home home --yes --while-running", 0),
    (
        "migrate check --home home --python ./recorded-python --python-file code/defs.py --working-directory code",
        0,
    ),
    ("migrate free --home home --dry-run", 3),
    ("migrate free --home home --confirm acme-dagster-assets", 0),
    ("lake snippet delta", 0),
    ("dagster init --dry-run project", 3),
    ("dagster init project", 0),
    ("rm --yes assets/users", 0),
    ("restore assets/users --dry-run", 3),
    ("restore assets/ --at 2020-01-01 --dry-run", 3),
    ("doctor --only key", 0),
    ("doctor --explain host-dashed-env-file", 0),
    ("put one.json sales/_delta_log/00000000000000000000.json", 0),
    ("put two.json sales/_delta_log/00000000000000000000.json", 0),
    ("bucket create acme-tables", 0),
    ("tables list", 0),
    ("tables recover", 3),
    ("tables move s3://acme-dagster-assets/sales/ s3://acme-tables/sales/", 0),
    ("modal init project", 0),
    ("history", 0),
    ("history RUN", 0),
    ("rollback --dry-run", 3),
    ("rollback --yes", 0),
    ("completions bash", 0),
    ("schema", 0),
    ("schema history", 0),
];

const CORS: &[u8] = br#"{ "CORSRules": [{ "AllowedMethods": ["GET"], "AllowedOrigins": ["https://lake.example.org"] }] }"#;

/// A commit of a Delta table.
const COMMIT: &[u8] = br#"{"add":{"path":"day=1/part-1.parquet","size":512,"partitionValues":{"day":"1"},"stats":"{\"numRecords\":5}"}}
{"commitInfo":{"timestamp":1764500000123,"operation":"WRITE"}}
"#;

/// The call before which an upload is begun and left.
const BEFORE_UPLOADS: &str = "bucket uploads list";
/// The call during which the service has faults.
const FAULTY: &str = "sync --transfers 1 data s3://acme-dagster-assets/raw";

/// A host, a service, some files and a home of Dagster.
pub(super) struct Stage(Shelf);

impl Stage {
    pub(super) fn new() -> Self {
        let stage = Self(Shelf::without_bucket());
        for (name, content) in [
            ("data/a.csv", &b"one,two\n"[..]),
            ("data/b/c.csv", b"three\n"),
            ("notes.txt", b"notes\n"),
            (
                "roles.yaml",
                b"access: { modal: { project: p7654321, key: AKMODAL, as: modal-worker } }\n",
            ),
            ("cors.json", CORS),
            ("one.json", COMMIT),
            ("two.json", b"{}\n"),
            ("home/storage/users", b"\x80\x04K*."),
            ("home/storage/daily/2026-11-01", b"\x80\x04K*."),
            ("home/history/runs.db", b"a database stays\n"),
            ("project/README.md", b"A project.\n"),
        ] {
            let path = stage.0.host.work().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        crate::migrate::record_dagster(&stage.0.host.work(), "acme-dagster-assets", "null");
        stage
    }

    /// What the call prints, document by document; or why it is not the call that it should be.
    pub(super) fn documents(&self, words: &str, code: i32) -> Result<Vec<Value>, String> {
        if words == BEFORE_UPLOADS {
            self.0.begin("reports/unfinished", &[1000]);
        }
        let faults = if words == FAULTY { "500 on PUT times 1" } else { "" };
        self.0.service.set_faults(faults);
        let named = if words.ends_with(" RUN") {
            words.replace("RUN", &self.find_last_run())
        } else {
            words.to_owned()
        };
        let call = self.0.call(&format!("{named} --json"));
        let modal = |call: Call| {
            call.env("DATALAKE_MODAL__SECRET", "hetzner-s3")
                .env("DATALAKE_MODAL__APPS", "dagster-compute")
        };
        let is_modal = words.starts_with("modal ");
        let ran = if is_modal { modal(call) } else { call }.run();
        if ran.status.code() != Some(code) {
            return Err(format!("{words}: {}, not {code}\n{}", ran.status, ran.all()));
        }
        let documents = serde_json::Deserializer::from_str(&ran.stdout).into_iter();
        documents.collect::<Result<_, _>>().map_err(|error| format!("{words}: {error}"))
    }

    fn find_last_run(&self) -> String {
        let ran = self.0.call("history").run();
        ran.stdout.split_whitespace().next().unwrap().to_owned()
    }
}
