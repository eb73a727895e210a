"""How templates are read: strict about names, sparing with lines, quick with what they import and repeat."""

from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any, Final

from flask import Flask, has_request_context, request, url_for
from flask.templating import Environment
from jinja2 import StrictUndefined
from jinja2.runtime import Context, Macro
from markupsafe import Markup

KEPT: Final = 2000
"""Drawings of one component that are kept: words of enums, days near today."""
KEPT_ADDRESSES: Final = 5000
"""Those of the frame, and of the records that are shown most."""


class _Context(Context):
    """Jinja's context, with a shorter way to macros: nine of ten calls in our templates are of one."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """What `called` makes of these arguments. Jinja finds out at each call, from four attributes, what
        else it wants to know; a macro always wants what escapes its text.
        """
        if type(called) is Macro:
            kwargs.pop("_loop_vars", None)  # what functions that ask for the context are told
            kwargs.pop("_block_vars", None)
            return called(self.eval_ctx, *args, **kwargs)
        return super().call(called, *args, **kwargs)


class _Environment(Environment):
    """Flask's environment, whose templates share its globals."""

    context_class = _Context

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals themselves for a template that brings none of its own, as all of ours do. Jinja would
        lay an empty layer over them, and ask it name by name at each import: thousands of times a page.
        """
        return super().make_globals(d) if d else self.globals


def register(app: Flask) -> None:
    """Make `app` read its templates so; before anything asks for its environment."""
    app.jinja_environment = _Environment
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["kept"] = kept
    app.jinja_env.globals["url_for"] = _addresses()


def _addresses() -> Callable[..., str]:
    """Flask's `url_for`, for one application: an address is built once for the same words. A page has dozens,
    and each takes as long to build as a small component to draw.
    """

    @lru_cache(KEPT_ADDRESSES, typed=True)  # ?page=1 is not ?page=True
    def known(_mounted_at: str, endpoint: str, /, **values: Any) -> str:
        return url_for(endpoint, **values)

    def address(endpoint: str, /, **values: Any) -> str:
        if not has_request_context() or "_external" in values:
            return url_for(endpoint, **values)
        try:
            return known(request.root_path, endpoint, **values)
        except TypeError:  # several values of one name come as a list
            return url_for(endpoint, **values)

    return address


def kept(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """`macro`, drawing once what it is asked for in the same words: for components that pages repeat by the
    dozen, as `{% set icon = kept(icon) %}` below theirs. What it draws must follow from its arguments alone,
    and these must not be texts that somebody typed: they would push out what is asked for often.
    """
    return lru_cache(KEPT)(macro)
