"""Scores: how well one run of the model answers, sample by sample, and what a change of the model does to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.judge import log_probability
from neuronaut.capture.task import Task, flat
from neuronaut.core.errors import UnsupportedModel
from neuronaut.live.truth import Truth

Float64 = npt.NDArray[np.float64]

METRICS = ("loss", "accuracy", "logits", "kl")
"""``loss``: cross-entropy in nats, or squared error; ``accuracy``: share of right answers; ``logits``: the output of
the sample's own class (of the predicted one, where no label is known); ``kl``: KL(p || p') in nats."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One run: its outputs [sample, output], log probabilities [sample, class], and what follows from the labels.

    What cannot be computed is NaN.
    """

    outputs: Float64
    log_p: Float64 | None
    loss: Float64
    correct: Float64


def scores(task: Task, outputs: Mapping[str, npt.NDArray[Any]], truth: Truth) -> Scores:
    """Judge the outputs of one batch. Raises UnsupportedModel when there is no output that is one vector a sample."""
    if task.output not in outputs:
        why = f"no output {task.output!r} this time" if task.output else "no output that is one vector a sample"
        raise UnsupportedModel(f"the model gave {why}, so nothing can be measured; it gave {sorted(outputs)}.")
    values = flat(outputs[task.output]).astype(np.float64)
    nothing = np.full(len(values), np.nan)
    if task.kind == "regression":
        loss = nothing if truth is None else ((values - flat(truth)) ** 2).mean(1)
        return Scores(values, None, loss, nothing)
    if task.classes is None:
        return Scores(values, None, nothing, nothing)
    with np.errstate(all="ignore"):  # NaN and infinity are data here
        log_p = log_probability(task, values)
    if truth is None:
        return Scores(values, log_p, nothing, nothing)
    undefined = (truth < 0) | np.isnan(log_p).any(1)
    own = log_p[np.arange(len(values)), np.maximum(truth, 0)]
    right = (np.argmax(log_p, 1) == truth).astype(np.float64)
    return Scores(values, log_p, np.where(undefined, np.nan, 0.0 - own), np.where(undefined, np.nan, right))


def levels(task: Task, before: Scores, run: Scores, truth: Truth) -> Float64:
    """Each metric of ``run`` for each sample, [sample, metric], as METRICS; ``before`` is the untouched model."""
    return np.stack([run.loss, run.correct, _own_output(task, before, run, truth), _divergence(before, run)], 1)


def _own_output(task: Task, before: Scores, run: Scores, truth: Truth) -> Float64:
    """The output that speaks for the sample's own class; a single output that stands for no class, as it is."""
    samples, width = run.outputs.shape
    if before.log_p is None:
        return run.outputs[:, 0] if width == 1 else np.full(samples, np.nan)
    predicted = np.argmax(before.log_p, 1)
    own = predicted if truth is None else np.where(truth >= 0, truth, predicted)
    if width == 1:
        other = 1.0 - run.outputs[:, 0] if task.scale == "probability" else -run.outputs[:, 0]
        return np.where(own == 1, run.outputs[:, 0], other)
    return np.asarray(run.outputs[np.arange(samples), own])


def _divergence(before: Scores, run: Scores) -> Float64:
    """KL(p || p') of each sample; terms of classes that p rules out are 0."""
    if before.log_p is None or run.log_p is None:
        return np.full(len(run.outputs), np.nan)
    p = np.exp(before.log_p)
    with np.errstate(invalid="ignore"):
        terms = np.where(p > 0, p * (before.log_p - run.log_p), 0.0)
    undefined = np.isnan(before.log_p).any(1) | np.isnan(run.log_p).any(1)
    return np.where(undefined, np.nan, np.maximum(terms.sum(1), 0.0))


def reasons(task: Task, truth: Truth, outputs: int) -> dict[str, str]:
    """Why a metric cannot be had, by metric."""
    why: dict[str, str] = {}
    if task.kind == "none":
        why |= dict.fromkeys(("loss", "accuracy"), "the model's outputs were given no task, so none is right or wrong")
    elif truth is None or not len(truth) or bool((truth < 0).all() if task.classes else np.isnan(truth).all()):
        why |= dict.fromkeys(("loss", "accuracy"), "no labels are known for these samples; pass labels=")
    if task.kind == "regression":
        why["accuracy"] = "a regression has no right or wrong answers"
    if task.classes is None:
        why["kl"] = "the outputs are no probabilities of classes"
        if outputs != 1:
            why["logits"] = f"none of the {outputs} outputs is the one to watch; output_effect tells of each"
    return why
