"""Figures: what is drawn is what the analyses found, in both themes, with the evidence underneath."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from passenger_recordings import SLICES, Net, record_passengers

from neuronaut.analysis.activity import activity
from neuronaut.analysis.cka import cka
from neuronaut.analysis.compare import compare
from neuronaut.analysis.health import health
from neuronaut.analysis.selectivity import selectivity
from neuronaut.analysis.weights import edge_weights
from neuronaut.core.errors import AddressError, DataError, NeedsExtra, UnknownName
from neuronaut.explorer.plot.style import TOKENS
from neuronaut.store.recording import Recording


def named(figure: Figure, gid: str) -> Any:
    """The artist that draws this."""
    (artist,) = figure.findobj(lambda one: one.get_gid() == gid)
    return artist


def caption(figure: Figure) -> str:
    return " ".join(figure.get_supxlabel().replace("\N{MINUS SIGN}", "-").split())


def test_the_network_has_a_dot_for_each_unit_coloured_by_its_mean_absolute_activation(passengers: Recording) -> None:
    figure = passengers.plot.network()
    stats = activity(passengers)["mean_abs"][0]
    drawn = np.concatenate([named(figure, name).get_array() for name in passengers.layers])
    np.testing.assert_array_equal(drawn, stats)
    assert [len(named(figure, name).get_offsets()) for name in passengers.layers] == [6, 32, 16, 8, 1]
    assert "n = 891 samples" in caption(figure)


def test_the_networks_lines_are_the_strongest_weights_into_each_unit(passengers: Recording) -> None:
    figure = passengers.plot.network(edges=2)
    edge = next(edge for edge in passengers.graph.edges if edge.target == "3")
    found = edge_weights(passengers, edge)
    assert found is not None
    starts, ends = named(figure, "0").get_offsets(), named(figure, "3").get_offsets()
    lines = [
        (tuple(line[0]), tuple(line[1]), sign)
        for sign in (1, -1)
        for line in named(figure, f"0\t3\t{sign}").get_segments()
    ]
    expected = set()
    for unit in range(16):
        for source in np.argsort(-np.abs(found[0][:, unit]))[:2]:
            expected.add((tuple(starts[source]), tuple(ends[unit]), int(np.sign(found[0][source, unit]))))
    assert set(lines) == expected
    dashed = named(figure, "0\t3\t-1").get_linestyle()[0][1]
    assert dashed is not None and named(figure, "0\t3\t1").get_linestyle()[0][1] is None


def test_two_groups_colour_the_network_blue_where_a_is_more_active_and_red_where_b_is(passengers: Recording) -> None:
    figure = passengers.plot.network(*SLICES)
    a, b = activity(passengers, SLICES, layers=["0"])["mean_abs"]
    red, _, blue, _ = named(figure, "0").get_facecolors().T
    clear = np.abs(a - b) / np.maximum(a + b, 1e-9) > 0.1
    assert clear.sum() > 5
    np.testing.assert_array_equal((blue > red)[clear], (a > b)[clear])
    pair = compare(passengers, *SLICES)
    assert f"{int((pair['q'] < 0.05).sum())} of 63 units differ" in caption(figure)
    assert [f"n = {count}" in caption(figure) for count in pair.n.values()] == [True, True]


def test_every_units_effect_and_q_are_drawn_and_filled_where_the_held_out_half_agrees(passengers: Recording) -> None:
    figure = passengers.plot.compare(*SLICES)
    pair = compare(passengers, *SLICES)
    g, q = pair["hedges_g"], pair["q"]
    groups = {
        "more in A": (q < 0.05) & (g > 0),
        "more in B": (q < 0.05) & (g < 0),
        "not told apart": ~(q < 0.05),
    }
    for gid, inside in groups.items():
        dots = named(figure, gid)
        np.testing.assert_allclose(dots.get_offsets()[:, 0].filled(np.nan), g[inside])
        np.testing.assert_allclose(dots.get_offsets()[:, 1].filled(np.nan), -np.log10(q[inside]))
    filled = sum(int((named(figure, gid).get_facecolors()[:, 3] > 0).sum()) for gid in groups)
    assert filled == int((pair["replicated"] == 1).sum())
    top = int(np.nanargmax(np.where(q < 0.05, np.abs(g), -1)))
    assert f"Largest: {pair.coords['unit'][top]}, g = {g[top]:.2f} (95% {pair['g_low'][top]:.2f}" in caption(figure)


def test_a_units_histograms_are_shares_of_each_class(passengers: Recording) -> None:
    figure = passengers.plot.unit("3:9")
    values = np.asarray(passengers["3:9"].read(), np.float64)
    edges = np.histogram_bin_edges(values, 40)
    outlines = [patch for patch in figure.axes[0].patches if not patch.get_fill()]
    for patch, text in zip(outlines, ("no", "yes"), strict=True):
        inside = values[passengers.mask({"column": "survived", "op": "eq", "value": text})]
        shares, at, _ = patch.get_data()
        np.testing.assert_allclose(at, edges)
        np.testing.assert_allclose(shares, np.histogram(inside, edges)[0] / len(inside))
    assert f"n = {int(passengers.mask(SLICES[0]).sum())}" in caption(figure)
    assert "Hedges g = " in caption(figure) and "held-out half" in caption(figure)


def test_a_heat_map_holds_the_values_sorted_into_classes(passengers: Recording) -> None:
    figure = passengers.plot.heatmap("0", units="index")
    drawn = np.asarray(named(figure, "0").get_array())
    values = passengers["0"].read().astype(np.float64)
    lost = passengers.mask("survived == 'no'")
    assert drawn.shape == (891, 32)
    np.testing.assert_array_equal(np.sort(drawn[: lost.sum()], 0), np.sort(values[lost], 0))
    np.testing.assert_array_equal(np.sort(drawn[lost.sum() :], 0), np.sort(values[~lost], 0))
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["no", "yes"]


def test_a_heat_map_sorted_by_a_unit_falls_along_it(passengers: Recording) -> None:
    figure = passengers.plot.heatmap("3", sort="3:9", units="index", where="age > 30")
    drawn = np.asarray(named(figure, "3").get_array())
    assert len(drawn) == int(passengers.mask("age > 30").sum())
    assert (np.diff(drawn[:, 9]) <= 0).all()


def test_a_large_heat_map_keeps_the_shares_of_the_classes(
    passengers: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuronaut.explorer.plot import heatmap

    monkeypatch.setattr(heatmap, "MOST_ROWS", 100)
    figure = passengers.plot.heatmap("0")
    assert len(np.asarray(named(figure, "0").get_array())) == 100
    (boundary,) = (line.get_ydata()[0] for line in figure.axes[0].lines)
    assert abs((boundary + 0.5) / 100 - passengers.mask("survived == 'no'").mean()) <= 0.01
    assert "100 samples of 891" in caption(figure)


def test_health_bars_are_the_shares_of_each_layer(passengers: Recording) -> None:
    figure = passengers.plot.health()
    result = health(passengers)
    words, of = np.asarray(result["status"]), np.asarray(result.coords["layer"])
    bars = {one.get_label(): [patch.get_width() for patch in one] for one in figure.axes[0].containers}
    for word in ("dead", "dormant", "constant", "always on", "saturated"):
        expected = [100 * (words[of == name] == word).mean() for name in passengers.layers]
        np.testing.assert_allclose(bars[word], expected)
    assert bars["dead"][1] == pytest.approx(100 * 2 / 32)


def test_selectivity_draws_the_held_out_auroc_of_every_unit(passengers: Recording) -> None:
    figure = passengers.plot.selectivity("survived")
    result = selectivity(passengers, "survived")
    for name in ("no", "yes"):
        inside = (np.asarray(result["best"]) == name) & np.isfinite(result["heldout_auroc"])
        drawn = named(figure, name).get_offsets()[:, 1].filled(np.nan)
        np.testing.assert_allclose(np.sort(drawn), np.sort(result["heldout_auroc"][inside]))
    assert f"replicated there ({int((result['replicated'] == 1).sum())} of 63 units)" in caption(figure)


def test_similarity_is_the_matrix_of_correlations_like_beside_like(passengers: Recording) -> None:
    figure = passengers.plot.similarity("5")
    labels = [int(text.get_text()) for text in figure.axes[0].get_yticklabels()]
    drawn = np.ma.filled(named(figure, "5").get_array(), np.nan)
    values = passengers["5"].read().astype(np.float64)
    varied = values.std(0) > 0
    expected = np.full((8, 8), np.nan)
    expected[np.ix_(varied, varied)] = np.corrcoef(values[:, varied].T)
    np.testing.assert_allclose(drawn, expected[np.ix_(labels, labels)], atol=1e-6)


def test_cka_is_the_debiased_matrix(passengers: Recording) -> None:
    figure = passengers.plot.cka()
    np.testing.assert_allclose(np.asarray(named(figure, "debiased").get_array()), cka(passengers)["debiased"])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_is_drawn_in_the_tokens_of_its_theme(passengers: Recording, theme: str, tmp_path: Path) -> None:
    plot = passengers.plot
    for figure in (
        plot.network(theme=theme),
        plot.compare(*SLICES, theme=theme),
        plot.unit("0:11", ["age < 16", "age < 50", "age >= 50"], theme=theme),
        plot.heatmap("input", theme=theme),
        plot.health(theme=theme),
        plot.selectivity("survived", layers=["0"], theme=theme),
        plot.similarity("3", theme=theme),
        plot.cka(theme=theme),
    ):
        assert to_hex(figure.get_facecolor()) == TOKENS[theme].canvas
        assert caption(figure)
        assert figure._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="'sepia'"):
        plot.cka(theme="sepia")


def test_figures_stand_beside_each_other_in_one(passengers: Recording) -> None:
    whole = Figure(figsize=(12, 5), layout="constrained")
    left, right = whole.subfigures(1, 2)
    passengers.plot.unit("3:9", figure=left)
    passengers.plot.cka(figure=right)
    assert [len(part.axes) for part in (left, right)] == [1, 2]


def test_hostile_names_are_drawn_as_they_are(tmp_path: Path) -> None:
    features = ("$\\frac{", "a$b$c", "\u202e<b>", "line\nbreak", "$$", "\U0001f600")
    rec = record_passengers(tmp_path / "h.naut", Net(features=features, classes=("$no_{", "^yes$"), title="$\\x$"))
    for figure in (
        rec.plot.network(),
        rec.plot.unit("0:1"),
        rec.plot.heatmap("input", sort="0:11"),
        rec.plot.selectivity("survived", layers=["0"]),
    ):
        assert figure._repr_png_()


def test_what_cannot_be_drawn_is_said(passengers: Recording) -> None:
    with pytest.raises(AddressError, match="3:0"):
        passengers.plot.unit("3")
    with pytest.raises(UnknownName):
        passengers.plot.heatmap("dense")
    with pytest.raises(DataError, match="1 units"):
        passengers.plot.similarity("7")
    with pytest.raises(DataError, match="no sample is selected"):
        passengers.plot.heatmap("0", where="age > 1000")
    with pytest.raises(DataError, match="'sideways'"):
        passengers.plot.heatmap("0", units="sideways")


def test_no_figure_is_drawn_of_a_group_without_samples_or_of_one_class(passengers: Recording) -> None:
    plot, nobody = passengers.plot, "age > 1000"
    for draw in (
        lambda: plot.compare(nobody),
        lambda: plot.network("age > 10", nobody),
        lambda: plot.health(nobody),
        lambda: plot.cka(nobody),
        lambda: plot.selectivity("sex", where=nobody),
        lambda: plot.unit("0:1", ["age > 10", nobody]),
    ):
        with pytest.raises(DataError, match="nothing to draw: no sample is in age > 1000"):
            draw()
    with pytest.raises(DataError, match=r"nothing to draw: at least 2 classes are compared; there are: male \("):
        plot.selectivity("sex", where="sex == 'male'")


def test_without_matplotlib_the_error_names_the_extra(passengers: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("neuronaut.explorer.plot.")]:
        if not name.endswith("accessor"):
            monkeypatch.delitem(sys.modules, name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(NeedsExtra, match=r"neuronaut\[plot\]"):
        passengers.plot.cka()


def test_importing_neuronaut_imports_no_matplotlib() -> None:
    code = "import sys, neuronaut, neuronaut.store.recording; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
