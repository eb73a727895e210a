"""Words with one slip of the finger, as patterns that an index of trigrams can look up."""

import re
import unicodedata
from string import ascii_lowercase

LEAST_LETTERS, MOST_LETTERS = 4, 24
"""Half of the book is one letter away from a shorter word; nobody types a longer one."""

SIGNS = re.compile(r"[^\W_]{3}")
"""Three letters or digits in a row: a trigram."""


def slips(word: str) -> list[str]:
    """LIKE patterns for names in which one word begins like `word` but for one slip: a letter too many or too
    few, a wrong one, or two neighbours swapped. Empty for a word too short or long, or not of Latin letters
    and digits.

    `salt` is found as `salr`, `slt`, `saalt`, `satl`. The names must be folded (fold() in the database).
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", word.lower()) if sign.isascii())
    if not LEAST_LETTERS <= len(plain) <= MOST_LETTERS or not plain.isalnum():
        return []
    return [pattern for near in _one_off(plain) for pattern in (f"{near}%", f"% {near}%")]


def _one_off(word: str) -> list[str]:
    places = range(len(word))
    wrong = [f"{word[:n]}_{word[n + 1 :]}" for n in places[:-1]]
    if len(word) == LEAST_LETTERS:
        # Of s_lt only "begins with s" could be looked up, and that is every tenth name.
        wrong[1:2] = [f"{word[0]}{letter}{word[2:]}" for letter in ascii_lowercase]
    too_many = [word[:n] + word[n + 1 :] for n in places]
    too_few = [f"{word[:n]}_{word[n:]}" for n in places[1:]]
    swapped = [word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in places[:-1]]
    return list(dict.fromkeys([*wrong, *too_many, *too_few, *swapped]))
