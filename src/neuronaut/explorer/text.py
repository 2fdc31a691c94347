"""Bytes as printable text: 13 bits in two of 91 characters, none of which means anything to an HTML parser.

It is 23 % longer than the bytes, where base64 is 33 % longer. The idea of 91 characters is basE91's (Henke, 2000); here
every pair holds 13 bits, so that both ends can work on whole arrays.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

ALPHABET: Final = bytes(sign for sign in range(0x21, 0x7F) if sign not in b"<>&")
"""The printable ASCII characters but space and the three that open tags and entities."""
_SIGNS = np.frombuffer(ALPHABET, np.uint8)
_BASE = len(ALPHABET)
_GROUP = 13
"""Bytes that fill eight pairs."""
_AT_ONCE = _GROUP * 65_536


def encode(data: bytes) -> bytes:
    """The bytes as text, least significant bits first; zeros fill the last group of 13 bytes.

    >>> encode(b"abc")
    b'(c*g!!!!!!!!!!!!'
    """
    pieces = (data[start : start + _AT_ONCE] for start in range(0, len(data), _AT_ONCE))
    return b"".join(_groups(np.frombuffer(piece + bytes(-len(piece) % _GROUP), np.uint8)) for piece in pieces)


def _groups(data: npt.NDArray[np.uint8]) -> bytes:
    groups = data.reshape(-1, _GROUP).astype(np.uint32)
    text = np.empty((len(groups), 16), np.uint8)
    for pair in range(8):
        byte, shift = divmod(pair * 13, 8)
        bits: npt.NDArray[Any] = groups[:, byte] | groups[:, byte + 1] << 8
        if shift > 3:
            bits = bits | groups[:, byte + 2] << 16
        high, low = np.divmod(bits >> shift & 0x1FFF, _BASE)
        text[:, 2 * pair], text[:, 2 * pair + 1] = _SIGNS[high], _SIGNS[low]
    return text.tobytes()
