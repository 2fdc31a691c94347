"""Screens: every view and dialog of the explorer, with something to see in it, as links into a few recordings."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from opened_page import Opened
from passenger_recordings import SLICES, Net, record_passengers
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

from neuronaut.capture.record import record
from neuronaut.explorer.export import export
from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.samples import load_digits, load_titanic
from neuronaut.store.recording import Recording

AGAINST = "a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22"
YOUNG = "slice=young%09age%20%3C%2016&slice=women%09sex%20%3D%3D%20%22female%22"


@dataclass(frozen=True)
class Screen:
    """What ``link`` shows ``of`` the recordings, once ``keys`` were pressed; ``sees`` is on it when all is there."""

    name: str
    of: str
    link: str
    sees: str
    keys: tuple[str, ...] = ()


SCREENS = (
    Screen("network", "file", "#/network", "Weight"),
    Screen("network compared", "file", f"#/network?{AGAINST}&col=ab&sel=0%3A11&pin=3%3A4", "Top samples"),
    Screen("network ranked", "file", f"#/network?{AGAINST}&ranked=1&ord=mean", "Units ranked by A against B"),
    Screen("network as a table", "file", f"#/network?{AGAINST}&table=1", "AUROC"),
    Screen("network alone", "file", "#/network?max=1&col=selectivity&edges=none", "Tells best"),
    Screen("layers", "file", "#/layers?at=0", "Point at a value"),
    Screen("neuron", "file", f"#/neuron?at=0%3A11&{AGAINST}", "Most similar"),
    Screen("samples", "file", "#/samples?sort=age", "Table of samples"),
    Screen("sample", "file", "#/sample?at=7", "Probability"),
    Screen("compare", "file", f"#/compare?{AGAINST}&sel=0%3A11", "replicated"),
    Screen("slices", "file", f"#/slices?{YOUNG}", "As a filter"),
    Screen("keys", "file", "#/network", "Keys and signs", ("?",)),
    Screen("jump", "file", "#/network", "32 neurons", ("/", "d", "e", "n")),
    Screen("filter", "file", "#/network", "survived", ("a", "s")),
    Screen("live", "served", "#/live?row=4&sel=0%3A2&edits=0%3A2*0", "Measure"),
    Screen("live measured", "served", "#/live?row=4&edits=0%3A2*0&how=mean&measured=pwhz3v", "Verdict"),
    Screen("live as a table", "served", "#/live?row=4&edits=0%3A2*0&table=1&sorted=-change", "The run as a table"),
    Screen("layers of two recordings", "served", "#/compare?mode=two", "16 of 16 pairs"),
    Screen("compare one recording", "file", "#/compare?mode=two", "This page is of one recording"),
    Screen("two recordings", "served", "#/compare?mode=two&layer=0", "Matched"),
    Screen("layers served", "served", "#/layers?at=0", "Point at a value"),
    Screen("neuron served", "served", "#/neuron?at=0%3A2", "pclass 1 · age 19"),
    Screen("sample served", "served", "#/sample?at=5", "Probability"),
    Screen("channels", "pictures", "#/network?sel=0%3A1&map=1", "Top samples"),
    Screen("layer of channels", "pictures", "#/layers?at=0", "Point at a value"),
    Screen("sample of pictures", "pictures", "#/sample?at=3", "Probability"),
    Screen("samples of pictures", "pictures", "#/samples", "Table of samples"),
    Screen("samples that none fits", "file", "#/samples?a=age%20%3E%20200&b=", "No sample fits"),
    Screen("samples without columns", "bare", "#/samples", "This recording has no columns"),
    Screen("slices that are none", "bare", "#/slices", "No slices yet"),
    Screen("slice of nobody", "file", "#/slices?a=&b=&slice=old%09age%20%3E%20200", "As a filter"),
    Screen("sample as a table", "file", "#/sample?at=7&table=1", "Mean of all"),
    Screen("network of broken values", "broken", "#/network?sel=0%3A3", "3 of 891 values are NaN or infinite"),
    Screen("layers of broken values", "broken", "#/layers?at=0", "Point at a value"),
    Screen("neuron of broken values", "broken", "#/neuron?at=0%3A3", "3 of 891 values are NaN or infinite"),
    Screen("layers of many classes", "many", "#/layers?at=0", "Point at a value"),
    Screen("samples of many classes", "many", "#/samples?sort=letter&desc=1", "Table of samples"),
    Screen("sample of many classes", "many", "#/sample?at=3", "more classes are less likely"),
)


STILL = ("--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb")
FONTS = {"Inter": "inter", "JetBrains Mono": "jetbrains-mono"}
"""The first fonts of the page's stacks, so that text is drawn alike wherever the tests run."""


def drawn_alike() -> str:
    """A script that puts these fonts into a page before it draws."""
    folder = Path(__file__).parent / "fonts"
    added = [
        f"""for (const style of ["normal", "italic"]) document.fonts.add(new FontFace({name!r},
          Uint8Array.from(atob({base64.b64encode((folder / f"{file}.woff2").read_bytes()).decode()!r}),
            (sign) => sign.charCodeAt(0)), {{weight: "100 900", style}}));"""
        for name, file in FONTS.items()
    ]
    return "\n".join(added)


class Recordings:
    """What the screens are of: the passengers' page, a served table with its model and a twin, a page of pictures.

    They are opened in a browser of their own, which draws text alike wherever it runs.
    """

    def __init__(self, folder: Path, browser: Browser, chromium: Path, flags: Sequence[str]) -> None:
        self._browser = browser.browser_type.launch(executable_path=chromium, args=[*flags, *STILL])
        self.version = self._browser.version.partition(".")[0]
        self._fonts = drawn_alike()
        passengers = record_passengers(folder / "titanic.naut")
        self._pages = {
            "file": export(passengers, folder / "titanic.html", slices=SLICES),
            "pictures": export(pictures(folder / "digits.naut"), folder / "digits.html"),
            "bare": export(record(dense(0), load_titanic()[0][:60], to=folder / "bare.naut"), folder / "bare.html"),
            "broken": export(
                record_passengers(folder / "broken.naut", Net(broken_unit=3)), folder / "broken.html", slices=SLICES
            ),
            "many": export(letters(folder / "letters.naut"), folder / "letters.html"),
        }
        first, second = (tables(folder / f"{name}.naut", seed) for name, seed in (("first", 0), ("second", 1)))
        self._server = Server([first, second], live=live_questions(first, dense(0))).start()

    def close(self) -> None:
        self._server.stop()
        self._browser.close()

    @contextlib.contextmanager
    def open(self, screen: Screen, theme: str, **options: Any) -> Iterator[Opened]:
        """The screen, settled; nothing may have gone wrong on it."""
        options = {"size": (1280, 800), "theme": theme, "before": self._fonts, **options}
        page = (
            OpenedServed(self._browser, self._server, screen.link, **options)
            if screen.of == "served"
            else Opened(self._browser, self._pages[screen.of], screen.link, **options)
        )
        for key in screen.keys:
            page.tab.keyboard.press(key)
        expect(page.tab.get_by_text(screen.sees).or_(page.tab.get_by_label(screen.sees)).first).to_be_visible()
        page.settle()
        yield page
        page.close()
        assert page.wrongs == []


def dense(seed: int) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sizes = ((6, 16), (16, 8), (8, 2))
        layers = [part for pair in sizes for part in (torch.nn.Linear(*pair), torch.nn.ReLU())]
        return torch.nn.Sequential(*layers[:-1]).eval()


def tables(path: Path, seed: int) -> Recording:
    inputs, people = load_titanic()
    return record(dense(seed), inputs[:200], metadata=people[:200], labels="survived", to=path, influence=True)


def letters(path: Path) -> Recording:
    """A table whose rows are each one of 26 letters: more classes than there are colours."""
    names = [chr(ord("a") + place) for place in range(26)]
    rows = np.random.default_rng(0).normal(size=(130, 6)).astype(np.float32)
    labels = pd.DataFrame({"letter": pd.Categorical([names[place % 26] for place in range(130)], names)})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.ReLU(), torch.nn.Linear(16, 26)).eval()
    return record(net, rows, metadata=labels, labels="letter", to=path)


def pictures(path: Path) -> Recording:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        conv = (torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
        net = torch.nn.Sequential(*conv, torch.nn.Flatten(), torch.nn.Linear(96, 10)).eval()
    images, metadata = load_digits()
    return record(net, images[:120], metadata=metadata[:120], labels="label", to=path, position="keep")
