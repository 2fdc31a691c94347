"""Analyses: a recording in, a Result out; one method a file."""

from neuronaut.analysis.activity import activity as activity
from neuronaut.analysis.buckets import bucket_weights as bucket_weights
from neuronaut.analysis.buckets import buckets as buckets
from neuronaut.analysis.cka import cka as cka
from neuronaut.analysis.cka import linear_cka as linear_cka
from neuronaut.analysis.compare import compare as compare
from neuronaut.analysis.drivers import drivers as drivers
from neuronaut.analysis.findings import discover as discover
from neuronaut.analysis.health import health as health
from neuronaut.analysis.influence import influence as influence
from neuronaut.analysis.match import match as match
from neuronaut.analysis.order import order as order
from neuronaut.analysis.order import permutations as permutations
from neuronaut.analysis.rank import rank as rank
from neuronaut.analysis.registry import analyses as analyses
from neuronaut.analysis.selectivity import selectivity as selectivity
from neuronaut.analysis.separators import separators as separators
from neuronaut.analysis.similarity import similarity as similarity
from neuronaut.analysis.top import top as top
from neuronaut.analysis.weights import edge_weights as edge_weights

__all__ = [
    "activity",
    "analyses",
    "bucket_weights",
    "buckets",
    "cka",
    "compare",
    "discover",
    "drivers",
    "edge_weights",
    "health",
    "influence",
    "linear_cka",
    "match",
    "order",
    "permutations",
    "rank",
    "selectivity",
    "separators",
    "similarity",
    "top",
]
