"""CSV that a spreadsheet shows as text, never runs as a formula."""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_STARTS = tuple("=+-@|%")


def csv_text(frame: pd.DataFrame) -> str:
    """The table as CSV: numbers as they are, missing values empty, texts that look like a formula behind a quote.

    >>> import pandas as pd
    >>> print(csv_text(pd.DataFrame({"unit": ["fc1:0", "=1+1"], "mean": [-0.5, float("nan")]})), end="")
    unit,mean
    fc1:0,-0.5
    '=1+1,
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([harmless(str(name)) for name in frame.columns])
    for row in frame.itertuples(index=False, name=None):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: Any) -> Any:
    plain = value.item() if hasattr(value, "item") else value
    if (
        plain is None
        or (isinstance(plain, float) and math.isnan(plain))
        or type(plain).__name__ in ("NAType", "NaTType")
    ):
        return ""
    if isinstance(plain, bool):
        return "true" if plain else "false"
    return plain if isinstance(plain, (int, float)) else harmless(str(plain))


def harmless(text: str) -> str:
    """The text, behind a single quote where a spreadsheet would take it for a formula.

    Spreadsheets skip blanks and invisible characters at the start, and read full-width signs as plain ones.

    Reference: CWE-1236; OWASP, CSV Injection.
    """
    visible = unicodedata.normalize("NFKC", text).lstrip()
    while visible and unicodedata.category(visible[0]) in ("Cc", "Cf", "Zs", "Zl", "Zp"):
        visible = visible[1:].lstrip()
    risky = visible.startswith(_STARTS) or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if risky else text
