"""Factory: the model that ``module:factory`` on the command line stands for.

Code is only ever named by the person at the shell; nothing in a recording or a data file is imported.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from neuronaut.core.errors import DataError, NeuronautError, unknown


def load_model(reference: str) -> Any:
    """Import the module (from the current folder first) and take the attribute; call it unless it is a model already.

    Raises DataError when it cannot be imported or called, UnknownName when the module has no such attribute.
    """
    module_name, colon, attribute = reference.partition(":")
    if not colon or not module_name or not attribute:
        raise DataError(f"{reference!r} names no model. Write MODULE:FACTORY, for example 'mymodels:make_net'.")
    if module_name.endswith(".py") or "/" in module_name:
        raise DataError(
            f"{module_name!r} is a file. Write the module's name, for example '{Path(module_name).stem}:{attribute}', "
            "and run in its folder."
        )
    module = _import(module_name)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise unknown(f"name in {module_name}", part, _offered(found))
        found = getattr(found, part)
    return found if _is_model(found) else _call(found, reference)


def _import(name: str) -> Any:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(error.name + ".")):
            raise DataError(
                f"no module {name!r} here or among the installed packages. Run in the folder that holds it."
            ) from error
        raise DataError(f"module {name!r} needs {error.name!r}, which is not installed.") from error
    except Exception as error:
        raise DataError(f"importing {name!r} failed with {_where(error)}.") from error


def _call(factory: Any, reference: str) -> Any:
    if not callable(factory):
        raise DataError(f"{reference!r} is a {type(factory).__name__}. Name a model, or a function that returns one.")
    try:
        model = factory()
    except Exception as error:
        raise DataError(f"calling {reference!r} failed with {_where(error)}.") from error
    if not _is_model(model):
        raise DataError(f"{reference!r} returned {model!r:.80}, not a torch.nn.Module.")
    return model


def _offered(module: Any) -> list[str]:
    """What the module itself defines and could make a model."""
    home = getattr(module, "__name__", None)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", home) == home
    ]


@contextmanager
def running_model() -> Iterator[None]:
    """What the user's model (or data) raises becomes a DataError that says so, with the same notes.

    Raises DataError.
    """
    try:
        yield
    except NeuronautError:
        raise
    except Exception as error:
        told = DataError(f"running the model failed with {_where(error)}.")
        for note in getattr(error, "__notes__", ()):
            told.add_note(note)
        raise told from error


def _is_model(value: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _where(error: Exception) -> str:
    """The error, and the innermost line of the user's own code that it passed."""
    ours = str(Path(__file__).parents[1])
    own = [
        f" ({Path(frame.filename).name}, line {frame.lineno})"
        for frame in traceback.extract_tb(error.__traceback__)
        if "site-packages" not in frame.filename and not frame.filename.startswith((ours, "<"))
    ]
    return f"{type(error).__name__}: {error}{own[-1] if own else ''}"
