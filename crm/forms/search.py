"""What was typed into the search of everything, or into the palette."""

from dataclasses import dataclass
from enum import StrEnum

from crm.queries.search import clean


class Deed(StrEnum):
    """What somebody who opens the palette can say they want to do with what they name next."""

    LOG = "log with"
    PROPOSE = "new opportunity for"
    GO = "go to"


@dataclass(frozen=True)
class Asked:
    """The letters to search for, and the deed before them: "log with marisol"."""

    letters: str
    deed: Deed | None

    @classmethod
    def read(cls, text: str) -> "Asked":
        """What `text` asks for; without a deed all of it is searched for."""
        letters = clean(text)
        for deed in Deed:
            if f"{letters.lower()} ".startswith(f"{deed} "):
                return cls(letters[len(deed) :].strip(), deed)
        return cls(letters, None)
