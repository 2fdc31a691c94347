"""The command line: one command per verb; parsing and printing only."""

from neuronaut.cli.commands import app as app
from neuronaut.cli.commands import main as main

__all__ = ["app", "main"]
