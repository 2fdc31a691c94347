"""Two recordings in a notebook's cell: side by side as a server shows them, by link, after the tab is loaded anew."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from notebook_server import RUN, Notebook, Notebooks
from passenger_recordings import passengers
from playwright.sync_api import Locator, expect
from torch import nn

from neuronaut.analysis.cka import cka
from neuronaut.analysis.match import match
from neuronaut.capture.record import record
from neuronaut.models.torch.fit import Fit
from neuronaut.store.recording import Recording

Pair = tuple[Recording, Recording]
SHOW = """
import neuronaut as naut
w = naut.show(*{paths!r})
w
""".strip()
WORK = """
import asyncio, time
def work(w, left):
    "How much the widget's kernel side works on, once it has come down to so much."
    for _ in range(500):
        found = len(asyncio.all_tasks(w._answers._loop))
        if found == left:
            break
        time.sleep(0.01)
    return found
""".strip()
OFTEN = """
from neuronaut.explorer import kernel, widget
from neuronaut.explorer.server.limits import Limits
kernel.LIMITS, widget.CALLS = Limits(poll_s=0.1), 1
""".strip()


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """One network trained twice on the passengers, from two seeds."""
    folder, data = tmp_path_factory.mktemp("twice"), passengers(891)
    x, y = torch.from_numpy(data["inputs"]), torch.from_numpy(data["survived"].astype(np.int64))
    fit = Fit(nn.functional.cross_entropy, 0.01, 1e-4, 10)
    sexes = pd.DataFrame({"sex": np.where(data["female"], "female", "male")})

    def recorded(seed: int, name: str) -> Recording:
        trained = fit.trained(net, x, y, seed=seed)
        return record(trained, data["inputs"], labels=y.numpy(), metadata=sexes, to=folder / name, influence=False)

    return recorded(1, "first.naut"), recorded(2, "retrained.naut")


def shown(pair: Pair) -> str:
    return SHOW.format(paths=[str(one.path) for one in pair])


def wait_for(book: Notebook, rec: Recording) -> None:
    """Until the cell shows a recording, with its numbers."""
    book.tab.wait_for_function(
        "id => window.neuronaut?.explorer?.manifest.id === id && neuronaut.explorer.all", arg=rec.id
    )


def set_beside(output: Locator, pairs: int) -> None:
    output.get_by_role("application").focus()
    output.page.keyboard.press("5")
    output.get_by_role("combobox", name="Compare").select_option("Two recordings")
    output.get_by_role("application", name=f"{pairs} of {pairs} pairs").wait_for()


def saved_rows(book: Notebook, output: Locator, what: str) -> list[dict[str, str]]:
    output.get_by_label(f"Save {what}").click()
    with book.tab.expect_download() as saving:
        output.get_by_role("button", name="Save as CSV").click()
    return list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text(encoding="utf-8"))))


def numbers(rows: list[dict[str, str]], name: str) -> list[float]:
    return [float(row[name] or "nan") for row in rows]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_two_trained_networks_stand_side_by_side_with_pythons_numbers(
    pair: Pair, notebook: Notebooks, theme: str
) -> None:
    book = notebook(shown(pair))
    book.command("apputils:change-theme", theme=f"JupyterLab {theme.title()}")
    output = book.run(0)
    wait_for(book, pair[0])
    expect(output.locator(".nn-root")).to_have_attribute("data-theme", theme)
    set_beside(output, 16)
    alike = cka(pair[0], other=pair[1])
    listed = saved_rows(book, output, "picture")
    assert [(row["layer"], row["other_layer"]) for row in listed] == [
        (one, other) for one in alike.coords["layers"] for other in alike.coords["others"]
    ]
    np.testing.assert_allclose(numbers(listed, "debiased"), np.ravel(alike["debiased"]), rtol=1e-9)

    output.get_by_role("combobox", name="Layer of this recording").select_option("dense 1")
    table = output.get_by_role("region", name="Matched units")
    table.wait_for()
    found = match(*pair, ["0"], ["0"])
    by_unit = {row["unit"]: row for row in saved_rows(book, output, "picture")}
    units = [by_unit[unit] for unit in found.coords["unit"]]
    assert [row["partner"] for row in units] == found["partner"].tolist()
    for name in ("correlation", "heldout", "heldout_low", "q", "margin"):
        np.testing.assert_allclose(numbers(units, name), found[name], rtol=1e-9, err_msg=name)
    surest = int(np.nanargmax(np.where(found["partner"] == "", np.nan, found["heldout"])))
    first = table.get_by_role("row").nth(1)
    expect(first.get_by_role("rowheader")).to_have_text(str(surest))
    expect(first).to_contain_text(found["partner"][surest].removeprefix("0:"))
    expect(first).to_contain_text(f"{found['heldout'][surest]:+.2f}")


def test_a_partner_a_link_and_a_reload_land_on_the_recording_that_they_name(pair: Pair, notebook: Notebooks) -> None:
    book = notebook(shown(pair), "w.recording, w.state", "w.show(link)", "w.show('?rec=lost#/network')")
    output = book.run(0)
    wait_for(book, pair[0])
    set_beside(output, 16)
    output.get_by_role("combobox", name="Layer of this recording").select_option("dense 1")
    output.get_by_role("region", name="Matched units").wait_for()
    output.get_by_role("application").focus()
    book.tab.keyboard.press("ArrowDown")
    # In JupyterLab's command mode the cell below: here the keys are the drawing's.
    unit = book.tab.wait_for_function("() => window.neuronaut.explorer.selected").evaluate("({ unit }) => unit")
    partner = match(*pair, ["0"], ["0"])["partner"][unit]
    book.tab.evaluate("navigator.clipboard.writeText = async (text) => void (window.copied = text)")
    output.get_by_role("button", name="Copy link").click()
    copied = book.tab.wait_for_function("() => window.copied").json_value()
    assert copied.startswith(f"?rec={pair[0].id}#/compare?") and "mode=two" in copied
    link = output.get_by_role("link", name="Open the partner")
    assert "rec=" not in str(link.get_attribute("href"))
    address = book.tab.url
    link.click()
    wait_for(book, pair[1])
    assert book.tab.url == address
    assert book.tab.evaluate("[neuronaut.explorer.route, neuronaut.explorer.at]") == ["neuron", partner]
    expect(book.run(1)).to_contain_text(f"('{pair[1].id}', '#/neuron?at={partner.replace(':', '%3A')}')")
    book.tab.evaluate(
        "source => { jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.source = source }",
        f"w.show({copied!r})",
    )
    book.run(2)
    wait_for(book, pair[0])
    output.get_by_role("region", name="Matched units").wait_for()
    assert book.tab.evaluate("[neuronaut.explorer.own.mode, neuronaut.explorer.own.layer]") == ["two", "0"]
    expect(book.run(3)).to_contain_text("this link is of a recording that is not in this cell")
    output.get_by_role("combobox", name="Recording", exact=True).select_option("retrained.naut")
    wait_for(book, pair[1])
    book.command("docmanager:save")
    book.reload()
    wait_for(book, pair[1])
    assert book.tab.evaluate("neuronaut.explorer.route") == "compare"
    output.get_by_role("region", name="Matched units").wait_for()
    expect(output.get_by_role("combobox", name="Other recording", exact=True)).to_have_value(pair[0].id)


@pytest.mark.parametrize("quiet", [False, True], ids=["says goodbye", "says nothing"])
def test_a_tab_that_is_loaded_anew_leaves_a_kernel_that_does_nothing(
    pair: Pair, notebook: Notebooks, quiet: bool
) -> None:
    book = notebook(
        OFTEN,
        shown(pair),
        WORK + "\nprint('works on', work(w, 1))",
        "print('works on', work(w, 0))",
        "print('yes' if w._looks > 12 else 'no')",
    )
    if quiet:
        book.tab.evaluate("addEventListener('pagehide', (event) => event.stopImmediatePropagation(), true)")
    book.run(0)
    book.run(1)
    wait_for(book, pair[0])
    expect(book.run(2)).to_contain_text("works on 1")
    # It was called more often than a page may be silent.
    assert any("yes" in book.run(4).inner_text() for _ in range(200))
    expect(book.run(2)).to_contain_text("works on 1")
    book.reload()  # the notebook was not saved since: its cells have no output now
    expect(book.tab.locator(".nn-root")).to_have_count(0)
    expect(book.run(3)).to_contain_text("works on 0", timeout=RUN)


def test_one_recording_carries_no_view_of_two(pair: Pair, notebook: Notebooks) -> None:
    book = notebook(SHOW.format(paths=[str(pair[0].path)]), "w.state = '#/compare?mode=two'")
    output = book.run(0)
    wait_for(book, pair[0])
    book.run(1)
    expect(output.get_by_role("note")).to_contain_text("naut.show(first, second)")
    expect(output.get_by_role("combobox", name="Recording", exact=True)).to_have_count(0)


def test_without_anywidget_the_cell_says_how_to_see_both_and_that_way_works(pair: Pair, notebook: Notebooks) -> None:
    paths = [str(one.path) for one in pair]
    without = 'import sys\nsys.modules["anywidget"] = None\n'
    book = notebook(without + shown(pair), f"print(naut.show(*{paths!r}, open_browser=False).link())")
    output = book.run(0)
    expect(output.get_by_text("This cell shows first.naut alone, not beside retrained.naut.")).to_be_visible()
    expect(output.get_by_text("naut.show(..., open_browser=False)")).to_be_visible()
    expect(book.frame(0).get_by_role("application")).to_be_visible(timeout=RUN)
    said = book.run(1)
    expect(said).to_contain_text("http://")
    book.tab.goto(re.findall(r"http://127\S+", said.inner_text())[-1])
    expect(book.tab.get_by_role("combobox", name="Recording", exact=True)).to_be_visible(timeout=RUN)
