"""What must hold whatever is drawn: a few examples in every run, more of them in the long one."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def few_or_many(few: int, many: int) -> pytest.MarkDecorator:
    """Give the test `examples`: a few in every run, many in the long one."""
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.long)])


def holds(what: Callable[..., None], examples: int, **drawn: st.SearchStrategy[object]) -> None:
    """Call `what` with so many examples of what is drawn; raises what it raises for the smallest one."""

    @settings(max_examples=examples, deadline=None, print_blob=True)
    @given(one=st.fixed_dictionaries(drawn))
    def whatever(one: dict[str, object]) -> None:
        what(**one)

    whatever()
