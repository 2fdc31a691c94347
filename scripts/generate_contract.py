"""Write the explorer's data contract for the web side: schema.json and manifest.ts, from explorer/contract.py.

Run it after changing contract.py:  python scripts/generate_contract.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "web" / "src" / "contract"
BANNER = "Written by scripts/generate_contract.py from src/neuronaut/explorer/contract.py: change it there."

Schema = dict[str, Any]
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def files() -> dict[Path, str]:
    """The generated files and what each must hold."""
    sys.path.insert(0, str(ROOT / "src"))
    from neuronaut.explorer.contract import FORMAT, VERSION, Manifest

    schema = Manifest.model_json_schema(by_alias=True)
    return {
        FOLDER / "schema.json": json.dumps({"$comment": BANNER, **schema}, indent=2) + "\n",
        FOLDER / "manifest.ts": typescript(schema, FORMAT, VERSION),
    }


def typescript(schema: Schema, file_format: str, version: int) -> str:
    definitions = {**schema["$defs"], "Manifest": schema}
    parts = [f"// {BANNER}", "", f"export const FORMAT = {quoted(file_format)}", f"export const VERSION = {version}"]
    for name, definition in definitions.items():
        parts += ["", *declaration(name, definition)]
    parts += ["", *shape_table(definitions)]
    return "\n".join(parts) + "\n"


def declaration(name: str, definition: Schema) -> list[str]:
    text = definition.get("description")
    head = [f"/** {text} */" if "\n" not in text else comment(text)] if text else []
    if definition.get("type") != "object":
        return [*head, f"export type {name} = {type_of(definition)}"]
    lines = [*head, f"export interface {name} {{"]
    for field, spec in definition["properties"].items():
        if "description" in spec:
            lines.append(f"  /** {spec['description']} */")
        lines.append(f"  readonly {field}: {type_of(spec)}")
    return [*lines, "}"]


def comment(text: str) -> str:
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in text.splitlines()), " */"])


def type_of(spec: Schema) -> str:
    if "$ref" in spec:
        return str(spec["$ref"]).rsplit("/", 1)[1]
    if "const" in spec or "enum" in spec:
        return " | ".join(quoted(value) for value in choices(spec))
    if "anyOf" in spec:
        return " | ".join(type_of(option) for option in spec["anyOf"])
    kind = spec["type"]
    if kind == "array":
        inner = type_of(spec["items"])
        return f"readonly {inner}[]" if " " not in inner else f"readonly ({inner})[]"
    if kind == "object":
        return f"Readonly<Record<string, {type_of(spec['additionalProperties'])}>>"
    return "null" if kind == "null" else PLAIN[kind]


def shape_table(definitions: dict[str, Schema]) -> list[str]:
    """What validate.ts reads at run time."""
    lines = [
        "export type Shape =",
        '  | "string" | "number" | "integer" | "boolean"',
        "  | { readonly ref: string }",
        "  | { readonly list: Shape }",
        "  | { readonly map: Shape }",
        "  | { readonly nullable: Shape }",
        "  | { readonly oneOf: readonly (string | number)[] }",
        "  | { readonly fields: Readonly<Record<string, Shape>> }",
        "",
        "export const shapes: Readonly<Record<string, Shape>> = {",
    ]
    return [*lines, *(f"  {name}: {shape_of(definition, top=True)}," for name, definition in definitions.items()), "}"]


def shape_of(spec: Schema, *, top: bool = False) -> str:
    if "$ref" in spec:
        return f"{{ ref: {quoted(type_of(spec))} }}"
    if "const" in spec or "enum" in spec:
        return f"{{ oneOf: [{', '.join(quoted(value) for value in choices(spec))}] }}"
    if "anyOf" in spec:
        (inner,) = (option for option in spec["anyOf"] if option.get("type") != "null")
        return f"{{ nullable: {shape_of(inner)} }}"
    if spec["type"] == "array":
        return f"{{ list: {shape_of(spec['items'])} }}"
    if spec["type"] == "object" and top:
        fields = ", ".join(f"{field}: {shape_of(inner)}" for field, inner in spec["properties"].items())
        return f"{{ fields: {{ {fields} }} }}"
    if spec["type"] == "object":
        return f"{{ map: {shape_of(spec['additionalProperties'])} }}"
    return quoted(spec["type"])


def choices(spec: Schema) -> list[str | int]:
    return [spec["const"]] if "const" in spec else list(spec["enum"])


def quoted(value: str | int) -> str:
    return json.dumps(value)


def main() -> None:
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
