"""A small file system of its own in a file, which can be filled up."""

import contextlib
import errno
import os
import pathlib
import subprocess
import threading


@contextlib.contextmanager
def small_disk(folder, megabytes=300):
    """Mounted in `folder` over a loop device; gone at the end. Needs root."""
    folder = pathlib.Path(folder)
    image, place = folder / "disk.img", folder / "disk"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True, stdin=subprocess.DEVNULL)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)
    disk = Disk(place)
    try:
        yield disk
    finally:
        disk.free()
        # Lazily, where a process that is just ending still has a file open.
        if subprocess.run(["umount", place], stderr=subprocess.DEVNULL).returncode:
            subprocess.run(["umount", "--lazy", place], check=True)
        image.unlink()


class Disk:
    def __init__(self, place):
        self.place = place
        self._ballast = place / "ballast"
        self._freed = threading.Event()
        self._thread = None

    def fill(self):
        """Takes all that is free, and again whatever comes free, until `free`."""
        def run():
            with open(self._ballast, "wb") as file:
                size = 0
                while not self._freed.is_set():
                    for piece in (1 << 24, 1 << 20, 1 << 16, 1 << 12):
                        with contextlib.suppress(NoSpace):
                            while True:
                                allocate(file, size, piece)
                                size += piece
                    full.set()
                    self._freed.wait(0.05)

        full = threading.Event()
        self._freed.clear()
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        full.wait(30)

    def free(self):
        self._freed.set()
        if self._thread:
            self._thread.join(30)
            self._thread = None
        self._ballast.unlink(missing_ok=True)


class NoSpace(Exception):
    pass


def allocate(file, offset, count):
    try:
        os.posix_fallocate(file.fileno(), offset, count)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise NoSpace from error
        raise
