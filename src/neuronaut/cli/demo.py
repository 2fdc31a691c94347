"""``neuronaut demo``: the whole voyage on data that come with the package."""

from __future__ import annotations

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuronaut.cli.console import link, print_json, say
from neuronaut.cli.options import Json

if TYPE_CHECKING:
    from neuronaut.core.finding import Finding

SLICES = ("survived == 'yes'", "survived == 'no'", "sex == 'female'", "sex == 'male'", "adult == 'no'")
"""Named slices of the demo's page."""


def demo(
    name: Annotated[str, typer.Argument(help="Which: titanic.")] = "titanic",
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    output: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    json: Json = False,
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
    voyage = sail(output)
    if json:
        print_json(voyage.to_json())
    else:
        _say(voyage)
    if open_page and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(voyage.page.resolve().as_uri())
    return None if voyage.findings else 1


@dataclass(frozen=True, slots=True)
class Voyage:
    """What the demo did: trained on ``trained`` passengers, right about ``accuracy`` of the ``held_out`` others."""

    trained: int
    held_out: int
    accuracy: float
    recording: Path
    samples: int
    units: tuple[int, ...]
    bytes: int
    findings: tuple[Finding, ...]
    page: Path

    def to_json(self) -> dict[str, Any]:
        card = {one.name: getattr(self, one.name) for one in fields(self)}
        said = {"findings": [finding.to_json() for finding in self.findings]}
        return card | said | {"recording": str(self.recording), "page": str(self.page)}


def sail(folder: Path) -> Voyage:
    """Train the network, record what it does, find what tells survivors from the others, write the page."""
    import neuronaut.capture.record as capture
    from neuronaut.analysis.findings import discover
    from neuronaut.cli.progress import bar, doing
    from neuronaut.explorer.export import export
    from neuronaut.models.torch.titanic import train_titanic
    from neuronaut.samples.titanic import load_titanic

    recording, page = folder / "titanic.naut", folder / "titanic.html"
    inputs, metadata = load_titanic()
    with doing("training"):
        network, accuracy = train_titanic(inputs, metadata)
    held_out = int((metadata["split"] == "held-out").sum())
    with bar(announce=False) as progress:
        rec = capture.record(
            network, inputs, to=recording, metadata=metadata, labels="survived", overwrite=True, progress=progress
        )
    with rec, doing("analysing"):
        findings = tuple(discover(rec, SLICES[0], SLICES[1]))
        export(rec, page, slices=list(SLICES), findings=findings, title="Titanic")
        units = tuple(layer.unit_count for layer in rec.layers.values())
        trained = len(metadata) - held_out
        return Voyage(trained, held_out, accuracy, recording, rec.n, units, rec.size, findings, page)


def _say(voyage: Voyage) -> None:
    sizes, page = " → ".join(map(str, voyage.units)), voyage.page
    say("Titanic: who survives, and which neurons know", style="bold")
    say()
    say(
        f"trained   on {voyage.trained} passengers; held-out accuracy {voyage.accuracy:.1%} on {voyage.held_out} others"
    )
    say(
        f"recorded  {voyage.samples:,} passengers, {len(voyage.units)} layers ({sizes}), "
        f"{voyage.bytes / 1000:,.0f} kB in {voyage.recording}"
    )
    say(f"page      {page}, {page.stat().st_size / 1000:,.0f} kB: needs no server and no network")
    say()
    _say_findings(voyage)
    say()
    say("Open it in a browser:", style="bold")
    link(f"  {page}", page.resolve().as_uri())


def _say_findings(voyage: Voyage) -> None:
    if not voyage.findings:
        say("No neuron told survivors from the others on both halves of the passengers.")
        return
    say("Neurons that tell survivors from the others", style="bold")
    for number, finding in enumerate(voyage.findings, 1):
        say()
        say(f"{number}. {finding.claim}", indent=3)
        for view in finding.views:
            link(f"   {view.link(str(voyage.page))}", view.link(voyage.page.resolve().as_uri()))
    say()
    say(
        "g is the difference in standard deviations (Hedges) with its 95 % interval; q the false discovery rate over "
        f"all {sum(voyage.units)} units. Which half a passenger is in was fixed before any look at the neurons."
    )
