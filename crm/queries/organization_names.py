"""How two spellings of an organization's name are compared, and which names the book holds.

Three keys, from strict to generous. A later key finds what an earlier one misses; equal generous keys alone
do not make two organizations one: a chain has a branch in every city (`services.imports.matching`).
"""

import re
import unicodedata

LEGAL_FORMS = frozenset({"inc", "incorporated", "llc", "co", "company", "corp", "corporation", "ltd"})

_CUSTOMER_NUMBER = re.compile(r"\d{4,6}[a-z]")
_APOSTROPHES = re.compile(r"['`\u2018\u2019\u02bc\u00b4]")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_NOT_A_WORD = re.compile(r"[\W_]+")


def folded(name: str) -> str:
    """Key 2: the name without regard to case, width and kind of blanks. Folding twice changes nothing."""
    text = name
    for _ in range(3):  # Unicode's own folding needs a second round for a handful of letters
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(text.split())


def bare(name: str) -> str:
    """Key 3: key 2 without accents, apostrophes, punctuation and a leading "the"; "&" reads as "and".

    At the end a customer number (four to six digits and a letter) and legal forms are left off.

    A name that holds nothing else keeps its key 2, so that the key of a name is never empty.
    """
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded(name))))
    text = _APOSTROPHES.sub("", text).replace("&", " and ")
    words = _NOT_A_WORD.sub(" ", text).split()
    while len(words) > 1 and (words[-1] in LEGAL_FORMS or _CUSTOMER_NUMBER.fullmatch(words[-1])):
        words.pop()
    while len(words) > 1 and words[0] == "the":
        del words[0]
    return " ".join(words) or folded(name)
