"""Limits: what one request, and all of them together, may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds; how many sockets are open, requests answered and streams heard at once.

    Of an answer that waits, at least ``trickle`` is taken within ``taken_s``.
    """

    body: int = 1 << 20
    header: int = 16 << 10
    tile: int = 4 << 20
    rows: int = 10_000
    sockets: int = 512
    requests: int = 64
    streams: int = 16
    workers: int = 2
    waiting: int = 32
    answers: int = 64 << 20
    header_s: float = 10.0
    body_s: float = 10.0
    taken_s: float = 15.0
    trickle: int = 64 << 10
    request_s: float = 30.0
    beat_s: float = 15.0
    poll_s: float = 1.0


LIMITS = Limits()
