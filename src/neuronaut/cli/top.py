"""``neuronaut top``: the samples that drive a unit."""

from __future__ import annotations

from typing import Annotated

import typer

from neuronaut.cli.options import Csv, Json, RecordingPath, Unit, Where


def top(
    recording: RecordingPath,
    at: Unit,
    k: Annotated[int, typer.Option("-k", min=1, help="Samples to print.")] = 10,
    by: Annotated[str, typer.Option(help="What stands for the positions of a channel: max, mean or min.")] = "max",
    lowest: Annotated[bool, typer.Option("--lowest", help="The lowest values instead.")] = False,
    where: Where = None,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """The samples where one neuron is highest.

    \b
    Examples:
      neuronaut top titanic.naut 0:11
      neuronaut top titanic.naut 0:11 -k 50 --lowest
      neuronaut top titanic.naut 5:3 --where "survived == 'no'" --csv > top.csv
    """
    from neuronaut.analysis.top import top as compute
    from neuronaut.cli.console import notes, print_csv, print_json, print_table, say
    from neuronaut.store.recording import open

    with open(recording) as rec:
        result = compute(rec, at, k, by, not lowest, where=where)
        metadata = rec.metadata.iloc[result["row"]].reset_index(drop=True)
    table = result.table().drop(columns="row")
    whole = table.join(metadata.rename(columns={name: f"metadata {name}" for name in metadata if name in table}))
    if json:
        print_json(
            {**result.to_json(), "metadata": metadata.astype(object).where(metadata.notna(), None).to_dict("list")}
        )
    elif csv:
        print_csv(whole)
    else:
        say(f"{at}: {'lowest' if lowest else 'highest'} of {sum(result.n.values()):,} samples", style="bold")
        print_table(whole)
    notes(result.notes, brief=not json)
    return None if len(table) else 1
