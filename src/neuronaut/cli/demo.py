"""``neuronaut demo``: the whole voyage on data that come with the package."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuronaut.cli.console import link, print_json, say
from neuronaut.cli.demos import DEMOS, Demo
from neuronaut.cli.options import Json

if TYPE_CHECKING:
    from neuronaut.core.finding import Finding


def demo(
    name: Annotated[str, typer.Argument(help="Which: titanic or digits.")] = "titanic",
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    output: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    json: Json = False,
) -> int | None:
    """Train a network, record it, write its page.

    \b
    Examples:
      neuronaut demo titanic
      neuronaut demo digits --no-open --output demo
    """
    from neuronaut.core.errors import unknown

    if name not in DEMOS:
        raise unknown("demo", name, DEMOS)
    output.mkdir(parents=True, exist_ok=True)
    voyage = sail(DEMOS[name], output)
    if json:
        print_json(voyage.to_json())
    else:
        _say(DEMOS[name], voyage)
    if open_page and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(voyage.page.resolve().as_uri())
    return None if voyage.findings else 1


@dataclass(frozen=True, slots=True)
class Voyage:
    """What the demo did: trained on ``trained`` samples, right about ``accuracy`` of the ``tested`` others."""

    trained: int
    tested: int
    accuracy: float
    recording: Path
    samples: int
    shapes: tuple[tuple[int, ...], ...]
    bytes: int
    findings: tuple[Finding, ...]
    page: Path

    @property
    def units(self) -> list[int]:
        """Of each layer."""
        return [shape[0] for shape in self.shapes]

    def to_json(self) -> dict[str, Any]:
        card = {one.name: getattr(self, one.name) for one in fields(self)}
        said = {"units": self.units, "findings": [finding.to_json() for finding in self.findings]}
        return card | said | {"recording": str(self.recording), "page": str(self.page)}


def sail(demo: Demo, folder: Path) -> Voyage:
    """Train the network, record what it does, find what tells the first two slices apart, write the page."""
    import neuronaut.capture.record as capture
    from neuronaut.analysis.findings import discover
    from neuronaut.cli.progress import bar, doing
    from neuronaut.explorer.export import export
    from neuronaut.live.ablate import ablate
    from neuronaut.store import recording as store

    recording, page = folder / f"{demo.name}.naut", folder / f"{demo.name}.html"
    with doing("training"):
        trained = demo.train()
    with bar(announce=False) as progress:
        rec = capture.record(
            trained.network,
            trained.inputs,
            to=recording,
            metadata=trained.metadata,
            labels=demo.label,
            position="keep",
            overwrite=True,
            progress=progress,
        )
    with rec, doing("analysing"):
        findings = tuple(discover(rec, demo.slices[0], demo.slices[1]))
        with store.open(recording, writable=True) as keeping:
            for finding in findings:
                ablate(trained.network, keeping, str(finding.at), data=trained.inputs)
        export(rec, page, slices=list(demo.slices), findings=findings, title=demo.title)
        shapes = tuple((layer.unit_count, *layer.position_shape) for layer in rec.layers.values())
        learned = int((trained.metadata["split"] == "train").sum())
        others = rec.n - learned
        return Voyage(learned, others, trained.accuracy, recording, rec.n, shapes, rec.size, findings, page)


def _say(demo: Demo, voyage: Voyage) -> None:
    sizes, page = " → ".join("×".join(map(str, shape)) for shape in voyage.shapes), voyage.page
    say(demo.headline, style="bold")
    say()
    say(f"trained   on {voyage.trained:,} {demo.many}; test accuracy {voyage.accuracy:.1%} on {voyage.tested:,} others")
    say(
        f"recorded  {voyage.samples:,} {demo.many}, {len(voyage.shapes)} layers with the input ({sizes}), "
        f"{voyage.bytes / 1000:,.0f} kB in {voyage.recording}"
    )
    say(f"page      {page}, {page.stat().st_size / 1000:,.0f} kB: needs no server and no network")
    say()
    _say_findings(demo, voyage)
    say()
    say("Open it in a browser:", style="bold")
    link(f"  {page}", page.resolve().as_uri())
    say()
    say("Or ask the recording yourself:", style="bold")
    recording = shlex.quote(str(voyage.recording))
    say(f"  neuronaut show {recording}")
    say(f'  neuronaut compare {recording} "{demo.slices[2]}"')


def _say_findings(demo: Demo, voyage: Voyage) -> None:
    if not voyage.findings:
        say(f"No neuron told {demo.told} on both halves of the {demo.many}.")
        return
    say(f"Neurons that tell {demo.told}", style="bold")
    for number, finding in enumerate(voyage.findings, 1):
        say()
        say(f"{number}. {finding.claim}", indent=3)
        for view in finding.views:
            link(f"   {view.link(str(voyage.page))}", view.link(voyage.page.resolve().as_uri()))
    say()
    say(
        "g is the difference in standard deviations (Hedges) with its 95% interval; q the false discovery rate over "
        f"all {sum(voyage.units)} units, those of the input ({voyage.units[0]}) and the output ({voyage.units[-1]}) "
        "among them. Which half a sample is in was fixed before any look at the neurons."
    )
