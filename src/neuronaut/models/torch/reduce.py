"""Reduce: the positions of a site, on the device where it lies, in as few passes as possible."""

from __future__ import annotations

import torch


def canonical(tensor: torch.Tensor, sample_axis: int, unit_axis: int | None, samples: int) -> torch.Tensor:
    """The site as ``[sample, *position, unit]``, a view."""
    if unit_axis is None:
        tensor, unit_axis = tensor.unsqueeze(-1), tensor.ndim
    if tensor.shape[sample_axis] != samples:
        shape = tensor.shape
        tensor = tensor.reshape(*shape[:sample_axis], samples, -1, *shape[sample_axis + 1 :])
        unit_axis += unit_axis > sample_axis
    order = [axis for axis in range(tensor.ndim) if axis not in (sample_axis, unit_axis)]
    return tensor.permute(sample_axis, *order, unit_axis)


def reduced(site: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mean, max, min and the flat place of the max over the positions of ``[sample, *position, unit]``.

    >>> site = torch.tensor([[[1.0], [5.0], [3.0]]])
    >>> {name: value.tolist() for name, value in reduced(site).items()}
    {'mean': [[3.0]], 'max': [[5.0]], 'min': [[1.0]], 'argmax': [[1]]}
    """
    flat = site.flatten(1, -2)
    if flat.shape[1] == 0:
        raise RuntimeError("a site without positions cannot be reduced")
    high, place = flat.max(1)
    real = flat if flat.is_floating_point() else flat.float()
    return {"mean": real.mean(1), "max": high, "min": flat.amin(1), "argmax": place.to(torch.int32)}
