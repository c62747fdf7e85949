use datalake_core::host::Owner;
use datalake_engine::NewFile;

use super::*;

/// A host whose quadlet folder is a link to an empty one.
struct LinkedFolder;

impl Files for LinkedFolder {
    fn look(&self, _: &HostPath) -> Result<SeenEntry, Fault> {
        Err(Fault::new(FaultKind::Absent, "behind a link"))
    }

    fn look_in_place(&self, _: &HostPath) -> Result<SeenEntry, Fault> {
        Err(Fault::new(FaultKind::NotPlain, "a link is on the way"))
    }

    fn write(&self, _: &HostPath, _: &NewFile<'_>) -> Result<(), Fault> {
        unreachable!("nothing is changed")
    }

    fn remove_file(&self, _: &HostPath) -> Result<(), Fault> {
        unreachable!("nothing is changed")
    }

    fn create_folder(&self, _: &HostPath, _: Mode, _: Owner) -> Result<(), Fault> {
        unreachable!("nothing is changed")
    }

    fn remove_folder(&self, _: &HostPath) -> Result<(), Fault> {
        unreachable!("nothing is changed")
    }

    fn sweep(&self, _: &HostPath) -> Result<(), Fault> {
        unreachable!("nothing is changed")
    }
}

#[test]
fn a_link_on_the_way_to_a_drop_in_does_not_make_it_absent() {
    let folder: HostPath = "/home/d/.config/containers/systemd".parse().unwrap();
    let drop_ins = folder.join("web.container.d").unwrap();
    let places = UnitPaths {
        file: folder.join("web.container").unwrap(),
        drop_in: drop_ins.join("50-datalake-s3.conf").unwrap(),
        drop_ins,
        parents: Vec::new(),
        owner: Owner { uid: 900, gid: 900 },
    };

    let fault = is_given(&LinkedFolder, &places).unwrap_err();

    assert_eq!(fault.kind, FaultKind::NotPlain);
    assert_eq!(fault.detail, format!("{}: a link is on the way", places.drop_in));
}
