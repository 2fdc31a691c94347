"""Samples: the inputs of a model with one row of metadata each."""

from neuronaut.samples.digits import load_digits as load_digits
from neuronaut.samples.table import read_table as read_table
from neuronaut.samples.titanic import load_titanic as load_titanic

__all__ = ["load_digits", "load_titanic", "read_table"]
