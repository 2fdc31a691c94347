"""Show: the explorer in the browser, on recordings that are served from this machine, with or without the model."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from neuronaut.core.errors import CorruptRecording, DataError, NewerFormat
from neuronaut.explorer.notebook import Frame, in_cell, in_notebook
from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

if TYPE_CHECKING:
    from neuronaut.explorer.widget import Explorer

Path = str | os.PathLike[str]


def show(
    rec: Recording | Path,
    *others: Recording | Path,
    model: Any = None,
    data: Any = None,
    open_browser: bool = True,
    port: int = 0,
    allow_host: Sequence[str] = (),
    writable: bool = False,
    block: bool | None = None,
    say: Callable[[str], None] = print,
) -> Server | Explorer | Frame:
    """Open the explorer in the browser, on one recording or several side by side; nothing leaves this machine.

    In a notebook the value is the explorer itself, shown in the cell: its ``state`` follows the page and moves it.
    ``open_browser=False`` asks for a server there too.

    With ``model`` (and ``data``, where the recording does not hold the model's inputs) of the first recording, the
    page can run it: forward, ablate, influence of any slice. ``writable`` lets the page save slices and labels in the
    recordings. The server listens on this machine only and needs the link that it prints, which works once;
    ``allow_host`` names further hosts under which a proxy reaches it. ``block`` waits until Ctrl-C (by default in
    scripts, not where code is typed in).

    >>> import numpy as np, torch, neuronaut as naut
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    >>> rec = naut.record(net, np.arange(40.0)[:, None], metadata={"row": range(40)})
    >>> with show(rec, open_browser=False, block=False, say=lambda text: None) as server:
    ...     server.running
    True

    With several recordings the page's bar switches between them, and Compare matches their units.

    Raises NotARecording, CorruptRecording or NewerFormat naming the recording; DataError for one given twice and for a
    port that is taken; ExportError when the app is not built.
    """
    recordings = [opened(one, writable=writable) for one in (rec, *others)]
    live = None if model is None else live_questions(recordings[0], model, data)
    if open_browser and in_notebook():
        return in_cell(*recordings, live=live)
    server = Server(
        recordings, port=port, allow_host=allow_host, live=live, on_link=lambda link: say(f"A new link: {link}")
    )
    waits = not _interactive() if block is None else block
    try:
        server.start()
        link = server.link()
        say(told(recordings, server, link))
        if open_browser:
            webbrowser.open(link)
        if waits:
            server.wait()
    except KeyboardInterrupt:  # before the wait, which has its own
        server.stop()
        if not waits:
            raise
    return server


def told(recordings: Sequence[Recording], server: Server, link: str) -> str:
    """What a person needs to know to open the page, here or from afar."""
    names = ", ".join(rec.path.name for rec in recordings)
    return (
        f"{names} at\n  {link}\n"
        "The link works once; only this machine can reach it. From another one, first:\n"
        f"  ssh -L {server.port}:127.0.0.1:{server.port} USER@HOST"
    )


def opened(rec: Recording | Path, *, writable: bool) -> Recording:
    """The recording, opened; of several it is said which one cannot be. Raises as ``open`` does."""
    if isinstance(rec, Recording):
        return rec if rec.writable or not writable else open_recording(rec.path, writable=True)
    if not isinstance(rec, (str, os.PathLike)):
        raise DataError(
            f"a {type(rec).__name__} is no recording. Give one, or its path, and the model beside it: "
            "naut.show(rec, model=model)."
        )
    try:
        return open_recording(rec, writable=writable)
    except NewerFormat as error:
        raise NewerFormat(f"{os.fspath(rec)}: {error}") from error
    except CorruptRecording as error:
        named = CorruptRecording(f"{os.fspath(rec)} cannot be opened. {error.damage}")
        named.recording = error.recording
        raise named from error


def _interactive() -> bool:
    return hasattr(sys, "ps1") or "IPython" in sys.modules
