//! In which database a Dagster instance keeps its runs, events and schedules, and how a copy of it is
//! made.

use serde_yaml::Value;

use crate::UnreadableInstance;
use crate::python_yaml::read_python_yaml;

/// Where an instance keeps runs, events and schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceDatabase {
    /// In `SQLite` files, which lie in its home.
    Sqlite,
    /// In Postgres, all of them or some.
    Postgres(PostgresPlace),
    /// In something else, by the class or key that says so.
    Other(String),
}

/// How Postgres is reached, as far as the file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PostgresPlace {
    /// Its host.
    pub host: Option<SaidValue>,
    /// Its port.
    pub port: Option<SaidValue>,
    /// The user.
    pub user: Option<SaidValue>,
    /// The database.
    pub database: Option<SaidValue>,
}

/// A value of the file, or the environment variable that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaidValue {
    /// The value.
    Text(String),
    /// The variable.
    Variable(String),
}

/// Reads in which database an instance keeps what no file of its home has. Secrets are not read.
///
/// ```
/// use datalake_dagster::{InstanceDatabase, instance_database};
///
/// let yaml = "storage:\n  postgres:\n    postgres_db: { hostname: localhost, username: u, db_name: d }\n";
/// assert!(matches!(instance_database(yaml)?, InstanceDatabase::Postgres(_)));
/// # Ok::<(), datalake_dagster::UnreadableInstance>(())
/// ```
///
/// # Errors
///
/// [`UnreadableInstance`] as `instance_places`.
pub fn instance_database(yaml: &str) -> Result<InstanceDatabase, UnreadableInstance> {
    let root = read_python_yaml(yaml)?.value;
    let mut found = InstanceDatabase::Sqlite;
    let storage = root.get("storage");
    let blocks = [storage.and_then(|storage| storage.get("postgres"))]
        .into_iter()
        .flatten()
        .map(|config| ("PostgresStorage", config))
        .chain(named_blocks(&root));
    for (class, config) in blocks {
        if class.contains("Postgres") {
            return Ok(InstanceDatabase::Postgres(place_of(config)));
        }
        if !class.contains("Sqlite") && found == InstanceDatabase::Sqlite {
            found = InstanceDatabase::Other(class.to_owned());
        }
    }
    let mysql = storage.and_then(|storage| storage.get("mysql")).is_some();
    Ok(if mysql { InstanceDatabase::Other("mysql".to_owned()) } else { found })
}

/// Blocks that name a class: `storage.custom`, and one each for runs, events and schedules.
fn named_blocks(root: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let custom = root.get("storage").and_then(|storage| storage.get("custom").or(Some(storage)));
    let each = ["run_storage", "event_log_storage", "schedule_storage"];
    let each = each.into_iter().filter_map(|key| root.get(key));
    custom.into_iter().chain(each).filter_map(|block| {
        let class = block.get("class")?.as_str()?;
        Some((class, block.get("config").unwrap_or(&Value::Null)))
    })
}

fn place_of(config: &Value) -> PostgresPlace {
    let db = config.get("postgres_db").unwrap_or(&Value::Null);
    let said = |key: &str| match db.get(key)? {
        Value::String(text) => Some(SaidValue::Text(text.clone())),
        Value::Number(number) => Some(SaidValue::Text(number.to_string())),
        value => Some(SaidValue::Variable(value.get("env")?.as_str()?.to_owned())),
    };
    PostgresPlace {
        host: said("hostname"),
        port: said("port"),
        user: said("username"),
        database: said("db_name"),
    }
}

impl PostgresPlace {
    /// The command that copies the database; in a container, where one is named. It holds no
    /// secret: in the container none is asked for, and elsewhere `pg_dump` asks.
    #[must_use]
    pub fn dump_line(&self, container: Option<&str>) -> String {
        let Some(container) = container else {
            let flags = [("-h", &self.host), ("-p", &self.port)];
            let place: String = flags
                .into_iter()
                .filter_map(|(flag, said)| Some(format!(" {flag} {}", said.as_ref()?.in_shell())))
                .collect();
            return format!("pg_dump{place}{} -Fc -f dagster-postgres.dump", self.whose(None));
        };
        let variables = Some(["POSTGRES_USER", "POSTGRES_DB"]);
        let dump = format!("pg_dump{} -Fc", self.whose(variables));
        format!("podman exec {container} sh -c '{dump}' > dagster-postgres.dump")
    }

    /// The user and the database; what only a variable tells is told by the container's own.
    fn whose(&self, own: Option<[&str; 2]>) -> String {
        let [user, database] = own.map_or([None, None], |names| names.map(Some));
        let flag = |flag: &str, said: &Option<SaidValue>, own: Option<&str>| match (said, own) {
            (Some(said @ SaidValue::Text(_)), _) | (Some(said), None) => {
                format!(" {flag} {}", said.in_shell())
            }
            (_, Some(own)) => format!(" {flag} \"${own}\""),
            (None, None) => String::new(),
        };
        flag("-U", &self.user, user) + &flag("-d", &self.database, database)
    }
}

impl SaidValue {
    fn in_shell(&self) -> String {
        match self {
            Self::Variable(name) => format!("\"${name}\""),
            Self::Text(text) => {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
                if !text.is_empty() && text.bytes().all(is_plain) {
                    return text.clone();
                }
                // Double quotes also stand inside the single ones of `sh -c`.
                let escaped: String = text.chars().filter(|c| !matches!(c, '\'' | '\n')).collect();
                let escaped = ["\\", "\"", "$", "`"]
                    .into_iter()
                    .fold(escaped, |text, sign| text.replace(sign, &format!("\\{sign}")));
                format!("\"{escaped}\"")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(yaml: &str, line: &str) {
        match instance_database(yaml).unwrap() {
            InstanceDatabase::Postgres(place) => assert_eq!(place.dump_line(None), line, "{yaml}"),
            other => panic!("{yaml}: {other:?}"),
        }
    }

    const TO: &str = "-Fc -f dagster-postgres.dump";

    #[test]
    fn postgres_is_known_in_all_its_forms() {
        let db =
            "postgres_db: {hostname: db, port: 5433, username: u, db_name: d, password: {env: P}}";
        let all = format!("pg_dump -h db -p 5433 -U u -d d {TO}");
        check(&format!("storage:\n  postgres: {{{db}}}"), &all);
        let legacy = |key: &str| {
            format!("{key}: {{module: dagster_postgres, class: PostgresX, config: {{{db}}}}}")
        };
        for key in ["run_storage", "event_log_storage", "schedule_storage"] {
            check(&legacy(key), &all);
        }
        check(
            &format!("storage: {{custom: {{class: DagsterPostgresStorage, config: {{{db}}}}}}}"),
            &all,
        );
        let variables = "storage: {postgres: {postgres_db: {hostname: {env: H}, username: {env: U}, db_name: {env: D}}}}";
        check(variables, &format!("pg_dump -h \"$H\" -U \"$U\" -d \"$D\" {TO}"));
        check("storage: {postgres: {postgres_url: {env: URL}}}", &format!("pg_dump {TO}"));
        check(
            "storage: {postgres: {postgres_db: {username: \"a'b c$\"}}}",
            &format!("pg_dump -U \"ab c\\$\" {TO}"),
        );
    }

    #[test]
    fn in_its_container_the_container_s_own_variables_tell_what_the_file_does_not() {
        let line = |yaml: &str| match instance_database(yaml).unwrap() {
            InstanceDatabase::Postgres(place) => place.dump_line(Some("dagster-postgres")),
            other => panic!("{other:?}"),
        };

        assert_eq!(
            line("storage: {postgres: {postgres_db: {username: {env: U}, db_name: d}}}"),
            "podman exec dagster-postgres sh -c 'pg_dump -U \"$POSTGRES_USER\" -d d -Fc' > dagster-postgres.dump"
        );
    }

    #[test]
    fn other_storages_are_not_postgres() {
        for yaml in ["", "telemetry: {enabled: false}", "storage: {sqlite: {base_dir: /x}}"] {
            assert_eq!(instance_database(yaml).unwrap(), InstanceDatabase::Sqlite, "{yaml}");
        }
        for yaml in ["storage: {mysql: {}}", "run_storage: {class: MySQLRunStorage}"] {
            assert!(
                matches!(instance_database(yaml).unwrap(), InstanceDatabase::Other(_)),
                "{yaml}"
            );
        }
        assert!(instance_database("a: [").is_err());
    }
}
