"""``neuronaut show``: the explorer in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuronaut.cli.live import Data, Features
from neuronaut.cli.options import RecordingPath


def show(
    recording: RecordingPath,
    others: Annotated[
        list[Path] | None, typer.Argument(help="Further recordings, side by side.", show_default=False)
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 0,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A further name under which a proxy reaches the page. Repeat it.", show_default=False),
    ] = None,
    writable: Annotated[bool, typer.Option("--writable", help="The page may save slices and labels.")] = False,
    model: Annotated[
        str | None, typer.Option(help="MODULE:FACTORY, to run the recorded model in the page.", show_default=False)
    ] = None,
    data: Data = None,
    features: Features = None,
) -> None:
    """The explorer in the browser, served from this machine.

    \b
    Examples:
      neuronaut show titanic.naut
      neuronaut show titanic.naut other.naut --no-open --port 8123
      neuronaut show titanic.naut --writable --model mymodels:make_net

    With several recordings the page's bar switches between them, and Compare matches
    their neurons. Only this machine can reach it, and only with the link that is
    printed, which works once. Ctrl-C ends it. From another machine, take the ssh line
    it prints.
    """
    from neuronaut.cli.console import say
    from neuronaut.cli.factory import load_model
    from neuronaut.cli.live import given_data
    from neuronaut.live.show import opened
    from neuronaut.live.show import show as serve

    rec = opened(recording, writable=writable)
    live = None if model is None else load_model(model)
    given = None if model is None else given_data(rec, data, features)
    serve(
        rec,
        *(others or []),
        model=live,
        data=given,
        open_browser=open_browser,
        port=port,
        allow_host=allow_host or [],
        writable=writable,
        block=True,
        say=lambda text: say(f"{text}\nCtrl-C ends it." if "ssh" in text else text),
    )
    say("ended.")
