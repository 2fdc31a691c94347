"""The explorer in JupyterLab, as a person uses it: a cell is run, a neuron clicked, the view set from Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from notebook_server import RUN, Notebook, Notebooks
from passenger_recordings import SLICES
from playwright.sync_api import Locator, expect

from neuronaut.analysis.activity import activity
from neuronaut.core.layer import Graph, Layer
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

SHOW = f"""
import neuronaut as naut
from neuronaut.explorer.notebook import in_cell
rec = naut.open({{path!r}})
w = in_cell(rec, slices={list(SLICES)!r})
w
""".strip()
GROWING = """
import numpy as np
from neuronaut.core.layer import Graph, Layer
from neuronaut.explorer.notebook import in_cell
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import open as open_recording
spec = ArraySpec("activations/fc/post", "float32", (3,), ("sample", "unit"))
writer = create({path!r}, RecordingCard(Graph((Layer("fc", "dense", 3, "linear", 0),))), [spec])
writer.append({{spec.path: np.eye(3, dtype="f4")}})
writer.commit()
in_cell(open_recording({path!r}))
""".strip()
GROW = """
writer.append({spec.path: np.ones((2, 3), "f4")})
writer.commit()
""".strip()
TWO = """
import neuronaut as naut
w = naut.show(*{paths!r})
w
""".strip()
TASKS = """
import asyncio, time
def tasks(w):
    "How many the widget's kernel side works on, once what was ended has ended."
    for _ in range(500):
        found = len(asyncio.all_tasks(w._answers._loop))
        if found == {left}:
            break
        time.sleep(0.01)
    return found
""".strip()
LISTENERS = """
window.heard = new Set()
for (const kind of [Window, Document, MediaQueryList, Element]) {
  const [add, remove] = [EventTarget.prototype.addEventListener, EventTarget.prototype.removeEventListener]
  kind.prototype.addEventListener = function (name, listener, options) {
    // Those of the widget, whose script is a blob, on what outlives its cell.
    const outlives = !(this instanceof Element) || this === document.documentElement || this === document.body
    if (outlives && new Error().stack.includes("blob:")) {
      const one = { name, listener }
      window.heard.add(one)
      options?.signal?.addEventListener("abort", () => window.heard.delete(one))
    }
    return add.call(this, name, listener, options)
  }
  kind.prototype.removeEventListener = function (name, listener, options) {
    for (const one of window.heard) if (one.name === name && one.listener === listener) window.heard.delete(one)
    return remove.call(this, name, listener, options)
  }
}
""".strip()
FRAME = """
import sys
sys.modules["anywidget"] = None
import neuronaut as naut
naut.show(naut.open({path!r}))
""".strip()


def ready(book: Notebook) -> None:
    """Until the page in the cell has its numbers."""
    book.tab.wait_for_function("window.neuronaut?.explorer?.pair && window.neuronaut.explorer.edges.length > 0")


def click_unit(book: Notebook, output: Locator, layer: str, unit: int, label: str) -> None:
    """Move the mouse down a layer's column until the unit is under it, and press."""
    heading = output.get_by_text(label, exact=True).first.bounding_box()
    canvas = output.get_by_role("application").bounding_box()
    assert heading is not None and canvas is not None
    hovered = "([l, u]) => { const h = neuronaut.explorer.hover; return h && h.layer.name === l && h.unit === u }"
    for y in np.arange(canvas["y"] + 60, canvas["y"] + canvas["height"], 4):
        book.tab.mouse.move(heading["x"] + heading["width"] / 2, float(y))
        if book.tab.evaluate(hovered, [layer, unit]):
            book.tab.mouse.down()
            book.tab.mouse.up()
            return
    raise AssertionError(f"{layer}:{unit} is nowhere on the canvas")


def test_a_click_in_the_cell_reaches_python_and_python_moves_the_page(
    passengers: Recording, notebook: Notebooks
) -> None:
    book = notebook(
        SHOW.format(path=str(passengers.path)),
        "w.state",
        "from neuronaut.core.view import View\nfrom neuronaut.core.address import Address\n"
        "w.show(View(at=Address('0', unit=11)))",
        "w.state = '#/network?a=age%20%3E%2040'",
        "w.height = 500",
    )
    output = book.run(0)
    expect(output.get_by_role("application")).to_be_visible(timeout=RUN)
    ready(book)
    assert [worker.evaluate("self.name") for worker in book.tab.workers] == ["neuronaut"]
    click_unit(book, output, "3", 9, "dense 2")
    inspector = output.get_by_role("complementary", name="Inspector")
    expect(inspector).to_contain_text("neuron 9")
    expect(book.run(1)).to_contain_text("'#/network?sel=3%3A9'")
    book.run(2)
    expect(inspector).to_contain_text("neuron 11")
    exact = activity(passengers, SLICES, layers="0")["mean"][0, 11]
    assert book.tab.evaluate("neuronaut.explorer.sides.a.layers.get('0').mean[11]") == np.float32(exact)
    book.run(3)
    n = int(passengers.mask("age > 40").sum())
    book.tab.wait_for_function("n => neuronaut.explorer.sides?.a.n === n", arg=n)
    assert book.tab.evaluate("neuronaut.explorer.view.a") == "age > 40"
    # A filter that the page was not made with: Python's own numbers, with no sign that they are near.
    mine = activity(passengers, "age > 40", layers="0")["mean"][0]
    there = book.tab.evaluate("[...neuronaut.explorer.sides.a.layers.get('0').mean]")
    np.testing.assert_array_equal(there, mine.astype(np.float32))
    expect(output.get_by_text("~")).to_have_count(0)
    book.run(4)
    box = output.locator(".nn-widget").bounding_box()
    assert box is not None and box["height"] == 500
    # The notebook's address is the notebook's.
    assert "#" not in book.tab.url


def test_keys_pressed_in_the_cell_are_the_explorers_and_its_theme_is_the_notebooks(
    passengers: Recording, notebook: Notebooks
) -> None:
    book = notebook(SHOW.format(path=str(passengers.path)), "1 + 1")
    book.command("apputils:change-theme", theme="JupyterLab Light")
    output = book.run(0)
    root = output.locator(".nn-root")
    expect(root).to_have_attribute("data-theme", "light", timeout=RUN)
    ready(book)
    output.get_by_role("application").focus()
    cells = book.tab.locator(".jp-Notebook .jp-Cell")
    # In JupyterLab's command mode: a cell above, a cell below, delete this one.
    for key in ("x", "b", "Escape", "ArrowDown", "ArrowDown", "Enter"):
        book.tab.keyboard.press(key)
    expect(cells).to_have_count(2)
    assert book.tab.evaluate("neuronaut.explorer.view.a") == 'survived == "no"'
    before = book.tab.evaluate("neuronaut.explorer.view")
    cells.nth(1).locator(".jp-InputArea-editor").click()
    book.tab.keyboard.press("Escape")
    book.tab.keyboard.press("b")
    expect(cells).to_have_count(3)
    assert book.tab.evaluate("neuronaut.explorer.view") == before
    book.command("apputils:change-theme", theme="JupyterLab Dark")
    expect(root).to_have_attribute("data-theme", "dark", timeout=RUN)


def test_the_wheel_scrolls_the_notebook_until_the_network_is_meant(passengers: Recording, notebook: Notebooks) -> None:
    book = notebook(SHOW.format(path=str(passengers.path)), *["1"] * 12)
    output = book.run(0)
    canvas = output.get_by_role("application")
    expect(canvas).to_be_visible(timeout=RUN)
    ready(book)
    box = canvas.bounding_box()
    assert box is not None
    book.tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 80)
    book.tab.mouse.wheel(0, 100)
    expect(output.get_by_text("Ctrl and the wheel zoom")).to_be_visible()
    book.tab.wait_for_function(
        "y => document.querySelector('[role=application]').getBoundingClientRect().y < y", arg=box["y"]
    )
    assert book.tab.evaluate("neuronaut.explorer.cam") is None
    book.tab.keyboard.down("Control")
    book.tab.mouse.wheel(0, -100)
    book.tab.keyboard.up("Control")
    book.tab.wait_for_function("neuronaut.explorer.cam !== null")
    zoomed = book.tab.evaluate("neuronaut.explorer.cam.z")
    canvas.focus()
    book.tab.mouse.wheel(0, -100)
    book.tab.wait_for_function(f"neuronaut.explorer.cam.z > {zoomed}")


def test_the_page_in_the_cell_follows_a_recording_that_grows(tmp_path: Path, notebook: Notebooks) -> None:
    book = notebook(GROWING.format(path=str(tmp_path / "growing.naut")), GROW)
    output = book.run(0)
    book.tab.wait_for_function("window.neuronaut?.explorer?.all?.n === 3")
    book.run(1)
    book.tab.wait_for_function("window.neuronaut.explorer.all?.n === 5")
    expect(output.get_by_text("The recording has 2 more samples.").last).to_be_visible()
    assert book.tab.evaluate("neuronaut.explorer.all.layers.get('fc').mean[0]") == pytest.approx(3 / 5)


def test_the_cell_switches_between_two_recordings(passengers: Recording, tmp_path: Path, notebook: Notebooks) -> None:
    spec = ArraySpec("activations/fc/post", "float32", (3,), ("sample", "unit"))
    with create(
        tmp_path / "other.naut", RecordingCard(Graph((Layer("fc", "dense", 3, "linear", 0),))), [spec]
    ) as writer:
        writer.append({spec.path: np.eye(3, dtype="f4")})
    other = open_recording(tmp_path / "other.naut")
    book = notebook(TWO.format(paths=[str(passengers.path), str(other.path)]), "w.recording", "w.recording = ''")
    output = book.run(0)
    switch = output.get_by_role("combobox", name="Recording", exact=True)
    expect(switch).to_have_value(passengers.id, timeout=RUN)
    book.tab.wait_for_function("() => window.neuronaut?.explorer?.all")
    book.tab.evaluate("neuronaut.explorer.select({ layer: neuronaut.explorer.cards.get('0'), unit: 11 })")
    book.tab.keyboard.press("Escape")
    output.get_by_role("application").focus()
    book.tab.keyboard.press("5")
    expect(output.get_by_role("option", name="Two recordings")).to_be_enabled()
    switch.select_option("other.naut")
    book.tab.wait_for_function(
        "id => window.neuronaut?.explorer?.manifest.id === id && neuronaut.explorer.all", arg=other.id
    )
    assert book.tab.evaluate("[neuronaut.explorer.route, neuronaut.explorer.sel, neuronaut.explorer.all.n]") == [
        "compare",
        None,
        3,
    ]
    expect(output.locator(".nn-root")).to_have_count(1)
    expect(book.run(1)).to_contain_text(other.id)
    book.run(2)
    book.tab.wait_for_function("id => window.neuronaut?.explorer?.manifest.id === id", arg=passengers.id)
    expect(switch).to_have_value(passengers.id)
    assert "rec=" not in book.tab.url


def test_a_cell_that_is_run_again_or_deleted_leaves_no_worker_no_listener_and_no_work(
    passengers: Recording, notebook: Notebooks
) -> None:
    book = notebook(
        SHOW.format(path=str(passengers.path)),
        "first = w\n" + TASKS.format(left=1) + "\nprint('works on', tasks(first))",
        TASKS.format(left=0) + "\nprint('works on', tasks(first))",
        "print('works on', tasks(w))",
    )
    book.tab.evaluate(LISTENERS)
    output = book.run(0)
    ready(book)
    expect(book.run(1)).to_contain_text("works on 1")
    assert book.tab.evaluate("window.heard.size") > 0
    worker = book.tab.workers[0]
    book.tab.evaluate("window.before = neuronaut.explorer")
    book.run(0)
    book.tab.wait_for_function("window.neuronaut.explorer !== window.before")
    ready(book)
    expect(output.locator(".nn-root")).to_have_count(1)
    assert len(book.tab.workers) == 1 and worker not in book.tab.workers
    expect(book.run(2)).to_contain_text("works on 0")
    book.tab.locator(".jp-Notebook .jp-CodeCell").first.locator(".jp-InputArea-editor").click()
    book.command("notebook:delete-cell")
    expect(book.tab.locator(".nn-root")).to_have_count(0)
    book.tab.wait_for_function("window.heard.size === 0")
    assert book.tab.workers == []
    expect(book.run(2)).to_contain_text("works on 0")


def test_without_anywidget_the_page_stands_in_a_frame_that_can_do_nothing_but_run(
    passengers: Recording, notebook: Notebooks
) -> None:
    book = notebook(FRAME.format(path=str(passengers.path)), theme="dark")
    output = book.run(0)
    expect(output.locator("iframe")).to_have_attribute("sandbox", "allow-scripts")
    page = book.frame(0)
    expect(page.get_by_role("application")).to_be_visible(timeout=RUN)
    expect(page.get_by_text("891 samples").first).to_be_visible()
    expect(page.locator(".nn-root")).to_have_attribute("data-theme", "dark")
    page.get_by_role("combobox", name="Filter of group A").fill("age > 40 ")
    n = int(passengers.mask("age > 40").sum())
    expect(page.locator("[data-side=a]")).to_contain_text(str(n))


def test_the_page_of_a_large_recording_stays_out_of_the_notebook(
    passengers: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuronaut.explorer import notebook

    shown = notebook.frame(passengers)
    assert shown.page is not None and len(shown._repr_html_()) > 100_000
    monkeypatch.setattr(notebook, "MOST_BYTES", 1000)
    large = notebook.frame(passengers)
    assert large.page is None
    assert "neuronaut show" in large._repr_html_() and len(large._repr_html_()) < 500


def test_a_terminal_is_no_notebook() -> None:
    from neuronaut.explorer.notebook import in_notebook

    assert not in_notebook()


@pytest.mark.parametrize(("name", "most"), [("widget", 248_000), ("pair", 262_000)])
def test_the_widget_is_small_enough_for_notebooks(name: str, most: int) -> None:
    from neuronaut.explorer.html import read_widget

    assert sum(map(len, read_widget(name=name))) < most
