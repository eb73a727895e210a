"""Coming in by a token: `Authorization: Bearer kp_…`, for scripts and services under `/api/v1`.

Floor 5. Who comes in so is the person whose token it is, with their rights and under their name in the trail,
as far as the token reaches. A cookie opens nothing there, so no page of another site can use it.
"""

from typing import Final, NoReturn

from flask import Flask, current_app, g, request
from flask_limiter import Limiter
from werkzeug.exceptions import Forbidden, Unauthorized

from crm import clock, queries, services
from crm.config import Settings
from crm.db import act_as
from crm.enums import TokenKind
from crm.models import ApiToken

PUBLIC: Final = ("api.document", "calendar.show")
"""What needs no token in its headers: what there is to ask, and the address that is a key itself."""
DOOR: Final = "api"
DOORS: Final = (DOOR, "calendar")
"""The blueprints that are opened by tokens alone, whoever else is signed in."""
PER_MINUTE: Final = 600
"""Requests that one token may make in a minute."""
STRANGERS_PER_MINUTE: Final = 300
"""Requests without a good token that one address may make in a minute; those with one are not counted."""


def _asker() -> str:
    token = _token()
    return f"token {token.api_token_id}" if token else f"address {request.remote_addr}"


limiter = Limiter(_asker, headers_enabled=True, key_prefix="kp-api", swallow_errors=True)
_strangers = Limiter(
    lambda: f"address {request.remote_addr}",
    headers_enabled=True,
    key_prefix="kp-strangers",
    swallow_errors=True,
)
"""Counts for itself: a limiter of both leaves the limit of tokens out where it once turned somebody away."""


def init(app: Flask, settings: Settings) -> None:
    """Count what each token asks, in Redis; while that is away, in the memory of each process."""
    app.config.update(
        API_PER_MINUTE=PER_MINUTE,
        API_STRANGERS_PER_MINUTE=STRANGERS_PER_MINUTE,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS={"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
    )
    limiter.init_app(app)
    _strangers.init_app(app)


def allowance() -> str:
    """How much each token may ask."""
    return f"{current_app.config['API_PER_MINUTE']} per minute"


def _allowance_of_strangers() -> str:
    return f"{current_app.config['API_STRANGERS_PER_MINUTE']} per minute"


@_strangers.shared_limit(_allowance_of_strangers, scope="strangers")
def _turn_away() -> NoReturn:
    """Answered 401, and 429 to who tries too often."""
    raise Unauthorized


def sign_in() -> None:
    """Name the person of this request by the token that it brings. Answered 401 where it brings none."""
    if request.endpoint in PUBLIC:
        return
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret:
        _turn_away()
    come_in(secret.strip(), is_calendar=False)


def come_in(secret: str, *, is_calendar: bool) -> ApiToken:
    """Be the person behind `secret` for the rest of this request. Answered 401 for a secret that is none, is
    revoked, has expired, or is for something else.
    """
    now = clock.now()
    found = queries.tokens.behind(services.tokens.sha256(secret), now=now)
    if found is None or (found[0].kind is TokenKind.CALENDAR) != is_calendar:
        _turn_away()
    token, user = found
    services.tokens.note_use(token, now=now)
    g.api_token = token
    g._login_user = user  # noqa: SLF001 - Flask-Login's own place for whose request it is
    act_as(user.user_id)
    return token


def must_open(noun: str, *, writes: bool) -> None:
    """Answered 403 where the token is not good for that."""
    token = _token()
    if token is None or not token.opens(noun, writes=writes):
        act = "write" if writes else "read"
        raise Forbidden(f"This token is not good for that: it needs the scope `{noun}:{act}` or `{act}`.")


def _token() -> ApiToken | None:
    token: ApiToken | None = g.get("api_token")
    return token
