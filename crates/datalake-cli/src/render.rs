//! Values turned into text and JSON for people and programs. Nothing here decides.

mod arguments;
mod finding;
mod kind;
mod migration;
mod output;
mod plan;
mod rows;
mod transfer;

use std::io::{self, IsTerminal, Write};

use datalake_s3::{RequestLog, log_requests};
use schemars::JsonSchema;
use serde::Serialize;

use self::arguments::{escape_arguments, escape_message};
use crate::failure::Failure;

pub(crate) use datalake_core::plan::{
    describe_plan as plan, describe_plan_with_costs as plan_with_costs,
};
pub(crate) use datalake_core::price::Part;
pub(crate) use datalake_core::price::{
    BillTold, PACES, compute_paid as paid, describe_paid as paid_words,
    describe_reach as reach_text, describe_tax as tax_words, format_pace as pace_text,
    list_bill_lines as bill_lines, render_bill as bill_text, render_terms as terms_text,
};
pub(crate) use datalake_core::size::format_size as size;
pub(crate) use datalake_core::text::escape_name as escaped;
pub(crate) use datalake_core::text::{
    count_things as counted, group_digits as count, printable_key as key_text,
};
pub(crate) use datalake_core::time::format_age as age;
pub(crate) use datalake_core::usage::{describe_usage as usage_words, render_usage as usage};
pub(crate) use datalake_operations::lake::{
    describe_cors as cors_text, describe_lifecycle as lifecycle_text, describe_lock as lock_text,
    describe_rule as rule_text, describe_versioning as versioning_text,
};
pub(crate) use datalake_operations::migration::{render_kinds, render_tables};
pub(crate) use datalake_report::{
    DoctorReport, DoctorView, DoctorWording, describe_left_out as left_row,
    describe_moved as what_is_moved, render_diagnosis, render_left_out as left_out, render_parts,
};
pub(crate) use finding::{FindingPage, finding_page};
pub(crate) use kind::DocumentKind;
pub(crate) use migration::render_outlook;
pub(crate) use output::{broken_output, still_read, write_out};
pub(crate) use plan::pending_text;
pub(crate) use rows::{Rows, Ticker};
pub(crate) use transfer::{
    Sum, TransferProgress, TransferState, archive_line, item_line, mark_of, summary_line,
};

pub(crate) const ERROR: DocumentKind = DocumentKind::of::<Problem<'static>>("error");

/// The version of the envelope around every JSON answer.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Prints results to standard output and talk to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    json: bool,
    colour: bool,
    verbose: bool,
}

#[derive(Serialize, JsonSchema)]
struct Envelope<T> {
    schema_version: u32,
    kind: &'static str,
    data: T,
}

impl<T> Envelope<T> {
    fn around(kind: DocumentKind, data: T) -> Self {
        Self { schema_version: SCHEMA_VERSION, kind: kind.name(), data }
    }
}

/// A failure.
#[derive(Serialize, JsonSchema)]
struct Problem<'a> {
    /// The exit code of the program.
    exit_code: u8,
    /// What failed, from the outside to the cause.
    messages: &'a [String],
    /// What to do next, a sentence or a command each.
    hints: &'a [String],
}

impl Printer {
    /// A printer for this process; colour only on a terminal and without `NO_COLOR`.
    #[must_use]
    pub(crate) fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let colour = wanted && !json && io::stdout().is_terminal();
        Self { json, colour, verbose: false }
    }

    /// The same, which also prints what is decided and, by this log, what is asked for.
    #[must_use]
    pub(crate) fn with_detail(self, count: u8) -> Self {
        if count > 0 {
            let write = |line: &str| {
                let _ = writeln!(io::stderr().lock(), "{}", escape_message(line));
            };
            log_requests(RequestLog { has_headers: count > 1, write });
        }
        Self { verbose: count > 0, ..self }
    }

    /// Whether every detail is wanted.
    #[must_use]
    pub(crate) fn is_verbose(self) -> bool {
        self.verbose
    }

    /// Prints a decision to standard error, where every detail is wanted.
    pub(crate) fn tell_decision(self, line: impl FnOnce() -> String) {
        if self.verbose {
            self.talk(&line());
        }
    }

    /// Prints a result: `data` in its envelope for JSON, the text else.
    pub(crate) fn result(self, kind: DocumentKind, data: impl Serialize, text: &str) {
        if self.json {
            let json = serde_json::to_string_pretty(&Envelope::around(kind, data))
                .unwrap_or_else(|error| format!("{{\"kind\":\"error\",\"data\":\"{error}\"}}"));
            self.line(&json);
        } else {
            write_out(self.coloured(&escape_arguments(text)).as_bytes());
        }
    }

    /// Whether JSON is wanted.
    #[must_use]
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether colour is wanted.
    #[must_use]
    pub(crate) fn has_colour(self) -> bool {
        self.colour
    }

    /// Prints text that only people want; nothing for JSON.
    pub(crate) fn text(self, text: &str) {
        if !self.json {
            write_out(self.coloured(text).as_bytes());
        }
    }

    /// Prints a line of text, and tells whether anyone reads on.
    pub(crate) fn line(self, line: &str) -> bool {
        write_out(format!("{line}\n").as_bytes())
    }

    /// Prints talk to standard error.
    pub(crate) fn talk(self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{}", escape_message(line));
    }

    /// Prints a failure: to standard error, and for JSON to standard output too.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            self.problem(failure);
        }
        self.talk(&format!("error: {}", failure.messages.join(": ")));
        failure.hints.iter().for_each(|hint| self.talk(&format!("hint: {hint}")));
    }

    /// Prints a failure as a document to standard output.
    pub(crate) fn problem(self, failure: &Failure) {
        let escaped = |texts: &[String]| -> Vec<_> {
            texts.iter().map(|text| escape_message(text)).collect()
        };
        let (messages, hints) = (escaped(&failure.messages), escaped(&failure.hints));
        let problem =
            Problem { exit_code: failure.exit.code(), messages: &messages, hints: &hints };
        // On one line: it may follow rows that are one a line.
        Rows::new(self).row(ERROR, problem, String::new);
    }

    fn coloured(self, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let line = |line: &str| match line.trim_start().chars().next() {
            Some('+') => format!("\x1b[32m{line}\x1b[0m"),
            Some('-') => format!("\x1b[31m{line}\x1b[0m"),
            _ => line.to_owned(),
        };
        text.split_inclusive('\n')
            .map(|whole| match whole.strip_suffix('\n') {
                Some(bare) => line(bare) + "\n",
                None => line(whole),
            })
            .collect()
    }
}
