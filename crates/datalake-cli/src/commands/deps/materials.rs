//! What builds are given, as the operator names it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use datalake_core::fault::Fault;
use datalake_core::host::{HostPath, InvalidPath};
use datalake_core::text::printable;
use datalake_dagster::{IndexUrl, InvalidIndexUrl, PackageSource};
use datalake_engine::{Files as _, NoCheckpoints};
use datalake_host::HostFiles;
use datalake_operations::dependencies::BuildMaterials;

use crate::args::DepsApply;
use crate::exit::Exit;
use crate::failure::Failure;

/// What the flags name.
pub(super) fn find_materials(flags: &DepsApply) -> Result<BuildMaterials, Failure> {
    let wheels = flags.wheels.as_deref().map(find_folder).transpose()?;
    let pip_conf = flags.pip_conf.as_deref().map(find_file).transpose()?;
    let source = PackageSource {
        index: flags.index_url.as_deref().map(read_index).transpose()?,
        wheels: wheels.is_some(),
        pip_conf: pip_conf.is_some(),
    };
    Ok(BuildMaterials { source, wheels, pip_conf })
}

fn read_index(text: &str) -> Result<IndexUrl, Failure> {
    text.parse().map_err(|error: InvalidIndexUrl| {
        let failure = Failure::of(Exit::Usage, &error);
        match error {
            InvalidIndexUrl::Secret => failure.hint(
                "everyone on the machine can read what is typed here: write the address into a \
                 pip.conf, `[global]` and `index-url = …`, and give --pip-conf FILE",
            ),
            _ => failure,
        }
    })
}

fn find_folder(path: &Path) -> Result<PathBuf, Failure> {
    let folder = HostFiles::open_named(path, Arc::new(NoCheckpoints))?.real_path();
    // podman parts a volume's two sides by a colon.
    if !folder.to_string_lossy().contains(':') {
        return Ok(folder);
    }
    let shown = printable(&path.display().to_string());
    Err(Failure::new(Exit::Usage, format!("`{shown}` is not a folder that a build can be given")))
}

fn find_file(path: &Path) -> Result<PathBuf, Failure> {
    let shown = printable(&path.display().to_string());
    let at = |fault: &Fault| Failure::about(format!("`{shown}`"), fault);
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    let above = HostFiles::open_named(above.unwrap_or(Path::new(".")), Arc::new(NoCheckpoints))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let below: HostPath = format!("/{name}")
        .parse()
        .map_err(|error: InvalidPath| Failure::of(Exit::Usage, &error))?;
    let is_file = above.is_file(&below).map_err(|fault| at(&fault))?;
    let file = above.real_path().join(name.as_ref());
    // podman parts a secret's settings by commas.
    if is_file && !file.to_string_lossy().contains(',') {
        return Ok(file);
    }
    Err(Failure::new(Exit::Usage, format!("`{shown}` is not a file that a build can be given")))
}
