"""The disk, as a recording sees it: every file operation of the store is a method of Fs.

Names are relative to one root, with ``/`` between the parts. No symbolic link below the root is followed, and only
regular files are read. Tests put another Fs in its place: a simulated disk that loses power, or one that fails.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_VECTOR = 512
"""Buffers given to one writev; systems allow at least 1,024."""


class File:
    """One regular file opened for reading: a snapshot, whatever is renamed over its name later."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self.size = size

    def pread(self, count: int, offset: int) -> bytes:
        """``count`` bytes from ``offset``, fewer at the end of the file."""
        if hasattr(os, "pread"):
            data = os.pread(self._descriptor, count, offset)
        else:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, count)
        while len(data) < count:
            more = self.pread(count - len(data), offset + len(data)) if data else b""
            if not more:
                break
            data += more
        return data

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Fs:
    """All disk operations of one recording, below ``root``."""

    by_descriptor = {os.open, os.rename, os.stat, os.mkdir, os.unlink, os.rmdir} <= os.supports_dir_fd
    """Names are followed folder by folder from open descriptors; where the system cannot, each part is checked."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root).absolute()
        self._lock: int | None = None
        self._unsynced = [self.root.parent]

    def __str__(self) -> str:
        return str(self.root)

    # Reading

    def open(self, name: str) -> File:
        """Open a regular file for reading. Raises FileNotFoundError, or OSError for links, folders and devices."""
        with self._parent(name) as (folder, leaf):
            _refuse_link(leaf, folder)
            descriptor = os.open(leaf, _READ | _NOFOLLOW, dir_fd=folder)
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            os.close(descriptor)
            raise OSError(f"{name} is not a regular file")
        return File(descriptor, state.st_size)

    def size(self, name: str) -> int | None:
        """Bytes of a regular file; None when there is none."""
        try:
            with self._parent(name) as (folder, leaf):
                state = os.stat(leaf, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return state.st_size if stat.S_ISREG(state.st_mode) else None

    def modified(self, name: str) -> float:
        """When a file was last written, in seconds; used to drop the oldest cached results first."""
        with self._parent(name) as (folder, leaf):
            return os.stat(leaf, dir_fd=folder, follow_symlinks=False).st_mtime

    def touch(self, name: str) -> None:
        with self._parent(name) as (folder, leaf):
            os.utime(leaf, dir_fd=folder)

    def names(self, folder: str = "") -> list[str]:
        """Sorted names in a folder; empty when there is no such folder."""
        try:
            with self._folder(folder) as descriptor:
                return sorted(os.listdir(descriptor))  # noqa: PTH208 (a descriptor, no path)
        except (FileNotFoundError, NotADirectoryError):
            return []

    def is_folder(self, name: str = "") -> bool:
        try:
            with self._folder(name):
                return True
        except OSError:
            return False

    # Writing

    def make_root(self) -> None:
        """Make the root and the folders above it, where missing."""
        missing = [folder for folder in self.root.parents if not folder.exists()]
        self._unsynced = [self.root.parent, *(folder.parent for folder in missing)]
        self.root.mkdir(parents=True, exist_ok=True)

    def mkdir(self, name: str) -> None:
        with self._parent(name) as (folder, leaf):
            os.mkdir(leaf, dir_fd=folder)

    def create(self, name: str) -> int:
        """A new empty file to write, replacing whatever has the name. Returns a handle."""
        with self._parent(name) as (folder, leaf):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(leaf, dir_fd=folder)
            return os.open(leaf, _WRITE | _NOFOLLOW, 0o666, dir_fd=folder)

    def write(self, handle: int, buffers: Sequence[bytes]) -> None:
        """Write all the buffers, one after the other."""
        pending = [memoryview(buffer) for buffer in buffers if len(buffer)]
        start = 0
        while start < len(pending):
            window = pending[start : start + _VECTOR]
            done = os.writev(handle, window) if hasattr(os, "writev") else os.write(handle, window[0])
            while start < len(pending) and done >= len(pending[start]):
                done -= len(pending[start])
                start += 1
            if done:
                pending[start] = pending[start][done:]

    def sync(self, handle: int) -> None:
        """Return when the file's bytes are on the disk."""
        if sys.platform == "darwin":
            try:
                fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # fsync leaves the bytes in the drive's own memory there
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                    raise
                os.fsync(handle)
        else:
            os.fsync(handle)

    def close(self, handle: int) -> None:
        os.close(handle)

    def rename(self, old: str, new: str) -> None:
        """Move a file or folder within one folder, replacing a file of the new name at once."""
        with self._parent(old) as (folder, leaf):
            target = new.rpartition("/")[2]
            if folder is None:
                target = str(Path(leaf).with_name(target))
            os.replace(leaf, target, src_dir_fd=folder, dst_dir_fd=folder)

    def unlink(self, name: str) -> None:
        with self._parent(name) as (folder, leaf):
            os.unlink(leaf, dir_fd=folder)

    def rmdir(self, name: str) -> None:
        with self._parent(name) as (folder, leaf):
            os.rmdir(leaf, dir_fd=folder)

    def sync_folder(self, name: str = "") -> None:
        """Return when the names in a folder are on the disk."""
        if sys.platform != "win32":
            with self._folder(name) as folder:
                descriptor = folder if isinstance(folder, int) else os.open(folder, os.O_RDONLY | _DIRECTORY)
                try:
                    os.fsync(descriptor)
                finally:
                    if descriptor != folder:
                        os.close(descriptor)

    def sync_parent(self) -> None:
        """Return when the root's own name is on the disk."""
        for folder in self._unsynced if sys.platform != "win32" else ():
            descriptor = os.open(folder, os.O_RDONLY | _DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    # One writer

    def lock(self, name: str, note: bytes) -> bytes | None:
        """Take the lock and leave a note in its file; else return the other writer's note.

        The operating system drops the lock when the process dies, whatever the file says.
        """
        with self._parent(name) as (folder, leaf):
            flags = os.O_RDWR | os.O_CREAT | _NOFOLLOW | getattr(os, "O_CLOEXEC", 0)
            _refuse_link(leaf, folder)
            descriptor = os.open(leaf, flags, 0o666, dir_fd=folder)
        try:
            _take(descriptor)
        except OSError:
            other = os.read(descriptor, 4096)
            os.close(descriptor)
            return other
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, note)
            self.sync(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._lock = descriptor
        return None

    def unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Names to descriptors

    @contextlib.contextmanager
    def _folder(self, name: str) -> Iterator[int | str]:
        parts = name.split("/") if name else []
        if not self.by_descriptor:
            yield str(self._checked(parts))
            return
        descriptor = os.open(self.root, os.O_RDONLY | _DIRECTORY)
        try:
            for part in parts:
                inner = os.open(part, os.O_RDONLY | _DIRECTORY | _NOFOLLOW, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    def _checked(self, parts: Sequence[str]) -> Path:
        place = self.root
        if not place.is_dir():
            raise FileNotFoundError(f"no folder {place}")
        for part in parts:
            place = place / part
            if not stat.S_ISDIR(os.lstat(place).st_mode):
                raise NotADirectoryError(f"{place} is not a folder")
        return place

    @contextlib.contextmanager
    def _parent(self, name: str) -> Iterator[tuple[int | None, str]]:
        above, _, leaf = name.rpartition("/")
        with self._folder(above) as folder:
            if isinstance(folder, int):
                yield folder, leaf
                return
            yield None, str(Path(folder) / leaf)


def _refuse_link(leaf: str, folder: int | None) -> None:
    """Where opening cannot refuse links by itself."""
    if folder is None and Path(leaf).is_symlink():
        raise OSError(f"{leaf} is a link")


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # beyond the note, which others may then read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_file(fs: Fs, name: str, buffers: Sequence[bytes], *, sync: bool = True) -> None:
    """Put a whole file under a name at once: temporary name, bytes, fsync, rename. The folder is not synced."""
    temporary = name + ".tmp"
    try:
        handle = fs.create(temporary)
        try:
            fs.write(handle, buffers)
            if sync:
                fs.sync(handle)
        finally:
            fs.close(handle)
        fs.rename(temporary, name)
    except OSError:
        with contextlib.suppress(OSError):
            fs.unlink(temporary)
        raise


def read_file(fs: Fs, name: str, limit: int) -> bytes:
    """A whole file of at most ``limit`` bytes. Raises OSError, also for a larger file."""
    with fs.open(name) as file:
        if file.size > limit:
            raise OSError(f"{name} has {file.size:,} bytes; at most {limit:,} are read")
        return file.pread(file.size, 0)


def remove_tree(fs: Fs, name: str) -> None:
    """Remove a file, or a folder with all below it; links are removed, never followed."""
    if fs.is_folder(name):
        for child in fs.names(name):
            remove_tree(fs, f"{name}/{child}")
        fs.rmdir(name)
    else:
        fs.unlink(name)


def user_cache() -> Path:
    """Where results of recordings that must not be changed are kept; NEURONAUT_CACHE puts it elsewhere."""
    import platformdirs

    given = os.environ.get("NEURONAUT_CACHE")
    return Path(given) if given else Path(platformdirs.user_cache_dir("neuronaut")) / "results"
