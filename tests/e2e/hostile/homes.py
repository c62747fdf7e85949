"""A Dagster host as a folder: the service user's home, and the same once more as root's own.

Root's copy has the same names; each of its files bears a mark, so that one that was read shows.
"""

import hashlib
import os
import pickle
import sqlite3
import stat
import time

USER = 64999
MARK = b"canary-of-root"
HOME = "var/lib/dagster"
UNITS = ".config/containers/systemd"
USER_UNITS = ".config/systemd/user"
RUN = "1f0e9c3a-7b52-4c65-9d3e-0a4b5c6d7e8f"

UNIT = """[Unit]
Description=Dagster {name}

[Container]
Image=localhost/dagster:latest
ContainerName=dagster-{name}
Volume={home}/dagster_home:/opt/dagster/dagster_home
Volume={home}/code:/opt/dagster/code:ro
Environment=DAGSTER_HOME=/opt/dagster/dagster_home
Environment=TZ=Europe/Berlin{mark}
EnvironmentFile={home}/.config/environment.d/dagster-s3.conf
WorkingDir=/opt/dagster/dagster_home
Exec={run}

[Service]
Restart=always

[Install]
WantedBy=default.target
"""
YAML = """# The Dagster instance of this host.{mark}
telemetry:
  enabled: false
compute_logs:
  module: dagster.core.storage.local_compute_log_manager
  class: LocalComputeLogManager
  config:
    base_dir: /opt/dagster/dagster_home/logs{mark}
local_artifact_storage:
  module: dagster.core.storage.root
  class: LocalArtifactStorage
  config:
    base_dir: /opt/dagster/dagster_home
"""
PYPROJECT = """[project]
name = "lake"
version = "0.1.0"
description = "assets{mark}"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "lake"
"""
DEFINITIONS = """import dagster as dg

WHERE = "s3{mark}"

@dg.asset(io_manager_key="pickles{mark}")
def orders():
    return 1


defs = dg.Definitions(assets=[orders], resources={{"pickles{mark}": dg.FilesystemIOManager()}})
"""
KEYS = """AWS_ACCESS_KEY_ID=OLD{mark}
AWS_SECRET_ACCESS_KEY=old{mark}
AWS_REGION=eu-central-1
"""

TEXTS = {
    f"{UNITS}/dagster-webserver.container": UNIT.replace("{name}", "webserver").replace(
        "{run}", "dagster-webserver --host 0.0.0.0 --port 3000"
    ),
    f"{UNITS}/dagster-daemon.container": UNIT.replace("{name}", "daemon").replace(
        "{run}", "dagster-daemon run"
    ),
    f"{UNITS}/dagster-daemon.container.d/10-own.conf": "[Container]\nEnvironment=LANG=C{mark}\n",
    f"{USER_UNITS}/dagster-daemon.service.d/override.conf": "[Service]\nNice=1\n#{mark}\n",
    ".config/environment.d/dagster-s3.conf": KEYS,
    "dagster_home/dagster.yaml": YAML,
    "dagster_home/workspace.yaml": "load_from:\n  - python_file: /opt/dagster/code/a.py # {mark}\n",
    f"dagster_home/logs/{RUN}/compute_logs/step.out": "a line{mark}\n",
    f"dagster_home/logs/{RUN}/compute_logs/step.err": "another line{mark}\n",
    "code/pyproject.toml": PYPROJECT,
    "code/src/lake/__init__.py": "# {mark}\n",
    "code/src/lake/definitions.py": DEFINITIONS,
    "code/src/lake/defs/__init__.py": "# {mark}\n",
}
PICKLES = ["plain", "raw/orders", "raw/days/2026-01-01", "raw/days/2026-01-02"]
DATABASES = ["history/runs.db", "history/runs/index.db", "schedules/schedules.db"]
DROP_IN = "[Container]\nEnvironment=A=b{mark}\n"
# What a run of `provision` leaves, for root's copy.
OURS = {
    ".config/datalake/s3.env": KEYS,
    f"{UNITS}/dagster-daemon.container.d/50-datalake-s3.conf": DROP_IN,
    f"{UNITS}/dagster-webserver.container.d/50-datalake-s3.conf": DROP_IN,
}


def make_host(root, home=HOME):
    """A whole host below `root` with the service user's home in it."""
    (root / "etc").mkdir(parents=True)
    name = "dagster-user"
    (root / "etc/passwd").write_text(f"{name}:x:{USER}:{USER}::/{home}:/usr/sbin/nologin\n")
    (root / "etc/group").write_text(f"{name}:x:{USER}:\n")
    for ids in ["subuid", "subgid"]:
        (root / "etc" / ids).write_text(f"{name}:700000:65536\n")
    fill_home(root / home, USER, home)
    make_private(root / "srv/root_only", home)


def make_private(folder, home=HOME):
    """Root's own folder: marked files under the home's names, and the user's pickles again."""
    fill_home(folder / "home", 0, home, marked=True)
    for name in PICKLES:
        put_file(folder / "twin/storage" / name, pickled(name, ""), 0, 0o600)
    put_file(folder / "secret", MARK + b"-secret\n", 0, 0o600)
    folder.chmod(0o700)


def fill_home(folder, owner, home, marked=False):
    """The files of a service user's home, all of them of one owner."""
    mode = 0o600 if marked else 0o644
    texts = {**TEXTS, **OURS} if marked else TEXTS
    for name, text in texts.items():
        mark = f"-{MARK.decode()}-{os.path.basename(name)}" if marked else ""
        text = text.replace("{mark}", mark)
        if name.endswith(".container"):
            text = text.replace("{home}", f"/{home}")
        put_file(folder / name, text.replace("{{", "{").replace("}}", "}").encode(), owner, mode)
    for name in PICKLES:
        mark = f"-{MARK.decode()}-{name}" if marked else ""
        put_file(folder / "dagster_home/storage" / name, pickled(name, mark), owner, mode)
    if marked:
        named = folder / f"dagster_home/storage/{MARK.decode()}-name"
        put_file(named, pickled("name", f"-{MARK.decode()}"), owner, mode)
    for name in DATABASES:
        put_database(folder / "dagster_home" / name, owner, mode, marked)
    (folder / ".config/datalake").mkdir(parents=True, exist_ok=True)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, owner, owner)
        if path.is_dir():
            path.chmod(0o700 if marked else 0o755)
    if not marked:
        (folder / ".config/datalake").rmdir()


def pickled(name, mark):
    return pickle.dumps({"name": name, "mark": mark, "rows": list(range(50))})


def put_file(path, content, owner, mode):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    os.chown(path, owner, owner)
    yesterday = time.time() - 86400
    os.utime(path, (yesterday, yesterday))


def put_database(path, owner, mode, marked):
    path.parent.mkdir(parents=True, exist_ok=True)
    mark = f"-{MARK.decode()}" if marked else ""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE asset_keys (id INTEGER PRIMARY KEY, asset_key TEXT)")
        for key in ["raw", "plain"]:
            database.execute("INSERT INTO asset_keys (asset_key) VALUES (?)", [f'["{key}{mark}"]'])
    database.close()
    path.chmod(mode)
    os.chown(path, owner, owner)


def listing(folder):
    """What lies below a folder: kind, mode, owner, size, time and content by name."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        about = path.lstat()
        kind = stat.S_IFMT(about.st_mode)
        content = ""
        if kind == stat.S_IFREG and about.st_size < 1 << 24:
            content = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        elif kind == stat.S_IFLNK:
            content = os.readlink(path)
        size = about.st_size if kind == stat.S_IFREG else 0
        found[str(path.relative_to(folder))] = (
            oct(about.st_mode),
            about.st_uid,
            about.st_gid,
            size,
            about.st_mtime_ns,
            content,
        )
    return found
