"""Advice: what errors advise in Python, said in the words of the command line."""

from __future__ import annotations

import re
import shlex

_BOTH = re.compile(r"(?:\w+=[^\s,()]*,? )+\(in the shell: ([^)]*)\)")
_CALL = re.compile(r"record\(\.\.\., to=.*?, --resume\)")
_LISTS = {
    "layers": "layer",
    "other_layers": "other-layer",
    "sites": "site",
    "slices": "slice",
    "columns": "column",
}
"""Keywords that take a list, and the option that is repeated instead."""
_JOINED = ("bins", "classes", "features", "labels")
"""Keywords whose list is one text with commas here."""
_PLAIN = (
    "task",
    "groups",
    "dtype",
    "device",
    "limit",
    "seed",
    "position",
    "influence",
    "resume",
    "overwrite",
    "where",
    "null",
    "baseline",
    "method",
    "steps",
    "positions",
    "on_error",
    "resamples",
    "max_rows",
    "precision",
    "images",
)
_TEXT = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_ESCAPED = re.compile(r"\\(.)")
_ITEM = rf"(?:{_TEXT}|\d+(?:\.\d+)?)"
_LIST = rf"[\[(](?:\.\.\.|{_ITEM}(?:, {_ITEM})*)[\])]"
_NAME = "|".join((*_LISTS, *_JOINED, *_PLAIN))
_KEYWORD = re.compile(rf"\b(?P<name>{_NAME})=(?P<value>{_LIST}|{_TEXT}|True|False|\d+(?:\.\d+)?)?(?![\w=])")


def as_options(message: str) -> str:
    """The same advice for someone at the shell.

    >>> as_options("Pass layers=[...] without it, for example layers=['fc1', 'a b'], or task='regression'.")
    "Pass --layer without it, for example --layer fc1 --layer 'a b', or --task regression."
    >>> as_options("call it with resume=True, influence=True (in the shell: --resume --influence)")
    'call it with --resume --influence'
    >>> as_options("fewer columns (columns=) or no pictures (images=False)")
    'fewer columns (--column) or no pictures (--no-images)'
    """
    message = _KEYWORD.sub(_option, _BOTH.sub(r"\1", message))
    return _CALL.sub("the same command and --resume", message)


def _option(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    option = f"--{'no-' if value == 'False' else ''}{_LISTS.get(name, name)}".replace("_", "-")
    if value in (None, "True", "False") or "..." in value:
        return option
    given = [_ESCAPED.sub(r"\1", text[1:-1]) for text in re.findall(_TEXT, value)] or value.strip("[]()").split(", ")
    if name in _JOINED:
        given = [",".join(given)]
    return " ".join(f"{option} {shlex.quote(one)}" for one in given)
