"""The server's API as OpenAPI, made from what the server checks requests with and from the page's contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from neuronaut.explorer.contract import BlobCard, BlockCard, ColumnCard, Manifest, ResultCard
from neuronaut.explorer.server.parameters import EXACT, FREE, LARGEST, parameters_of

Schema = dict[str, Any]
QUERY = "/api/query"
GATE = (400, 401, 403, 405, 413, 429, 431)
"""What may be answered on every route: the gate's refusals."""
REFUSALS = {
    "/api/manifest": (404, 422),
    "/api/manifest/{id}": (404, 422),
    "/api/blob/{id}": (404,),
    "/api/query": (404, 408, 409, 415, 422, 503),
    "/api/slices": (404, 408, 409, 415, 422),
    "/api/labels": (404, 408, 409, 415, 422),
}
WHERE = {"anyOf": [{"type": "string", "maxLength": 4096}, {"type": "object"}, {"type": "array"}, {"type": "null"}]}


class Answer(BaseModel):
    """What ``asgi_client.answer`` takes apart: the JSON at the head of the bytes."""

    result: ResultCard
    columns: list[ColumnCard]
    blobs: dict[str, BlobCard]
    blocks: dict[str, BlockCard]


def described(
    questions: Mapping[str, Callable[..., Any]],
    recordings: Sequence[str],
    examples: Sequence[Mapping[str, Any]] = (),
) -> Schema:
    """The OpenAPI description of a server that answers these queries, with examples of what it holds.

    Each query is an operation of its own, told apart by a query string, which the server does not read.
    """
    answers = _answers(QUERY, {BYTES: {"schema": _ref("Answer")}})
    queries = {
        f"{QUERY}?{name}": {"post": _takes(_query(name, run, recordings), _of(examples, name)) | answers}
        for name, run in sorted(questions.items())
    }
    slices, labels = _saved("slices", "name", "expression"), _saved("labels", "at", "text")
    manifest = _json(Manifest.model_json_schema(ref_template=_COMPONENT))
    paths = {
        "/": {"get": _answers("/", {"text/html": {}})},
        "/boot.js": {"get": _answers("/boot.js", {"text/javascript": {}})},
        "/app.js": {"get": _answers("/app.js", {"text/javascript": {}})},
        "/app.css": {"get": _answers("/app.css", {"text/css": {}})},
        "/api/recordings": {"get": _answers("/api/recordings", _json(_RECORDINGS))},
        "/api/manifest": {"get": _answers("/api/manifest", manifest)},
        "/api/manifest/{id}": {"get": _answers("/api/manifest/{id}", manifest), **_id(recordings[0])},
        "/api/blob/{id}": {"get": _answers("/api/blob/{id}", {BYTES: {}}), **_id("k0")},
        "/api/events": {"get": _answers("/api/events", {"text/event-stream": {}})},
        **queries,
        "/api/slices": {"post": _takes(_SLICE) | _answers("/api/slices", _json(slices))},
        "/api/labels": {"post": _takes(_LABEL) | _answers("/api/labels", _json(labels))},
    }
    cards = _definitions(Manifest) | _definitions(Answer)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Neuronaut", "version": "1"},
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "schemas": {**cards, "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


BYTES = "application/octet-stream"
_COMPONENT = "#/components/schemas/{model}"
_TEXT: Schema = {"type": "string"}
_TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
_ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "message"],
            "additionalProperties": False,
            "properties": {
                "kind": {"type": "string", "pattern": "^[a-z-]+$"},
                "message": {"type": "string", "minLength": 10},
                "position": {"type": "integer", "minimum": 0},
                "length": {"type": "integer", "minimum": 0},
                "suggestion": _TEXT,
            },
        }
    },
}


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> Schema:
    properties = {**required, **(optional or {})}
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


_RECORDINGS = _object(
    {
        "recordings": {
            "type": "array",
            "items": _object(
                {
                    "id": _TEXT,
                    "title": _TEXT,
                    "samples": {"type": "integer", "minimum": 0},
                    "sequence": {"type": "integer", "minimum": 0},
                    "writable": {"type": "boolean"},
                }
            ),
        },
        "queries": {"type": "array", "items": _TEXT},
        "live": {"type": "boolean"},
    }
)
_SLICE = _object({"name": _TEXT}, {"expression": _TEXT_OR_NONE, "recording": _TEXT_OR_NONE})
_LABEL = _object({"at": _TEXT}, {"text": _TEXT_OR_NONE, "recording": _TEXT_OR_NONE})


def _saved(kind: str, *keys: str) -> Schema:
    return _object({kind: {"type": "array", "items": _object(dict.fromkeys(keys, _TEXT))}})


def _of(examples: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [one for one in examples if one["name"] == name]


def _id(example: str) -> Schema:
    schema = {"type": "string", "minLength": 1}
    return {"parameters": [{"name": "id", "in": "path", "required": True, "schema": schema, "example": example}]}


def _ref(name: str) -> Schema:
    return {"$ref": _COMPONENT.format(model=name)}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": {key: one for key, one in schema.items() if key != "$defs"}}}


def _takes(schema: Schema, examples: Sequence[Any] = ()) -> Schema:
    shown = {f"example {number}": {"value": one} for number, one in enumerate(examples)}
    content = {"schema": schema} | ({"examples": shown} if shown else {})
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def _answers(path: str, content: Schema) -> Schema:
    refused = {str(status): _refused(path, status) for status in (*GATE, *REFUSALS.get(path, ()))}
    return {"responses": {"200": {"description": "the answer", "content": content}, **refused}}


def _refused(path: str, status: int) -> Schema:
    content = {"text/html": {}} if path == "/" and status == 401 else _json(_ref("Error"))
    return {"description": "why not", "content": content}


def _query(name: str, run: Callable[..., Any], recordings: Sequence[str]) -> Schema:
    parameters = parameters_of(run).model_json_schema(schema_generator=_Parameters, ref_template=_COMPONENT)
    served = {"type": "string", "enum": list(recordings)}
    for key, schema in parameters.get("properties", {}).items():
        _bound(key, schema)
    query = _object({"name": {"const": name}}, {"params": parameters, "recording": served})
    if parameters.get("required"):
        query["required"] = ["name", "params"]
    return query


def _bound(key: str, schema: Schema) -> None:
    """Say of a parameter what the server checks beside its type."""
    most = EXACT if key in FREE else LARGEST
    for one in [schema, *schema.get("anyOf", [])]:
        if one.get("type") == "integer":
            one.update(minimum=0 if key == "seed" else -most, maximum=most)
        elif one.get("type") == "array":
            one["description"] = "at most 10,000 values"
        elif one.get("type") == "string":
            one["maxLength"] = 4096


class _Parameters(GenerateJsonSchema):
    """Another recording is given by its id; what is of any type selects samples."""

    def is_instance_schema(self, schema: core_schema.IsInstanceSchema) -> JsonSchemaValue:
        return _object({"recording": _TEXT})

    def any_schema(self, schema: core_schema.AnySchema) -> JsonSchemaValue:
        return dict(WHERE)


def _definitions(model: type[BaseModel]) -> Schema:
    schema = model.model_json_schema(ref_template=_COMPONENT)
    return {**schema.pop("$defs", {}), model.__name__: schema}
