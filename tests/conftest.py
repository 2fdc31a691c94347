"""Shapes written in the annotations of neuronaut.analysis are checked at every call of a test run."""

from __future__ import annotations

from jaxtyping import install_import_hook

install_import_hook("neuronaut.analysis", "beartype.beartype")
