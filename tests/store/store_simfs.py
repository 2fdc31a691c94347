"""A disk in memory that loses power: what was not synced is kept, dropped or torn; names likewise."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from neuronaut.store.fs import File, Fs
from neuronaut.store.jobs import Jobs

SECTOR = 512
DATA_MODES = ("kept", "dropped", "torn")
NAME_MODES = ("none", "prefix", "subset", "all")


class PowerCut(BaseException):
    """The machine is off; nothing catches this."""


class Inode:
    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.synced = data

    def survivor(self, chance: random.Random, mode: str) -> Inode:
        if mode == "kept" or bytes(self.data) == self.synced:
            return Inode(bytes(self.data))
        if mode == "dropped":
            return Inode(self.synced)
        size = chance.choice((len(self.data), len(self.synced), len(self.data) // 2))
        torn = bytearray(size)
        for start in range(0, size, SECTOR):
            piece = (self.data if chance.random() < 0.5 else self.synced)[start : min(start + SECTOR, size)]
            torn[start : start + len(piece)] = piece
        return Inode(bytes(torn))


class Folder:
    def __init__(self, entries: dict[str, Inode | Folder] | None = None) -> None:
        self.entries = dict(entries or {})
        self.durable = dict(self.entries)
        self.pending: list[tuple[str | None, str | None, Inode | Folder | None]] = []

    def put(self, name: str, node: Inode | Folder) -> None:
        self.entries[name] = node
        self.pending.append((None, name, node))

    def drop(self, name: str) -> None:
        del self.entries[name]
        self.pending.append((name, None, None))

    def move(self, old: str, new: str) -> None:
        node = self.entries.pop(old)
        self.entries[new] = node
        self.pending.append((old, new, node))

    def sync(self) -> None:
        self.durable = dict(self.entries)
        self.pending = []

    def survivor(self, chance: random.Random, data: str, names: str) -> Folder:
        entries = dict(self.durable)
        count = {"none": 0, "all": len(self.pending)}.get(names, chance.randint(0, len(self.pending)))
        kept = [step for step in self.pending if chance.random() < 0.5] if names == "subset" else self.pending[:count]
        for old, new, node in kept:
            if old is not None:
                entries.pop(old, None)
            if new is not None and node is not None:
                entries[new] = node
        return Folder(
            {
                name: node.survivor(chance, data) if isinstance(node, Inode) else node.survivor(chance, data, names)
                for name, node in entries.items()
            }
        )


class MemoryFile(File):
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)

    def pread(self, count: int, offset: int) -> bytes:
        return self.data[offset : offset + count]

    def close(self) -> None:
        return


class SimFs(Fs):
    """All disk operations of the store, in memory, each one counted.

    ``cut_at``: the number of the operation at which the power fails. ``fail``: operation numbers that raise, with the
    error number. ``skip``: a mutant; the syncs it answers yes to (kind, name, file renamed before) do nothing.
    """

    def __init__(
        self,
        parent: Folder | None = None,
        *,
        cut_at: int | None = None,
        fail_at: int | None = None,
        error: int = errno.EIO,
        skip: Callable[[str, str, str], bool] | None = None,
    ) -> None:
        super().__init__("/simulated/recording.naut")
        self.parent = parent or Folder()
        self.steps = 0
        self.cut_at = cut_at
        self.fail_at = fail_at
        self.error = error
        self.skip = skip or (lambda kind, name, before: False)
        self.log: list[str] = []
        self._handles: dict[int, tuple[str, Inode]] = {}
        self._held = False
        self._renamed = ""

    def cut(self, chance: random.Random, data: str, names: str) -> SimFs:
        """The disk after a power cut."""
        return SimFs(self.parent.survivor(chance, data, names), skip=self.skip)

    def _step(self, kind: str, name: str = "") -> None:
        self.steps += 1
        self.log.append(f"{kind} {name}")
        if self.cut_at is not None and self.steps >= self.cut_at:
            raise PowerCut
        if self.fail_at is not None and self.steps == self.fail_at:
            raise OSError(self.error, f"simulated {kind} of {name}")

    def _node(self, name: str) -> Inode | Folder:
        node: Inode | Folder = self.parent
        for part in ("root", *name.split("/")) if name else ("root",):
            if not isinstance(node, Folder):
                raise NotADirectoryError(errno.ENOTDIR, name)
            if part not in node.entries:
                raise FileNotFoundError(errno.ENOENT, "no such name", name)
            node = node.entries[part]
        return node

    def _place(self, name: str) -> tuple[Folder, str]:
        above, _, leaf = name.rpartition("/")
        folder = self._node(above)
        if not isinstance(folder, Folder):
            raise NotADirectoryError(errno.ENOTDIR, name)
        return folder, leaf

    # Reading

    def open(self, name: str) -> File:
        node = self._node(name)
        if isinstance(node, Folder):
            raise IsADirectoryError(errno.EISDIR, name)
        return MemoryFile(bytes(node.data))

    def size(self, name: str) -> int | None:
        try:
            node = self._node(name)
        except OSError:
            return None
        return None if isinstance(node, Folder) else len(node.data)

    def names(self, folder: str = "") -> list[str]:
        try:
            node = self._node(folder)
        except OSError:
            return []
        return sorted(node.entries) if isinstance(node, Folder) else []

    def exists(self) -> bool:
        return "root" in self.parent.entries

    def is_folder(self, name: str = "") -> bool:
        try:
            return isinstance(self._node(name), Folder)
        except OSError:
            return False

    # Writing

    def make_root(self) -> None:
        self._step("mkdir", "root")
        if "root" not in self.parent.entries:
            self.parent.put("root", Folder())

    def mkdir(self, name: str) -> None:
        self._step("mkdir", name)
        folder, leaf = self._place(name)
        if leaf in folder.entries:
            raise FileExistsError(errno.EEXIST, name)
        folder.put(leaf, Folder())

    def create(self, name: str) -> int:
        self._step("create", name)
        folder, leaf = self._place(name)
        if leaf in folder.entries:
            folder.drop(leaf)
        node = Inode()
        folder.put(leaf, node)
        handle = 1000 + self.steps
        self._handles[handle] = (name, node)
        return handle

    def write(self, handle: int, buffers: Sequence[bytes]) -> None:
        name, node = self._handles[handle]
        data = b"".join(buffers)
        try:
            self._step("write", name)
        except BaseException:
            node.data += data[: len(data) // 2]
            raise
        node.data += data

    def sync(self, handle: int) -> None:
        name, node = self._handles[handle]
        self._step("sync", name)
        if not self.skip("file", name, self._renamed):
            node.synced = bytes(node.data)

    def close(self, handle: int) -> None:
        name, _ = self._handles.pop(handle)
        self._step("close", name)

    def rename(self, old: str, new: str) -> None:
        self._step("rename", new)
        folder, leaf = self._place(old)
        folder.move(leaf, new.rpartition("/")[2])
        self._renamed = new

    def unlink(self, name: str) -> None:
        self._step("unlink", name)
        folder, leaf = self._place(name)
        if leaf not in folder.entries:
            raise FileNotFoundError(errno.ENOENT, "no such name", name)
        folder.drop(leaf)

    def rmdir(self, name: str) -> None:
        self.unlink(name)

    def sync_folder(self, name: str = "") -> None:
        self._step("sync folder", name)
        node = self._node(name)
        if isinstance(node, Folder) and not self.skip("folder", name, self._renamed):
            node.sync()

    def sync_parent(self) -> None:
        self._step("sync parent")
        if not self.skip("parent", "", self._renamed):
            self.parent.sync()

    def lock(self, name: str, note: bytes) -> bytes | None:
        self._step("lock", name)
        folder, leaf = self._place(name)
        node = folder.entries.get(leaf)
        if not isinstance(node, Inode):
            node = Inode()
            folder.put(leaf, node)
        if self._held:
            return bytes(node.data)
        node.data[:] = note
        self._step("sync", name)
        if not self.skip("file", name, self._renamed):
            node.synced = note
        self._held = True
        return None

    def unlock(self) -> None:
        self._held = False


class InlineJobs(Jobs):
    """Work is done at once, in this thread, so that a run can be repeated exactly."""

    def submit(self, work: Callable[..., Any], *arguments: Any, weight: int = 0, disk: bool = False) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments))
        except OSError as error:
            future.set_exception(error)
            self._error = self._error or error
        return future

    def map(self, work: Callable[[Any], object], items: Iterable[Any]) -> None:
        for item in items:
            self.submit(work, item)
        self.wait()
