"""``python -m neuronaut.cli``: the command line."""

from __future__ import annotations

from neuronaut.cli.commands import main

if __name__ == "__main__":
    main()
