"""What was typed, set in bold where it stands in a title.

Floor 5.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from markupsafe import Markup, escape

BEGIN, END = Markup("<b>"), Markup("</b>")


def highlighter(words: Iterable[str]) -> Callable[[str], Markup]:
    """What sets the parts of a text in bold that one of `words` names; case and accents do not matter."""
    wanted = sorted({_plain(word)[0] for word in words} - {""}, key=len, reverse=True)
    if not wanted:
        return escape
    pattern = re.compile("|".join(map(re.escape, wanted)))

    def highlight(text: str) -> Markup:
        plain, places = _plain(text)
        parts: list[Markup] = []
        end = 0
        for match in pattern.finditer(plain):
            first, last = places[match.start()], places[match.end() - 1] + 1
            parts += [escape(text[end:first]), BEGIN, escape(text[first:last]), END]
            end = last
        return Markup("").join([*parts, escape(text[end:])])

    return highlight


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """`text` without case and accents, and for each of its signs the place of the one it was made of."""
    if text.isascii():
        return text.lower(), range(len(text))
    signs = [
        (plain, place)
        for place, sign in enumerate(text)
        for plain in unicodedata.normalize("NFKD", sign).casefold()
        if not unicodedata.combining(plain)
    ]
    return "".join(plain for plain, _ in signs), [place for _, place in signs]
