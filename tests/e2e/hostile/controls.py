"""What has to work as before: links of root's own, and those that the operator's spec names."""

import os
import shutil
from fnmatch import fnmatch

import judge
from ground import COMMANDS, SPEC, Bench
from homes import HOME, USER

STORAGE = f"/{HOME}/dagster_home/storage"
# Done, and work left to do.
RIGHT = (0, 3)


def controls(program, folder, wanted):
    """Tells of each control its name, and what was wrong, or nothing."""
    made = [
        ("control:link of root's own /home", "home/dagster", SPEC, roots_own_home),
        (
            "control:link that the spec names",
            HOME,
            SPEC + f"  links: [{STORAGE}]\n",
            linked_storage,
        ),
    ]
    for number, (label, home, spec, prepare) in enumerate(made):
        if not fnmatch(label, wanted):
            continue
        wrong = []
        try:
            bench = Bench(program, folder / str(number), 20 + number, COMMANDS, home, spec, prepare)
            for command, seen in bench.undisturbed.items():
                outcome = seen.outcome
                wrong += [f"{command}: {harm}" for harm in judge.harm(seen)]
                # An archive lacks what lies behind a link, and says so.
                is_partly = prepare is linked_storage and command == "migrate backup"
                if outcome.code not in ((5,) if is_partly else RIGHT):
                    wrong.append(f"{command}: exit {outcome.code}: {outcome.text.strip()[-200:]}")
        except RuntimeError as error:
            wrong.append(" ".join(str(error).split())[:300])
        yield label, "; ".join(wrong)


def roots_own_home(root):
    """As on systems whose root is an image: /home is a link to var/home."""
    os.makedirs(root / "var", exist_ok=True)
    os.rename(root / "home", root / "var/home")
    os.symlink("var/home", root / "home")


def linked_storage(root):
    """The pickles on another disk, where the folder belongs to the service user."""
    other = root / "srv/disk"
    other.mkdir(parents=True)
    shutil.move(root / STORAGE[1:], other / "storage")
    os.chown(other, USER, USER)
    link = root / STORAGE[1:]
    os.symlink(os.path.relpath(other / "storage", link.parent), link)
    os.chown(link, USER, USER, follow_symlinks=False)
