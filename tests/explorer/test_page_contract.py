from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from neuronaut.explorer.contract import FindingCard, LayerCard, Manifest, ViewCard

ROOT = Path(__file__).resolve().parents[2]


def generator() -> Any:
    spec = importlib.util.spec_from_file_location("generate_contract", ROOT / "scripts/generate_contract.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_of_the_web_side_are_what_the_generator_writes() -> None:
    for path, text in generator().files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run scripts/generate_contract.py"


def test_every_field_has_a_type_and_a_shape_in_typescript() -> None:
    text = (ROOT / "web/src/contract/manifest.ts").read_text(encoding="utf-8")
    for name, definition in Manifest.model_json_schema(by_alias=True)["$defs"].items():
        for field in definition.get("properties", {}):
            assert f"readonly {field}: " in text, f"{name}.{field}"
            assert f"{field}: " in text.split("export const shapes")[1], f"{name}.{field}"


def test_keys_are_camel_case() -> None:
    assert "unitWord" in LayerCard.model_json_schema(by_alias=True)["properties"]


def test_nothing_undeclared_and_no_nan_gets_into_a_card() -> None:
    with pytest.raises(ValidationError):
        ViewCard.model_validate({"a": None, "b": None, "colour": None, "more": 1})
    with pytest.raises(ValidationError):
        ViewCard.model_validate({"colour": "red"})


def test_lone_surrogates_become_the_replacement_character() -> None:
    claim = FindingCard(claim="a\ud800b", at="\U0001f600", hash="")
    assert json.loads(claim.model_dump_json()) == {"claim": "a\ufffdb", "at": "\U0001f600", "hash": ""}
