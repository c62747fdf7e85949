//! Frames of polars, pandas or `DuckDB` as parquet in the bucket: a file with an I/O manager.

use std::fmt;

use super::{DgProject, ProjectFile, ProjectNames};

const STORE: &str = include_str!("frames/store.py");
const POLARS: &str = include_str!("frames/polars.py");
const PANDAS: &str = include_str!("frames/pandas.py");
const DUCKDB: &str = include_str!("frames/duckdb.py");
const IN_DEFS: &str = include_str!("frames/definitions_dg.py");
const ALONE: &str = include_str!("frames/definitions_alone.py");

/// What the keys of frames begin with.
const PREFIX: &str = "frames";
/// What they begin with where pickles are below that.
const OTHER_PREFIX: &str = "parquet";

/// Whose frames are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameEngine {
    /// polars.
    Polars,
    /// pandas.
    Pandas,
    /// `DuckDB`.
    Duckdb,
}

/// Where frames are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FramesPlace {
    /// The variable that names the bucket.
    pub bucket: &'static str,
    /// What keys begin with.
    pub prefix: String,
}

/// What is said of tables and pickles, which frames stand beside.
#[derive(Debug, Clone, Copy, Default)]
pub struct FramesContext<'a> {
    /// What the keys of pickles begin with.
    pub pickles: &'a str,
    /// Whether there is a place for tables.
    pub has_tables: bool,
    /// What the keys of tables begin with, where they share the bucket of the assets.
    pub tables: Option<&'a str>,
}

impl FrameEngine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Polars, Self::Pandas, Self::Duckdb];

    /// Its name, which is that of its package.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Polars => "polars",
            Self::Pandas => "pandas",
            Self::Duckdb => "duckdb",
        }
    }

    /// The packages that the I/O manager needs, and the first version of each that it was tried with.
    #[must_use]
    pub fn packages(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Polars => &[("polars", "1.36")],
            Self::Pandas => &[("pandas", "2.2"), ("pyarrow", "18.0")],
            Self::Duckdb => &[("duckdb", "1.2")],
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Polars => POLARS,
            Self::Pandas => PANDAS,
            Self::Duckdb => DUCKDB,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Polars => "PolarsIOManager",
            Self::Pandas => "PandasIOManager",
            Self::Duckdb => "DuckDBIOManager",
        }
    }
}

impl fmt::Display for FrameEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FramesPlace {
    /// Where frames go: with the tables, where the spec has a place for them, under the names that a
    /// migration gives them there; else into the bucket of the assets. Never among the pickles, which others
    /// must not be able to write.
    ///
    /// ```
    /// use datalake_dagster::{FramesContext, FramesPlace};
    ///
    /// let place = FramesPlace::choose(&FramesContext { pickles: "assets", ..FramesContext::default() });
    /// assert_eq!((place.bucket, place.prefix.as_str()), ("DAGSTER_S3_BUCKET", "frames"));
    /// ```
    #[must_use]
    pub fn choose(context: &FramesContext<'_>) -> Self {
        if context.has_tables {
            let prefix = context.tables.unwrap_or(context.pickles).trim_matches('/');
            return Self { bucket: "DAGSTER_S3_TABLES_BUCKET", prefix: prefix.to_owned() };
        }
        let pickles = context.pickles.trim_matches('/').split('/').next();
        let prefix = if pickles == Some(PREFIX) { OTHER_PREFIX } else { PREFIX };
        Self { bucket: "DAGSTER_S3_BUCKET", prefix: prefix.to_owned() }
    }
}

/// The file with the I/O manager of an engine: below the `defs` of a project, or with definitions of its own.
#[must_use]
pub fn frames_file(
    engine: FrameEngine,
    project: Option<&DgProject>,
    names: &ProjectNames,
    place: &FramesPlace,
) -> ProjectFile {
    let definitions = if project.is_some() { IN_DEFS } else { ALONE };
    let prefix = serde_json::Value::from(place.prefix.as_str()).to_string();
    let text = [
        ("store", STORE.trim_end()),
        ("definitions", definitions.trim_end()),
        ("engine", engine.as_str()),
        ("class", engine.class()),
        ("bucket", place.bucket),
        ("prefix", &prefix),
    ]
    .iter()
    .fold(engine.template().to_owned(), |text, (token, value)| {
        text.replace(&format!("{{{{{token}}}}}"), value)
    });
    let name = format!("frames_{engine}.py");
    let path = project.map_or_else(|| name.clone(), |project| project.own_file(&name));
    ProjectFile::signed(path, &names.fill(&text))
}

/// The classes and functions of the generated files by which a frame is found and read, as Python's
/// text: an I/O manager that consists of them reads where it says.
///
/// ```
/// let sources = datalake_dagster::list_frame_sources();
///
/// assert!(sources.iter().any(|source| source.starts_with("class PolarsIOManager(")));
/// ```
#[must_use]
pub fn list_frame_sources() -> Vec<&'static str> {
    let texts = [STORE].into_iter().chain(FrameEngine::ALL.map(FrameEngine::template));
    let pieces = texts.flat_map(|text| text.split("\n\n\n")).map(str::trim);
    let is_code = |piece: &&str| piece.starts_with("class ") || piece.starts_with("def ");
    pieces.filter(is_code).filter(|piece| !piece.contains("{{")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::UsedNames;
    use super::*;

    #[test]
    fn frames_stand_with_the_tables_and_never_among_pickles() {
        let choose = |pickles, has_tables, tables| {
            let place = FramesPlace::choose(&FramesContext { pickles, has_tables, tables });
            (place.bucket, place.prefix)
        };

        assert_eq!(choose("assets", false, None), ("DAGSTER_S3_BUCKET", "frames".to_owned()));
        assert_eq!(choose("/frames/", false, None), ("DAGSTER_S3_BUCKET", "parquet".to_owned()));
        assert_eq!(choose("frames/a", false, None), ("DAGSTER_S3_BUCKET", "parquet".to_owned()));
        let tables = "DAGSTER_S3_TABLES_BUCKET";
        // The bucket of the tables is another one, or the prefix of the tables is another one.
        assert_eq!(choose("/assets/", true, None), (tables, "assets".to_owned()));
        assert_eq!(choose("", true, None), (tables, String::new()));
        assert_eq!(choose("assets", true, Some("t/")), (tables, "t".to_owned()));
    }

    #[test]
    fn what_finds_and_reads_a_frame_stands_in_each_file_as_it_is_listed() {
        let (place, sources) =
            (FramesPlace::choose(&FramesContext::default()), list_frame_sources());
        let begins = |source: &str| source.split('(').next().map(str::to_owned);
        let listed: Vec<_> = sources.iter().filter_map(|source| begins(source)).collect();

        for engine in FrameEngine::ALL {
            let names = ProjectNames::choose(&UsedNames::default(), Some(engine));
            let text = frames_file(engine, None, &names, &place).text;
            let own = text.split("\n\n\n").map(str::trim);
            let own = own.filter(|piece| piece.starts_with("class ") || piece.starts_with("def "));
            let own: Vec<_> = own.collect();
            assert!(own.len() >= 4, "{engine}: {own:?}");
            for piece in own {
                assert!(sources.contains(&piece), "{engine}: {piece}");
            }
        }
        for class in FrameEngine::ALL.map(FrameEngine::class) {
            assert!(listed.contains(&format!("class {class}")), "{listed:?}");
        }
    }

    #[test]
    fn no_engine_takes_the_names_of_another() {
        let place = FramesPlace::choose(&FramesContext::default());
        for engine in FrameEngine::ALL {
            let names = ProjectNames::choose(&UsedNames::default(), Some(engine));

            let text = frames_file(engine, None, &names, &place).text;

            assert!(text.contains(&format!("\"{engine}_io_manager\": {engine}_io_manager")));
            assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
            assert!(!text.contains("os.environ") && !text.contains("getenv"), "{text}");
        }
    }
}
