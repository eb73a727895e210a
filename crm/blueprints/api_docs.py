"""What scripts can ask, for people to read: made from the OpenAPI document, which is what happens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from crm import problems, web
from crm.api import document

bp = Blueprint("api_docs", __name__, url_prefix="/api")

LEAST_FEW = 12
"""Words of a union that are all told in a line."""


@dataclass(frozen=True)
class Field:
    """One thing that is sent or answered, in words."""

    name: str
    kind: str
    is_required: bool
    told: str


@dataclass(frozen=True)
class Told:
    """One operation, in words."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    asked: list[Field]
    sent: list[Field]
    answers: list[tuple[str, str, str]]
    """Status, what it means, and the name of what is answered."""


@bp.get("/v1")
def root() -> ResponseReturnValue:
    """The address of the API itself leads to what can be asked there."""
    return redirect(url_for("api_docs.index"), 303)


@bp.get("/docs")
def index() -> Response:
    """Every operation by its noun, and every record that is read or written."""
    made = document.make()
    schemas = made["components"]["schemas"]
    nouns: dict[str, list[Told]] = {tag["name"]: [] for tag in made["tags"]}
    for path, methods in made["paths"].items():
        for method, one in methods.items():
            nouns[one["tags"][0]].append(_told(path, method, one, made["components"]))
    records = {name: list(_fields(schema)) for name, schema in schemas.items() if "properties" in schema}
    return web.render(
        "api_docs/index.html",
        "api_docs/_docs.html",
        introduction=made["info"]["description"],
        nouns=nouns,
        records=records,
        problems=problems.WAYS_OUT,
    )


def _told(path: str, method: str, one: dict[str, Any], components: dict[str, Any]) -> Told:
    body = one.get("requestBody", {}).get("content", {})
    sent = next((media["schema"] for media in body.values()), None)
    answers = []
    for status, answer in one["responses"].items():
        known = components["responses"].get(status, answer) if "$ref" in answer else answer
        schema: dict[str, Any] = next((media["schema"] for media in known.get("content", {}).values()), {})
        answers.append((status, known["description"], _kind(schema)))
    return Told(
        name=one["operationId"],
        method=method.upper(),
        path=path,
        summary=one["summary"],
        description=one.get("description", ""),
        asked=[
            Field(
                asked["name"],
                _kind(asked["schema"]),
                asked.get("required", False),
                asked.get("description", ""),
            )
            for asked in one.get("parameters", [])
        ],
        sent=list(_fields(_resolved(sent, components["schemas"]))) if sent else [],
        answers=answers,
    )


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = schemas[_name(schema)] if "$ref" in schema else schema
    return known


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _fields(schema: dict[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield Field(name, _kind(field), name in required, field.get("description", ""))


def _kind(schema: dict[str, Any]) -> str:
    """What a value is, in words."""
    if "$ref" in schema:
        known = document.make()["components"]["schemas"][_name(schema)]
        return _kind(known) if "enum" in known else _name(schema)
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"][:LEAST_FEW]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "")
