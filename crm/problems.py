"""What a script is told when something is wrong: a problem as RFC 9457 has it, that names the field to blame.

Floor 5. `crm.failures` decides what is wrong; this says it to who asked under `/api/`.
"""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from flask import Response, request, url_for
from werkzeug.exceptions import HTTPException

from crm.errors import MovedOn

TYPE: Final = "application/problem+json"
PREFIX: Final = "/api/v1"
PAPER: Final = "/api/docs"
"""Where each problem is explained."""

WAYS_OUT: Final = {
    400: "The request could not be read. Look at its address, its headers and its JSON.",
    401: "Bring a token that is still good, as `Authorization: Bearer kp_…`.",
    403: "This token, or the person whose it is, may not do that.",
    404: "There is nothing at this address. It may have been archived.",
    405: "This address does not take that method. The Allow header names those that it takes.",
    409: "Somebody changed the same records in that moment. Nothing was done; send it again.",
    410: "That record was merged into another one.",
    412: "It was changed since you read it. Read it again, and send the new ETag as If-Match.",
    413: "That is larger than we take.",
    415: "Send JSON, and say so: `Content-Type: application/json`.",
    422: "Something in it cannot be.",
    428: "Send the ETag that you read as If-Match, so that nobody's change is overwritten.",
    429: "That is more than may be asked in a minute. Wait as long as Retry-After says.",
    500: "Something broke on our side. Nothing was changed. Try again in a minute.",
}

FIELDS: Final = {
    "about": "contact_id",
    "contact": "primary_contact_id",
    "date": "follow_up_date",
    "distributor": "distributor_id",
    "happened_on": "interaction_date",
    "opportunity": "opportunity_id",
    "organization": "organization_id",
    "owner": "owner_id",
    "principals": "principal_ids",
    "products": "product_ids",
    "reason": "close_reason",
    "second_owner": "second_owner_id",
    "until": "snoozed_until_on",
}
"""What forms call something else than the columns do, by which scripts know it."""


class Fault(NamedTuple):
    """One thing that is wrong: where, and what."""

    field: str
    detail: str


class Unprocessable(HTTPException):
    """What was sent is not what is asked for. Answered 422 with each fault by its field."""

    code = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].detail if faults else None)
        self.faults = list(faults)
        self.response = answer(422, faults=self.faults)


def are_wanted() -> bool:
    """True for who asks under the address of the API: they get problems, no pages."""
    return request.path.startswith(f"{PREFIX}/")


def answer(
    status: int,
    message: str = "",
    *,
    field: str | None = None,
    faults: Sequence[Fault] = (),
    **more: Any,
) -> Response:
    """The problem for `status`, with `message` or the usual way out."""
    detail = message or (faults[0].detail if len(faults) == 1 else "") or WAYS_OUT.get(status, WAYS_OUT[400])
    if field is not None:
        faults = [Fault(FIELDS.get(field, field), detail)]
    said = {
        "type": f"{PAPER}#problem-{status}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": [fault._asdict() for fault in faults],
        **more,
    }
    response = Response(json.dumps(said, ensure_ascii=False) + "\n", status, mimetype=TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="KitchenPantry"'
    return response


def moved_on(error: MovedOn) -> Response:
    """410 with the number and the address of the record that stayed."""
    noun = f"{error.kind}s"
    number: dict[str, Any] = {f"{error.kind}_id": error.now}
    return answer(410, moved_to=url_for(f"api.read_{noun[:-1]}", **number))
