"""Analyses: a recording in, a Result out; one method a file."""

from neuronaut.analysis.activity import activity as activity
from neuronaut.analysis.compare import compare as compare
from neuronaut.analysis.findings import discover as discover
from neuronaut.analysis.influence import influence as influence
from neuronaut.analysis.registry import analyses as analyses
from neuronaut.analysis.top import top as top
from neuronaut.analysis.weights import edge_weights as edge_weights

__all__ = ["activity", "analyses", "compare", "discover", "edge_weights", "influence", "top"]
