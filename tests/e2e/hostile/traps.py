"""How each trap is laid: functions that make one on a host, for the service user."""

import os
import shutil
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from homes import HOME, USER, pickled, put_file

STORAGE = "dagster_home/storage"
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


def another_pickle(path):
    return lambda ground: put_file(ground.place(path), pickled("more", ""), USER, 0o644)
