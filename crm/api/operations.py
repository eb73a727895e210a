"""What scripts can ask: each operation with its address, what it takes, what it answers. Views, checks and
the OpenAPI document all come from the same `Operation`, so the document says what happens and nothing else.

Floor 6. A view takes the numbers of its address, `asked` (the query) and `said` (the body) as far as it has
them, does one call, and returns what it answers.
"""

import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired, UnsupportedMediaType

from crm import bearer, problems, web
from crm.errors import Refused
from crm.models.base import Counted
from crm.problems import Fault, Unprocessable
from crm.services import request_keys

api = Blueprint(bearer.DOOR, "crm.api", url_prefix=problems.PREFIX)
bearer.limiter.limit(bearer.allowance)(api)

JSON: Final = "application/json"
NUMBER: Final = re.compile(r"<(\w+)>")
LONGEST_KEY: Final = 255
READ: Final = "GET"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method at one address, as scripts know it."""

    name: str
    method: str
    path: str
    noun: str
    """What a token must be good for."""
    summary: str
    description: str
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    answers: type[BaseModel] | None
    status: int
    errors: tuple[int, ...]
    media: str
    is_versioned: bool
    """Its answer brings the version of the record as ETag."""
    asks_version: bool
    """It wants that version back, as If-Match."""
    takes_file: bool

    @property
    def numbers(self) -> list[str]:
        """What its address names, in order."""
        return NUMBER.findall(self.path)

    @property
    def is_repeatable(self) -> bool:
        """Whether a key makes sending it again harmless."""
        return self.method == "POST" and not self.takes_file


OPERATIONS: dict[str, Operation] = {}
"""Every operation there is, by its name."""


@dataclass(frozen=True)
class Answer:
    """What a view answers, where that is more than a body."""

    body: BaseModel | None = None
    status: int | None = None
    location: str = ""
    version: int | None = None
    """Becomes the ETag."""


def operation(
    method: str,
    path: str,
    *,
    noun: str,
    name: str = "",
    query: type[BaseModel] | None = None,
    body: type[BaseModel] | None = None,
    answers: type[BaseModel] | None = None,
    status: int = 200,
    errors: Sequence[int] = (),
    media: str = JSON,
    versioned: bool = False,
    asks_version: bool = False,
    takes_file: bool = False,
    summary: str = "",
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Answer `method` at `path`, where `<organization_id>` is the number of a record, by the view below."""

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        told, _, more = (summary or inspect.getdoc(view) or "").partition("\n\n")
        made = Operation(
            name=name or view.__name__,
            method=method,
            path=path,
            noun=noun,
            summary=" ".join(told.split()),
            description=" ".join(more.split()),
            query=query,
            body=body,
            answers=answers,
            status=status,
            errors=_errors(path, method, query, body, asks_version, takes_file, errors),
            media=media,
            is_versioned=versioned,
            asks_version=asks_version,
            takes_file=takes_file,
        )
        OPERATIONS[made.name] = made
        api.add_url_rule(
            NUMBER.sub(r"<int(min=1, max=9223372036854775807):\1>", path),
            endpoint=made.name,
            view_func=_endpoint(made, view),
            methods=[method],
        )
        return view

    return register


def _errors(
    path: str,
    method: str,
    query: type[BaseModel] | None,
    body: type[BaseModel] | None,
    asks_version: bool,
    takes_file: bool,
    more: Sequence[int],
) -> tuple[int, ...]:
    """The problems that an operation of this kind can answer with."""
    found = {401, 403, 429, *more}
    if "<" in path:
        found.add(404)
    if "<organization_id>" in path or "<contact_id>" in path or "<principal_id>" in path:
        found.add(410)
    if method != READ:
        found |= {400, 409, 413, 422}
    if query:
        found.add(422)
    if body or takes_file:
        found |= {400, 413, 415, 422}
    if asks_version:
        found |= {412, 428}
    return tuple(sorted(found))


def _endpoint(made: Operation, view: Callable[..., Any]) -> Callable[..., Response]:
    @functools.wraps(view)
    def endpoint(**numbers: int) -> Response:
        bearer.must_open(made.noun, writes=made.method != READ)
        given: dict[str, Any] = dict(numbers)
        if made.query:
            given["asked"] = _read(lambda: made.query.model_validate(request.args.to_dict()))  # type: ignore[union-attr]
        if made.body:
            given["said"] = read_body(made.body)
        if made.is_repeatable and "Idempotency-Key" in request.headers:
            return _once(made, lambda: view(**given))
        return _answered(made, view(**given))

    return endpoint


def read_body(model: type[BaseModel]) -> Any:
    """What was sent, if it is what is asked for; else 415 or 422 with each fault by its field."""
    if request.mimetype not in (JSON, "application/merge-patch+json"):
        raise UnsupportedMediaType
    return _read(lambda: model.model_validate_json(request.get_data(), strict=True))


def _read(read: Callable[[], BaseModel]) -> BaseModel:
    try:
        return read()
    except ValidationError as error:
        faults = [
            Fault(".".join(map(str, one["loc"])), one["msg"].removeprefix("Value error, "))
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        raise Unprocessable(faults) from error


def _answered(made: Operation, answer: Any) -> Response:
    if isinstance(answer, Response):
        return answer
    if not isinstance(answer, Answer):
        answer = Answer(answer)
    text = "" if answer.body is None else answer.body.model_dump_json() + "\n"
    response = Response(text, answer.status or made.status, mimetype=JSON)
    if answer.body is None:
        response.headers.pop("Content-Type")
    if answer.location:
        response.headers["Location"] = answer.location
    if answer.version is not None:
        response.set_etag(str(answer.version))
    return response


def _once(made: Operation, act: Callable[[], Any]) -> Response:
    """Do it once for each key; whoever sends it again under the same key gets the first answer."""
    said, me = request.headers["Idempotency-Key"], web.person().user_id
    if not 0 < len(said) <= LONGEST_KEY:
        raise Refused(f"A key has at most {LONGEST_KEY} characters.", field="Idempotency-Key")
    key = str(uuid5(NAMESPACE_URL, f"{me} {said}"))
    asked = f"{request.method} {request.full_path} {request.headers.get('If-Match', '')}\n".encode()
    fingerprint = hashlib.sha256(asked + request.get_data()).hexdigest()
    earlier = request_keys.claim_answer(key, fingerprint=fingerprint, by=me)
    if earlier is None:
        response = _answered(made, act())
        kept = {name: response.headers[name] for name in ("Location", "ETag") if name in response.headers}
        body = response.get_data(as_text=True)
        request_keys.settle_answer(key, {"status": response.status_code, "headers": kept, "body": body})
        return response
    return Response(earlier["body"], earlier["status"], earlier["headers"], mimetype=JSON)


def match(row: Counted) -> int:
    """The version of a row that was taken, where it is the one that If-Match names. Answered 428 without that
    header, 412 where somebody changed the row since.
    """
    if not request.if_match and not request.if_match.star_tag:
        raise PreconditionRequired(problems.WAYS_OUT[428])
    if not request.if_match.contains(str(row.version)):
        raise PreconditionFailed(problems.WAYS_OUT[412])
    return row.version
