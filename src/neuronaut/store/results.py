"""Results kept: inside a recording that was opened writable, else in the user's cache directory."""

from __future__ import annotations

import contextlib
import re
import uuid
from typing import TYPE_CHECKING

from neuronaut.core.errors import CorruptRecording, DataError, RecordingWriteError
from neuronaut.core.result import Result
from neuronaut.store.damage import damage_in
from neuronaut.store.fs import Fs, read_file, remove_tree, user_cache, write_file
from neuronaut.store.packed import pack, unpack
from neuronaut.store.sealed import LIMIT

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

STORED = "stored"
"""The key of Results that were made while recording."""
CAPTURE = "capture"
"""The Result that says what is odd about a recording; its notes are among the recording's."""
FOLDER = "results"
CARD = "result.json"
VALUES = "values.bin"
CAP = 1 << 30
"""Bytes of results in the user's cache directory; beyond, those used longest ago go."""
_CHECK_EVERY = 32 << 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}-[A-Za-z0-9_]{1,100}")
_written = _CHECK_EVERY


def write_result(recording: Recording, result: Result, key: str) -> None:
    """Keep a Result under a key of letters and digits; one that is there already is replaced at once.

    It goes into the recording when that was opened writable, else into the user's cache directory, where a disk that
    refuses is no error. Raises RecordingWriteError when the recording's disk refuses, DataError for values that no
    file can hold.
    """
    folder = _folder(result.name, key)
    card, values = pack(result, key)
    if recording.writable:
        fs = recording.fs
        try:
            _put(fs, FOLDER, folder, card, values, sync=True)
        except OSError as error:
            raise RecordingWriteError(f"cannot keep {folder} in {fs} ({error}). Free space.", committed=0) from error
        return
    fs = Fs(user_cache())
    with contextlib.suppress(OSError):
        fs.make_root()
        _put(fs, recording.id, folder, card, values, sync=False)
        _prune(fs, len(card) + len(values))


def read_result(recording: Recording, key: str, *, name: str | None = None) -> Result | None:
    """The Result kept under a key, from the recording or the user's cache directory; None when there is none.

    Raises CorruptRecording when the one in the recording is damaged; a damaged one in the cache counts as none.
    """
    found = [folder for folder in _folders(recording.fs, FOLDER) if _matches(folder, key, name)]
    if found:
        with damage_in(recording.fs):
            return _get(recording.fs, f"{FOLDER}/{found[0]}")
    fs = Fs(user_cache())
    for folder in _folders(fs, recording.id):
        if _matches(folder, key, name):
            with contextlib.suppress(CorruptRecording, OSError):
                result = _get(fs, f"{recording.id}/{folder}")
                fs.touch(f"{recording.id}/{folder}/{CARD}")
                return result
    return None


def list_results(recording: Recording) -> list[tuple[str, str]]:
    """Name and key of every Result that lies in the recording.

    Those in the user's cache directory are not listed: they are conveniences of one machine.
    """
    return [(name, key) for name, _, key in (one.rpartition("-") for one in _folders(recording.fs, FOLDER))]


def kept_results(recording: Recording) -> set[tuple[str, str]]:
    """Name and key of every Result that is at hand, in the recording and in the user's cache directory."""
    found = [*_folders(recording.fs, FOLDER), *_folders(Fs(user_cache()), recording.id)]
    return {(name, key) for name, _, key in (one.rpartition("-") for one in found)}


def kept_ablations(recording: Recording) -> tuple[tuple[str, float], ...]:
    """Each ablation that lies in the recording, and when it was written: those that a page shows."""
    found = []
    for folder in _folders(recording.fs, FOLDER):
        if folder.startswith("ablate-"):
            with contextlib.suppress(OSError):
                found.append((folder, recording.fs.modified(f"{FOLDER}/{folder}/{CARD}")))
    return tuple(found)


def damaged_results(fs: Fs) -> list[tuple[str, str]]:
    """File and what is wrong, for each kept Result that cannot be read."""
    found = []
    for folder in _folders(fs, FOLDER):
        try:
            _get(fs, f"{FOLDER}/{folder}")
        except CorruptRecording as error:
            found.append((f"{FOLDER}/{folder}", str(error)))
    return found


def _folder(name: str, key: str) -> str:
    folder = f"{name}-{key}"
    if not _NAME.fullmatch(folder) or "-" in key:
        raise DataError(f"a result named {name!r} with the key {key!r} cannot be kept. Use letters, digits and _.")
    return folder


def _folders(fs: Fs, group: str) -> list[str]:
    return [name for name in fs.names(group) if _NAME.fullmatch(name)]


def _matches(folder: str, key: str, name: str | None) -> bool:
    its, _, its_key = folder.rpartition("-")
    return its_key == key and name in (None, its)


def _put(fs: Fs, group: str, folder: str, card: bytes, values: bytes, *, sync: bool) -> None:
    if not fs.is_folder(group):
        with contextlib.suppress(FileExistsError):
            fs.mkdir(group)
        if sync:
            fs.sync_folder()
    fresh, old = (f"{group}/.{folder}.{uuid.uuid4().hex[:8]}.{kind}" for kind in ("new", "old"))
    try:
        fs.mkdir(fresh)
        write_file(fs, f"{fresh}/{VALUES}", [values], sync=sync)
        write_file(fs, f"{fresh}/{CARD}", [card], sync=sync)
        if sync:
            fs.sync_folder(fresh)
        if fs.is_folder(f"{group}/{folder}"):
            fs.rename(f"{group}/{folder}", old)
        fs.rename(fresh, f"{group}/{folder}")
        if sync:
            fs.sync_folder(group)
    finally:
        for leftover in (fresh, old):
            with contextlib.suppress(OSError):
                remove_tree(fs, leftover)


def _get(fs: Fs, folder: str) -> Result:
    try:
        card, values = read_file(fs, f"{folder}/{CARD}", LIMIT), read_file(fs, f"{folder}/{VALUES}", 1 << 40)
    except OSError as error:
        raise CorruptRecording(f"{folder}: cannot be read ({error}). Remove the folder to compute it again.") from error
    return unpack(card, values, folder)


def _prune(fs: Fs, wrote: int) -> None:
    global _written
    _written += wrote
    if _written < _CHECK_EVERY:
        return
    _written = 0
    kept = []
    for group in fs.names():
        for folder in _folders(fs, group):
            place = f"{group}/{folder}"
            with contextlib.suppress(OSError):
                size = (fs.size(f"{place}/{CARD}") or 0) + (fs.size(f"{place}/{VALUES}") or 0)
                kept.append((fs.modified(f"{place}/{CARD}"), size, place))
    total = sum(size for _, size, _ in kept)
    for _, size, place in sorted(kept):
        if total <= CAP:
            return
        with contextlib.suppress(OSError):
            remove_tree(fs, place)
        total -= size
