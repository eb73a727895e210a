"""How templates are read: strict about names, sparing with lines, quick with what they import and repeat."""

from collections.abc import Callable, MutableMapping
from functools import lru_cache
from typing import Any, Final

from flask import Flask
from flask.templating import Environment
from jinja2 import StrictUndefined
from jinja2.runtime import Context, Macro
from markupsafe import Markup

KEPT: Final = 2000
"""Drawings of one component that are kept: words of enums, days near today."""


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


def kept(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """`macro`, drawing once what it is asked for in the same words: for components that pages repeat by the
    dozen, as `{% set icon = kept(icon) %}` below theirs. What it draws must follow from its arguments alone,
    and these must not be texts that somebody typed: they would push out what is asked for often.
    """
    return lru_cache(KEPT)(macro)
