"""Power cuts on a simulated disk: nothing acknowledged is lost, and each fsync is needed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator

import pytest
from store_scenario import check_disk, live, shrink
from store_simfs import DATA_MODES, NAME_MODES, InlineJobs, PowerCut, SimFs

Skip = Callable[[str, str, str], bool]

MUTANTS: dict[str, Skip] = {
    "shard": lambda kind, name, before: kind == "file" and "/c." in name,
    "commit.json": lambda kind, name, before: kind == "file" and name == "commit.json.tmp",
    "recording.json": lambda kind, name, before: kind == "file" and name == "recording.json.tmp",
    "zarr.json of arrays and groups": lambda kind, name, before: kind == "file" and name.endswith("/zarr.json.tmp"),
    "zarr.json of the root": lambda kind, name, before: kind == "file" and name == "zarr.json.tmp",
    "metadata": lambda kind, name, before: kind == "file" and "parquet" in name,
    "lock": lambda kind, name, before: kind == "file" and name == ".lock",
    "folders of arrays": lambda kind, name, before: kind == "folder" and "/" in name,
    "root folder after a commit": lambda kind, name, before: kind == "folder" and name == "" and "commit" in before,
    "parent of the root": lambda kind, name, before: kind == "parent",
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def lives(seed: int, skip: Skip | None = None, count: int = 3) -> int:
    """Some lives of one recording, each ended by a power cut and then checked; return how many were cut short."""
    chance = random.Random(seed)
    disk = SimFs(skip=skip)
    acknowledged: list[int] = []
    cuts = 0
    for _ in range(count):
        disk.cut_at = disk.steps + chance.randint(1, 160)
        try:
            live(disk, chance, acknowledged.append, InlineJobs())
        except PowerCut:
            cuts += 1
        disk = disk.cut(chance, chance.choice(DATA_MODES), chance.choice(NAME_MODES))
        check_disk(disk, acknowledged[-1] if acknowledged else None)
    return cuts


@pytest.mark.parametrize("start", range(0, 740, 185))
def test_no_power_cut_loses_an_acknowledged_row_or_leaves_damage(start: int) -> None:
    assert sum(lives(seed) for seed in range(start, start + 185)) > 450


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_store_that_leaves_out_one_fsync_is_caught(mutant: str) -> None:
    assert any(is_caught(seed, MUTANTS[mutant]) for seed in range(60))


def is_caught(seed: int, skip: Skip) -> bool:
    try:
        lives(seed, skip)
    except Exception:
        return True
    return False


def windows(log: list[str]) -> Iterator[int]:
    """Operations of a life at which a commit has its new name but the folder is not yet synced."""
    for step, (one, following) in enumerate(itertools.pairwise(log), start=1):
        if one == "rename commit.json" and following.startswith("sync folder"):
            yield step + 1


def cut_in_window(seed: int, step: int, skip: Skip | None) -> None:
    chance = random.Random(seed)
    acknowledged: list[int] = []
    disk = SimFs(cut_at=step, skip=skip)
    with pytest.raises(PowerCut):
        live(disk, chance, acknowledged.append, InlineJobs())
    check_disk(disk.cut(random.Random(step), "kept", "subset"), acknowledged[-1] if acknowledged else None)


def loses(seed: int, step: int, skip: Skip) -> bool:
    try:
        cut_in_window(seed, step, skip)
    except Exception:
        return True
    return False


def log_of_life(seed: int, skip: Skip | None = None) -> list[str]:
    disk = SimFs(skip=skip)
    live(disk, random.Random(seed), lambda rows: None, InlineJobs())
    return disk.log


def test_a_commit_never_outlives_the_metadata_it_names() -> None:
    def skip(kind: str, name: str, before: str) -> bool:
        created = before == "samples-000000.parquet"
        return kind == "folder" and name == "" and "parquet" in before and not created

    caught = 0
    for seed in range(12):
        for step in windows(log_of_life(seed)):
            cut_in_window(seed, step, None)
            caught += loses(seed, step, skip)
    assert caught >= 1
