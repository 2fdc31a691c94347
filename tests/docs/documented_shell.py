"""The command lines of the documentation, and a folder in which they can be run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np

from neuronaut.samples import load_digits, load_titanic

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(neuronaut [^`…]+)`")
COMMENT = re.compile(r"\s{2,}#.*|\s# .*")
REST = re.compile(r"\s+(?:>|&&)\s.*")
"""What a shell does with what is printed."""

MODELS = """
import functools
from pathlib import Path

import pandas as pd
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

table = pd.read_csv(Path(__file__).with_name("people.csv"))
X = torch.from_numpy(table[["pclass", "age", "fare"]].to_numpy("float32"))
Y = torch.from_numpy((table["survived"] == "yes").to_numpy("float32"))[:, None]


class Encoded(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, 20), nn.BatchNorm1d(20), nn.ReLU())
        self.head = nn.Linear(20, 1)

    def forward(self, x):
        return self.head(self.encoder(x))


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        return self.fc(torch.relu(self.conv2(torch.relu(self.conv1(x)))).mean((2, 3)))


def dense():
    return nn.Sequential(
        nn.Linear(3, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(),
        nn.Linear(8, 1),
    )


@functools.cache
def trained(made, seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = made()
        optimiser = torch.optim.Adam(net.parameters(), 0.01)
        for _ in range(60):
            optimiser.zero_grad()
            binary_cross_entropy_with_logits(net(X), Y).backward()
            optimiser.step()
    return net.eval()


def make_net():
    return trained(dense, 7)


def retrained():
    return trained(dense, 2)


def encoded():
    return trained(Encoded, 0)


def cnn():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Cnn().eval()
"""
PEOPLE = "--features pclass,age,fare --labels survived"
RECORDINGS = {
    "titanic.naut": f"make_net passengers.csv {PEOPLE}",
    "people.naut": f"make_net people.csv {PEOPLE}",
    "retrained.naut": f"retrained people.csv {PEOPLE}",
    "first.naut": f"make_net people.csv {PEOPLE}",
    "second.naut": f"retrained people.csv {PEOPLE}",
    "other.naut": f"encoded people.csv {PEOPLE}",
    "digits.naut": "cnn digits.npz --labels label",
    "mnist.naut": "cnn digits.npz --labels label",
}


def fill(folder: Path) -> None:
    """Models and data under the names that the documentation gives them."""
    (folder / "mymodels.py").write_text(MODELS, encoding="utf-8")
    people = load_titanic()[1].dropna(subset=["age"])
    for name in ("people.csv", "passengers.csv"):
        people.to_csv(folder / name, index=False)
    people[["pclass", "age", "fare"]].astype(np.float32).to_parquet(folder / "big.parquet")
    images, table = load_digits()
    np.savez(folder / "digits.npz", X=np.asarray(images, np.float32), label=np.asarray(table["label"]))


def lines(page: Path) -> list[str]:
    """Every command of a page, in its order: of blocks of code without outputs, of the help of the commands, inline."""
    text = page.read_text(encoding="utf-8")
    shown = [code for language, code in BLOCK.findall(text) if language in ("", "console", "text")]
    found = [line for code in shown for line in _commands(code)]
    return list(dict.fromkeys([*found, *(_plain(line) for line in INLINE.findall(text) if len(line.split()) > 2)]))


def _commands(code: str) -> list[str]:
    joined = re.sub(r" *\\\n\s*", " ", code)
    starts = (line.strip().removeprefix("$ ") for line in joined.splitlines())
    return [_plain(line) for line in starts if line.startswith("neuronaut ") and "[OPTIONS]" not in line]


def _plain(line: str) -> str:
    return REST.sub("", COMMENT.sub("", line)).strip()


def words(line: str) -> list[str]:
    program, *rest = shlex.split(line)
    assert program == "neuronaut", line
    return rest
