"""Judging outputs: prediction, probability, loss and correctness of each sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.task import Task, flat

Float64 = npt.NDArray[np.float64]

UNKNOWN = 255
"""In ``correct``: there is no label, or no prediction."""


def judge(task: Task, output: npt.NDArray[Any], labels: npt.NDArray[Any] | None) -> dict[str, npt.NDArray[Any]]:
    """The judgement of one batch, by name, one row a sample.

    ``labels`` are class numbers (-1: none) or target values (NaN: none). ``prediction`` is a class number (-1 where
    an output is NaN) or the value; ``probability`` [sample class]; ``loss`` is cross-entropy in nats, or the mean
    squared error over the outputs; ``correct`` is 0, 1 or 255 (unknown).
    """
    if task.kind == "none":
        return {}
    values = flat(output).astype(np.float64)
    with np.errstate(all="ignore"):  # NaN and infinity are data here
        if task.kind == "regression":
            return _regression(flat(output), values, labels)
        log_p = log_probability(task, values)
        return _classification(log_p, None if labels is None else labels.astype(np.int64))


def _regression(
    output: npt.NDArray[Any], values: Float64, targets: npt.NDArray[Any] | None
) -> dict[str, npt.NDArray[Any]]:
    single = output.astype(np.float32)
    found: dict[str, npt.NDArray[Any]] = {"prediction": single[:, 0] if single.shape[1] == 1 else single}
    if targets is not None:
        found["loss"] = ((values - flat(targets.astype(np.float64))) ** 2).mean(1).astype(np.float32)
    return found


def _classification(log_p: Float64, codes: npt.NDArray[np.int64] | None) -> dict[str, npt.NDArray[Any]]:
    undefined = np.isnan(log_p).any(1)
    # The second class of a binary model wins above 0.5, the first at 0.5 and below: argmax takes the first of equals.
    prediction = np.where(undefined, -1, np.argmax(log_p, 1)).astype(np.int32)
    found: dict[str, npt.NDArray[Any]] = {"prediction": prediction, "probability": np.exp(log_p).astype(np.float32)}
    if codes is not None:
        known = codes >= 0
        own = log_p[np.arange(len(codes)), np.maximum(codes, 0)]
        found["loss"] = np.where(known, 0.0 - own, np.nan).astype(np.float32)
        found["correct"] = np.where(known & ~undefined, prediction == codes, UNKNOWN).astype(np.uint8)
    return found


def log_probability(task: Task, values: Float64) -> Float64:
    """Logarithm of each class's probability, [sample class], without overflow."""
    if task.kind == "binary":
        z = values[:, 0]
        if task.scale == "probability":
            return np.log(np.stack([1 - z, z], 1))
        return np.stack([-np.logaddexp(0, z), -np.logaddexp(0, -z)], 1)
    if task.scale == "probability":
        return np.log(values)
    shifted = values - values.max(1, keepdims=True)
    normalised: Float64 = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normalised
