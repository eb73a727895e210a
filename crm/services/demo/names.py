"""Names of operators and people: drawn from the coined words, none twice."""

from random import Random

from crm.services.demo import words

_SLOTS = {
    "given": ("people", "given"),
    "family": ("people", "family"),
    "adjective": ("operators", "adjectives"),
    "creature": ("operators", "creatures"),
    "tree": ("operators", "trees"),
    "thing": ("operators", "things"),
}


class Names:
    """Remembers what it gave out, so that no two operators and no two people share a name."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        """Mark a name as given out."""
        self._taken.add(name)
        return name

    def operator(self, segment: str | None) -> str:
        """A name for an operator of this segment."""
        forms = _forms(segment or "-")
        while (name := self._fill(self._chance.choice(forms))) in self._taken:
            pass
        return self.take(name)

    def branch(self, brand: str, town: str) -> str:
        """The name of a branch of `brand` in `town`; a second one there gets its street."""
        name = f"{brand} - {town}"
        while name in self._taken:
            name = f"{brand} - {town}, {self._chance.choice(words.lines('towns', 'streets'))}"
        return self.take(name)

    def person(self) -> tuple[str, str]:
        """First and last name of somebody new."""
        while True:
            first = self._chance.choice(words.words("people", "given"))
            last = self._chance.choice(words.words("people", "family"))
            if f"{first} {last}" not in self._taken:
                self.take(f"{first} {last}")
                return first, last

    def _fill(self, form: str) -> str:
        while "{" in form:
            slot = form[form.index("{") + 1 : form.index("}")]
            form = form.replace(f"{{{slot}}}", self._word(slot), 1)
        return form

    def _word(self, slot: str) -> str:
        if slot == "place":
            heads = words.words("operators", "place heads")
            tails = words.words("operators", "place tails")
            return self._chance.choice(heads) + self._chance.choice(tails)
        return self._chance.choice(words.words(*_SLOTS[slot]))


def _forms(segment: str) -> list[str]:
    found = []
    for line in words.lines("operator_names", segment):
        found += _forms(line.removeprefix("= ")) if line.startswith("= ") else [line]
    return found


def domain(name: str) -> str:
    """The domain that a firm of this name has: its words in plain letters, under .example."""
    plain = name.translate(str.maketrans("éèêñöüä", "eeenoua")).lower()
    parts = "".join(letter if letter.isalnum() or letter == " " else "" for letter in plain).split()
    return "".join(part for part in parts if part not in ("the", "and", "of", "co"))[:40] + ".example"


def address(first: str, last: str, at: str) -> str:
    """The mail address of a person at the domain `at`."""
    plain = f"{first}.{last}".lower().translate(str.maketrans("éèêñöüä", "eeenoua"))
    return f"{''.join(c for c in plain if c.isalnum() or c in '.-')}@{at}"


def telephone(chance: Random, area_code: str) -> str:
    """A number that rings nowhere: 555-0100 to 555-0199."""
    return f"({area_code}) 555-01{chance.randrange(100):02d}"
