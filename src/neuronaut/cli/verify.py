"""``neuronaut verify``: is every byte of a recording as it was written?"""

from __future__ import annotations

from typing import Any

from neuronaut.cli.options import Json, RecordingPath


def verify(recording: RecordingPath, json: Json = False) -> int | None:
    """Check every byte of a recording.

    \b
    Examples:
      neuronaut verify titanic.naut
      neuronaut verify titanic.naut --json && echo sound
    """
    from neuronaut.cli.console import print_json, say
    from neuronaut.cli.progress import doing
    from neuronaut.core.errors import CorruptRecording
    from neuronaut.store.recording import open

    card: dict[str, Any] = {"recording": str(recording)}
    try:
        with open(recording) as rec, doing("checking"):
            card |= {"id": rec.id, "samples": rec.n, "finished": rec.finished, "bytes": rec.size}
            damages = [str(damage) for damage in rec.verify()]
    except CorruptRecording as error:
        damages = [error.damage]
    if json:
        print_json({**card, "damage": damages})
    elif damages:
        say(f"{len(damages):,} {'place is' if len(damages) == 1 else 'places are'} damaged:", style="bold red")
        for damage in damages:
            say(f"  {damage}")
    else:
        state = "finished" if card["finished"] else "not finished; record with --resume continues it"
        say(f"{recording}: sound. {card['samples']:,} samples, {card['bytes']:,} bytes, {state}.")
    return 1 if damages else None
