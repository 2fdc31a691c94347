"""``neuronaut demo``: the whole voyage on data that come with the package."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.console import link, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuronaut.core.finding import Finding
    from neuronaut.store.recording import Recording

SLICES = ("survived == 'yes'", "survived == 'no'", "sex == 'female'", "sex == 'male'", "adult == 'no'")
"""Named slices of the demo's page."""


def demo(
    name: Annotated[str, typer.Argument(help="Which: titanic.")] = "titanic",
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    output: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
) -> int | None:
    """Train a network, record it, write its page.

    \b
    Examples:
      neuronaut demo titanic
      neuronaut demo titanic --no-open --output demo
    """
    from neuronaut.core.errors import unknown

    if name != "titanic":
        raise unknown("demo", name, ["titanic"])
    output.mkdir(parents=True, exist_ok=True)
    page = output / "titanic.html"
    found = _titanic(output / "titanic.naut", page)
    if open_page and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(page.resolve().as_uri())
    return None if found else 1


def _titanic(recording: Path, page: Path) -> Sequence[Finding]:
    import neuronaut.capture.record as capture
    from neuronaut.analysis.findings import discover
    from neuronaut.cli.progress import bar, doing
    from neuronaut.explorer.export import export
    from neuronaut.models.torch.titanic import train_titanic
    from neuronaut.samples.titanic import load_titanic

    inputs, metadata = load_titanic()
    with doing("training"):
        network, accuracy = train_titanic(inputs, metadata)
    held_out = int((metadata["split"] == "held-out").sum())
    say("Titanic: who survives, and which neurons know", style="bold")
    say()
    say(f"trained   on {len(metadata) - held_out} passengers; held-out accuracy {accuracy:.1%} on {held_out} others")
    with bar(announce=False) as progress:
        rec = capture.record(
            network, inputs, to=recording, metadata=metadata, labels="survived", overwrite=True, progress=progress
        )
    with rec:
        _say_recorded(rec)
        with doing("analysing"):
            findings = discover(rec, SLICES[0], SLICES[1])
        with doing("writing the page"):
            export(rec, page, slices=list(SLICES), findings=findings, title="Titanic")
        units = sum(layer.unit_count for layer in rec.layers.values())
    say(f"page      {page.name}, {page.stat().st_size / 1000:,.0f} kB: needs no server and no network")
    _say_findings(findings, page, units)
    say()
    say("Open it in a browser:", style="bold")
    link(f"  {page}", page.resolve().as_uri())
    return findings


def _say_recorded(rec: Recording) -> None:
    sizes = " → ".join(str(layer.unit_count) for layer in rec.layers.values())
    size = f"{rec.size / 1000:,.0f} kB"
    say(f"recorded  {rec.n:,} passengers, {len(rec.layers)} layers ({sizes}), {size} in {rec.path.name}")


def _say_findings(findings: Sequence[Finding], page: Path, units: int) -> None:
    say()
    if not findings:
        say("No neuron told survivors from the others on both halves of the passengers.")
        return
    say("Three neurons that tell survivors from the others" if len(findings) == 3 else "Findings", style="bold")
    for number, finding in enumerate(findings, 1):
        say()
        say(f"{number}. {finding.claim}", indent=3)
        for view in finding.views:
            link(f"   {view.link(page.name)}", view.link(page.resolve().as_uri()))
    say()
    say(
        "g is the difference in standard deviations (Hedges) with its 95 % interval; q the false discovery rate over "
        f"all {units} units. Which half a passenger is in was fixed before any look at the neurons."
    )
