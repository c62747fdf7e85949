"""What a service user may put into his home before root comes, or while it is there."""

import os
import re
from dataclasses import dataclass
from typing import Callable

from homes import HOME, UNITS, USER_UNITS
from traps import (
    STORAGE,
    Ground,
    another_pickle,
    closed,
    device,
    dotfile,
    file,
    folder,
    hard_link,
    link_aside,
    link_below_root,
    link_of_user_in_roots_folder,
    link_outside,
    link_through_proc,
    link_to,
    link_to_secret,
    link_to_twin,
    listening,
    pipe,
    sparse,
)


@dataclass
class Arrangement:
    """One thing that lies where it should not."""

    name: str
    path: str
    make: Callable[[Ground], None]
    # Another state of affairs that is as good as the first: what comes out may differ.
    innocent: bool = False
    # Plain files and folders, only others: an archive of them is right.
    plain: bool = False
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
        assets = ["list of assets", "database of assets"] if self.path in IN_DATABASE else []
        folder, _, name = below.rpartition("/")
        # A partition is told with its asset.
        return [self.path, below, f"{folder} [{name}]", *assets, *([f"dagster-{unit[1]}"] if unit else [])]

    def is_innocent(self, command):
        """Whether another outcome of this command is as good as the first."""
        return self.innocent or (self.plain and command == "migrate backup")

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
OVERRIDE_D = f"{USER_UNITS}/dagster-daemon.service.d"
YAML = "dagster_home/dagster.yaml"
PICKLE = f"{STORAGE}/raw/orders"
RUNS_DB = "dagster_home/history/runs.db"
INDEX_DB = "dagster_home/history/runs/index.db"
PROJECT = "code/pyproject.toml"
CODE = "code/src/lake/definitions.py"
# Without these, nobody knows which assets there are.
IN_DATABASE = [INDEX_DB, "dagster_home/history", "dagster_home/history/runs"]

FOLDERS = [
    "",
    ".config",
    ".config/containers",
    UNITS,
    DAEMON_D,
    ".config/datalake",
    ENV_D,
    ".config/systemd",
    USER_UNITS,
    OVERRIDE_D,
    "dagster_home",
    STORAGE,
    f"{STORAGE}/raw",
    f"{STORAGE}/raw/days",
    "dagster_home/logs",
    "dagster_home/history",
    "dagster_home/history/runs",
    "dagster_home/schedules",
    "code",
    "code/src",
    "code/src/lake/defs",
]
FILES = [
    WEB,
    DROP_IN,
    OWN_DROP_IN,
    ENV_CONF,
    ENV_FILE,
    f"{OVERRIDE_D}/override.conf",
    YAML,
    "dagster_home/workspace.yaml",
    PICKLE,
    RUNS_DB,
    INDEX_DB,
    "dagster_home/schedules/schedules.db",
    PROJECT,
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
        yield Arrangement(
            f"link:{name}", path, link_outside(path), target=told_target(path, "outside/home")
        )
    for path in [
        "",
        UNITS,
        WEB,
        DAEMON_D,
        ".config/datalake",
        ENV_FILE,
        ENV_CONF,
        "dagster_home",
        YAML,
        STORAGE,
        f"{STORAGE}/raw",
        PICKLE,
        INDEX_DB,
        "code",
        CODE,
    ]:
        target = told_target(path, "root_only/home")
        yield Arrangement(
            f"link-below-root:{path or 'home'}", path, link_below_root(path), target=target
        )
    for path in [
        WEB,
        DAEMON_D,
        ".config/datalake",
        ENV_FILE,
        ENV_CONF,
        YAML,
        STORAGE,
        PICKLE,
        INDEX_DB,
        CODE,
    ]:
        yield Arrangement(f"link-to-nothing:{path}", path, link_to(path, "/nowhere/at/all"))
    for path in [WEB, ".config/datalake", ENV_CONF, "dagster_home", YAML, STORAGE, PICKLE, CODE]:
        yield Arrangement(f"link-to-itself:{path}", path, link_to(path, os.path.basename(path)))
    for path in [WEB, ENV_CONF, ENV_FILE, YAML, PICKLE, CODE]:
        yield Arrangement(f"link-to-environ:{path}", path, link_to(path, "/proc/self/environ"))
    for path in [".config/datalake", "dagster_home", STORAGE, "code"]:
        yield Arrangement(f"link-through-proc:{path}", path, link_through_proc(path))
    for path in [WEB, ENV_FILE, YAML, PICKLE]:
        yield Arrangement(f"link-to-zeros:{path}", path, link_to(path, "/dev/zero"))
    yield Arrangement(
        "link-upwards:storage/raw/loop", f"{STORAGE}/raw/loop", link_to(f"{STORAGE}/raw/loop", "..")
    )
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
        yield Arrangement(f"sparse:{path}", path, sparse(path), innocent=path == PICKLE)
    for path in [WEB, DROP_IN, OWN_DROP_IN, ENV_FILE, ENV_CONF, YAML, INDEX_DB, PROJECT]:
        yield Arrangement(f"folder-for-file:{path}", path, folder(path), plain=True)
    for path in [PICKLE, CODE]:
        yield Arrangement(f"folder-for-file:{path}", path, folder(path), innocent=True)
    for path in [
        ".config",
        UNITS,
        DAEMON_D,
        ".config/datalake",
        ENV_D,
        USER_UNITS,
        "dagster_home",
        STORAGE,
        "dagster_home/history",
        "code",
    ]:
        yield Arrangement(f"file-for-folder:{path}", path, file(path), plain=True)
    for path in ["code/src", f"{STORAGE}/raw"]:
        yield Arrangement(f"file-for-folder:{path}", path, file(path), innocent=True)
    for path in [
        "",
        UNITS,
        WEB,
        ".config/datalake",
        ENV_FILE,
        ENV_CONF,
        "dagster_home",
        YAML,
        STORAGE,
        PICKLE,
        INDEX_DB,
        "code",
        CODE,
    ]:
        yield Arrangement(f"mode-000:{path or 'home'}", path, closed(path))


def swaps():
    for path in [
        ".config",
        UNITS,
        DAEMON_D,
        ".config/datalake",
        ENV_D,
        "dagster_home",
        STORAGE,
        f"{STORAGE}/raw",
        "dagster_home/history",
        "code",
        WEB,
        ENV_FILE,
        ENV_CONF,
        YAML,
        PICKLE,
        CODE,
    ]:
        yield Arrangement(f"swap:{path}", path, link_aside(path), swapped=True)


def others():
    yield Arrangement(
        "device-zero:storage/raw/more", f"{STORAGE}/raw/more", device(f"{STORAGE}/raw/more", 5)
    )
    yield Arrangement("pipe:storage/raw/more", f"{STORAGE}/raw/more", pipe(f"{STORAGE}/raw/more"))
    name = f"{STORAGE}/raw/esc\x1b[31mape"
    yield Arrangement("name:escape sequence", name, another_pickle(name), innocent=True)
    yield Arrangement(f"dotfiles:{WEB}", WEB, dotfile(WEB), innocent=True)
    yield Arrangement(f"dotfiles:{UNITS}", UNITS, dotfile(UNITS))


def told_target(path, folder):
    """Dagster's home and its storage are refused with the target of the link."""
    return f"{folder}/{path}" if path in ("dagster_home", STORAGE) else ""
