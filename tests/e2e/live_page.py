"""The page of a recording whose model runs beside it."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from typing import Any

import torch
from playwright.sync_api import Browser
from served_page import OpenedServed

from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording

SHOWN = "() => window.neuronaut.explorer.one !== null"


def hidden_six(seed: int) -> Any:
    """Three features, six hidden units, two classes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).eval()


@contextlib.contextmanager
def live_page(
    browser: Browser, rec: Recording, net: Any, hash: str = "", *, served: Any = (), data: Any = None, **options: Any
) -> Iterator[OpenedServed]:
    """``hash`` on the page of ``rec`` (or of the recordings ``served``) with its model, or with none where ``net`` is
    None; nothing may have gone wrong on it."""
    asked = None if net is None else live_questions(rec, copy.deepcopy(net), data)
    server = Server(list(served) or [rec], live=asked).start()
    try:
        page = OpenedServed(browser, server, hash, **options)
        yield page
        page.close()
        assert page.wrongs == []
    finally:
        server.stop()
