"""Golden recordings: what any version ever wrote opens, is sound, and reads as it was made."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import xarray

import neuronaut.store as store
from neuronaut.store.dtypes import widen

ROOT = Path(__file__).parent.parent.parent
KINDS = ("table", "images", "training", "texts", "empty")
CHECKED_IN = sorted((ROOT / "tests" / "golden").glob("*/*.naut"))


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_golden", ROOT / "scripts" / "build_golden.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_golden"] = module
    spec.loader.exec_module(module)
    return module


def assert_holds(path: Path, golden: Any) -> None:
    rec = store.open(path)
    assert rec.verify() == []
    assert (rec.id, rec.card.to_json(), rec.finished) == (
        golden.card.id,
        json.loads(json.dumps(golden.card.to_json())),
        golden.finished,
    )
    assert rec.graph == golden.card.graph
    assert rec.rows == sum(golden.commits)
    wanted = {**golden.arrays, **golden.static}
    kinds = {spec.path: spec.dtype for spec in golden.specs}
    for name, array in wanted.items():
        values = widen(array) if kinds.get(name) == "bfloat16" else array
        np.testing.assert_array_equal(rec.arrays[name].read(), values, strict=True)
    if golden.metadata is not None:
        assert rec._table.select(golden.metadata.column_names).equals(golden.metadata)
    if golden.lengths is not None:
        np.testing.assert_array_equal(rec.offsets("token"), np.r_[0, np.cumsum(golden.lengths)])
    if golden.result is not None:
        kept = store.read_result(rec, "stored", name="influence")
        assert kept is not None
        np.testing.assert_array_equal(kept["input\tout"], golden.result["input\tout"], strict=True)
        assert (kept.params, kept.n) == (golden.result.params, golden.result.n)


def test_there_is_a_golden_recording_of_each_kind() -> None:
    assert {path.name for path in CHECKED_IN} == {f"{kind}.naut" for kind in KINDS}


@pytest.mark.parametrize("path", CHECKED_IN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_golden_recording_opens_is_sound_and_holds_what_it_held(path: Path, builder: ModuleType) -> None:
    assert_holds(path, builder.KINDS[path.stem]())
    xarray.open_datatree(path, engine="zarr")
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    assert size < 64 << 10


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_builds_the_same_today(kind: str, builder: ModuleType, tmp_path: Path) -> None:
    golden = builder.KINDS[kind]()
    builder.build(golden, tmp_path / "new.naut")
    assert_holds(tmp_path / "new.naut", golden)
    (old,) = (ROOT / "tests" / "golden" / "1.0").glob(f"{kind}.naut")
    files = [sorted(str(file.relative_to(top)) for file in top.rglob("*")) for top in (old, tmp_path / "new.naut")]
    assert files[0] == files[1]
    assert (old / "recording.json").read_bytes() == (tmp_path / "new.naut" / "recording.json").read_bytes()
