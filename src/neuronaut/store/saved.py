"""What people save beside a recording: named slices, and labels of addresses, in one small sealed file."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from neuronaut.core.address import parse_address
from neuronaut.core.errors import CorruptRecording, DataError, FilterError, RecordingWriteError
from neuronaut.core.slices import where
from neuronaut.store.fs import Fs, read_file, write_file
from neuronaut.store.sealed import seal, unseal

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

SAVED = "saved.json"
MOST_BYTES = 1 << 20
MOST = 1000
"""Slices, and labels, in one recording."""
LONGEST_NAME = 200
LONGEST_TEXT = 4000
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Saved:
    """Named slices as canonical filter texts, and labels by address; both in the order they were saved."""

    slices: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


def read_saved(fs: Fs) -> Saved:
    """What was saved in a recording. Raises CorruptRecording when the file is damaged."""
    try:
        body = unseal(read_file(fs, SAVED, MOST_BYTES), SAVED)
    except FileNotFoundError:
        return Saved()
    except OSError as error:
        raise CorruptRecording(f"{SAVED} cannot be read ({error}). Remove it to go on without it.") from error
    try:
        saved = Saved(_texts(body["slices"]), _texts(body["labels"]))
        for text in saved.slices.values():
            where(text)
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptRecording(f"{SAVED}: {error}. Remove it to go on without it.") from error
    return saved


def save_slice(rec: Recording, name: str, expression: str | None) -> Saved:
    """Save a filter under a name; None removes it.

    Raises DataError when the recording is not writable, or for a name or a number of slices that is too long or large;
    FilterError for a filter that cannot be read or does not fit; RecordingWriteError when the disk refuses.
    """
    _check_text(name, "name of a slice", LONGEST_NAME)
    text = None
    if expression is not None:
        text = where(expression).expression
        rec.mask(expression)
        if text is None:
            raise FilterError("a slice is saved as a filter text, and these rows have none.")
    return _change(rec, "slices", name, text)


def save_label(rec: Recording, at: str, text: str | None) -> Saved:
    """Save what a person says of an address; None removes it.

    Raises DataError as ``save_slice`` does, AddressError or UnknownName for an address that is not there.
    """
    address = parse_address(at, rec.layers)
    rec.at(address)
    if text is not None:
        _check_text(text, "label", LONGEST_TEXT)
    return _change(rec, "labels", str(address), text)


def _change(rec: Recording, kind: str, key: str, text: str | None) -> Saved:
    if not rec.writable:
        raise DataError(f"{rec.path.name} was opened for reading only. Open it writable (in the shell: --writable).")
    with _one_at_a_time:
        saved = read_saved(rec.fs)
        table = {name: value for name, value in getattr(saved, kind).items() if name != key or text is not None}
        if text is not None:
            table[key] = text
        if len(table) > MOST:
            raise DataError(f"a recording holds at most {MOST:,} saved {kind}. Remove some first.")
        saved = replace(saved, **{kind: table})
        data = seal({"slices": dict(saved.slices), "labels": dict(saved.labels)})
        if len(data) > MOST_BYTES:
            raise DataError(f"saved slices and labels fill at most {MOST_BYTES >> 20} MiB. Remove some first.")
        try:
            write_file(rec.fs, SAVED, [data])
            rec.fs.sync_folder()
        except OSError as error:
            raise RecordingWriteError(f"cannot save in {rec.path.name} ({error}). Free space.") from error
    return saved


def _check_text(text: str, what: str, most: int) -> None:
    if not text.strip() or len(text) > most:
        raise DataError(f"a {what} has 1 to {most:,} characters; got {len(text):,}.")


def _texts(table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(one, str) for pair in table.items() for one in pair):
        raise TypeError("it holds no table of texts")
    return dict(table)
