"""What was typed, in bold, whatever signs it and the title are made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from crm.highlights import highlighter


@pytest.mark.parametrize(
    ("words", "text", "shown"),
    [
        (["amber"], "Amberfold Bakery", "<b>Amber</b>fold Bakery"),
        (["creme", "BRU"], "Crème Brûlée", "<b>Crème</b> <b>Brû</b>lée"),
        (["strasse"], "Lange Straße 4", "Lange <b>Straße</b> 4"),
        (["a&b"], "A&B <Grill>", "<b>A&amp;B</b> &lt;Grill&gt;"),
        (["zzz"], "Amberfold", "Amberfold"),
        ([], "<b>", "&lt;b&gt;"),
        (["(["], "([x", "<b>([</b>x"),
    ],
)
def test_the_part_that_was_typed_is_bold(words: list[str], text: str, shown: str) -> None:
    assert highlighter(words)(text) == shown


@given(st.lists(st.text(max_size=5), max_size=3), st.text(max_size=30))
def test_nothing_of_a_title_is_lost_and_nothing_of_it_is_markup(words: list[str], text: str) -> None:
    marked = highlighter(words)(text)
    assert Markup(marked.replace("<b>", "").replace("</b>", "")) == Markup.escape(text)
