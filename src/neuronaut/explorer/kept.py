"""Kept: what was measured on the model and lies in the recording, for the page that cannot run it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuronaut.core.errors import CorruptRecording
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ResultCard
from neuronaut.explorer.results import result_card
from neuronaut.store.results import list_results, read_result

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

MOST = 200
"""Ablations that a page carries."""


def kept_cards(rec: Recording, pack: Packer, notes: list[str]) -> list[ResultCard]:
    """The ablations that lie in the recording; damaged ones become a note."""
    cards = []
    for name, key in [one for one in list_results(rec) if one[0] == "ablate"][:MOST]:
        try:
            result = read_result(rec, key, name=name)
        except CorruptRecording as error:
            notes.append(str(error))
            continue
        if result is not None:
            cards.append(result_card(result, pack))
    return cards
