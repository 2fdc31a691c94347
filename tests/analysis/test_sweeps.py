"""Orders with few crossings: planted answers found, never worse than the start, the same for the same seed."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pytest

from neuronaut.analysis.ordering.barycentre import barycentre_sweep
from neuronaut.analysis.ordering.crossings import crossings
from neuronaut.analysis.ordering.links import Link, total_crossings
from neuronaut.analysis.ordering.sifting import crossing_matrix, sift
from neuronaut.analysis.ordering.spectral import second_singular_vectors
from neuronaut.analysis.ordering.sweeps import fewest_crossings

Array = np.ndarray


def band(rows: int, columns: int, width: float = 2.0) -> Array:
    """Weights that fall off from the diagonal and are 0 beyond it: each place is told by its neighbours."""
    apart = np.abs(np.linspace(0, rows, rows)[:, None] - np.linspace(0, rows, columns)[None])
    return np.maximum(0.0, 1 + width - apart)


def hidden(matrices: list[Array], seed: int) -> tuple[list[Link], dict[str, int], list[Array]]:
    """A chain of layers with their units shuffled, and for each layer the shuffled unit at each planted place."""
    rng = np.random.default_rng(seed)
    sizes = [len(matrices[0]), *(matrix.shape[1] for matrix in matrices)]
    planted = [rng.permutation(size) for size in sizes]
    links = []
    for number, matrix in enumerate(matrices):
        shuffled = np.empty_like(matrix)
        shuffled[np.ix_(planted[number], planted[number + 1])] = matrix
        links.append(Link(str(number), str(number + 1), shuffled))
    return links, {str(number): size for number, size in enumerate(sizes)}, planted


def random_chain(rng: np.random.Generator) -> tuple[list[Link], dict[str, int]]:
    sizes = rng.integers(1, 9, 4).tolist()
    links = [
        Link(str(a), str(b), rng.random((sizes[a], sizes[b])) * (rng.random((sizes[a], sizes[b])) < 0.6))
        for a, b in ((0, 1), (1, 2), (2, 3), (0, 2), (1, 3))
    ]
    return links, {str(number): size for number, size in enumerate(sizes)}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sizes", [(12, 12), (30, 30, 30), (40, 20, 40), (120, 120)], ids=str)
def test_a_planted_band_is_recovered_exactly(sizes: tuple[int, ...], seed: int) -> None:
    links, layers, planted = hidden([band(a, b) for a, b in pairwise(sizes)], seed)
    found = fewest_crossings(links, layers)
    forwards = all(np.array_equal(found[str(n)], order) for n, order in enumerate(planted))
    backwards = all(np.array_equal(found[str(n)], order[::-1]) for n, order in enumerate(planted))
    assert forwards or backwards


@pytest.mark.parametrize("seed", range(5))
def test_with_the_ends_still_a_planted_band_is_recovered_the_right_way_round(seed: int) -> None:
    links, layers, planted = hidden([band(25, 25), band(25, 25)], seed)
    still = [Link(link.source, link.target, link.weights) for link in links]
    still[0] = Link("0", "1", links[0].weights[planted[0]])
    still[1] = Link("1", "2", links[1].weights[:, planted[2]])
    found = fewest_crossings(still, layers, still=["0", "2"])
    assert np.array_equal(found["0"], np.arange(25))
    assert np.array_equal(found["2"], np.arange(25))
    assert np.array_equal(found["1"], planted[1])


def test_no_order_is_worse_than_the_start_and_every_order_is_one() -> None:
    rng = np.random.default_rng(3)
    for number in range(40):
        links, sizes = random_chain(rng)
        still = ["0", "3"] if number % 2 else []
        index = {name: np.arange(size) for name, size in sizes.items()}
        found = fewest_crossings(links, sizes, still=still, passes=number % 7, seed=number)
        assert total_crossings(links, found) <= total_crossings(links, index)
        for name, size in sizes.items():
            assert np.array_equal(np.sort(found[name]), np.arange(size))
            assert name not in still or np.array_equal(found[name], np.arange(size))


def test_an_order_without_crossings_is_left_as_it_is() -> None:
    found = fewest_crossings([Link("a", "b", np.eye(6))], {"a": 6, "b": 6})
    assert found["a"].tolist() == found["b"].tolist() == [0, 1, 2, 3, 4, 5]


def test_small_layers_get_the_best_order_there_is() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        weights = rng.random((4, 4))
        best = min(
            crossings(weights[list(a)][:, list(b)]) for a in permutations(range(4)) for b in permutations(range(4))
        )
        links = [Link("a", "b", weights)]
        assert total_crossings(links, fewest_crossings(links, {"a": 4, "b": 4})) == pytest.approx(best)


def test_the_same_seed_gives_the_same_orders() -> None:
    rng = np.random.default_rng(7)
    links = [Link("a", "b", rng.random((30, 120))), Link("b", "c", rng.random((120, 110)))]
    sizes = {"a": 30, "b": 120, "c": 110}
    first, second = (fewest_crossings(links, sizes, seed=4) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in sizes)


def test_an_order_is_not_improved_by_exchanging_neighbours() -> None:
    rng = np.random.default_rng(11)
    links = [Link("a", "b", rng.random((8, 9))), Link("b", "c", rng.random((9, 7)))]
    sizes = {"a": 8, "b": 9, "c": 7}
    found = fewest_crossings(links, sizes)
    best = total_crossings(links, found)
    for name, size in sizes.items():
        for place in range(size - 1):
            order = found[name].copy()
            order[[place, place + 1]] = order[[place + 1, place]]
            assert total_crossings(links, {**found, name: order}) >= best * (1 - 1e-4)


def test_sifting_saves_exactly_what_it_says() -> None:
    rng = np.random.default_rng(2)
    for _ in range(20):
        weights = rng.random((rng.integers(1, 12), 6))
        cost = crossing_matrix(weights)
        start = rng.permutation(len(weights))
        order, saved = sift(cost - cost.T, start, np.arange(len(weights)))
        assert crossings(weights[start]) - crossings(weights[order]) == pytest.approx(saved)
        assert saved >= 0


def test_ties_everywhere_move_nothing() -> None:
    links = [Link("a", "b", np.ones((7, 7))), Link("b", "c", np.zeros((7, 3)))]
    found = fewest_crossings(links, {"a": 7, "b": 7, "c": 3, "d": 1})
    assert all(order.tolist() == list(range(order.size)) for order in found.values())


def test_a_unit_without_weights_keeps_its_place_in_a_sweep() -> None:
    weights = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    orders = {"a": np.arange(3), "b": np.arange(3)}
    assert barycentre_sweep([Link("a", "b", weights)], orders, ["a", "b"], down=True)["b"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("size", [60, 150])
def test_the_second_singular_vectors_are_those_of_the_scaled_matrix(size: int) -> None:
    weights = np.random.default_rng(0).random((size, size + 20)) + 3 * band(size, size + 20)
    source, target = second_singular_vectors(weights)
    rows, columns = weights.sum(1) ** -0.5, weights.sum(0) ** -0.5
    left, strengths, right = np.linalg.svd(rows[:, None] * weights * columns)
    assert strengths[0] == pytest.approx(1)
    for found, true in ((source, left[:, 1] * rows), (target, right[1] * columns)):
        assert abs(np.corrcoef(found, true)[0, 1]) == pytest.approx(1, abs=1e-6)
