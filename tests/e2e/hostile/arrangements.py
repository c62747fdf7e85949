"""What a service user may put into his home before root comes, or while it is there."""

import os
import re
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from homes import HOME, UNITS, USER

SPARSE = 10 << 30


@dataclass
class Ground:
    """The host that a command works on, and root's own folder outside of it."""

    root: Path
    outside: Path

    @property
    def home(self):
        return self.root / HOME

    def place(self, path):
        return self.home / path if path else self.home


@dataclass
class Arrangement:
    """One thing that lies where it should not."""

    name: str
    path: str
    make: Callable[[Ground], None]
    # Another state of affairs that is as good as the first: what comes out may differ.
    innocent: bool = False
    # Part of a link's target that whoever refuses it has to name.
    target: str = ""
    # The name that `path` is exchanged for while the command runs.
    swapped: bool = False

    def names(self):
        """Texts of which one has to stand in the message of a refusal."""
        if not self.path:
            return [HOME]
        below = self.path.removeprefix(f"{STORAGE}/").removeprefix("code/")
        unit = re.search(r"dagster-(webserver|daemon)\.container", self.path)
        return [self.path, below, *([f"dagster-{unit[1]}"] if unit else [])]

    def is_among_pickles(self):
        """What lies there is told by its kind, and by name in reports of all files alone."""
        return self.path.startswith(f"{STORAGE}/")


WEB = f"{UNITS}/dagster-webserver.container"
DAEMON_D = f"{UNITS}/dagster-daemon.container.d"
DROP_IN = f"{DAEMON_D}/10-own.conf"
OWN_DROP_IN = f"{DAEMON_D}/50-datalake-s3.conf"
ENV_D = ".config/environment.d"
ENV_CONF = f"{ENV_D}/dagster-s3.conf"
ENV_FILE = ".config/datalake/s3.env"
USER_UNITS = ".config/systemd/user"
OVERRIDE_D = f"{USER_UNITS}/dagster-daemon.service.d"
YAML = "dagster_home/dagster.yaml"
STORAGE = "dagster_home/storage"
PICKLE = f"{STORAGE}/raw/orders"
RUNS_DB = "dagster_home/history/runs.db"
INDEX_DB = "dagster_home/history/runs/index.db"
PROJECT = "code/pyproject.toml"
CODE = "code/src/lake/definitions.py"

FOLDERS = [
    "", ".config", ".config/containers", UNITS, DAEMON_D, ".config/datalake", ENV_D, ".config/systemd",
    USER_UNITS, OVERRIDE_D, "dagster_home", STORAGE, f"{STORAGE}/raw", f"{STORAGE}/raw/days",
    "dagster_home/logs", "dagster_home/history", "dagster_home/history/runs", "dagster_home/schedules",
    "code", "code/src", "code/src/lake/defs",
]
FILES = [
    WEB, DROP_IN, OWN_DROP_IN, ENV_CONF, ENV_FILE, f"{OVERRIDE_D}/override.conf", YAML,
    "dagster_home/workspace.yaml", PICKLE, RUNS_DB, INDEX_DB, "dagster_home/schedules/schedules.db", PROJECT,
    CODE,
]
READ = [WEB, DROP_IN, ENV_CONF, ENV_FILE, YAML, PICKLE, INDEX_DB, PROJECT, CODE]


def arrangements():
    """All of them, by name."""
    made = [*links(), *instead(), *swaps(), *others()]
    return {one.name: one for one in made}


def links():
    for path in [*FOLDERS, *FILES]:
        name = path or "home"
        yield Arrangement(f"link:{name}", path, link_outside(path), target=told_target(path, "outside/home"))
    for path in ["", UNITS, WEB, DAEMON_D, ".config/datalake", ENV_FILE, ENV_CONF, "dagster_home", YAML,
                 STORAGE, f"{STORAGE}/raw", PICKLE, INDEX_DB, "code", CODE]:
        target = told_target(path, "root_only/home")
        yield Arrangement(f"link-below-root:{path or 'home'}", path, link_below_root(path), target=target)
    for path in [WEB, DAEMON_D, ".config/datalake", ENV_FILE, ENV_CONF, YAML, STORAGE, PICKLE, INDEX_DB, CODE]:
        yield Arrangement(f"link-to-nothing:{path}", path, link_to(path, "/nowhere/at/all"))
    for path in [WEB, ".config/datalake", ENV_CONF, "dagster_home", YAML, STORAGE, PICKLE, CODE]:
        yield Arrangement(f"link-to-itself:{path}", path, link_to(path, os.path.basename(path)))
    for path in [WEB, ENV_CONF, ENV_FILE, YAML, PICKLE, CODE]:
        yield Arrangement(f"link-to-environ:{path}", path, link_to(path, "/proc/self/environ"))
    for path in [".config/datalake", "dagster_home", STORAGE, "code"]:
        yield Arrangement(f"link-through-proc:{path}", path, link_through_proc(path))
    for path in [WEB, ENV_FILE, YAML, PICKLE]:
        yield Arrangement(f"link-to-zeros:{path}", path, link_to(path, "/dev/zero"))
    yield Arrangement("link-upwards:storage/raw/loop", f"{STORAGE}/raw/loop", link_to(f"{STORAGE}/raw/loop", ".."))
    yield Arrangement("link-to-same-pickles:storage", STORAGE, link_to_twin, target="twin/storage")
    yield Arrangement("link-more:storage/raw/secret", f"{STORAGE}/raw/secret", link_to_secret)
    yield Arrangement("link-of-others:home", "", link_of_user_in_roots_folder)


def instead():
    for path in [*READ, DAEMON_D, STORAGE]:
        yield Arrangement(f"pipe:{path}", path, pipe(path))
    for path in [WEB, DROP_IN, ENV_FILE, ENV_CONF, YAML, PICKLE, CODE]:
        yield Arrangement(f"socket:{path}", path, listening(path))
    for path in [WEB, ENV_FILE, YAML, PICKLE, CODE]:
        yield Arrangement(f"device-zero:{path}", path, device(path, 5))
    for path in [WEB, ENV_CONF, YAML, INDEX_DB]:
        yield Arrangement(f"device-null:{path}", path, device(path, 3))
    for path in READ:
        yield Arrangement(f"hard-link:{path}", path, hard_link(path))
    for path in READ:
        yield Arrangement(f"sparse:{path}", path, sparse(path))
    for path in [WEB, DROP_IN, OWN_DROP_IN, ENV_FILE, ENV_CONF, YAML, INDEX_DB, PROJECT, CODE]:
        yield Arrangement(f"folder-for-file:{path}", path, folder(path))
    yield Arrangement(f"folder-for-file:{PICKLE}", PICKLE, folder(PICKLE), innocent=True)
    for path in [".config", UNITS, DAEMON_D, ".config/datalake", ENV_D, USER_UNITS, "dagster_home", STORAGE,
                 "dagster_home/history", "code", "code/src"]:
        yield Arrangement(f"file-for-folder:{path}", path, file(path))
    yield Arrangement("file-for-folder:storage/raw", f"{STORAGE}/raw", file(f"{STORAGE}/raw"), innocent=True)
    for path in ["", UNITS, WEB, ".config/datalake", ENV_FILE, ENV_CONF, "dagster_home", YAML, STORAGE, PICKLE,
                 INDEX_DB, "code", CODE]:
        yield Arrangement(f"mode-000:{path or 'home'}", path, closed(path))


def swaps():
    for path in [".config", UNITS, DAEMON_D, ".config/datalake", ENV_D, "dagster_home", STORAGE,
                 f"{STORAGE}/raw", "dagster_home/history", "code", WEB, ENV_FILE, ENV_CONF, YAML, PICKLE, CODE]:
        yield Arrangement(f"swap:{path}", path, link_aside(path), swapped=True)


def others():
    yield Arrangement("device-zero:storage/raw/more", f"{STORAGE}/raw/more", device(f"{STORAGE}/raw/more", 5))
    yield Arrangement("pipe:storage/raw/more", f"{STORAGE}/raw/more", pipe(f"{STORAGE}/raw/more"))
    yield Arrangement(f"dotfiles:{WEB}", WEB, dotfile(WEB), innocent=True)
    yield Arrangement(f"dotfiles:{UNITS}", UNITS, dotfile(UNITS))


def told_target(path, folder):
    """Dagster's home and its storage are refused with the target of the link."""
    return f"{folder}/{path}" if path in ("dagster_home", STORAGE) else ""


def aside(path):
    """Where the other thing of a swap lies: in the home, out of everybody's way."""
    return f".aside/{path.replace('/', '-')}"


def cleared(ground, path):
    """The place of `path` with nothing there, in a folder of the user's."""
    place = ground.place(path)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    elif place.is_symlink() or place.exists():
        place.unlink()
    missing = [up for up in place.parents if not up.exists()]
    for up in reversed(missing):
        up.mkdir()
        os.chown(up, USER, USER)
    if not path:
        os.chown(place.parent, USER, USER)
    return place


def users(place):
    os.chown(place, USER, USER, follow_symlinks=False)


def link_to(path, target):
    def make(ground):
        place = cleared(ground, path)
        place.symlink_to(target)
        users(place)

    return make


def link_outside(path):
    return lambda ground: link_to(path, str(ground.outside / "home" / path))(ground)


def link_through_proc(path):
    return lambda ground: link_to(path, f"/proc/self/root{ground.outside}/home/{path}")(ground)


def link_below_root(path):
    def make(ground):
        target = ground.root / "srv/root_only/home" / path
        link_to(path, os.path.relpath(target, ground.place(path).parent))(ground)

    return make


def link_to_twin(ground):
    link_to(STORAGE, str(ground.outside / "twin/storage"))(ground)


def link_to_secret(ground):
    link_to(f"{STORAGE}/raw/secret", str(ground.outside / "secret"))(ground)


def link_of_user_in_roots_folder(ground):
    link_outside("")(ground)
    os.chown(ground.home.parent, 0, 0)


def link_aside(path):
    def make(ground):
        link_to(aside(path), str(ground.outside / "home" / path))(ground)
        # What is exchanged has to be there.
        place = ground.place(path)
        if not place.exists():
            place = cleared(ground, path)
            if path.endswith((".env", ".conf")):
                place.write_text("A=b\n")
            else:
                place.mkdir()
            users(place)

    return make


def dotfile(path):
    def make(ground):
        kept = ground.home / "dotfiles" / os.path.basename(path)
        kept.parent.mkdir()
        users(kept.parent)
        os.rename(ground.place(path), kept)
        link_to(path, os.path.relpath(kept, ground.place(path).parent))(ground)

    return make


def pipe(path):
    def make(ground):
        place = cleared(ground, path)
        os.mkfifo(place, 0o666)
        users(place)

    return make


def listening(path):
    def make(ground):
        place = cleared(ground, path)
        # A name of a socket has at most 107 bytes.
        here = os.open(place.parent, os.O_PATH)
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(f"/proc/self/fd/{here}/{place.name}")
        os.close(here)
        users(place)

    return make


def device(path, minor):
    def make(ground):
        place = cleared(ground, path)
        os.mknod(place, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
        users(place)

    return make


def hard_link(path):
    def make(ground):
        os.link(ground.outside / "home" / path, cleared(ground, path))

    return make


def sparse(path):
    def make(ground):
        place = cleared(ground, path)
        with open(place, "wb") as made:
            made.truncate(SPARSE)
        users(place)

    return make


def folder(path):
    def make(ground):
        place = cleared(ground, path)
        place.mkdir()
        users(place)

    return make


def file(path):
    def make(ground):
        place = cleared(ground, path)
        place.write_bytes(b"not a folder\n")
        users(place)

    return make


def closed(path):
    def make(ground):
        place = ground.place(path)
        if place.exists():
            place.chmod(0)

    return make
