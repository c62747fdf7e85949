//! `migrate check`: Dagster itself says where it reads what was moved.

use std::path::{Path, PathBuf};

use datalake_core::text::printable;
use datalake_host::{HostPrograms, TrustedUsers, judge_code_folder, judge_python};
use datalake_operations::migration::{
    LoadExtent, Migration, NamedPython, SwitchCheck, SwitchPlace, SwitchReport, SwitchReporter,
    check_switch, find_switch_places, list_code_environment, place_switch_on_host,
};

use super::place::MigrationPlace;
use crate::args::Cli;
use crate::args::migrate::MigrateCheck;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};
use crate::silence::show_elapsed;
use crate::site::{Site, me};

pub(super) const MIGRATION_CHECK: DocumentKind =
    DocumentKind::of::<SwitchReport>("migration-check");

/// Tells where Dagster is asked.
struct SwitchTeller(Printer);

impl SwitchReporter for SwitchTeller {
    fn begin(&self, place: &str) {
        self.0.talk(&format!("asking Dagster in `{}`; this may take minutes", printable(place)));
    }
}

pub(super) async fn check(
    cli: &Cli,
    flags: &MigrateCheck,
    printer: Printer,
) -> Result<Exit, Failure> {
    let place = MigrationPlace::open(cli, &flags.what, &flags.within, printer).await?.bounded();
    let (context, site) = (place.context()?, &place.remote.site);
    let migration = Migration::find(&context, &place.choice(&flags.what)?).await?;
    let units = &cli.values.units;
    let places = match &flags.python {
        Some(_) if !units.is_empty() => {
            return Err(Failure::new(Exit::Usage, "give one of --unit and --python"));
        }
        Some(python) => vec![place_python(site, &migration, flags, python).await?],
        None => find_switch_places(&site.context(), &site.host_spec()?, units).await?,
    };
    let load = if flags.load == "all" { LoadExtent::All } else { LoadExtent::One };
    let reporter = SwitchTeller(printer);
    let (migration, limits) = (&migration, &place.limits);
    let check = SwitchCheck { migration, places: &places, load, limits, reporter: &reporter };
    let report = show_elapsed(printer, "asking Dagster", check_switch(&check)).await?;
    let (name, words) = (&site.name, printable(&flags.words()));
    let next = match report.failure() {
        None => format!("Next: {name} migrate free --dry-run{}\n", printable(&flags.what.words())),
        Some(_) => format!("Once that is put right: {name} migrate check{words}\n"),
    };
    printer.result(MIGRATION_CHECK, &report, &(report.describe() + &next));
    match report.failure() {
        None => Ok(Exit::Done),
        Some((kind, message)) => Err(Failure::new(kind.into(), message)),
    }
}

/// A Python of this host. What root runs, only root or the operator may have put there.
async fn place_python(
    site: &Site,
    migration: &Migration<'_>,
    flags: &MigrateCheck,
    python: &str,
) -> Result<SwitchPlace, Failure> {
    let here = std::env::current_dir().map_err(|error| Failure::io(Path::new("."), &error))?;
    let target = flags.place.target(&here);
    let trusted = TrustedUsers::of_process();
    judge_python(python.as_ref(), &trusted)?;
    let files = [&target.python_file, &target.workspace].into_iter().flatten();
    let folders = files.filter_map(|file| Path::new(file).parent().map(Path::to_owned));
    for folder in folders.chain(target.working_directory.iter().map(PathBuf::from)) {
        judge_code_folder(&folder, &trusted)?;
    }
    let spec = site.spec()?;
    let keys = site.keys_from(&spec.credentials).await?;
    // Dagster writes to its home, which may belong to somebody else: not as root.
    let home = if me().uid == 0 { None } else { migration.find_home_folder() };
    let own: Vec<_> = std::env::vars_os().collect();
    let environment = list_code_environment(&spec, &keys, home.as_deref(), &own)?;
    let path = if python.contains('/') { here.join(python) } else { PathBuf::from(python) };
    let python = NamedPython { name: python.to_owned(), path: path.display().to_string() };
    Ok(place_switch_on_host(Box::new(HostPrograms { environment }), python, target))
}
