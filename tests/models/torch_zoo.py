"""Small nets, one for each way of writing a network; what they hold is written out by hand in test_torch_zoo.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def mlp_one_inplace_relu() -> nn.Module:
    relu = nn.ReLU(inplace=True)
    return nn.Sequential(nn.Linear(6, 8), relu, nn.Linear(8, 5), relu, nn.Linear(5, 3))


class Functional(nn.Module):
    """Every activation written in another way."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = nn.Linear(6, 8), nn.Linear(8, 7), nn.Linear(7, 5), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.a(x))
        h = self.b(h).tanh()
        h = self.c(h)
        h = h * torch.sigmoid(h)
        return F.softmax(self.d(h), dim=1)


def mlp_batch_norm_dropout() -> nn.Module:
    return nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 4), nn.LayerNorm(4), nn.GELU(),
        nn.Linear(4, 3),
    )  # fmt: skip


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 6, 3)
        self.fc1, self.fc2 = nn.Linear(6 * 2 * 2, 8), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = x.view(-1, 6 * 2 * 2)
        return self.fc2(F.relu(self.fc1(x)))


class Block(nn.Module):
    """A residual block with one in-place ReLU for both places and an in-place sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x
        return self.relu(y)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        self.layer = nn.Sequential(Block(4), Block(4))
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer(F.relu(self.stem(x)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Inception(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 1)
        self.mixed = Mixed()
        self.head = nn.Conv2d(5, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.mixed(torch.relu(self.stem(x)))).mean((2, 3))


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.three, self.pool = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 2, 3, padding=1), nn.Conv2d(4, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.avg_pool2d(x, 3, 1, 1)
        return torch.cat([F.relu(self.one(x)), F.relu(self.three(x)), F.relu(self.pool(pooled))], 1)


class MBConv(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.expand = nn.Conv2d(3, 6, 1, bias=False)
        self.bn0 = nn.BatchNorm2d(6)
        self.depthwise = nn.Conv2d(6, 6, 3, groups=6, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.reduce, self.restore = nn.Conv2d(6, 2, 1), nn.Conv2d(2, 6, 1)
        self.project = nn.Conv2d(6, 3, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(3)
        self.act = nn.SiLU()

    def forward(self, x: Tensor) -> Tensor:
        h = self.act(self.bn0(self.expand(x)))
        h = self.act(self.bn1(self.depthwise(h)))
        gate = torch.sigmoid(self.restore(self.act(self.reduce(h.mean((2, 3), keepdim=True)))))
        return self.bn2(self.project(h * gate))


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(1, 3, 3, padding=1)
        self.deep = nn.Conv2d(3, 4, 3, padding=1)
        self.up = nn.ConvTranspose2d(4, 2, 2, stride=2)
        self.last = nn.Conv2d(5, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        skip = F.relu(self.down(x))
        deep = F.relu(self.deep(F.max_pool2d(skip, 2)))
        return self.last(torch.cat([skip, self.up(deep)], 1))


class DataPath(nn.Module):
    """``if`` and a loop on data."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.step, self.other, self.out = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = self.a(x).relu()
        for _ in range(2 if float(x.abs().max()) < 1e6 else 3):
            h = torch.tanh(self.step(h))
        if bool((x > 1e3).any()):
            h = self.other(h)
        return self.out(h)


class Structures(nn.Module):
    """A dict comes in, a dict holding a tuple goes out."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(3, 4), nn.Linear(2, 4)
        self.mean, self.spread, self.logits = nn.Linear(4, 2), nn.Linear(4, 2), nn.Linear(4, 3)

    def forward(self, a: Tensor, b: Tensor) -> dict[str, Any]:
        h = F.relu(self.left(a)) + F.relu(self.right(b))
        return {"code": (self.mean(h), self.spread(h)), "logits": self.logits(h)}


class OneDict(nn.Module):
    """The one argument is a dict; two layers read from it."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.out = nn.Linear(3, 4), nn.Linear(2, 4), nn.Linear(4, 2)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return self.out(F.relu(self.left(batch["a"]) * self.right(batch["b"])))


class Siamese(nn.Module):
    """One encoder for two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.head = nn.Linear(4, 1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.head((self.encoder(a) - self.encoder(b)).abs())


class RawParameters(nn.Module):
    """Weights that are no modules: ``x @ W``, einsum, a transposed weight, weight norm, GLU."""

    def __init__(self) -> None:
        super().__init__()
        self.w_in = nn.Parameter(torch.randn(5, 8) / 2)
        self.bias = nn.Parameter(torch.randn(8))
        self.w_mid = nn.Parameter(torch.randn(6, 4) / 2)
        self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(6, 6))
        self.glu = nn.GLU()

    def forward(self, x: Tensor) -> Tensor:
        h = self.glu(x @ self.w_in + self.bias)
        h = torch.einsum("bi,oi->bo", h, self.w_mid).relu()
        h = self.normed(h)
        return F.linear(h, self.w_mid.t())


class Aliases(nn.Module):
    """Slices written in place, and a view that is changed behind its base."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.out = nn.Linear(4, 3), nn.Linear(4, 5), nn.Linear(8, 6), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        z = x.new_zeros(len(x), 8)
        z[:, :3] = self.a(x)
        z[:, 3:] = self.b(x)
        h = self.c(z)
        part = h[:, :2]
        part.relu_()
        return self.out(h)


def conv1d_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(2, 3, 3), nn.ELU(), nn.AvgPool1d(2), nn.Conv1d(3, 4, 2, stride=2), nn.Hardtanh(), nn.Flatten(),
        nn.Linear(8, 2),
    )  # fmt: skip


def conv3d_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(1, 2, 2), nn.LeakyReLU(), nn.MaxPool3d(2), nn.ConvTranspose3d(2, 3, 2), nn.AdaptiveAvgPool3d(1),
        nn.Flatten(), nn.Linear(3, 2),
    )  # fmt: skip


class Shuffle(nn.Module):
    """Grouped convolutions with a channel shuffle and a permuted, strided path."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(4, 6, 1, groups=2)
        self.b = nn.Conv2d(6, 4, 1, groups=2)
        self.fc = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = self.a(x)
        n, c, y, w = h.shape
        h = h.view(n, 2, c // 2, y, w).transpose(1, 2).reshape(n, c, y, w)
        h = self.b(F.relu6(h))
        return self.fc(h.permute(0, 2, 3, 1)[..., ::2].mean((1, 2)))


class Categories(nn.Module):
    """A table with one embedding per integer column and some numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.color, self.size = nn.Embedding(4, 3), nn.Embedding(3, 2)
        self.fc1, self.fc2 = nn.Linear(3 + 2 + 2, 4), nn.Linear(4, 1)

    def forward(self, kinds: Tensor, numbers: Tensor) -> Tensor:
        h = torch.cat([self.color(kinds[:, 0]), self.size(kinds[:, 1]), numbers], dim=1)
        return self.fc2(F.relu(self.fc1(h))).squeeze(1)


class Reused(nn.Module):
    """One layer called three times, then a block output with a norm."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.norm, self.out = nn.Linear(4, 4), nn.LayerNorm(4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for _ in range(3):
            h = h + torch.tanh(self.cell(h))
        return self.out(self.norm(h))


class CReLU(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = self.a(x)
        return self.b(torch.cat([F.relu(h), F.relu(-h)], 1))


class Tokens(nn.Module):
    """An embedding read along a text, an MLP on each token, positions that no sample changes."""

    def __init__(self) -> None:
        super().__init__()
        self.tok, self.pos = nn.Embedding(11, 4), nn.Embedding(5, 4)
        self.up, self.gate, self.down = nn.Linear(4, 6), nn.Linear(4, 6), nn.Linear(6, 4)
        self.head = nn.Linear(4, 2)

    def forward(self, ids: Tensor) -> Tensor:
        h = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        h = h + self.down(F.silu(self.gate(h)) * self.up(h))
        return self.head(h.mean(1))


class Folded(nn.Module):
    """Samples and time steps folded into one axis."""

    def __init__(self) -> None:
        super().__init__()
        self.each, self.all = nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        h = torch.relu(self.each(x.reshape(b * t, d)))
        return self.all(h.view(b, t, 4).mean(1))


class CompiledChild(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = torch.compile(nn.Sequential(nn.Linear(4, 5), nn.ReLU()), backend="eager")
        self.head = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


def floats(*shape: int) -> Callable[[], Any]:
    return lambda: torch.randn(4, *shape)


ZOO: dict[str, tuple[Callable[[], nn.Module], Callable[[], Any]]] = {
    "mlp, one in-place relu": (mlp_one_inplace_relu, floats(6)),
    "functional": (Functional, floats(6)),
    "batch norm, dropout": (mlp_batch_norm_dropout, floats(6)),
    "lenet": (LeNet, floats(1, 14, 14)),
    "residual": (Residual, floats(3, 8, 8)),
    "inception": (Inception, floats(3, 6, 6)),
    "mbconv": (MBConv, floats(3, 6, 6)),
    "unet": (UNet, floats(1, 6, 6)),
    "data path": (DataPath, floats(4)),
    "structures": (Structures, lambda: {"a": torch.randn(4, 3), "b": torch.randn(4, 2)}),
    "one dict": (OneDict, lambda: {"a": torch.randn(4, 3), "b": torch.randn(4, 2)}),
    "siamese": (Siamese, lambda: (torch.randn(4, 3), torch.randn(4, 3))),
    "raw parameters": (RawParameters, floats(5)),
    "aliases": (Aliases, floats(4)),
    "conv1d": (conv1d_net, floats(2, 12)),
    "conv3d": (conv3d_net, floats(1, 5, 5, 5)),
    "shuffle": (Shuffle, floats(4, 3, 3)),
    "categories": (Categories, lambda: (torch.randint(0, 3, (4, 2)), torch.randn(4, 2))),
    "reused": (Reused, floats(4)),
    "crelu": (CReLU, floats(4)),
    "tokens": (Tokens, lambda: torch.randint(0, 11, (4, 5))),
    "folded": (Folded, floats(5, 3)),
    "compiled": (lambda: torch.compile(mlp_one_inplace_relu(), backend="eager"), floats(6)),
    "compiled child": (CompiledChild, floats(4)),
    "data parallel": (lambda: nn.DataParallel(LeNet()), floats(1, 14, 14)),
}


def zoo(name: str) -> tuple[nn.Module, Any]:
    """The net with seeded weights and running statistics, in evaluation mode, and a batch of 4."""
    torch.manual_seed(7)
    build, batch = ZOO[name]
    model, data = build(), batch()
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return model.eval(), data
