"""Where a recording goes: the folder the caller names, or a scratch folder that goes away."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from neuronaut.capture.options import Options
from neuronaut.core.errors import NotARecording, RecordingExists
from neuronaut.store.recording import Recording, open

_scratch: dict[Path, int] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """A folder for a recording; ``begun`` is the one that is there already and is to be resumed."""

    path: Path
    temporary: bool
    begun: Recording | None = None

    @property
    def remedy(self) -> str:
        """How to go on after an interruption."""
        if self.temporary:
            return "It goes away when this process ends; give to= a folder to be able to resume."
        return f"Go on with record(..., to={str(self.path)!r}, resume=True)."


def place(to: str | os.PathLike[str] | None, options: Options) -> Place:
    """Look at what lies at ``to``, before any work is done.

    Raises RecordingExists when a recording is there and neither resume nor overwrite was asked for.
    """
    if to is None:
        folder = Path(tempfile.mkdtemp(prefix="neuronaut-"))
        if not _scratch:
            atexit.register(_sweep)
        _scratch[folder] = os.getpid()
        return Place(folder / "recording.naut", True)
    path = Path(to)
    try:
        begun = open(path)
    except NotARecording:
        # Nothing, or a creation that was interrupted; what else lies there is refused when the recording is created.
        return Place(path, False)
    except Exception:
        if options.overwrite:
            return Place(path, False)
        raise
    if options.resume:
        return Place(path, False, begun)
    if not options.overwrite:
        raise RecordingExists(
            f"{str(path)!r} holds {begun.n:,} samples already. Use resume=True to go on, overwrite=True to replace it."
        )
    return Place(path, False)


def _sweep() -> None:
    """Delete the scratch folders that this process made; a forked child leaves them alone."""
    for folder, owner in _scratch.items():
        if owner == os.getpid():
            shutil.rmtree(folder, ignore_errors=True)
