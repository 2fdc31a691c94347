"""Damage: any changed byte is detected and named, by file or by array and rows; nothing wrong is ever read."""

from __future__ import annotations

import random
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_scenario import SPECS, append, check, expected, make, shrink

import neuronaut.store as store
from neuronaut.core.errors import CorruptRecording, NeuronautError, NewerFormat, NotARecording
from neuronaut.core.result import Result
from neuronaut.store.fs import Fs
from neuronaut.store.sealed import seal, unseal

ROWS = 43


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("damage") / "a.naut"
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        writer = make(Fs(path))
        for size in (5, 30, 8):
            append(writer, size)
            writer.commit()
        writer.finish()
    result = Result("influence", {"a": np.arange(600.0)}, {"a": ("unit",)})
    store.write_result(store.open(path, writable=True), result, "stored")
    return path


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "a.naut")
    return tmp_path / "a.naut"


def files_of(path: Path) -> list[Path]:
    return sorted(file for file in path.rglob("*") if file.is_file() and file.name != ".lock")


def named(path: Path, file: Path) -> bool:
    """Whether verify finds damage, and says in which file it is."""
    try:
        found = store.verify(path)
    except (NotARecording, NewerFormat):
        return file.name in ("recording.json", "commit.json")
    place = file.relative_to(path).as_posix()
    return any(place in (damage.file, damage.file + "/" + file.name) or place in str(damage) for damage in found)


def reads_nothing_wrong(path: Path) -> bool:
    """Whether every array reads as it was written, or says that it cannot."""
    try:
        rec = store.open(path)
    except NeuronautError:
        return True
    if rec.rows not in (0, ROWS):
        return False
    for spec in SPECS:
        try:
            values = rec.arrays[spec.path].read()
        except CorruptRecording:
            continue
        if not np.array_equal(values, expected(spec, 0, rec.rows)):
            return False
    try:
        return rec.sample_ids.tolist() == [row + 1000 for row in range(rec.rows)]
    except CorruptRecording:
        return True


def test_a_sound_recording_has_no_damage(sound: Path) -> None:
    assert store.verify(sound) == []
    assert check(store.open(sound)) == ROWS


def test_every_flipped_bit_is_found_and_named(copy: Path) -> None:
    chance = random.Random(0)
    for file in files_of(copy):
        data = file.read_bytes()
        places = {0, len(data) - 1, *(chance.randrange(len(data)) for _ in range(7))}
        for place in sorted(places):
            changed = bytearray(data)
            changed[place] ^= 1 << chance.randrange(8)
            file.write_bytes(changed)
            assert named(copy, file), (file, place)
            assert reads_nothing_wrong(copy), (file, place)
        file.write_bytes(data)
    assert store.verify(copy) == []


def cut_short(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def zeroed(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    width = chance.randint(1, 64)
    changed = data[:start] + b"\0" * len(data[start : start + width]) + data[start + width :]
    return changed if changed != data else data + b"\0"


def inserted(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + chance.randbytes(chance.randint(1, 9)) + data[start:]


def left_out(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randint(1, 40) :]


def emptied(data: bytes, chance: random.Random) -> bytes:
    return b""


@pytest.mark.parametrize("harm", [cut_short, zeroed, inserted, left_out, emptied])
def test_every_other_change_of_a_file_is_found_and_named(
    copy: Path, harm: Callable[[bytes, random.Random], bytes]
) -> None:
    chance = random.Random(1)
    for file in files_of(copy):
        data = file.read_bytes()
        for _ in range(2):
            file.write_bytes(harm(data, chance))
            assert named(copy, file), file
            assert reads_nothing_wrong(copy), file
        file.write_bytes(data)


def test_every_missing_file_is_found_and_named(copy: Path) -> None:
    for file in files_of(copy):
        data = file.read_bytes()
        file.unlink()
        assert named(copy, file), file
        assert reads_nothing_wrong(copy), file
        file.write_bytes(data)


def test_a_shard_of_another_array_is_found(copy: Path) -> None:
    foreign = copy / "outputs" / "prediction" / "c.0"
    foreign.write_bytes((copy / "activations" / "fc1" / "post" / "c.0.0").read_bytes())
    assert named(copy, foreign)


def test_damage_names_layer_and_rows_and_the_rest_stays_readable(copy: Path) -> None:
    shard = copy / "activations" / "fc1" / "post" / "c.2.0"  # rows 16 to 24, in chunks of 4
    data = bytearray(shard.read_bytes())
    data[1] ^= 8
    shard.write_bytes(data)
    (damage,) = store.verify(copy)
    assert (damage.layer, damage.array, damage.rows) == ("fc1", "activations/fc1/post", (16, 20))
    assert str(damage) == ("activations/fc1/post rows 16:20: the checksum does not match (activations/fc1/post/c.2.0)")
    rec = store.open(copy)
    with pytest.raises(CorruptRecording, match=re.escape("activations/fc1/post rows 16:20: the checksum")):
        rec["fc1"].read()
    np.testing.assert_array_equal(rec["fc1"].read(slice(20, 43)), expected(SPECS[0], 20, 43))
    np.testing.assert_array_equal(rec["fc1"].read(slice(0, 16)), expected(SPECS[0], 0, 16))
    assert rec["conv"].read().shape == (ROWS, 2)


def test_a_missing_shard_is_damage_and_never_data(copy: Path) -> None:
    (copy / "activations" / "fc1" / "post" / "c.1.0").unlink()
    rec = store.open(copy)
    with pytest.raises(CorruptRecording, match=r"activations/fc1/post rows 8:16: the file cannot be read"):
        rec["fc1"].read()
    assert [damage.rows for damage in store.verify(copy)] == [(8, 16)]


def test_damaged_metadata_is_named_and_arrays_stay_readable(copy: Path) -> None:
    part = sorted(copy.glob("samples-*.parquet"))[1]
    part.write_bytes(part.read_bytes()[:-1] + b"!")
    (damage,) = store.verify(copy)
    assert damage.file == part.name and damage.rows == (0, 5)
    rec = store.open(copy)
    assert rec["fc1"].read().shape == (ROWS, 6)
    with pytest.raises(CorruptRecording, match=re.escape(f"{part.name}: its bytes were changed")):
        _ = rec.metadata


@pytest.mark.parametrize(
    ("file", "ask"),
    [
        ("activations/fc1/post/c.2.0", lambda path: store.open(path)["fc1"].read()),
        ("samples-*.parquet", lambda path: store.open(path).metadata),
        ("samples-*.parquet", lambda path: store.open(path).sample_ids),
        ("commit.json", store.open),
        ("recording.json", store.open),
    ],
)
def test_whoever_meets_damage_hears_how_to_see_all_of_it(copy: Path, file: str, ask: Callable[[Path], Any]) -> None:
    for damaged in copy.glob(file):
        data = bytearray(damaged.read_bytes())
        data[len(data) // 2 if file.endswith("json") else 1] ^= 8
        damaged.write_bytes(data)
    with pytest.raises(CorruptRecording) as caught:
        ask(copy)
    assert str(caught.value).endswith(f" To see all that is damaged: neuronaut verify {shlex.quote(str(copy))}")
    found = store.verify(copy)
    assert found and not any("neuronaut verify" in str(damage) for damage in found)


def test_a_commit_of_another_recording_is_refused(copy: Path) -> None:
    body = unseal((copy / "commit.json").read_bytes(), "commit.json")
    (copy / "commit.json").write_bytes(seal({**body, "recording": "feedfeedfeedfeed"}))
    with pytest.raises(CorruptRecording, match="it belongs to another recording"):
        store.open(copy)


def test_a_newer_format_is_refused_by_its_version(copy: Path) -> None:
    body = unseal((copy / "recording.json").read_bytes(), "recording.json")
    (copy / "recording.json").write_bytes(seal({**body, "version": [2, 0], "arrays": "something else"}))
    with pytest.raises(NewerFormat, match=r"format 2\.0, this Neuronaut reads up to 1\. Upgrade"):
        store.open(copy)
    with pytest.raises(NewerFormat):
        store.resume(copy)
    (copy / "recording.json").write_bytes(seal({**body, "version": [1, 9], "unknown": {"field": 1}}))
    assert check(store.open(copy)) == ROWS


def test_a_recording_interrupted_while_being_created_holds_nothing_and_may_be_made_again(copy: Path) -> None:
    (copy / "commit.json").unlink()
    with pytest.raises(NotARecording, match="interrupted while being created, nothing was recorded"):
        store.open(copy)
    make(Fs(copy)).finish()
    assert check(store.open(copy)) == 0


def test_files_nobody_knows_are_no_damage(copy: Path) -> None:
    (copy / "notes.txt").write_text("mine")
    (copy / "activations" / "fc1" / "post" / "c.9.0.tmp").write_text("left by a kill")
    (copy / "activations" / "fc1" / "post" / "c.6.0").write_text("beyond the commit")
    assert store.verify(copy) == []
    store.resume(copy).close()
    assert not (copy / "activations" / "fc1" / "post" / "c.9.0.tmp").exists()
