"""Where is written: one writer at a time, and what is there already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_scenario import SPECS, append, card, check_disk, make, shrink

import neuronaut.store as store
from neuronaut.core.errors import NotARecording, RecordingExists, RecordingLocked
from neuronaut.core.layer import Graph
from neuronaut.store import RecordingCard
from neuronaut.store.fs import Fs


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


def test_a_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    writer = make(Fs(tmp_path / "a.naut"))
    for second in (lambda: store.resume(tmp_path / "a.naut"), lambda: make(Fs(tmp_path / "a.naut"))):
        with pytest.raises((RecordingLocked, RecordingExists), match=rf"process {os.getpid()} on|there already"):
            second()
    with pytest.raises(RecordingLocked, match=rf"process {os.getpid()} on "):
        store.create(tmp_path / "a.naut", card(), SPECS, overwrite=True)
    append(writer, 3)
    writer.finish()
    assert check_disk(Fs(tmp_path / "a.naut"), 3) == 3


def test_of_two_processes_that_create_at_once_one_wins(tmp_path: Path) -> None:
    source = Path(__file__).parent.parent.parent / "src"
    program = (
        "import sys\n"
        "import neuronaut.store as store\n"
        "from neuronaut.core.layer import Graph\n"
        "from neuronaut.core.errors import RecordingExists, RecordingLocked\n"
        "for line in sys.stdin:\n"
        "    try:\n"
        "        writer = store.create(line.strip(), store.RecordingCard(Graph(())), [])\n"
        "    except (RecordingExists, RecordingLocked) as error:\n"
        "        print(type(error).__name__, flush=True)\n"
        "        continue\n"
        "    print('won', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    writer.finish()\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(source)},
        )
        for _ in range(2)
    ]
    for number in range(10):
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{tmp_path}/{number}.naut\n")
            process.stdin.flush()
        answers = [process.stdout.readline().strip() for process in processes if process.stdout]
        assert sorted(answers)[1] == "won" and sorted(answers)[0] in ("RecordingExists", "RecordingLocked")
        winner = processes[answers.index("won")]
        assert winner.stdin is not None
        winner.stdin.write("finish\n")
        winner.stdin.flush()
    for process in processes:
        assert process.stdin and process.stdout
        process.stdin.close()
        process.stdout.close()
        assert process.wait() == 0
    assert all(store.open(tmp_path / f"{number}.naut").finished for number in range(10))


def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path: Path) -> None:
    make(Fs(tmp_path / "a.naut")).close()
    (tmp_path / "a.naut" / ".lock").write_text('{"neuronaut":"writer","pid":1,"host":"gone","since":"2020"}')
    store.resume(tmp_path / "a.naut").close()


def test_an_existing_recording_is_neither_touched_nor_replaced_unasked(tmp_path: Path) -> None:
    with make(Fs(tmp_path / "a.naut")) as writer:
        append(writer, 4)
    with pytest.raises(RecordingExists, match=r"resume=True to go on, overwrite=True to replace"):
        make(Fs(tmp_path / "a.naut"))
    assert check_disk(Fs(tmp_path / "a.naut"), 4) == 4
    with store.create(tmp_path / "a.naut", RecordingCard(Graph(())), [], overwrite=True):
        pass
    rec = store.open(tmp_path / "a.naut")
    assert rec.n == 0 and not rec.layers and rec.verify() == []
    assert not (tmp_path / "a.naut" / "activations").exists()


def test_a_folder_with_other_files_is_never_written_into(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(RecordingExists, match="other files in it"):
            store.create(tmp_path / "thesis", card(), SPECS, overwrite=overwrite)
    assert [child.name for child in (tmp_path / "thesis").iterdir()] == ["chapter1.tex"]
    with pytest.raises(NotARecording, match=r"has no recording\.json"):
        store.resume(tmp_path / "thesis")
    with pytest.raises(NotARecording, match=r"has no recording\.json"):
        store.open(tmp_path / "thesis")


def test_overwriting_keeps_files_that_are_not_ours(tmp_path: Path) -> None:
    make(Fs(tmp_path / "a.naut")).finish()
    (tmp_path / "a.naut" / "notes.txt").write_text("mine")
    store.create(tmp_path / "a.naut", card(), SPECS, overwrite=True).finish()
    assert (tmp_path / "a.naut" / "notes.txt").read_text() == "mine"


def test_a_damaged_recording_can_be_overwritten(tmp_path: Path) -> None:
    make(Fs(tmp_path / "a.naut")).finish()
    (tmp_path / "a.naut" / "recording.json").write_bytes(b"torn")
    with pytest.raises(RecordingExists):
        make(Fs(tmp_path / "a.naut"))
    store.create(tmp_path / "a.naut", card(), SPECS, overwrite=True).finish()
    assert store.open(tmp_path / "a.naut").verify() == []


def test_an_existing_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RecordingExists, match="is a file"):
        make(Fs(tmp_path / "file"))
    with pytest.raises(NotARecording):
        store.open(tmp_path / "file")
    with pytest.raises(NotARecording, match="no such folder"):
        store.open(tmp_path / "nothing")


def test_missing_folders_above_are_made(tmp_path: Path) -> None:
    make(Fs(tmp_path / "new" / "er" / "a.naut")).finish()
    assert check_disk(Fs(tmp_path / "new" / "er" / "a.naut"), 0) == 0


def test_an_empty_folder_may_become_a_recording(tmp_path: Path) -> None:
    make(Fs(tmp_path)).finish()
    assert check_disk(Fs(tmp_path), 0) == 0
