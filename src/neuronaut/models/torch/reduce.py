"""Reduce: the positions of a site, on the device where it lies, in as few passes as possible."""

from __future__ import annotations

import torch

from neuronaut.models.torch.places import Place

_SHORT = 64
"""Shorter rows: the start of a row (some 40 ns) costs NumPy more than its search saves."""
_FEW = 4
"""NumPy searches on one thread; with more threads than these torch is as fast."""


def canonical(tensor: torch.Tensor, place: Place, samples: int) -> torch.Tensor:
    """The site as ``[sample, *position, unit]``: a view, except that folded samples may need a copy."""
    sample, unit = place.sample_axis, place.unit_axis
    if unit is None:
        tensor, unit = tensor.unsqueeze(-1), tensor.ndim
    if place.layout != "plain":
        shape, major = tensor.shape, place.layout == "major"
        folded = (samples, -1) if major else (-1, samples)
        tensor = tensor.reshape(*shape[:sample], *folded, *shape[sample + 1 :])
        unit += unit > sample
        sample += not major
    order = [axis for axis in range(tensor.ndim) if axis not in (sample, unit)]
    return tensor.permute(sample, *order, unit)


def reduced(site: torch.Tensor) -> dict[str, torch.Tensor]:
    """Mean, max, min and the flat place of the max over the positions of ``[sample, *position, unit]``.

    >>> site = torch.tensor([[[1.0], [5.0], [3.0]]])
    >>> {name: value.tolist() for name, value in reduced(site).items()}
    {'mean': [[3.0]], 'max': [[5.0]], 'min': [[1.0]], 'argmax': [[1]]}
    """
    real = site if site.is_floating_point() else site.float()
    rows = site.movedim(-1, 1)
    if site.device.type == "cpu" and site.dtype in (torch.float32, torch.float64) and rows.is_contiguous():
        samples, units = rows.shape[:2]
        found = _reduced_rows(rows.reshape(samples * units, -1))
        return {name: value.reshape(samples, units) for name, value in found.items()}
    flat, real = site.flatten(1, -2), real.flatten(1, -2)
    high, place = flat.max(1)
    return {"mean": real.mean(1), "max": high, "min": flat.amin(1), "argmax": place.to(torch.int32)}


def _reduced_rows(rows: torch.Tensor) -> dict[str, torch.Tensor]:
    """The reductions of each row of a contiguous matrix."""
    if rows.shape[1] >= _SHORT and torch.get_num_threads() <= _FEW:
        # The first place, NaN before all, as in torch: NumPy's vector search is 3 to 5 times as fast as max(dim).
        place = torch.from_numpy(rows.numpy().argmax(1))
        high = rows.gather(1, place.unsqueeze(1)).squeeze(1)
    else:
        high, place = rows.max(1)
    return {"mean": rows.mean(1), "max": high, "min": rows.amin(1), "argmax": place.to(torch.int32)}
