//! A random host.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::random::Random;

const HOME: &str = "var/lib/dagster";

/// A host below a folder.
pub(super) struct Host {
    /// The folder that stands for its root.
    pub(super) root: PathBuf,
    /// The folders of quadlet's, the strongest first.
    pub(super) folders: Vec<PathBuf>,
    /// Its container units, each name once.
    pub(super) units: Vec<Unit>,
}

/// A container unit.
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) part: Part,
}

/// What a unit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It runs user code, or loads `dagster.yaml`.
    Dagster,
    /// It does not.
    Other,
}

/// Names and lines of units.
const KINDS: [(&str, Part, &str); 10] = [
    ("dagster-webserver", Part::Dagster, "Exec=dagster-webserver -h 0.0.0.0 -p 3000"),
    ("dagster-daemon", Part::Dagster, "Exec=dagster-daemon run"),
    ("etl-code", Part::Dagster, "Exec=dagster api grpc --port 4000 --module-name etl.definitions"),
    ("crm-code", Part::Dagster, "Exec=sh -c \"cd /app && exec dagster code-server start -p 4001\""),
    ("web", Part::Dagster, "Entrypoint=[\"python\", \"-m\", \"dagster_webserver\"]"),
    ("scripted", Part::Dagster, "Exec=/run.sh\nEnvironment=DAGSTER_HOME=/opt/home"),
    ("postgres", Part::Other, "Image=docker.io/library/postgres:17"),
    ("redis", Part::Other, "Image=docker.io/library/redis:7"),
    ("backup", Part::Other, "Exec=restic backup /data"),
    ("metrics", Part::Other, "Exec=curl http://dagster-webserver:3000/metrics"),
];

/// Lines of drop-ins that change no role.
const DROP_INS: [&str; 5] = [
    "[Container]\nLabel=a=b\n",
    "[Container]\nEnvironment=TZ=UTC\n",
    "[Service]\nRestart=on-failure\n",
    "[Container]\nNoNewPrivileges=true\n",
    "[Unit]\nDescription=somebody's own\n",
];

impl Host {
    pub(super) fn make(root: &Path, random: &mut Random) -> Outcome<Self> {
        let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        let own = root.join(HOME).join(".config/containers/systemd");
        let for_user = root.join(format!("etc/containers/systemd/users/{uid}"));
        let for_all = root.join("etc/containers/systemd/users");
        fs::create_dir_all(root.join("etc"))?;
        fs::create_dir_all(root.join(HOME).join("home"))?;
        fs::create_dir_all(&own)?;
        let passwd = format!("dagster-user:x:{uid}:{gid}::/{HOME}:/usr/sbin/nologin\n");
        fs::write(root.join("etc/passwd"), passwd)?;
        let mut host = Self {
            root: root.to_owned(),
            folders: vec![own, for_user, for_all],
            units: Vec::new(),
        };
        host.fill(random)?;
        Ok(host)
    }

    fn fill(&mut self, random: &mut Random) -> Outcome<()> {
        let in_pod = random.percent(30);
        if in_pod {
            fs::write(self.folders[0].join("dagster.pod"), "[Pod]\nPodName=dagster\n")?;
        }
        for (name, part, lines) in KINDS {
            // Every host runs something of Dagster's.
            let always = name == "dagster-daemon";
            if !always && random.percent(50) {
                continue;
            }
            let pod = if in_pod { "Pod=dagster.pod\n" } else { "" };
            let image = if lines.contains("Image=") { "" } else { "Image=localhost/any:1\n" };
            let text = format!("[Container]\n{image}{pod}{lines}\n\n[Service]\nRestart=always\n");
            self.place_unit(name, &text, random)?;
            if random.percent(20) {
                // A weaker one of the same name, which is not read.
                let hidden = self.folders[2].join(format!("zz/{name}.container"));
                write(&hidden, "[Container]\nImage=hidden\nExec=sleep 1\n")?;
            }
            for _ in 0..random.below(3) {
                self.add_drop_in(name, random)?;
            }
            self.units.push(Unit { name: name.to_owned(), part });
        }
        Ok(())
    }

    /// Puts a unit somewhere that the generator reads.
    fn place_unit(&self, name: &str, text: &str, random: &mut Random) -> Outcome<()> {
        let file = format!("{name}.container");
        let own = &self.folders[0];
        let repo = self.root.join(HOME).join("repo");
        match random.below(8) {
            0 => write(&own.join("apps").join(&file), text),
            1 => write(&own.join("apps/v1.2/dagster").join(&file), text),
            2 if may_give_to_root() => write(&self.folders[1].join(&file), text),
            3 if may_give_to_root() => write(&self.folders[2].join(&file), text),
            4 => {
                write(&repo.join(&file), text)?;
                Ok(symlink(Path::new("../../../repo").join(&file), own.join(&file))?)
            }
            5 => {
                write(&self.root.join(HOME).join("linked").join(name).join(&file), text)?;
                let target = Path::new("../../../linked").join(name);
                Ok(symlink(target, own.join(format!("stow-{name}")))?)
            }
            _ => write(&own.join(&file), text),
        }
    }

    fn add_drop_in(&self, name: &str, random: &mut Random) -> Outcome<()> {
        let folder = &self.folders[random.below(if may_give_to_root() { 3 } else { 1 })];
        let prefix = name.split_once('-').map_or(name.to_owned(), |(stem, _)| format!("{stem}-"));
        let subjects =
            [format!("{name}.container"), format!("{prefix}.container"), "container".to_owned()];
        let subject = random.one_of(&subjects);
        let file = random.one_of(&["05-a.conf", "10-b.conf", "90-z.conf", "off.conf.bak"]);
        write(&folder.join(format!("{subject}.d")).join(file), random.one_of::<&str>(&DROP_INS))
    }
}

/// Whether files can be given to root, whose folders some of them are.
fn may_give_to_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::create_dir_all(path.parent().ok_or("no folder")?)?;
    Ok(fs::write(path, text)?)
}
