"""The one class that touches the disk, and that nothing else in the store does."""

from __future__ import annotations

import ast
import os
from pathlib import Path

import pytest

from neuronaut.store import fs as fs_module
from neuronaut.store.fs import Fs, read_file, remove_tree, write_file

STORE = Path(fs_module.__file__).parent
DISK = {"io", "shutil", "tempfile", "pathlib", "os", "fcntl", "msvcrt", "mmap", "glob", "zarr", "xarray", "torch"}
ALLOWED = {  # names that are only used in annotations, or never touch a file
    "create.py": {"os.PathLike", "os.getpid"},
    "resume.py": {"os.PathLike"},
    "verify.py": {"os.PathLike"},
    "recording.py": {"os.PathLike", "pathlib.Path"},
    "writer.py": {"pathlib.Path"},
    "jobs.py": {"os.cpu_count"},
    "array.py": {"os.cpu_count"},
    "activations.py": {"xarray.DataArray"},
}


def disk_names(source: str) -> set[str]:
    """Everything a module takes from modules that can touch the disk, and the built-in open."""
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name: alias.name for alias in node.names if alias.name in DISK}
        elif isinstance(node, ast.ImportFrom) and node.module in DISK:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.add(f"{modules[node.value.id]}.{node.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            found.add("open")
    return found


@pytest.mark.parametrize("file", sorted(path.name for path in STORE.glob("*.py") if path.name != "fs.py"))
def test_the_store_touches_the_disk_only_through_fs(file: str) -> None:
    assert disk_names((STORE / file).read_text()) <= ALLOWED.get(file, set())


def test_the_check_sees_what_it_should() -> None:
    source = "import os\nfrom pathlib import Path\nos.remove('x')\nopen('y')\nimport numpy\nnumpy.load"
    assert disk_names(source) == {"pathlib.Path", "os.remove", "open"}


@pytest.fixture(params=[True, False], ids=["by descriptor", "by path"])
def disk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fs:
    monkeypatch.setattr(Fs, "by_descriptor", request.param)
    place = Fs(tmp_path / "root")
    place.make_root()
    return place


def test_a_file_is_written_whole_and_read_back(disk: Fs) -> None:
    disk.mkdir("a")
    write_file(disk, "a/x", [b"one", b"", b"two" * 1000])
    assert read_file(disk, "a/x", 10_000) == b"one" + b"two" * 1000
    assert disk.names("a") == ["x"] and disk.size("a/x") == 3003
    with pytest.raises(OSError, match="at most 100 are read"):
        read_file(disk, "a/x", 100)
    disk.sync_folder("a")
    disk.sync_parent()


def test_more_buffers_than_one_call_takes_are_all_written(disk: Fs) -> None:
    buffers = [bytes([number % 251]) * (number % 7) for number in range(3000)]
    write_file(disk, "x", buffers)
    assert read_file(disk, "x", 1 << 20) == b"".join(buffers)


def test_short_writes_are_continued(disk: Fs, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = os.write
    monkeypatch.setattr(os, "writev", lambda handle, buffers: plain(handle, b"".join(buffers)[:7]))
    write_file(disk, "x", [b"0123456789", b"", b"abcdefghij", b"klm"])
    assert read_file(disk, "x", 100) == b"0123456789abcdefghijklm"


def test_an_open_file_is_a_snapshot(disk: Fs) -> None:
    write_file(disk, "x", [b"old"])
    with disk.open("x") as file:
        write_file(disk, "x", [b"newer"])
        assert (file.size, file.pread(10, 0), file.pread(1, 2), file.pread(5, 9)) == (3, b"old", b"d", b"")
    assert read_file(disk, "x", 10) == b"newer"


def test_what_is_not_there_is_told_in_one_way(disk: Fs) -> None:
    disk.mkdir("a")
    assert disk.size("no") is disk.size("no/no") is disk.size("a") is None
    assert disk.names("no") == [] and not disk.is_folder("no") and disk.is_folder("a") and disk.is_folder()
    for name in ("no", "no/no"):
        with pytest.raises(FileNotFoundError):
            disk.open(name)
    with pytest.raises(FileExistsError):
        disk.mkdir("a")


def test_a_tree_is_removed_without_following_links(disk: Fs, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("kept")
    disk.mkdir("a")
    disk.mkdir("a/b")
    write_file(disk, "a/b/x", [b"x"], sync=False)
    (tmp_path / "root" / "a" / "link").symlink_to(tmp_path / "outside")
    remove_tree(disk, "a")
    assert disk.names() == [] and (tmp_path / "outside" / "kept").read_text() == "kept"


def test_a_lock_is_held_once_and_freed_with_its_holder(disk: Fs) -> None:
    other = Fs(disk.root)
    assert disk.lock(".lock", b"first") is None
    assert other.lock(".lock", b"second") == b"first"
    disk.unlock()
    disk.unlock()
    assert other.lock(".lock", b"second") is None
    other.unlock()


def test_a_write_that_fails_leaves_the_old_file_and_no_temporary_one(disk: Fs, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(disk, "x", [b"old"])

    def refuse(fs: Fs, handle: int) -> None:
        raise OSError(5, "refused")

    monkeypatch.setattr(Fs, "sync", refuse)
    with pytest.raises(OSError, match="refused"):
        write_file(disk, "x", [b"new"])
    assert read_file(disk, "x", 10) == b"old" and disk.names() == ["x"]
