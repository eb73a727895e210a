"""The OpenAPI 3.1 document, made from the operations: what stands in it is what happens."""

import json
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from flask import Response
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from crm import problems
from crm.api.operations import JSON, OPERATIONS, Operation, api
from crm.api.schemas import Reading

VERSION: Final = "1.0.0"
REF: Final = "#/components/schemas/{model}"
INTRODUCTION: Final = (
    "Everything that the pages do, by the same rules and with the same rights. Bring a token as "
    "`Authorization: Bearer kp_…`; people make their own in the settings. Lists come a page at a time: "
    "`next_cursor` is the `cursor` of the next one. To change a record send back the ETag that you read as "
    "If-Match. A POST under an Idempotency-Key is done once, however often it is sent. What is wrong is told "
    "as a problem (RFC 9457)."
)


class Fault(Reading):
    """One thing that is wrong: in which field, and what."""

    field: str
    detail: str


class Problem(Reading):
    """Why something was not done, and the way out."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault]
    moved_to: str | None = None


class _Plain(GenerateJsonSchema):
    """Without a title that says the name of each field once more."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


@api.get("/openapi.json", endpoint="document")
def show() -> Response:
    """The document, for everybody: it tells what can be asked and nothing of the book."""
    return Response(text(), mimetype=JSON)


@cache
def text() -> str:
    """The document as JSON."""
    return json.dumps(make(), indent=1, ensure_ascii=False) + "\n"


@cache
def make() -> dict[str, Any]:
    """The document."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for one in OPERATIONS.values():
        if one.body:
            models[one.body, "validation"] = None
        if one.answers:
            models[one.answers, "serialization"] = None
    refs, defined = models_json_schema(list(models), ref_template=REF, schema_generator=_Plain)
    paths: dict[str, dict[str, Any]] = {}
    for one in sorted(OPERATIONS.values(), key=lambda one: (one.path, one.method)):
        path = f"{problems.PREFIX}{one.path.replace('<', '{').replace('>', '}')}"
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "KitchenPantry CRM", "version": VERSION, "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": noun} for noun in dict.fromkeys(one.noun for one in OPERATIONS.values())],
        "paths": paths,
        "components": {
            "schemas": defined["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                str(status): _problem(status, refs) for status in problems.WAYS_OUT if status != 500
            },
        },
    }


def _operation(one: Operation, refs: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"operationId": one.name, "tags": [one.noun], "summary": one.summary}
    if one.description:
        told["description"] = one.description
    parameters = [*_numbers(one), *_query(one), *_headers(one)]
    if parameters:
        told["parameters"] = parameters
    if one.body:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[one.body, "validation"]}}}
    if one.takes_file:
        form = {
            "type": "object",
            "required": ["file"],
            "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        }
        told["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": form}}}
    told["responses"] = {str(one.status): _answer(one, refs)} | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in one.errors
    }
    return told


def _numbers(one: Operation) -> list[dict[str, Any]]:
    schema = {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in one.numbers]


def _query(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    schema = one.query.model_json_schema(by_alias=True, schema_generator=_Plain)
    found = []
    for name, field in schema["properties"].items():
        kind = _resolved(field, schema.get("$defs", {}))
        description = kind.pop("description", "")
        if kind.get("default", "") in (None, ""):
            kind.pop("default", None)
        one_of_them: dict[str, Any] = {"name": name, "in": "query", "schema": kind}
        if name in schema.get("required", ()):
            one_of_them["required"] = True
        if description:
            one_of_them["description"] = description
        found.append(one_of_them)
    return found


def _resolved(field: dict[str, Any], defined: dict[str, Any]) -> dict[str, Any]:
    """A parameter says what it takes itself, without a reference."""
    if "$ref" in field:
        known = defined[field["$ref"].rpartition("/")[2]]
        return {"type": known["type"], "enum": known["enum"]} | {
            name: value for name, value in field.items() if name != "$ref"
        }
    return dict(field)


def _headers(one: Operation) -> list[dict[str, Any]]:
    found = []
    if one.asks_version:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": True,
                "description": "The ETag of the record as you read it; * for whatever it is now.",
                "schema": {"type": "string"},
            }
        )
    if one.is_repeatable:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Makes sending it again harmless: the same key gets the first answer.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    return found


def _answer(one: Operation, refs: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"description": HTTPStatus(one.status).phrase}
    headers: dict[str, Any] = {}
    if one.is_versioned:
        headers["ETag"] = {"description": "The version of the record.", "schema": {"type": "string"}}
    if one.status in (201, 202):
        headers["Location"] = {
            "description": "Where it is, if it has an address.",
            "schema": {"type": "string"},
        }
    if headers:
        told["headers"] = headers
    if one.answers:
        told["content"] = {JSON: {"schema": refs[one.answers, "serialization"]}}
    elif one.media != JSON:
        told["content"] = {"*/*": {"schema": {"type": "string", "contentMediaType": one.media}}}
    return told


def _problem(status: int, refs: Any) -> dict[str, Any]:
    return {
        "description": problems.WAYS_OUT[status],
        "content": {problems.TYPE: {"schema": refs[Problem, "serialization"]}},
    }
