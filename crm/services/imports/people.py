"""Who is named in a cell: titles, roles, nicknames and two people in one cell are told apart."""

import re
from dataclasses import dataclass
from typing import Final

_ADDRESS: Final = re.compile(r"[\w.%+'-]+@[\w.-]+\.[A-Za-z]{2,}")
_PHONE: Final = re.compile(r"(?:\+?1[\s.-]?)?\(?\d{3}\)?[\s.-]*\d{3}[\s.-]?\d{4}")
_NOISE: Final = re.compile(r"\b(?:cell|mobile|phone)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"((?:executive |exec\.? )?chef|dr\.?|mrs?\.?|ms\.?)\s+(?=\S)", re.IGNORECASE)
_NICKNAME: Final = re.compile(r"\s*[\"\u201c\u201d]([^\"\u201c\u201d]+)[\"\u201c\u201d]\s*")
_BEHIND: Final = re.compile(r"(?:\s+[-\u2013]\s*|,\s*)([A-Za-z ]+)$|\s*\(([A-Za-z ]+)\)$")
_PARTS: Final = re.compile(r"\s*/\s*|\s+&\s+|\s+and\s+", re.IGNORECASE)
_ROLES: Final = frozenset(
    {
        *("gm", "agm", "manager", "owner", "buyer", "chef", "exec chef", "sous chef", "kitchen manager"),
        *("bar manager", "fsd", "dm", "general manager", "executive chef"),
    }
)
_SUFFIXES: Final = frozenset({"jr", "sr", "ii", "iii", "iv"})
_NOBODY: Final = frozenset({"", "tbd", "?", "??", "unknown", "n/a", "na", "none", "-", "x", "test"})


@dataclass(frozen=True, slots=True)
class Named:
    """A person as a cell names them. One word is a first name."""

    first: str
    last: str
    title: str = ""
    role: str = ""
    nickname: str = ""

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}".strip()


def named_in(text: str) -> list[Named]:
    """The people that a clean cell names, two at most in practice; empty when it names nobody."""
    rest = _NOISE.sub("", _PHONE.sub("", _ADDRESS.sub("", text)))
    rest = " ".join(rest.split()).strip(" ,;-")
    if rest.casefold() in _NOBODY or not re.search(r"[^\W\d_]", rest):
        return []
    rest, role = _without_role(rest)
    found = [_person(part.strip(" ,;"), role) for part in _PARTS.split(rest) if part.strip(" ,;")]
    return [one for one in found if one.full]


def _without_role(text: str) -> tuple[str, str]:
    behind = _BEHIND.search(text)
    if behind is None:
        return text, ""
    role = (behind[1] or behind[2]).strip()
    return (text[: behind.start()].strip(), role) if role.casefold() in _ROLES else (text, "")


def _person(text: str, role: str) -> Named:
    title = nickname = ""
    if found := _TITLE.match(text):
        title, text = found[1], text[found.end() :]
    if found := _NICKNAME.search(text):
        nickname, text = found[1], f"{text[: found.start()]} {text[found.end() :]}".strip()
    first, last = _parted(text)
    return Named(first, last, title, role, nickname)


def _parted(text: str) -> tuple[str, str]:
    """First and last name, also of "Last, First" and of a name with a suffix behind a comma."""
    before, comma, behind = text.partition(",")
    if comma and behind.strip().casefold().rstrip(".") in _SUFFIXES:
        first, *more = before.split()
        return first, " ".join((*more, behind.strip()))
    if comma:
        return behind.strip(), before.strip()
    first, _, last = text.partition(" ")
    return first, last
