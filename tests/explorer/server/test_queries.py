"""What is answered: the same numbers as in Python, errors that say where, nothing that generated requests break."""

from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgi_client import Client, answer, client_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_reader import read_page
from passenger_recordings import record_images, record_passengers

import neuronaut as naut
from neuronaut.core.layer import Graph
from neuronaut.core.result import Result
from neuronaut.explorer.contract import Manifest, ResultCard
from neuronaut.explorer.server.limits import Limits
from neuronaut.explorer.server.watched import Clock
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.resume import resume

ANALYSES: dict[str, dict[str, Any]] = {
    "activity": {"slices": ["age > 30", "sex == 'male'"], "quantiles": [0.5]},
    "compare": {"a": "survived == 'yes'", "b": "survived == 'no'", "layers": ["0", "3"]},
    "top": {"at": "0:3", "k": 7, "where": "age > 20"},
    "order": {"by": "mean"},
    "influence": {"at": "0:3", "direction": "both"},
}


@pytest.mark.parametrize("name", sorted(ANALYSES))
def test_an_analysis_gives_exactly_what_python_gives(client: Client, titanic: Recording, name: str) -> None:
    expected: Result = getattr(naut, name)(titanic, **ANALYSES[name])
    served = client.query(name, **ANALYSES[name])
    assert set(served.card["values"]) == set(expected.values) and served.card["n"] == dict(expected.n)
    ResultCard.model_validate(served.card)
    for key, array in expected.values.items():
        found, dims = served[key], served.card["values"][key]["dims"]
        if array.dtype.kind in "UOS":
            texts = served.card["values"][key]["texts"]
            found = np.array([texts[code] for code in found.ravel()]).reshape(array.shape)
        assert dims == list(expected.dims[key])
        np.testing.assert_array_equal(found.reshape(array.shape), array)


def test_layers_asked_one_by_one_say_what_the_whole_comparison_says(client: Client, titanic: Recording) -> None:
    groups = {"a": "age > 30", "b": "sex == 'male'"}
    expected = naut.compare(titanic, "age > 30", "sex == 'male'")
    served = [client.query("contrast", **groups, layers=[name]) for name in titanic.layers]
    for name in ("difference", "hedges_g", "g_low", "g_high", "auroc", "p"):
        np.testing.assert_array_equal(np.concatenate([one[name] for one in served]), expected[name])
    assert all(one.card["n"] == dict(expected.n) for one in served)
    assert not {"q", "replicated"} & set(served[0].card["values"])


def test_a_unit_a_row_and_a_tile_are_the_recorded_numbers(client: Client, titanic: Recording) -> None:
    whole = titanic["3"].read()
    np.testing.assert_array_equal(client.query("values", layer="3", unit=5)["value"], whole[:, 5])
    np.testing.assert_array_equal(
        client.query("values", layer="3", unit=[7, 2], rows=[9, 1])["value"], whole[[9, 1]][:, [7, 2]]
    )
    tile = client.query("values", layer="3", rows=[4])
    np.testing.assert_array_equal(tile["value"], whole[[4]])
    assert tile.card["layers"] == ["3"]
    row = client.query("row", row=17)
    np.testing.assert_array_equal(row["value"], np.concatenate([titanic[name].read(17) for name in titanic.layers]))
    assert row.card["layers"] == list(titanic.layers)


def test_statistics_of_one_unit_agree_with_activity_to_the_last_digits(client: Client, titanic: Recording) -> None:
    slices = ["age > 30", "sex == 'female'"]
    expected, place = naut.activity(titanic, slices), 6 + 3
    served = client.query("unit", at="0:3", slices=slices)
    for name in ("n", "firing_rate", "max", "min", "nonfinite"):
        np.testing.assert_array_equal(served[name], expected[name][:, place])
    for name in ("mean", "mean_abs", "sd"):
        np.testing.assert_allclose(served[name], expected[name][:, place], rtol=1e-12)


def test_masks_pages_and_columns_are_those_of_the_table(client: Client, titanic: Recording) -> None:
    table = titanic.metadata
    mask = client.query("mask", expression="age > 30 and sex == 'male'")
    chosen = ((table.age > 30) & (table.sex == "male")).to_numpy()
    np.testing.assert_array_equal(np.unpackbits(mask["mask"], count=len(chosen)).astype(bool), chosen)
    assert mask.card["n"] == {"selected": int(chosen.sum()), "all": 891}
    page = client.query("rows", where="sex == 'male'", sort="fare", descending=True, offset=5, limit=10)
    males = table[table.sex == "male"].sort_values("fare", ascending=False, kind="stable")
    np.testing.assert_array_equal(page["row"], males.index[5:15])
    fare = next(one for one in page.columns if one["name"] == "fare")
    np.testing.assert_array_equal(page.arrays[fare["data"]], males.fare[5:15])
    ages = client.query("rows", sort="age", limit=10_000)["row"]
    assert table.age.iloc[ages[-1]] != table.age.iloc[ages[-1]] and table.age.iloc[ages[0]] == table.age.min()
    (column,) = client.query("column", name="age").columns
    assert column["type"] == "number" and column["nulls"] is not None
    (note,) = client.query("mask", expression="age > 300").card["notes"]
    assert "age" in note


def test_weights_between_layers_and_of_one_unit_are_those_of_the_model(client: Client, titanic: Recording) -> None:
    matrix = np.asarray(titanic.parameters["w2"])  # [unit, input]
    found = client.query("weights", source="0", target="3", k=64)
    assert len(found["value"]) == np.count_nonzero(matrix)
    np.testing.assert_array_equal(found["value"], matrix[found["target"], found["source"]].astype(np.float64))
    near = client.query("neighbours", at="3:4", k=3)
    codes, texts = near["source"], near.card["values"]["source"]["texts"]
    strongest = np.argsort(-np.abs(matrix[4]), kind="stable")[:3]
    assert [texts[code] for code in codes[:3]] == [f"0:{unit}" for unit in strongest]
    assert len(near["value"]) == 6


def test_what_is_wrong_is_said_with_its_place_and_a_suggestion(client: Client) -> None:
    found = client.refused("mask", {"expression": "fare > 3 and agee > 30"}).error
    assert (found["kind"], found["position"], found["length"], found["suggestion"]) == ("column", 13, 4, "age")
    assert client.refused("mask", {"expression": "age >"}).error["position"] is not None
    assert client.refused("valuse", {}).error["suggestion"] == "values"
    assert client.refused("top", {"at": "0:3", "wehre": "x"}).error["suggestion"] == "where"
    assert client.refused("values", {"layer": "inptu", "unit": 0}).error["suggestion"] == "input"
    for name, params, word in (
        ("top", {"at": 3}, "at"),
        ("top", {"at": "0:3", "k": "3"}, "k"),
        ("top", {"at": "0:3", "k": True}, "k"),
        ("top", {"k": 3}, "at"),
        ("compare", {"a": "age > 3", "resamples": 10**9}, "resamples"),
        ("values", {"layer": "0", "unit": 32}, "units are 0 to 31"),
        ("values", {"layer": "0", "unit": -1}, "units are 0 to 31"),
        ("row", {"row": 891}, "0 to 890"),
        ("rows", {"limit": 10_001}, "10,000"),
        ("rows", {"where": ["age > 3", "age < 9"]}, "boolean mask or whole row numbers"),
        ("unit", {"at": "0:1", "slices": []}, "at least one"),
        ("order", {"seed": -1}, "0 or more"),
        ("pictures", {"rows": [1]}, "no pictures"),
        ("compare", {"a": "age > 3", "twin": {"recording": "00000000"}}, "no such recording"),
    ):
        assert word in client.refused(name, params).error["message"], name


def test_errors_name_neither_folder_nor_code(client: Client, titanic: Recording) -> None:
    bodies = [
        client.refused("influence", {"at": "0:99"}).body,
        client.refused("values", {"layer": "/", "unit": 1}).body,
    ]
    for body in bodies:
        assert str(titanic.path.parent).encode() not in body and b"Traceback" not in body and b".py" not in body


def test_what_breaks_inside_is_a_number_to_look_up_and_no_more(titanic: Recording) -> None:
    def broken(rec: Recording) -> Result:
        raise RuntimeError("secret /home/someone")

    with client_of(open_recording(titanic.path), live={"broken": broken}) as client:
        reply = client.post("/api/query", {"name": "broken"})
    assert reply.status == 500 and reply.error["kind"] == "internal" and b"secret" not in reply.body


def test_the_manifest_fits_its_contract_and_reads_no_activation(client: Client, titanic: Recording) -> None:
    shards = [file for file in titanic.path.rglob("c.*") if "activations" in str(file)]
    hidden = [file.rename(file.with_name("hidden")) for file in shards]
    try:
        manifest = Manifest.model_validate_json(client.ask("GET", "/api/manifest").body)
    finally:
        for file, was in zip(hidden, shards, strict=True):
            file.rename(was)
    assert shards and [card.chunks for card in manifest.activations] == [[]] * 5
    assert (manifest.samples.n, manifest.samples.total, manifest.slices[0].n) == (891, 891, 891)
    assert {card.expression: card.n for card in manifest.slices}['sex == "male"'] == int(
        (titanic.metadata.sex == "male").sum()
    )
    for name, card in manifest.blocks.items():
        reply = client.ask("GET", f"/api/blob/{name}")
        assert len(reply.body) == card.bytes == card.raw and reply.headers["etag"] == f'"{card.sha256}"'


def test_what_was_read_before_is_not_sent_again(client: Client) -> None:
    for path in ("/", "/app.js", "/api/manifest", "/api/blob/k0"):
        client.ask("GET", "/api/manifest")
        tag = client.ask("GET", path).headers["etag"]
        again = client.ask("GET", path, headers=client.right | {"if-none-match": f'"other", {tag}'})
        assert (again.status, again.body) == (304, b"")
        assert client.ask("GET", path, headers=client.right | {"if-none-match": '"other"'}).status == 200
        head = client.ask("HEAD", path)
        assert head.body == b"" and int(head.headers["content-length"]) > 0


def test_two_recordings_stand_side_by_side(tmp_path: Path, titanic: Recording) -> None:
    other = record_images(tmp_path / "pictures.naut")
    with client_of(open_recording(titanic.path), other) as client:
        listed = json.loads(client.ask("GET", "/api/recordings").body)["recordings"]
        assert [one["id"] for one in listed] == [titanic.id, other.id]
        manifests = [
            Manifest.model_validate_json(client.ask("GET", f"/api/manifest/{one['id']}").body) for one in listed
        ]
        assert not set(manifests[0].blocks) & set(manifests[1].blocks)
        body = {"name": "pictures", "params": {"rows": [3]}, "recording": other.id}
        reply = client.post("/api/query", body)
        np.testing.assert_array_equal(answer(reply.body)["picture"], other.arrays["samples/preview"].read([3]))


def test_a_recording_that_grows_is_served_as_it_is_now(tmp_path: Path) -> None:
    spec = ArraySpec("activations/a/post", "float32", (2,), ("sample", "unit"))
    with create(tmp_path / "grows.naut", RecordingCard(Graph(())), [spec]) as writer:
        writer.append({"activations/a/post": np.ones((3, 2), np.float32)})
    with client_of(open_recording(tmp_path / "grows.naut")) as client:
        before = client.ask("GET", "/api/manifest")
        old_block = next(iter(json.loads(before.body)["blocks"]))
        assert client.site.served.news() == []
        with resume(tmp_path / "grows.naut") as writer:
            writer.append({"activations/a/post": np.zeros((4, 2), np.float32)})
        (event,) = [one for one in client.site.served.news() if one.kind == "commit"]
        assert event.sequence > int(before.headers["neuronaut-sequence"])
        after = client.ask("GET", "/api/manifest")
        assert json.loads(after.body)["samples"]["n"] == 7 and after.headers["etag"] != before.headers["etag"]
        assert client.ask("GET", f"/api/blob/{old_block}").status == 200
        assert client.query("values", layer="a", unit=0)["value"].tolist() == [1, 1, 1, 0, 0, 0, 0]
        client.query("activity")
        assert [one.name for one in client.site.served.news() if one.kind == "result"] == ["activity"]


def test_work_stops_when_nobody_waits_for_it(titanic: Recording) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(rec: Recording) -> Result:
        begun.set()
        try:
            for _ in range(10_000_000):
                rec["0"].read(0)
        finally:
            ended.set()
        raise AssertionError("nothing stopped it")

    async def leave(client: Client) -> int:
        gone = asyncio.Event()
        body = json.dumps({"name": "endless"}).encode()
        asking = asyncio.ensure_future(client.asked("POST", "/api/query", body, gone=gone))
        await asyncio.to_thread(begun.wait, 10)
        gone.set()
        return (await asking).status

    with client_of(open_recording(titanic.path), live={"endless": endless}) as client:
        assert client.loop.run_until_complete(leave(client)) == 408
        assert ended.wait(10)
    short = Limits(request_s=0.2)
    with client_of(open_recording(titanic.path), live={"endless": endless}, limits=short) as client:
        reply = client.post("/api/query", {"name": "endless"})
        assert (reply.status, reply.error["kind"]) == (503, "timeout")


class Told(Clock):
    """How often a question went on."""

    times = 0

    def goes_on(self) -> None:
        super().goes_on()
        self.times += 1


def test_a_question_s_time_begins_with_its_turn_and_anew_with_each_part_of_a_pass(titanic: Recording) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def standing(rec: Recording) -> Result:
        begun.set()
        go_on.wait(10)
        rec["0"].read()
        return Result("standing", {}, {})

    async def asked(client: Client) -> list[int]:
        clocks = [Told() for _ in range(3)]
        names = ("standing", "compare", "health")
        queries: list[dict[str, Any]] = [{"name": name} for name in names]
        queries[1]["params"] = {"a": "age > 30"}
        there = [
            asyncio.ensure_future(client.site.queries.ask(query, threading.Event(), clock))
            for query, clock in zip(queries, clocks, strict=True)
        ]
        await asyncio.to_thread(begun.wait, 10)
        assert [clock.times for clock in clocks] == [1, 0, 0] and clocks[1].stands_s() == 0.0
        go_on.set()
        await asyncio.gather(*there)
        return [clock.times for clock in clocks]

    with client_of(open_recording(titanic.path), live={"standing": standing}, limits=Limits(workers=1)) as client:
        standing_times, compare_times, health_times = client.loop.run_until_complete(asked(client))
    assert compare_times > len(titanic.layers)
    assert (standing_times, health_times) == (1, 1)


def test_what_takes_no_step_for_too_long_has_stood_for_that_long(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, now = Clock(), iter([5.0, 20.0, 34.0, 35.0, 36.0])
    monkeypatch.setattr("neuronaut.explorer.server.watched.time.monotonic", lambda: next(now))
    assert clock.stands_s() == 0.0
    clock.goes_on()
    assert [clock.stands_s(), clock.stands_s()] == [15.0, 29.0]
    clock.goes_on()
    assert clock.stands_s() == 1.0


def test_too_much_at_once_is_refused(titanic: Recording) -> None:
    held = threading.Event()

    def slow(rec: Recording, number: int) -> Result:
        held.wait(10)
        return Result("slow", {}, {})

    async def many(client: Client) -> list[int]:
        bodies = [json.dumps({"name": "slow", "params": {"number": number}}).encode() for number in range(6)]
        asked = [asyncio.ensure_future(client.asked("POST", "/api/query", body)) for body in bodies]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        held.set()
        return [(await one).status for one in asked]

    for limits, refusals in ((Limits(workers=1, waiting=2), 3), (Limits(requests=2), 4)):
        held.clear()
        with client_of(open_recording(titanic.path), live={"slow": slow}, limits=limits) as client:
            statuses = client.loop.run_until_complete(many(client))
        assert sorted(statuses) == [200] * (6 - refusals) + [429] * refusals


def test_bodies_are_bounded_and_must_be_json(client: Client) -> None:
    assert client.ask("POST", "/api/query", b"[" * 100_000).status == 400
    assert client.ask("POST", "/api/query", b" " * (1 << 20) + b"{}").status == 413
    for body in (b"{", b"\xff", b'{"name": NaN}', b'{"name": "mask", "name": "mask"}', b"[]", b"3", b'"x"', b"null"):
        assert client.ask("POST", "/api/query", body).status == 400
    plain = client.ask("POST", "/api/query", b"", client.right | {"content-type": "text/plain"})
    assert plain.status == 415


def test_nothing_is_saved_where_that_was_not_allowed(client: Client) -> None:
    for path, body in (
        ("/api/slices", {"name": "a", "expression": "age > 3"}),
        ("/api/labels", {"at": "0:3", "text": "x"}),
    ):
        reply = client.post(path, body)
        assert (reply.status, reply.error["kind"]) == (403, "read-only")


def test_saved_slices_and_labels_are_in_python_in_the_page_and_in_exports(writable: Client, tmp_path: Path) -> None:
    reply = writable.post("/api/slices", {"name": "</script> old", "expression": "age>30"})
    assert json.loads(reply.body) == {"slices": [{"name": "</script> old", "expression": "age > 30"}]}
    assert writable.post("/api/labels", {"at": "0:3", "text": "likes fares"}).status == 200
    rec = open_recording(tmp_path / "own.naut")
    assert {name: one.expression for name, one in rec.slices.items()} == {"</script> old": "age > 30"}
    assert rec.labels == {"0:3": "likes fares"} and rec.verify() == []
    named = [
        card for card in json.loads(writable.ask("GET", "/api/manifest").body)["slices"] if card["kind"] == "named"
    ]
    assert [(card["name"], card["n"]) for card in named] == [("</script> old", int((rec.metadata.age > 30).sum()))]
    # Kept for later: what opens is all samples, until a second one makes a comparison.
    nothing = {"a": None, "b": None, "colour": None}
    assert json.loads(writable.ask("GET", "/api/manifest").body)["view"] == nothing
    page = read_page(naut.export(rec, tmp_path / "page.html"))
    assert page.manifest["view"] == nothing
    asked = read_page(naut.export(rec, tmp_path / "asked.html", slices=["age > 30"]))
    assert asked.manifest["view"] == {**nothing, "a": "age > 30"}
    assert "</script> old" in [card["name"] for card in page.manifest["slices"]]
    assert json.loads(writable.post("/api/slices", {"name": "</script> old", "expression": None}).body) == {
        "slices": []
    }
    (tmp_path / "own.naut" / "saved.json").write_bytes(b"{}")
    assert writable.ask("GET", "/api/manifest").status == 200
    assert writable.post("/api/slices", {"name": "a", "expression": "age > 3"}).status == 422
    (tmp_path / "own.naut" / "saved.json").unlink()
    for name, expression, status in (
        ("", "age > 3", 422),
        ("a" * 201, "age > 3", 422),
        ("a", "agee > 3", 400),
        ("a", 3, 400),
    ):
        assert writable.post("/api/slices", {"name": name, "expression": expression}).status == status
    assert writable.post("/api/labels", {"at": "0:99", "text": "x"}).status == 404
    for number in range(5):
        assert writable.post("/api/labels", {"at": f"0:{number}", "text": "y" * 4000}).status == 200
    assert writable.post("/api/labels", {"at": "0:9", "text": "y" * 4001}).status == 422
    assert (tmp_path / "own.naut" / "saved.json").stat().st_size <= 1 << 20


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    ["age > 30", "0:3", "0", "input", "3", "sex", "mean", "max", "post", "pre", "*", "sex == 'male'", "both"]
)  # fmt: skip
KEYS = ["at", "k", "layer", "unit", "layers", "slices", "a", "b", "by", "row", "rows", "where", "sort", "name", "site",
        "reduction", "expression", "column", "limit", "offset", "seed", "source", "target", "direction"]  # fmt: skip
SMALL = st.integers(-2, 900) | WORDS | st.lists(WORDS | st.integers(-1, 40), max_size=3) | st.none() | JSONS


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_generated_queries_are_answered_or_refused_but_never_break_the_server(
    client: Client, data: st.DataObject
) -> None:
    names = [name for name in client.site.queries.names if name not in ("drivers", "separators", "selectivity")]
    name = data.draw(st.sampled_from(names) | st.text(max_size=6))
    params = data.draw(st.dictionaries(st.sampled_from(KEYS), SMALL, max_size=4) | JSONS)
    try:
        body = json.dumps({"name": name, "params": params}).encode()
    except ValueError:
        return
    reply = client.ask("POST", "/api/query", body)
    assert reply.status < 500, (name, params, reply.status)
    if reply.status == 200:
        answer(reply.body)
    else:
        assert set(reply.error) <= {"kind", "message", "position", "length", "suggestion"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]) | st.text("ABC", max_size=4),
    path=st.text(max_size=30) | st.builds("/api/{}".format, st.text(max_size=12)),
    query=st.binary(max_size=20),
    body=st.binary(max_size=60),
    more=st.lists(st.tuples(st.text("abc-", min_size=1, max_size=8), st.text('abc;=,"', max_size=9)), max_size=3),
)
def test_generated_requests_never_break_the_server(
    client: Client, method: str, path: str, query: bytes, body: bytes, more: list[tuple[str, str]]
) -> None:
    reply = client.ask(method, path, body, [*client.right.items(), *more], query)
    assert reply.status < 500 and "content-security-policy" in reply.headers


def test_a_recording_of_passengers_can_be_made_and_shown_twice(tmp_path: Path) -> None:
    rec = record_passengers(tmp_path / "a.naut")
    with pytest.raises(naut.NeuronautError, match="given twice"), client_of(rec, rec):
        pass
