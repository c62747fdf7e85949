//! `datalake.yaml` as it is written for people.

use datalake_core::spec::{SpecDocument, TablesDocument};

/// What a new spec says of timers.
const SCHEDULE: &str = "\n\
    # What runs by itself: the command `schedule apply` sets up systemd's timers for it. They need a key\n\
    # pair from a file or a command.\n\
    # schedule: { jobs: { usage: daily, cost-check: daily, doctor: hourly, key-age: weekly } }\n";

/// The document with a comment on each key.
#[must_use]
pub fn write_spec_text(document: &SpecDocument) -> String {
    let word = |text: &Option<String>| {
        serde_json::to_string(text.as_deref().unwrap_or_default()).unwrap_or_default()
    };
    let plain = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        let safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b))
            && !text.ends_with(':')
            && !["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
        if safe { text.to_owned() } else { word(&Some(text.to_owned())) }
    };
    let place = match (&document.region, &document.endpoint) {
        (region, Some(_)) => {
            let region = region.as_ref().map(|_| format!("region: {}\n", plain(&document.region)));
            format!("endpoint: {}\n{}", word(&document.endpoint), region.unwrap_or_default())
        }
        (_, None) => format!("region: {}\n", plain(&document.region)),
    };
    let handover = document.host.handover.as_ref().map(|_| plain(&document.host.handover));
    let handover = handover.map(|way| format!(", handover: {way}")).unwrap_or_default();
    let units: Vec<_> =
        document.host.units.iter().flatten().map(|u| plain(&Some(u.clone()))).collect();
    let units =
        if units.is_empty() { String::new() } else { format!(", units: [{}]", units.join(", ")) };
    let tables = document.tables.as_ref().map(|TablesDocument { bucket, prefix }| {
        let place = match prefix {
            Some(_) => format!("prefix: {}", plain(prefix)),
            None => format!("bucket: {}", plain(bucket)),
        };
        format!(
            "# Tables (Delta, Lance, Iceberg) live apart: where old versions are kept, their commits get lost.\n\
             tables: {{ {place} }}\n\n"
        )
    });
    let tables = tables.unwrap_or_default();
    // Below an empty prefix nothing tells logs from assets.
    let has_prefix = document.prefix.as_deref().is_some_and(|prefix| !prefix.is_empty());
    let (logs_words, logs) =
        if has_prefix { (", logs of steps for 90", ", logs-expire: 90d") } else { ("", "") };
    format!(
        "# What datalake sets up. Its command `config explain` shows every key and its source.\n\n\
         # fsn1, nbg1 or hel1; for another S3 service give endpoint: https://… and its region.\n\
         {place}\n\
         # Unique among all customers: put your company's name in front.\n\
         bucket: {}\n\n\
         # What the keys of the assets begin with.\n\
         prefix: {}\n\n\
         {}# from: env reads AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or file: PATH (mode 0600),\n\
         # or command: [pass, show, hetzner]. Never the keys themselves.\n\
         credentials: {{ from: env }}\n\n\
         # The user whose rootless podman runs Dagster; root for quadlets of the host's own systemd. The units\n\
         # that need the bucket are found (`discover` shows them), unless named: units: [NAME, …].\n\
         # handover: env-file, podman-secret or in-place; unless said, the installed podman decides.\n\
         host: {{ user: {}{units}{handover} }}\n\n\
         # Overwritten and deleted objects stay for 30 days, unfinished uploads for 7{logs_words}; `off` for ever.\n\
         protect: {{ versioning: true, keep-old-versions: 30d, abort-uploads: 7d{logs} }}\n{SCHEDULE}",
        plain(&document.bucket),
        plain(&document.prefix),
        tables,
        plain(&document.host.user),
    )
}
