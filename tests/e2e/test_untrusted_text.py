"""Text from a recording is attacker's text: wherever it appears, it is only ever a text node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from opened_page import Opened, Opener
from passenger_recordings import Net, record_passengers
from playwright.sync_api import expect

from neuronaut.core.address import Address
from neuronaut.core.finding import Finding
from neuronaut.core.slices import where
from neuronaut.core.view import View
from neuronaut.explorer.export import export

ROOT = Path(__file__).resolve().parents[2]
RUN = "window.pwned=1"
PAYLOADS = (
    f"</script><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"\"'><svg/onload={RUN}>",
    f"<!--<script>{RUN}//",
    f"javascript:{RUN}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"${{{RUN}}}`{{{RUN}}}",
    "__proto__",
    "constructor",
    "\u202eevil\u2028\u2029\x1b[31m",
    "🧠" * 100,
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every string that can reach a page is hostile: title, layers, features, classes, columns, values, slices."""
    folder = tmp_path_factory.mktemp("hostile")
    p = PAYLOADS
    values = [p[row % len(p)] for row in range(891)]
    net = Net(
        names=(p[0], p[1], p[7], p[8], p[2]),
        features=p[:6],
        classes=(p[1], p[0]),
        title=p[0],
        label=p[2],
        extra={name: values for name in p if name != p[2]} | {f"long {p[0]}": [f"{p[1]} {row}" for row in range(891)]},
    )
    rec = record_passengers(folder / "hostile.naut", net)
    slices = [
        where({"column": p[1], "op": "eq", "value": p[0]}).named(p[1]),
        where({"column": p[2], "op": "eq", "value": p[1]}).named(p[0]),
        where([0, 1, 2]).named(p[5]),
    ]
    at = Address(p[1], unit=3)
    finding = Finding(p[0] + p[1], at, views=(View("network", at=at, a=p[0]),))
    return export(rec, folder / "hostile.html", slices=slices, findings=[finding], title=p[0])


@pytest.fixture
def page(hostile: Path, opened: Opener) -> Iterator[Opened]:
    page = opened(hostile)
    yield page
    assert page.tab.evaluate("window.pwned") is None
    assert page.tab.locator("img, iframe, object, embed, base").count() == 0
    # An svg with a handler would be ours too: none of ours has attributes that start with "on".
    handlers = (
        "[...document.querySelectorAll('*')].some((one) => [...one.attributes].some((a) => a.name.startsWith('on')))"
    )
    assert page.tab.evaluate(handlers) is False


def test_names_of_layers_features_and_slices_are_shown_as_they_are(page: Opened) -> None:
    assert page.tab.title() == PAYLOADS[0]
    expect(page.tab.locator(".heading .name").nth(1)).to_have_text(PAYLOADS[1])
    expect(page.tab.locator("body")).to_contain_text(PAYLOADS[0])


def test_the_inspector_and_the_tooltip_of_a_hostile_layer(page: Opened) -> None:
    x, y = page.point_at(PAYLOADS[1], 4, PAYLOADS[1])
    expect(page.tab.locator(".tip")).to_contain_text(PAYLOADS[1])
    page.tab.mouse.click(x, y)
    expect(page.inspector).to_contain_text(f"{PAYLOADS[1]}:4")
    assert page.hash.startswith("#/network?sel=%3Cimg%20src%3Dx")


def test_the_filter_with_hostile_columns_and_values(page: Opened) -> None:
    page.type_filter("A", "`")
    expect(page.tab.get_by_role("listbox")).to_contain_text("<img")
    page.type_filter("A", f'`{PAYLOADS[1]}` == "{PAYLOADS[8]}"')
    expect(page.chip("A").get_by_title("samples selected")).to_be_visible()
    page.type_filter("A", f'`{PAYLOADS[1]}` == "{PAYLOADS[1]}x"')
    expect(page.chip("A").get_by_role("status")).to_be_visible()
    page.type_filter("A", PAYLOADS[0])
    expect(page.chip("A").get_by_role("alert")).to_be_visible()


def test_the_table_the_search_and_the_findings(page: Opened) -> None:
    page.canvas.focus()
    page.tab.keyboard.press("t")
    expect(page.tab.get_by_role("region", name="The network as a table")).to_contain_text(PAYLOADS[0])
    page.tab.keyboard.press("/")
    page.tab.keyboard.type("<img")
    expect(page.tab.get_by_role("dialog")).to_contain_text("<img")
    page.tab.keyboard.press("Escape")
    page.tab.keyboard.press("Escape")
    claim = page.tab.get_by_text(PAYLOADS[0] + PAYLOADS[1])
    page.tab.locator("details").filter(has=claim).locator("summary").click()  # of other groups than shown: folded
    claim.click()
    expect(page.filter("A")).to_have_value(PAYLOADS[0])


@pytest.mark.parametrize("payload", PAYLOADS[:6], ids=range(6))
def test_a_hostile_link_runs_nothing(titanic: Path, opened: Opener, payload: str) -> None:
    from urllib.parse import quote

    text = quote(payload)
    page = opened(titanic, f"#/{text}?a={text}&sel={text}&col={text}&cam={text}&theme={text}", ready=False)
    expect(page.filter("A")).to_have_value(payload)
    assert page.tab.evaluate("window.pwned") is None
    assert page.tab.locator("img, iframe").count() == 0


def test_the_web_sources_never_turn_text_into_markup() -> None:
    banned = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\{@html|\beval\(|new Function|srcdoc")
    sources = [path for path in (ROOT / "web/src").rglob("*") if path.suffix in (".ts", ".svelte")]
    assert {"App.svelte", "widget.ts"} <= {path.name for path in sources}
    for path in sources:
        if ".test." not in path.name:
            assert not banned.search(path.read_text(encoding="utf-8")), path
