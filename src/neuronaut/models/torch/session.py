"""Session: hooks that stay on a model while batches run through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt
import torch

from neuronaut.core.model import Batch, Captured, Edit, PositionMode, Run, Site
from neuronaut.models.torch.batches import sample_count
from neuronaut.models.torch.edits import edited
from neuronaut.models.torch.look import check_unseen
from neuronaut.models.torch.places import Place, check_units
from neuronaut.models.torch.reduce import taken
from neuronaut.models.torch.tape import tensors
from neuronaut.models.torch.trace import Found
from neuronaut.models.torch.watch import Change, See, Watch, ignore, same


class Session:
    """Runs batches; hooks change only when other sites are asked for."""

    def __init__(self, name: str, found: Found, place_of: Callable[[Site], Place], checked: set[Any]) -> None:
        self._name, self._found, self._place_of, self._checked = name, found, place_of, checked
        self._key: tuple[tuple[Site, ...], tuple[Site, ...]] | None = None
        self._watch: Watch | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *error: object) -> None:
        if self._watch is not None:
            self._watch.remove()

    def run(self, batch: Batch, observe: tuple[Site, ...], edit: tuple[Edit, ...], position: PositionMode) -> Run:
        """One batch: outputs and captured sites."""
        samples = sample_count(batch)
        held: dict[Site, dict[str, torch.Tensor]] = {}
        places = {site: self._place_of(site) for site in (*observe, *(wanted.site for wanted in edit))}

        for wanted in edit:
            check_units(wanted.site, places[wanted.site], wanted.units)

        def see(site: Site, tensor: torch.Tensor) -> None:
            place, keep = places[site], position == "keep"
            held[site] = taken(tensor.detach(), place, samples, keep=keep, copy=not place.borrowed)

        def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
            result = tensor
            for wanted in edit:
                if wanted.site == site:
                    result = edited(result, places[site], wanted, samples)
            return tensor.copy_(result) if places[site].inplace else result

        with torch.no_grad():
            output = self.call(batch, observe, see, tuple(dict.fromkeys(wanted.site for wanted in edit)), change)
        captured: dict[Site, Captured] = {}
        for site in observe:
            captured[site] = {name: to_numpy(tensor) for name, tensor in held[site].items()}
        return Run(named_outputs(output), captured)

    def call(self, batch: Batch, observe: Sequence[Site], see: See, changed: Sequence[Site], change: Change) -> Any:
        """One forward pass in the caller's grad mode."""
        watch = self._installed(tuple(observe), tuple(changed))
        watch.see, watch.change = see, change
        args, kwargs = self._found.arguments(batch)
        try:
            with self._found.uncompiled():
                return watch.call(self._found.module, args, kwargs)
        finally:
            watch.see, watch.change = ignore, same

    def _installed(self, observe: tuple[Site, ...], changed: tuple[Site, ...]) -> Watch:
        key = (observe, changed)
        if self._watch is not None and key == self._key:
            return self._watch
        if self._watch is not None:
            self._watch.remove()
            self._watch = None
        found = self._found
        reads = {site: self._place_of(site).reading for site in observe}
        writes = {site: self._place_of(site).seat for site in changed}
        watch = Watch(found.modules, found.traced.tape, found.opaque, reads, writes, found.strayed)
        if not changed and observe not in self._checked:
            check_unseen(self._name, found, watch)
            self._checked.add(observe)
        self._watch, self._key = watch, key
        watch.install()
        return watch


def named_outputs(output: Any) -> dict[str, npt.NDArray[Any]]:
    """The model's outputs by name: ``output``, or the keys of what it returns joined by dots."""
    return {".".join(map(str, key)) or "output": to_numpy(tensor.detach()) for key, tensor in tensors(output)}


def to_numpy(tensor: torch.Tensor) -> npt.NDArray[Any]:
    """The tensor as an array; bfloat16, which NumPy lacks, as float32."""
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: npt.NDArray[Any] = tensor.cpu().numpy()
    return array
