"""Everything Neuronaut raises on purpose.

NeuronautError
├── AddressError        (ValueError)       an address that cannot be read
├── UnknownName         (KeyError)         no such layer, unit, column, array, slice
├── FilterError         (ValueError)       a filter that cannot be read or does not fit the columns
├── DataError           (ValueError)       inputs, metadata or labels that do not fit
├── UnsupportedModel    (TypeError)        a model that cannot be followed or recorded
├── LayerNeverFired     (RuntimeError)     a layer that was asked for and produced nothing
├── NeedsModel          (ValueError)       asked of a recording, but only a live model can answer
├── NeedsExtra          (ImportError)      a package that only some uses need
├── NotARecording       (FileNotFoundError)
├── RecordingExists     (FileExistsError)
├── RecordingLocked     (BlockingIOError)  another process is writing
├── RecordingWriteError (OSError)          the disk refused; what was committed stays
├── CorruptRecording    (ValueError)       damaged bytes, named
├── NewerFormat         (ValueError)       written by a later Neuronaut
└── ExportError         (ValueError)       a page that cannot be made

Each message says what was asked, what is there, and what to do.
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterable


class NeuronautError(Exception):
    """Base of all errors raised on purpose."""

    def __str__(self) -> str:
        # KeyError would show the repr of its message, quotes and all.
        return str(self.args[0]) if self.args else ""


class AddressError(NeuronautError, ValueError):
    """An address that cannot be read."""


class UnknownName(NeuronautError, KeyError):
    """No layer, unit, column, array or slice of that name; ``suggestion`` is the one that was likely meant."""

    suggestion: str | None = None


class FilterError(NeuronautError, ValueError):
    """A filter that cannot be read, or does not fit the columns.

    ``kind`` is one word for the sort of trouble (``column``, ``type``, ``unclosed``, ...), the same in the page;
    ``position`` is the 0-based code point in ``source`` where it starts, ``length`` counts code points;
    ``suggestion`` is a replacement for the offending piece, where one is likely.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: str = "",
        source: str = "",
        position: int | None = None,
        length: int = 1,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.source = source
        self.position = position
        self.length = length
        self.suggestion = suggestion

    def __str__(self) -> str:
        if self.position is None or not self.source:
            return self.message
        return f"{self.message}\n{_pointed(self.source, self.position, max(1, self.length))}"


def _pointed(source: str, position: int, length: int, width: int = 100) -> str:
    """At most ``width`` characters of the source and carets below; what cannot be printed becomes a blank."""
    start = max(0, min(position - width // 2, len(source) - width))
    line = "".join(sign if sign.isprintable() else " " for sign in source[start : start + width])
    before, after = "…" if start else "", "…" if start + width < len(source) else ""
    count = max(1, min(length, start + width - position))
    return f"  {before}{line}{after}\n  {' ' * (len(before) + position - start)}{'^' * count}"


class DataError(NeuronautError, ValueError):
    """Inputs, metadata or labels that do not fit."""


class UnsupportedModel(NeuronautError, TypeError):
    """A model that cannot be followed or recorded, refused by name before work starts."""


class LayerNeverFired(NeuronautError, RuntimeError):
    """A layer that was asked for produced nothing."""


class NeedsModel(NeuronautError, ValueError):
    """A question that only the live model can answer."""


class NeedsExtra(NeuronautError, ImportError):
    """A package that only some uses need is not installed; the message says which extra brings it."""


class NotARecording(NeuronautError, FileNotFoundError):
    """A path that holds no recording."""


class RecordingExists(NeuronautError, FileExistsError):
    """A recording is already there, and neither resume nor overwrite was asked for."""


class RecordingLocked(NeuronautError, BlockingIOError):
    """Another process is writing this recording."""


class RecordingWriteError(NeuronautError, OSError):
    """The disk refused a write; ``committed`` rows are safe."""

    def __init__(self, message: str, *, committed: int = 0) -> None:
        super().__init__(message)
        self.committed = committed


class CorruptRecording(NeuronautError, ValueError):
    """Damaged bytes, named by file or by layer and rows; ``recording`` is where it lies, once that is known.

    >>> error = CorruptRecording("fc1 rows 0:4: the checksum does not match.")
    >>> error.recording = "my net.naut"
    >>> print(error)
    fc1 rows 0:4: the checksum does not match. To see all that is damaged: neuronaut verify 'my net.naut'
    """

    recording: str = ""

    @property
    def damage(self) -> str:
        """What is damaged, without advice."""
        return super().__str__()

    def __str__(self) -> str:
        if not self.recording:
            return self.damage
        return f"{self.damage} To see all that is damaged: neuronaut verify {shlex.quote(self.recording)}"


class NewerFormat(NeuronautError, ValueError):
    """Written by a later version of the format than this one reads."""


class ExportError(NeuronautError, ValueError):
    """A page that cannot be made."""


def closest(name: str, options: Iterable[str]) -> str | None:
    """The option a typist most likely meant, or None.

    >>> closest("mixed_4a", ["mixed3a", "mixed4a", "fc"])
    'mixed4a'
    """
    names = list(options)
    folded = {option.casefold(): option for option in reversed(names)}
    near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def unknown(kind: str, name: str, options: Iterable[str], *, remedy: str = "", most: int | None = 8) -> UnknownName:
    """An UnknownName that names the closest option and what is there, the first ``most`` (None: all) in full.

    >>> str(unknown("layer", "mixed_4a", ["mixed3a", "mixed4a"]))
    "no layer 'mixed_4a'; closest: 'mixed4a'. There are: 'mixed3a', 'mixed4a'."
    """
    names = list(options)
    near = closest(name, names)
    text = f"no {kind} {name!r}"
    if near is not None:
        text += f"; closest: {near!r}"
    shown = ", ".join(repr(option) for option in names[:most])
    if most is not None and len(names) > most:
        shown += f" and {len(names) - most} more"
    text += f". There are: {shown}." if names else f". There is no {kind} here."
    error = UnknownName(f"{text} {remedy}".strip())
    error.suggestion = near
    return error
