"""``neuronaut info``: what is in a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neuronaut.cli.options import Json, RecordingPath

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording


def info(recording: RecordingPath, json: Json = False) -> None:
    """What is in a recording.

    \b
    Examples:
      neuronaut info titanic.naut
      neuronaut info titanic.naut --json
    """
    from neuronaut.cli.console import print_json
    from neuronaut.store.recording import open

    with open(recording) as rec:
        card = describe(rec)
    if json:
        print_json(card)
    else:
        _print(card)


def describe(rec: Recording) -> dict[str, Any]:
    """Everything that ``info`` tells, as plain JSON."""
    return {
        "path": str(rec.path),
        "id": rec.id,
        "created": rec.card.created,
        "finished": rec.finished,
        "bytes": rec.size,
        "samples": rec.n,
        "model": dict(rec.card.model),
        "task": dict(rec.task),
        "groups": _groups(rec),
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "units": layer.unit_count,
                "positions": list(layer.position_shape),
                "sites": [site for site in ("pre", "post") if f"activations/{layer.name}/{site}" in rec.arrays],
                "activation": layer.activation,
                "output": layer.output,
            }
            for layer in rec.layers.values()
        ],
        "columns": [_column(rec, name) for name in rec.columns],
        "notes": list(rec.notes),
    }


def _groups(rec: Recording) -> dict[str, Any] | None:
    """What the samples are grouped by, and in how many groups they come; None where they do not."""
    if rec.groups is None:
        return None
    return {"name": rec.card.options.get("groups"), "count": len(set(rec.groups.tolist()))}


def _column(rec: Recording, name: str) -> dict[str, Any]:
    import numpy as np

    column = rec.columns[name]
    card: dict[str, Any] = {"name": name, "kind": column.kind, "missing": int(np.asarray(column.null).sum())}
    if column.kind == "text":
        card["distinct"] = len(column.values)
        card["values"] = list(column.values[:8])
    elif column.kind == "number" and len(column) and not column.null.all():
        card["lowest"], card["highest"] = float(np.nanmin(column.values)), float(np.nanmax(column.values))
    return card


def _print(card: dict[str, Any]) -> None:
    import pandas as pd

    from neuronaut.cli.advice import as_options
    from neuronaut.cli.console import cell, print_table, say

    model = card["model"]
    say(f"{model.get('name', 'a model')} ({model.get('framework', 'unknown framework')})", style="bold")
    state = "" if card["finished"] else ", not finished"
    say(f"{card['samples']:,} samples, {card['bytes']:,} bytes{state}; recorded {card['created']}; id {card['id']}")
    if card["task"].get("kind") != "none":
        classes = ", ".join(card["task"].get("classes") or card["task"].get("targets") or ())
        label = card["task"].get("label") or ""
        say(f"task: {card['task']['kind']} {label} {f'({classes})' if classes else ''}".rstrip())
    if card["groups"]:
        say(f"the samples come in {card['groups']['count']:,} groups ({card['groups']['name'] or 'groups'})")
    say()
    rows = [
        {
            "layer": layer["name"],
            "kind": layer["kind"] + (" output" if layer["output"] else ""),
            "units": layer["units"],
            "positions": " × ".join(map(str, layer["positions"])) or "–",
            "sites": " ".join(layer["sites"]),
            "activation": layer["activation"] or "–",
        }
        for layer in card["layers"]
    ]
    print_table(pd.DataFrame(rows), folded=("layer",))
    say()
    columns = [
        {"column": one["name"], "kind": one["kind"], "missing": one["missing"], "values": _values(one, cell)}
        for one in card["columns"]
    ]
    print_table(pd.DataFrame(columns))
    for note in card["notes"]:
        say(f"note: {as_options(note)}", style="yellow")


def _values(column: dict[str, Any], spoken: Any) -> str:
    if "values" in column:
        more = column["distinct"] - len(column["values"])
        return ", ".join(column["values"]) + (f" and {more:,} more" if more else "")
    if "lowest" not in column:
        return ""
    ends = [column["lowest"], column["highest"]]
    whole = all(float(end).is_integer() and abs(end) < 1e15 for end in ends)
    return " to ".join(spoken(int(end) if whole else end) for end in ends)
