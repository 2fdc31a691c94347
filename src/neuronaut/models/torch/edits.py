"""Edits: the values of some units replaced while the model runs."""

from __future__ import annotations

import torch

from neuronaut.core.errors import DataError
from neuronaut.core.model import Edit
from neuronaut.models.torch.places import Place


def edited(tensor: torch.Tensor, place: Place, edit: Edit, samples: int) -> torch.Tensor:
    """A copy of the tensor with the edit applied."""
    result = tensor.clone()
    units = torch.as_tensor(edit.units, dtype=torch.long, device=tensor.device)
    chosen = result.unsqueeze(0) if place.unit_axis is None else result.movedim(place.unit_axis, 0)
    chosen[units] = _replacement(chosen[units], place, edit, samples)
    return result


def _replacement(chosen: torch.Tensor, place: Place, edit: Edit, samples: int) -> torch.Tensor:
    """``chosen`` is ``[unit, ...]`` with the other axes in their order."""
    if edit.how == "zero":
        return torch.zeros_like(chosen)
    values: torch.Tensor = torch.as_tensor(edit.values).to(chosen.device)
    if edit.how == "resample":
        if sorted(values.tolist()) != list(range(samples)):
            raise DataError(f"resample needs a permutation of the {samples} samples of the batch.")
        axis = place.sample_axis + (place.unit_axis is None or place.unit_axis > place.sample_axis)
        shape, minor = chosen.shape, place.layout == "minor"
        folded = chosen.reshape(*shape[:axis], *((-1, samples) if minor else (samples, -1)), *shape[axis + 1 :])
        return folded.index_select(axis + minor, values).reshape(shape)
    if values.numel() != len(edit.units):
        raise DataError(f"{edit.how} needs one number per unit: {len(edit.units)} units, {values.numel()} numbers.")
    column = values.to(chosen.dtype).reshape(-1, *[1] * (chosen.ndim - 1))
    return column.expand_as(chosen) if edit.how == "mean" else chosen * column
