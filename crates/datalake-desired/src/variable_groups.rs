//! Which variables beyond the usual ones a spec has the containers given.

use datalake_core::modal::{TABLES_BUCKET_VARIABLE, TABLES_PREFIX_VARIABLE};
use datalake_core::spec::{Spec, SpecDocument, TablesPlace};
use datalake_quadlet::{MODAL_VARIABLES, S3_VARIABLES};

/// The groups of variables that a spec asks for besides the usual ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VariableGroups {
    /// Modal's token.
    pub modal_token: bool,
    /// The bucket of tables.
    pub tables_bucket: bool,
    /// The prefix of tables.
    pub tables_prefix: bool,
}

impl VariableGroups {
    /// Those of a spec.
    #[must_use]
    pub fn of_spec(spec: &Spec) -> Self {
        Self {
            modal_token: spec.modal.as_ref().is_some_and(|modal| modal.token.is_some()),
            tables_bucket: spec.tables.is_some(),
            tables_prefix: spec.tables.as_ref().and_then(TablesPlace::prefix).is_some(),
        }
    }

    /// Those of a spec whose values nobody has checked yet.
    #[must_use]
    pub fn of_document(document: &SpecDocument) -> Self {
        Self {
            modal_token: document.modal.token.is_some(),
            tables_bucket: document.tables.is_some(),
            tables_prefix: document.tables.as_ref().is_some_and(|it| it.prefix.is_some()),
        }
    }

    /// Those of which some text names a variable, and these.
    #[must_use]
    pub fn with_named_in(self, text: &str) -> Self {
        Self {
            modal_token: self.modal_token || MODAL_VARIABLES.iter().any(|name| text.contains(name)),
            tables_bucket: self.tables_bucket || text.contains(TABLES_BUCKET_VARIABLE),
            tables_prefix: self.tables_prefix || text.contains(TABLES_PREFIX_VARIABLE),
        }
    }
}

/// The variables that containers are given: the usual ones, and those of these groups.
#[must_use]
pub fn handed_over_variables(groups: VariableGroups) -> Vec<&'static str> {
    let bucket = groups.tables_bucket.then_some(TABLES_BUCKET_VARIABLE);
    let prefix = groups.tables_prefix.then_some(TABLES_PREFIX_VARIABLE);
    let token = MODAL_VARIABLES.into_iter().filter(|_| groups.modal_token);
    S3_VARIABLES.into_iter().chain(bucket).chain(prefix).chain(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_add_where_they_live_and_nothing_else_changes() {
        let usual = handed_over_variables(VariableGroups::default());
        assert_eq!(usual, S3_VARIABLES);

        let tables = VariableGroups { tables_bucket: true, ..VariableGroups::default() };
        assert_eq!(handed_over_variables(tables)[usual.len()..], [TABLES_BUCKET_VARIABLE]);
        let prefix = VariableGroups { tables_prefix: true, modal_token: true, ..tables };
        assert_eq!(handed_over_variables(prefix)[usual.len()..].len(), 4);
    }

    #[test]
    fn what_an_earlier_spec_has_handed_over_is_recognised() {
        let seen =
            VariableGroups::default().with_named_in("DAGSTER_S3_TABLES_BUCKET=acme-tables\n");

        assert_eq!(seen, VariableGroups { tables_bucket: true, ..VariableGroups::default() });
        assert!(seen.with_named_in("PodmanArgs=--env=MODAL_TOKEN_ID").modal_token);
    }
}
