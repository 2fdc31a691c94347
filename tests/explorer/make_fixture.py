"""A page with made-up numbers and the right contract: to look at the app without a recording.

python tests/explorer/make_fixture.py /tmp/page.html
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import Manifest
from neuronaut.explorer.html import Page, compose, read_assets

SIZES = {"input": 6, "0": 32, "3": 16, "5": 8, "7": 1}
FEATURES = ["pclass", "sex", "age", "sibsp", "parch", "fare"]


def passengers(n: int = 891) -> dict[str, Any]:
    r = np.random.default_rng(0)
    pclass = r.choice([1, 2, 3], n, p=[0.24, 0.21, 0.55])
    female = r.random(n) < 0.354
    age = np.clip(r.normal(29.5, 14, n), 0.5, 80).round(1)
    sib, par = r.poisson(0.52, n), r.poisson(0.38, n)
    fare = np.exp(r.normal(3.9 - 0.75 * (pclass - 1), 0.6, n)).round(2)
    z = 0.2 + 2.6 * female - 1.1 * (pclass - 1) - 0.02 * (age - 29) - 0.3 * sib
    survived = r.random(n) < 1 / (1 + np.exp(-z))
    X = np.stack([pclass, female, age, sib, par, fare], 1).astype(float)
    known = r.random(n) > 0.2
    return {
        "X": ((X - X.mean(0)) / X.std(0)).astype(np.float32),
        "survived": survived,
        "columns": {
            "survived": np.where(survived, "yes", "no"),
            "sex": np.where(female, "female", "male"),
            "pclass": pclass.astype(float),
            "age": np.where(known, age, np.nan),
            "sibsp": sib.astype(float),
            "parch": par.astype(float),
            "fare": fare,
            "adult": np.where(known, np.where(age >= 18, "yes", "no"), None),
        },
    }


def forward(data: dict[str, Any]) -> tuple[dict[str, Any], list[Any]]:
    """Random first layers; the last one fitted by least squares, so that the colours mean something."""
    r = np.random.default_rng(3)
    acts, weights = {"input": data["X"]}, []
    value, names = data["X"], list(SIZES)
    for source, target in zip(names[:-1], names[1:], strict=True):
        W = r.normal(0, 1.1 / np.sqrt(SIZES[source]), (SIZES[source], SIZES[target])).astype(np.float32)
        if target == "7":
            W = np.linalg.lstsq(value, 4.0 * data["survived"] - 2.0, rcond=None)[0].astype(np.float32)[:, None]
        value = value @ W
        if target != "7":
            value = np.maximum(value + r.normal(0, 0.3, SIZES[target]), 0)
            if target == "0":
                value[:, [7, 19]] = 0.0
        acts[target] = value.astype(np.float32)
        weights.append(W)
    return acts, weights


def stats(values: Any) -> Any:
    n = np.full(values.shape[1], float(len(values)))
    return np.stack(
        [n, values.mean(0), np.abs(values).mean(0), values.std(0, ddof=1), (values > 0).mean(0), values.max(0)]
    ).astype(np.float32)


def comparison(a: Any, b: Any) -> Any:
    pooled = np.sqrt((a.var(0, ddof=1) + b.var(0, ddof=1)) / 2) + 1e-9
    d = a.mean(0) - b.mean(0)
    g, width = d / pooled, np.full(a.shape[1], 0.14)
    order = (a[:, None, :] > b[None, :, :]).mean((0, 1)) + (a[:, None, :] == b[None, :, :]).mean((0, 1)) / 2
    p = np.exp(-np.abs(g) * 8)
    return np.stack([d, g, g - width, g + width, order, p, np.minimum(1, 3 * p), (p < 0.01)]).astype(np.float32)


def build(title: str = "titanic-mlp") -> Page:
    data = passengers()
    acts, weights = forward(data)
    pack, n, names = Packer(), len(data["X"]), list(SIZES)
    yes = data["survived"]
    groups = [
        ("all", "", "all", np.ones(n, bool)),
        ("survived", 'survived == "yes"', "named", yes),
        ("lost", 'survived == "no"', "named", ~yes),
        ("sex = female", 'sex == "female"', "category", data["columns"]["sex"] == "female"),
        ("sex = male", 'sex == "male"', "category", data["columns"]["sex"] == "male"),
    ]
    manifest = {
        "format": "neuronaut-view",
        "version": 1,
        "id": "fixture",
        "title": title,
        "created": "2026-11-22T00:00:00Z",
        "appVersion": "0.1.0",
        "model": {
            "name": title,
            "framework": "none",
            "layers": [layer(name, rank, acts[name]) for rank, name in enumerate(names)],
            "edges": [edge(pack, *pair) for pair in zip(names[:-1], names[1:], weights, strict=True)],
        },
        "samples": {
            "n": n,
            "total": n,
            "kind": "table",
            "ids": pack.add(np.arange(n, dtype=np.uint32), "base"),
            "half": pack.add(np.random.default_rng(1).integers(0, 2, n).astype(np.uint8), "base"),
            "columns": [column(pack, name, values) for name, values in data["columns"].items()],
            "preview": None,
        },
        "task": {"kind": "binary", "classes": ["no", "yes"], "label": "survived"},
        "activations": [activation(pack, name, acts[name]) for name in names],
        "slices": [
            {
                "name": name,
                "expression": expression,
                "kind": kind,
                "n": int(mask.sum()),
                "stats": {layer: pack.add(stats(acts[layer][mask]), "stats") for layer in names},
            }
            for name, expression, kind, mask in groups
        ],
        "comparisons": [
            {"a": 1, "b": 2, "stats": {k: pack.add(comparison(acts[k][yes], acts[k][~yes]), "stats") for k in names}}
        ],
        "influence": influence(pack, names, weights, acts),
        "findings": [{"claim": "A made-up claim about unit 11.", "at": "0:11", "hash": "#/network?sel=0%3A11"}],
        "view": {"a": groups[1][1], "b": groups[2][1], "colour": "ab"},
        "notes": [],
    }
    blocks = pack.pack()
    manifest |= {
        "blobs": {k: v.model_dump(by_alias=True) for k, v in pack.blobs.items()},
        "blocks": {k: v.card.model_dump(by_alias=True) for k, v in blocks.items()},
    }
    return Page(Manifest.model_validate(manifest), blocks)


def layer(name: str, rank: int, values: Any) -> dict[str, Any]:
    inner = name not in ("input", "7")
    return {
        "name": name,
        "label": {"input": "input", "7": "output"}.get(name, f"dense {rank}"),
        "kind": "input" if name == "input" else "dense",
        "unitWord": "feature" if name == "input" else "neuron",
        "activation": "relu" if inner else None,
        "operator": "input" if name == "input" else "linear",
        "module": None if name == "input" else "Linear",
        "units": values.shape[1],
        "rank": rank,
        "position": [],
        "unitNames": {"input": FEATURES, "7": ["survived"]}.get(name),
        "signed": not inner,
        "output": name == "7",
        "parametrised": name != "input",
    }


def edge(pack: Packer, source: str, target: str, W: Any) -> dict[str, Any]:
    order = np.argsort(-np.abs(W).ravel(), kind="stable")
    s, t = np.unravel_index(order, W.shape)
    return {
        "source": source,
        "target": target,
        "kind": "linear",
        "full": None,
        "weights": {
            "k": 16,
            "count": len(order),
            "source": pack.add(s.astype(np.uint16), "edges"),
            "target": pack.add(t.astype(np.uint16), "edges"),
            "value": pack.add(W.ravel()[order], "edges"),
        },
    }


def column(pack: Packer, name: str, values: Any) -> dict[str, Any]:
    card = {"name": name, "type": "number", "source": "metadata", "nulls": None, "values": None, "texts": None}
    if values.dtype.kind == "f":
        nulls = np.isnan(values)
        card["data"] = pack.add(np.where(nulls, 0, values), "base")
        card["nulls"] = pack.add(nulls.astype(np.uint8), "base") if nulls.any() else None
        return card
    words = sorted({v for v in values.tolist() if v is not None})
    codes = np.array([-1 if v is None else words.index(v) for v in values.tolist()], np.int32)
    return card | {"type": "text", "data": pack.add(codes, "base"), "values": words}


def activation(pack: Packer, name: str, values: Any) -> dict[str, Any]:
    signed = bool((values < 0).any())
    top = np.abs(values).max(0)
    scale = (np.where(top > 0, top, 1) / (127 if signed else 254)).astype(np.float32)
    codes = np.rint(values / scale).astype(np.int8 if signed else np.uint8)
    return {
        "layer": name,
        "site": "post",
        "reduction": "value",
        "scheme": "i8" if signed else "u8",
        "levels": 127 if signed else 254,
        "scale": pack.add(scale, "scales"),
        "error": float(scale.max() / 2),
        "chunks": [pack.add(codes, "activations")],
        "rowsPerChunk": len(values),
        "nonfinite": None,
    }


def influence(pack: Packer, names: list[str], weights: list[Any], acts: dict[str, Any]) -> list[dict[str, Any]]:
    cards = []
    for i, source in enumerate(names):
        effect = np.eye(SIZES[source], dtype=np.float32) * acts[source].mean(0)
        for j in range(i + 1, len(names)):
            effect = (effect @ weights[j - 1]).astype(np.float32)
            if names[j] != "7":
                effect = effect * (acts[names[j]] > 0).mean(0).astype(np.float32)
            full = pack.add(effect, "influence")
            cards.append({"source": source, "target": names[j], "full": full, "forward": None, "backward": None})
    return cards


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "fixture.html")
    with target.open("wb") as file:
        for piece in compose(build(), read_assets()):
            file.write(piece)
    print(target, target.stat().st_size, "bytes")
