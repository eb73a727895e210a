"""How an address of ours is put together, once somebody asks for it.

Floor 5. Werkzeug writes and compiles two functions for each of our hundreds of routes when it is registered:
a third of the time that every process takes to start, for addresses of which most are never built there.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A route whose addresses are compiled when the first of them is built."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiling = super()._compile_builder

        def build(_: Rule, /, **values: Any) -> tuple[str, str]:
            compiled: Callable[..., tuple[str, str]] = compiling(append_unknown).__get__(self, None)
            if append_unknown:
                self._build_unknown = compiled
            else:
                self._build = compiled
            return compiled(**values)

        return build
