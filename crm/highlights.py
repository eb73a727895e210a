"""What was typed, set in bold where it stands in a title.

Floor 5.
"""

import re
import unicodedata
from collections.abc import Iterable

from markupsafe import Markup


def highlighted(text: str, words: Iterable[str]) -> Markup:
    """`text` with the parts that one of `words` names in bold; case and accents do not matter."""
    plain, places = _plain(text)
    wanted = sorted({_plain(word)[0] for word in words if word} - {""}, key=len, reverse=True)
    marked, end = Markup(""), 0
    if wanted:
        for match in re.finditer("|".join(map(re.escape, wanted)), plain):
            first, last = places[match.start()], places[match.end() - 1] + 1
            marked += Markup("{}<b>{}</b>").format(text[end:first], text[first:last])
            end = last
    return marked + text[end:]


def _plain(text: str) -> tuple[str, list[int]]:
    """`text` without case and accents, and for each of its signs the place of the one it was made of."""
    signs = [
        (plain, place)
        for place, sign in enumerate(text)
        for plain in unicodedata.normalize("NFKD", sign).casefold()
        if not unicodedata.combining(plain)
    ]
    return "".join(plain for plain, _ in signs), [place for _, place in signs]
