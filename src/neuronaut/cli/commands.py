"""The commands, in the order in which a newcomer meets them."""

from __future__ import annotations

from typing import Annotated

import typer

from neuronaut.cli.ablate import ablate
from neuronaut.cli.activity import activity
from neuronaut.cli.attribute import attribute
from neuronaut.cli.compare import compare
from neuronaut.cli.demo import demo
from neuronaut.cli.drivers import drivers
from neuronaut.cli.export import export
from neuronaut.cli.friendly import EXIT_CODES, friendly
from neuronaut.cli.health import health
from neuronaut.cli.influence import influence
from neuronaut.cli.info import info
from neuronaut.cli.layers import layers
from neuronaut.cli.match import match
from neuronaut.cli.order import order
from neuronaut.cli.record import record
from neuronaut.cli.selectivity import selectivity
from neuronaut.cli.show import show
from neuronaut.cli.similarity import similarity
from neuronaut.cli.top import top
from neuronaut.cli.verify import verify

app = typer.Typer(
    name="neuronaut",
    help="See, question and verify what the neurons of a trained network do.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo,
    layers,
    record,
    info,
    activity,
    compare,
    selectivity,
    health,
    similarity,
    match,
    top,
    drivers,
    influence,
    attribute,
    ablate,
    order,
    show,
    export,
    verify,
):
    app.command(epilog=EXIT_CODES)(friendly(command))


def _version(asked: bool) -> None:
    if asked:
        from neuronaut import __version__

        typer.echo(f"neuronaut {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """See, question and verify what the neurons of a trained network do."""


def main() -> None:
    """Run the command line."""
    app(prog_name="neuronaut")
