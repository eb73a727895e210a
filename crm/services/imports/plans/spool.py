"""Steps that nothing changes any more. They wait in a file until the others have their places, so that a
million of them need no memory.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO, Any

from crm.services.imports.plans.steps import Step, plain

Rank = tuple[int, bool]


@dataclass
class _Turn:
    """Those of one rank, in the order in which they came."""

    file: IO[str]
    n: int = 0


@dataclass
class Spool:
    """Steps by the turns in which they are written, which come after those of all that is not in here."""

    turns: dict[Rank, _Turn] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    files: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Forget all of them."""
        self.files.close()

    def put(self, step: Step) -> None:
        """Take a step that makes a record; its place is from now on the one in its turn."""
        turn = self.turns.get(step.rank)
        if turn is None:
            turn = self.turns[step.rank] = _Turn(self.files.enter_context(TemporaryFile("w+")))  # noqa: SIM115 - it is one
        turn.n += 1
        step.place = turn.n
        self.kinds[step.kind] += 1
        values = {name: _named(value) for name, value in step.values.items()}
        turn.file.write(json.dumps([step.kind, step.sheet_id, step.row, values]) + "\n")

    def steps(self, places: Sequence[int]) -> Iterator[dict[str, Any]]:
        """All of them as they are kept. `places` are those of the other steps, by their numbers."""
        first = max(places, default=0)
        firsts: dict[Rank, int] = {}
        for rank in sorted(self.turns):
            firsts[rank] = first
            first += self.turns[rank].n

        def said(value: Any) -> Any:
            if not isinstance(value, Mapping):
                return value
            if "number" in value:
                return {"step": places[value["number"]]}
            return {"step": firsts[tuple(value["rank"])] + value["place"]}

        for rank in sorted(self.turns):
            file = self.turns[rank].file
            file.seek(0)
            for place, line in enumerate(file, firsts[rank] + 1):
                kind, sheet_id, row, values = json.loads(line)
                yield {
                    "place": place,
                    "import_sheet_id": sheet_id,
                    "row": row,
                    "kind": kind,
                    "is_new": True,
                    "record_id": None,
                    "values": {name: said(value) for name, value in values.items()},
                    "was": None,
                    "version": None,
                }


def _named(value: Any) -> Any:
    """A value as a line keeps it: a step in here by its turn and place, another one by its number."""
    if not isinstance(value, Step):
        return plain(value)
    return {"number": value.number} if value.number else {"rank": value.rank, "place": value.place}
