//! `docs/findings.md`: what `doctor` looks for, from the table that it works by.

use datalake_core::doctor::{FindingId, Group, Remedy, Severity};

use super::hold;

const HEAD: &str = "\
# Findings of `doctor`

What `datalake doctor` checks, in order. `datalake doctor --explain ID` prints the same page without a network, `--only GROUP` checks one group, and `--fix ID` plans the
fix if datalake has one. *Wrong*: it is broken now or will break. *Warning*: it works now, and can do harm.
";

#[test]
fn the_page_of_findings_has_every_id() {
    let mut text = HEAD.to_owned();
    for group in Group::ALL {
        let rows = of(group).map(row);
        text += &format!("\n## {}\n\n{}\n\n", heading(group), about(group));
        text += "| id | in order if | severity | fixed by |\n|---|---|---|---|\n";
        text.extend(rows);
        for id in of(group) {
            let page = id.page().split_once('\n').map_or("", |(_, rest)| rest);
            text += &format!("\n### {id}\n\n{}.\n\n{}\n", id.title(), page.trim());
        }
    }

    hold("findings.md", &text);
}

fn row(id: FindingId) -> String {
    let severity = match id.severity() {
        Severity::Warning => "warning",
        Severity::Wrong => "wrong",
    };
    format!("| [`{id}`](#{id}) | {} | {severity} | {} |\n", id.state_claim(), cure(id.remedy()))
}

fn of(group: Group) -> impl Iterator<Item = FindingId> {
    FindingId::ALL.into_iter().filter(move |id| id.group() == group)
}

fn cure(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Provision => "`datalake provision`",
        Remedy::Dependencies => "`datalake dagster deps apply`",
        Remedy::Restart => "`datalake dagster restart`",
        Remedy::AbortUploads => "`datalake bucket uploads abort`",
        Remedy::Person => "a person",
    }
}

fn heading(group: Group) -> String {
    format!("Group {group}")
}

fn about(group: Group) -> &'static str {
    match group {
        Group::Spec => "What was asked for.",
        Group::Network => "The way to the service.",
        Group::Key => "The key pair.",
        Group::Store => "The bucket.",
        Group::Tables => "Tables in the buckets of the spec.",
        Group::Host => {
            "The service user, its systemd and podman, and the files that hand the settings over."
        }
        Group::Containers => "What runs.",
        Group::Lake => {
            "S3 clients where user code runs. They are tried only by `datalake doctor --only lake`, since \
             it takes minutes."
        }
        Group::DagsterYaml => "Dagster's own settings.",
        Group::Python => "Your Python files: `--code DIR` names them.",
        Group::Modal => "Modal.",
        Group::Money => "What costs money.",
    }
}
