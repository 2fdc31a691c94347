"""The recording on disk: written by one writer, committed as one, read by anybody, without a framework."""

from neuronaut.store.activations import Activations
from neuronaut.store.array import StoredArray
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording, open
from neuronaut.store.results import list_results, read_result, write_result
from neuronaut.store.resume import resume
from neuronaut.store.verify import Damage, verify
from neuronaut.store.writer import Writer

__all__ = [
    "Activations",
    "ArraySpec",
    "Damage",
    "Recording",
    "RecordingCard",
    "StoredArray",
    "Writer",
    "create",
    "list_results",
    "open",
    "read_result",
    "resume",
    "verify",
    "write_result",
]
