"""The explorer in a notebook's cell: the widget, else the page in a sandboxed frame, else a line of advice."""

from __future__ import annotations

import html
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuronaut.core.view import View
from neuronaut.explorer.bundle import Choice, bundle
from neuronaut.explorer.html import compose, read_assets

if TYPE_CHECKING:
    from neuronaut.explorer.widget import Explorer
    from neuronaut.store.recording import Recording

MOST_BYTES = 10_000_000
"""Size of a page up to which it is put into a cell's output."""
HEIGHT = 720


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook (Jupyter, VS Code, Colab; marimo)."""
    if "marimo" in sys.modules and sys.modules["marimo"].running_in_notebook():
        return True
    shell = sys.modules.get("IPython")
    current = None if shell is None else shell.get_ipython()
    return current is not None and getattr(current, "kernel", None) is not None


def in_cell(
    rec: Recording,
    *others: Recording,
    slices: Sequence[Any] = (),
    live: Mapping[str, Callable[..., Any]] | None = None,
    state: str | View = "",
    height: int = HEIGHT,
) -> Explorer | Frame:
    """The explorer of recordings as the value of a cell.

    With anywidget (extra ``notebook``) it is a widget whose ``state`` follows the page and moves it, and whose bar
    switches between the recordings and whose Compare sets two of them side by side; without, a frame that holds the
    page of the first and says what to do for the others. ``live`` are the questions that ask a model, by name.
    """
    if not _has_anywidget():
        return frame(rec, *others, slices=slices, height=height)
    from neuronaut.explorer.kernel import KernelAnswers
    from neuronaut.explorer.widget import Explorer

    answers = KernelAnswers((rec, *others), slices=slices, live=live)
    return Explorer(answers, state=state, height=height)


def _has_anywidget() -> bool:
    try:
        return importlib.util.find_spec("anywidget") is not None
    except ValueError:  # it was forbidden: sys.modules["anywidget"] = None
        return False


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """A page inside a cell's output; ``page`` is None where it is too large for one."""

    name: str
    page: str | None
    height: int = HEIGHT
    others: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<{self.name}: the explorer needs a notebook that shows HTML. {self._advice()}>"

    def _repr_html_(self) -> str:
        said = ""
        if self.page is None:
            said = f"{self.name} is too large for a cell's output ({MOST_BYTES // 10**6} MB). {self._advice()}"
        elif self.others:
            said = f"This cell shows {self.name} alone, not beside {', '.join(self.others)}. {self._advice()}"
        shown = "" if self.page is None else self._frame(self.page)
        return f"<p>{html.escape(said)}</p>{shown}" if said else shown

    def _frame(self, page: str) -> str:
        # Scripts run, but as nobody: no cookies, no storage, no way into the notebook around.
        return (
            f'<iframe sandbox="allow-scripts" title="Neuronaut: {html.escape(self.name)}" width="100%" '
            f'height="{self.height}" style="border:0;border-radius:10px" srcdoc="{html.escape(page)}"></iframe>'
        )

    def _advice(self) -> str:
        if not self.others:
            return "Install neuronaut[notebook] for the widget, or run in a shell: neuronaut show RECORDING."
        return (
            "To see them side by side here, install neuronaut[notebook], restart the kernel and run the cell again. "
            "Without: naut.show(..., open_browser=False) with the same recordings gives a link to open in a browser."
        )


def frame(rec: Recording, *others: Recording, slices: Sequence[Any] = (), height: int = HEIGHT) -> Frame:
    """The page of a recording in a sandboxed frame, when it is at most 10 MB; it says that it has no others."""
    pieces, size = [], 0
    names = tuple(one.path.name for one in others)
    for piece in compose(bundle(rec, Choice(slices)).page, read_assets()):
        size += len(piece)
        if size > MOST_BYTES:
            return Frame(rec.path.name, None, height, names)
        pieces.append(piece)
    return Frame(rec.path.name, b"".join(pieces).decode("utf-8"), height, names)
