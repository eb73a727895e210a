"""KitchenPantry CRM: the application factory. It only puts together what stands on the floors below."""

import gc

# To start makes a million objects of which all stay, and a page some ten thousand that nearly all go by
# themselves: the collector of the rest looks after fifty thousand new ones, not after each seven hundred.
gc.set_threshold(50_000, 20, 20)

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, make_response, request
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from crm import (
    assets,
    bearer,
    clock,
    config,
    failpoints,
    failures,
    filters,
    flags,
    headers,
    logs,
    metrics,
    record_pages,
    shell,
    sign_in,
    tasks,
    templating,
)
from crm.api import api
from crm.blueprints import BLUEPRINTS
from crm.config import Door, Settings
from crm.db import db, unit_of_work
from crm.routes import LateRule


def create_app(door: Door = "web", settings: Settings | None = None) -> Flask:
    """The application as the process behind `door` needs it: `web`, `worker` or `commands`.

    The door decides which database role it connects as; `crm.cli.create_app` adds the commands. Raises
    `config.BadSettings` on a bad environment.
    """
    settings = settings or config.load()
    logs.init(settings.log_level)
    failpoints.arm(settings.pantry_failpoint if settings.pantry_env == "test" else "")
    app = Flask(__name__)
    app.url_rule_class = LateRule
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_for(door),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=3,  # a page is 4 % larger than with 4, and takes half the time
        SETTINGS=settings,
        TESTING=settings.pantry_env == "test",
    )
    templating.register(app)
    db.init_app(app)
    Compress(app)
    app.before_request(_name_request)
    metrics.init(app)
    sign_in.init(app, settings)
    bearer.init(app, settings)
    flags.init(app)
    tasks.init(app, settings)
    filters.register(app)
    record_pages.register(app)
    assets.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.register_blueprint(api)
    headers.init(app)
    failures.init(app)
    app.context_processor(lambda: shell.context(settings))
    for endpoint, view in app.view_functions.items():
        if endpoint != "static":
            app.view_functions[endpoint] = unit_of_work(_answering(view), refuses=_is_refusal)
    if settings.trusted_proxies:
        # Host and scheme are those of BASE_URL, whatever a proxy says of them.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0, x_prefix=0
        )
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(Path(app.root_path) / "static"),
        prefix="static/",
        immutable_file_test=r"/built/.+-[0-9A-Za-z_]{8,}\.\w+$",
    )
    return app


def _answering(view: Callable[..., Any]) -> Callable[..., Response]:
    """`view` with its answer made whole inside the unit of work, so that its status can be looked at."""

    @functools.wraps(view)
    def inner(*args: Any, **kwargs: Any) -> Response:
        return make_response(view(*args, **kwargs))

    return inner


def _is_refusal(answer: Response) -> bool:
    return answer.status_code >= 400


def _name_request() -> None:
    """Give the request an id that its log lines carry; one from a proxy in front is kept."""
    g.begun_at = clock.now()
    g.request_id = request.headers.get("X-Request-ID", "")[:64] or uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
