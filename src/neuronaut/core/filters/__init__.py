"""The filter language: text or dicts in, one syntax tree, a mask of rows out."""

from neuronaut.core.filters.check import check
from neuronaut.core.filters.dictform import from_dict, to_dict
from neuronaut.core.filters.evaluate import evaluate
from neuronaut.core.filters.hints import Hint, hints
from neuronaut.core.filters.nodes import Node
from neuronaut.core.filters.parse import parse
from neuronaut.core.filters.text import text_of

__all__ = ["Hint", "Node", "check", "evaluate", "from_dict", "hints", "parse", "text_of", "to_dict"]
