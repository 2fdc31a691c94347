"""``python -m neuronaut``: the command line, also where its script is not on the path."""

from neuronaut.cli import main

main()
