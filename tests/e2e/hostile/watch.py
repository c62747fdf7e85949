"""Tells of each file and folder of root's that was read, written or changed, by inotify."""

import ctypes
import os
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
KINDS = {
    0x1: "read",
    0x2: "written",
    0x4: "changed in mode or owner",
    0x100: "created",
    0x200: "deleted",
    0x40: "moved away",
    0x80: "moved in",
    0x400: "deleted",
    0x800: "moved",
}
NONBLOCK, CLOSE_ON_EXEC = 0o4000, 0o2000000
WANTED = sum(kind for kind in KINDS)


class Watch:
    """Watches everything below some folders, also what is reached under another name."""

    def __init__(self, folders):
        self.handle = LIBC.inotify_init1(NONBLOCK | CLOSE_ON_EXEC)
        if self.handle < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self.paths = {}
        for folder in folders:
            for path in [folder, *folder.rglob("*")]:
                if path.is_symlink() or not (path.is_dir() or path.is_file()):
                    continue
                number = LIBC.inotify_add_watch(self.handle, bytes(path), WANTED)
                if number < 0:
                    raise OSError(ctypes.get_errno(), f"inotify_add_watch {path}")
                self.paths[number] = path

    def events(self):
        """What happened so far, as sentences."""
        told, left = set(), b""
        while True:
            try:
                left = os.read(self.handle, 1 << 16)
            except BlockingIOError:
                return sorted(told)
            while left:
                number, mask, _, length = struct.unpack_from("iIII", left)
                name = left[16 : 16 + length].rstrip(b"\0").decode(errors="replace")
                left = left[16 + length :]
                path = self.paths.get(number, "?")
                path = f"{path}/{name}" if name else str(path)
                told.update(f"{path} was {word}" for kind, word in KINDS.items() if mask & kind)

    def close(self):
        os.close(self.handle)
