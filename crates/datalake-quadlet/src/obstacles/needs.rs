//! The lines of each file that need what a plan takes away.

use std::collections::BTreeSet;

use datalake_core::host::HostPath;

use super::ObstacleSearch;
use crate::user_unit::{UnitSort, UserUnit};
use crate::{
    LossReader, Losses, MountBase, Mounts, ReaderNeed, UnitFile, UnitOwner, find_expansions,
    find_mentions, find_readers, find_uses_inside,
};

impl ObstacleSearch<'_> {
    pub(super) fn readers_in(
        &self,
        unit: &UserUnit,
        file: &UnitFile,
        covered: &BTreeSet<String>,
    ) -> Vec<LossReader> {
        let place = unit.place(self.host.owner);
        let losses = &self.after.losses;
        match unit.sort {
            UnitSort::EnvironmentD => return find_expansions(file.text(), losses),
            UnitSort::Script => return find_mentions(file.text(), place, losses),
            UnitSort::System => {
                // It has no part in what the user's own systemd and podman hand over.
                let files = Losses { files: losses.files.clone(), ..Losses::default() };
                let owner = root_owner();
                let found = owner.map(|owner| find_readers(file, unit.place(&owner), &files));
                return found.unwrap_or_default();
            }
            UnitSort::Quadlet | UnitSort::Systemd => (),
        }
        let is_planned = self.is_planned(&unit.subject(), unit.sort);
        let mut readers = if is_planned {
            // It gets its variables from datalake, and starts without an optional file.
            let mut readers = find_readers(file, place, &self.after.removed);
            readers.retain(|reader| {
                !matches!(reader.need, ReaderNeed::EnvFile { is_optional: true, .. })
            });
            readers
        } else {
            find_readers(file, place, &losses.without_variables(covered))
        };
        if unit.sort == UnitSort::Quadlet {
            let lost = if is_planned { &self.after.removed } else { losses };
            for reader in self.find_readers_inside(unit, file, lost) {
                if readers.iter().all(|known| known.line != reader.line) {
                    readers.push(reader);
                }
            }
        }
        readers
    }

    /// Lines that name what goes as the container sees it, below a folder that it is given.
    fn find_readers_inside(
        &self,
        unit: &UserUnit,
        file: &UnitFile,
        lost: &Losses,
    ) -> Vec<LossReader> {
        let mut readers = Vec::new();
        if lost.files.is_empty() {
            return readers;
        }
        let files = self.host.files_for(UnitSort::Quadlet, &unit.subject());
        let texts = files.iter().map(|file| &file.file).chain([file]);
        let Some(folder) = self.folder_of(unit) else { return readers };
        let home = &self.host.owner.home;
        let mounts = Mounts::of(texts, MountBase { folder: &folder, home });
        for path in &lost.files {
            let inside = mounts.inside(path).and_then(|inside| inside.parse().ok());
            let Some(inside) = inside.filter(|inside| inside != path) else { continue };
            let lines = find_uses_inside(file, unit.place(self.host.owner), &inside);
            let need = || ReaderNeed::File { path: path.clone() };
            readers.extend(lines.into_iter().map(|line| LossReader { line, need: need() }));
        }
        readers
    }

    /// The folder of the unit that a file is or is a drop-in of.
    fn folder_of(&self, unit: &UserUnit) -> Option<HostPath> {
        let subject = unit.subject();
        let mut files = self.host.files.iter().filter(|file| file.sort == UnitSort::Quadlet);
        let own = files.find(|file| file.path.file_name() == subject);
        own.unwrap_or(unit).path.parent()
    }
}

/// Whose units the host's own systemd runs.
fn root_owner() -> Option<UnitOwner> {
    Some(UnitOwner { name: "root".to_owned(), uid: 0, home: "/root".parse().ok()? })
}
