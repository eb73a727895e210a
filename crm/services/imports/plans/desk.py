"""What the planners share: the book by name, answers and questions, and the steps so far."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from rapidfuzz import fuzz, process

from crm.db import db
from crm.enums import ImportOutcome
from crm.models import User
from crm.queries import aliases
from crm.queries.organization_names import bare, folded
from crm.services.imports.distributors import MayChange
from crm.services.imports.plans import book
from crm.services.imports.plans.book import Known, Question
from crm.services.imports.plans.spool import Spool
from crm.services.imports.plans.steps import Ref, RowPlan, SheetOf, Step
from crm.services.imports.problems import Problem, Weight, shortened

MOST_PROPOSED: Final = 5
MOST_QUESTIONS: Final = 500
"""Nobody answers more of them; for the others the default counts, and each of their rows says so."""
LARGE_BOOK: Final = 50_000
"""Names among which nobody looks for similar ones while somebody waits."""
LEAVE: Final = "leave"
CREATE: Final = "create"
DISTRIBUTOR: Final = "distributor"
"""What an answer may say, and the topic of distributors."""


@dataclass
class Desk:
    """Everything that planning one import needs to know, and what it gathers. `on` is today, `zone` the
    firm's; `answers` say under topic and folded text what the person chose.
    """

    on: date
    zone: str
    may_change: MayChange
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    may_keep_words: bool = False
    pulse: Callable[[], None] = lambda: None
    write: Callable[[Sequence[RowPlan]], None] = lambda _: None
    """Writes down what becomes of rows that nothing more is said of."""
    steps: list[Step] = field(default_factory=list)
    spool: Spool = field(default_factory=Spool)
    rows: list[RowPlan] = field(default_factory=list)
    """Those that are not written down yet."""
    outcomes: Counter[ImportOutcome] = field(default_factory=Counter)
    """Of those that are."""
    late: list[tuple[int, Problem]] = field(default_factory=list)
    """Of which sheet, and what there is to say of a row of it that is written down."""
    idle: set[tuple[int, int]] = field(default_factory=set)
    """Sheets and rows whose changes came to nothing."""
    questions: dict[tuple[str, str], Question] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places: list[int] = []
        """Those of the steps in memory, by their numbers, once all is planned."""
        self.people = aliases.people()
        self.names_of_people = {
            row.user_id: row.full_name for row in db.session.execute(sa.select(User.user_id, User.full_name))
        }
        self._aliases = aliases.organizations()
        self.by_key: dict[str, list[Known]] = defaultdict(list)
        self.by_ref: dict[Ref, Known] = {}
        self.spellings: set[str] = set()
        self.labels: dict[str, Known] = {}
        self._shortened: dict[str, str] | None = None
        for known in book.organizations():
            self.add(known)

    # ------------------------------------------------------------------ organizations

    def add(self, known: Known, *spellings: str) -> None:
        """Know one more organization, spelled as its name and in these ways."""
        self.by_key[bare(known.name)].append(known)
        self.by_ref[known.ref] = known
        self.spellings.update(text.casefold() for text in spellings or (known.name,))
        if known.is_account:
            self._shortened = None

    def living(self, key: str) -> list[Known]:
        return [one for one in self.by_key.get(key, ()) if not one.is_archived]

    def find(self, raw: str, text: str) -> tuple[str, Known | None]:
        """Which organization a cell of another sheet names, and how surely: blank, found, found after
        normalising, several branches, suggested or unknown. `raw` is the cell, `text` the same, clean.
        """
        if not text:
            return "blank", None
        key = bare(text)
        known = self.living(key)
        cities = {bare(one.city) for one in known if one.city}
        if len(cities) > 1:
            return "several branches", None
        if known:
            best = min(known, key=lambda one: (folded(one.name) != folded(text), one.is_archived))
            if not best.is_account:
                return "unknown", best
            return ("found" if raw.casefold() in self.spellings else "found after normalising"), best
        near = self._one_letter_apart(key)
        return ("suggested (one letter apart)", near) if near else ("unknown", None)

    def meant(self, sheet: SheetOf, row: int, raw: str, text: str) -> tuple[Known | None, list[Problem]]:
        """The organization that a cell of another sheet means, made if nobody has heard of it, and what to
        say. None if nothing says which: the text is then for the notes.
        """
        status, known = self.find(raw, text)
        sheet.count("organization", status)
        if status == "blank":
            return None, []
        if status in ("found", "found after normalising") or (status == "unknown" and known is not None):
            return known, []
        said = self.answer("organization", text)
        if status == "several branches":
            branches = [one for one in self.living(bare(text)) if one.city]
            self.ask("organization", text, sheet, row, branches, LEAVE)
            chosen = self._chosen(said, branches)
            if chosen is not None:
                return chosen, []
            shown = ", ".join(sorted({one.city for one in branches}))
            reason = f"could be any of its branches ({shown}); it is left without an organization"
            return None, [
                Problem(row, Weight.CELL_LEFT_OUT, "organization", reason, "Say which one is meant.", text)
            ]
        near = [known] if known is not None else self.nearest(text)
        default = known.choice if known is not None else CREATE
        self.ask("organization", text, sheet, row, near, default)
        chosen = self._chosen(said or default, near)
        if chosen is None and said == LEAVE:
            reason = "is left out, as you said; the text is kept in the notes"
            return None, [Problem(row, Weight.CELL_LEFT_OUT, "organization", reason, text=text)]
        if chosen is not None:
            reason = f'is taken for "{chosen.name}"'
            remedy = "Say so if it is another one." if not said else ""
            return chosen, [Problem(row, Weight.NOTICE, "organization", reason, remedy, text)]
        step = self.make("organizations", sheet, row, {"name": text[:255]})
        made = Known(step, text[:255], is_account=False)
        self.add(made, raw)
        sheet.count("organizations named here alone", text)
        reason = "is no organization of the book and will be created"
        return made, [Problem(row, Weight.NOTICE, "organization", reason, text=text)]

    def nearest(self, text: str) -> list[Known]:
        """Up to five organizations with a name much like `text`."""
        key = bare(text)
        if len(self.by_key) > LARGE_BOOK or len(self.questions) >= MOST_QUESTIONS:
            return []
        found = process.extract(
            key, self.by_key.keys(), scorer=fuzz.WRatio, limit=MOST_PROPOSED, score_cutoff=88
        )
        return [one for name, _, _ in found for one in self.living(name)[:1]]

    def _one_letter_apart(self, key: str) -> Known | None:
        """An account whose name has one letter more or less than `key`."""
        if self._shortened is None:
            accounts = [k for k, ones in self.by_key.items() if any(o.is_account for o in ones)]
            few = accounts if len(accounts) < LARGE_BOOK else []
            self._shortened = {k[:n] + k[n + 1 :]: k for k in few for n in range(len(k))}
        longer = self._shortened.get(key)
        shorter = next(
            (
                s
                for n in range(len(key))
                if (s := key[:n] + key[n + 1 :]) != key and any(o.is_account for o in self.by_key.get(s, ()))
            ),
            None,
        )
        for found in (longer, shorter):
            if found and found != key and (living := [o for o in self.living(found) if o.is_account]):
                return living[0]
        return None

    def _chosen(self, said: str | None, among: Iterable[Known]) -> Known | None:
        if not said or said in (LEAVE, CREATE):
            return None
        if said.isdigit():
            return self.by_ref.get(int(said))
        return next((one for one in among if one.choice == said), None)

    # ------------------------------------------------------------------ people, distributors, principals

    def person(self, sheet: SheetOf, row: int, text: str) -> int | None:
        """The user that `text` names; None if it is nobody who can sign in here. They are asked about."""
        if not text:
            return None
        found = self.people.get(folded(text))
        said = self.answer("person", text)
        if found is None:
            near = process.extract(
                folded(text), self.people.keys(), scorer=fuzz.WRatio, limit=MOST_PROPOSED, score_cutoff=80
            )
            proposals = {
                str(self.people[name]): self.names_of_people[self.people[name]] for name, _, _ in near
            }
            self._ask("person", text, sheet, row, list(proposals.items()), LEAVE)
            if said and said.isdigit() and int(said) in self.names_of_people:
                found = int(said)
        return found

    def known_distributor(self, text: str) -> Known | None:
        """The organization that `text` names as a distributor, by alias or by name; None if nobody is."""
        aliased = self.by_ref.get(self._aliases.get(folded(text), 0))
        if aliased is not None and aliased.is_distributor:
            return aliased
        named = self.living(bare(text))
        known = next((one for one in named if one.is_distributor), None)
        return known or (named[0] if len(named) == 1 and self._sells(named[0]) else None)

    def mark_distributor(self, known: Known, sheet: SheetOf, row: int) -> bool:
        """Whether it is a distributor, or could be marked as one."""
        return known.is_distributor or self.mark(known, sheet, row, "is_distributor")

    def distributor(self, sheet: SheetOf, row: int, text: str) -> Known | None:
        """The distributor that `text` names, marked as one if it was not; None if it is none here."""
        known = self.known_distributor(text)
        said = self.answer(DISTRIBUTOR, text)
        if known is None:
            near = self.nearest(text)
            self.ask(DISTRIBUTOR, text, sheet, row, near, LEAVE)
            known = self._chosen(said, near)
            if said == CREATE:
                step = self.make("organizations", sheet, row, {"name": text, "is_distributor": True})
                known = Known(step, text, is_distributor=True)
                self.add(known)
        return known if known is not None and self.mark_distributor(known, sheet, row) else None

    def principal(self, sheet: SheetOf, row: int, text: str, *, is_list: bool = False) -> Known | None:
        """The principal that `text` names, marked as one if it was not. One that nobody has heard of is made
        where the list is one of principals (`is_list`); elsewhere it is asked about and left out.
        """
        key = bare(text)
        aliased = self.by_ref.get(self._aliases.get(folded(text), 0))
        known = self.labels.get(folded(text)) or next(
            (one for one in self.living(key) if one.is_principal), None
        )
        if known is None and aliased is not None and (aliased.is_principal or is_list):
            known = aliased
        if known is None and is_list:
            named = self.living(key)
            longer = [
                one for other, ones in self.by_key.items() if other.startswith(f"{key} ") for one in ones
            ]
            known = next(iter(named or (longer if len(longer) == 1 else [])), None)
        said = self.answer("principal", text)
        if known is None or said:
            near = self.nearest(text)
            self.ask("principal", text, sheet, row, near, CREATE if is_list else LEAVE)
            known = self._chosen(said, near) or known
            if known is None and (said == CREATE or (is_list and said != LEAVE)):
                step = self.make("organizations", sheet, row, {"name": text[:255], "is_principal": True})
                step.is_first = True
                known = Known(step, text[:255], is_principal=True)
                self.add(known)
        if known is not None and not known.is_principal and not self.mark(known, sheet, row, "is_principal"):
            return None
        if known is not None:
            self.labels[folded(text)] = known
        return known

    def mark(self, known: Known, sheet: SheetOf, row: int, column: str) -> bool:
        """Mark an organization as principal or distributor; False if it is not this person's to change."""
        if isinstance(known.ref, Step):
            known.ref.values[column] = True
            known.ref.is_first = True
        else:
            if not self.may_change(known.owners):
                return False
            if known.mark is None:
                known.mark = self.change("organizations", sheet, row, known.ref, {}, {}, known.version)
            known.mark.put(column, True, False)
        setattr(known, column, True)
        return True

    def _sells(self, known: Known) -> bool:
        """Whether a list calls it a distributor."""
        return (
            isinstance(known.ref, Step) and folded(str(known.ref.values.get("segment", ""))) == "distributor"
        )

    # ------------------------------------------------------------------ questions

    def answer(self, topic: str, text: str) -> str | None:
        return self.answers.get(topic, {}).get(folded(text))

    def ask(
        self, topic: str, text: str, sheet: SheetOf, row: int, near: Iterable[Known], default: str
    ) -> None:
        """Ask who is meant by a text; the nearest are proposed."""
        self._ask(topic, text, sheet, row, [(one.choice, one.shown) for one in near], default)

    def _ask(
        self, topic: str, text: str, sheet: SheetOf, row: int, near: list[tuple[str, str]], default: str
    ) -> None:
        key = topic, folded(text)
        if key not in self.questions:
            if len(self.questions) >= MOST_QUESTIONS:
                return
            self.questions[key] = Question(topic, shortened(text, 120), sheet.name, row, near, default)
        self.questions[key].n += 1

    # ------------------------------------------------------------------ steps and rows

    def make(self, kind: str, sheet: SheetOf, row: int, values: dict[str, Any]) -> Step:
        """A record to create."""
        return self._keep(Step(kind, sheet.sheet_id, row, values))

    def hand_on(self, *steps: Step) -> None:
        """Take steps that nothing will change, whose kinds are written after all that stays in memory."""
        for step in steps:
            self.spool.put(step)

    def change(
        self,
        kind: str,
        sheet: SheetOf,
        row: int,
        record_id: int,
        values: dict[str, Any],
        was: dict[str, Any],
        version: int | None,
    ) -> Step:
        """A record of the book to change."""
        return self._keep(
            Step(
                kind, sheet.sheet_id, row, values, is_new=False, record_id=record_id, was=was, version=version
            )
        )

    def _keep(self, step: Step) -> Step:
        self.steps.append(step)
        step.number = len(self.steps)
        return step

    def flush(self, *, at_least: int = 0) -> None:
        """Write down the rows that were planned, if they are so many; nothing more may be said of them."""
        if len(self.rows) > at_least:
            self.outcomes.update(row.outcome for row in self.rows)
            self.write(self.rows)
            self.rows = []

    def settle(self) -> None:
        """Give the steps their places, whatever names another after it. A change that comes to what the book
        says anyway is none, and its rows say nothing new.
        """
        for step in self.steps:
            if not step.is_new and step.comes_to_nothing():
                self.idle |= {(step.sheet_id, row) for row in step.rows}
        self.places = [0] * (len(self.steps) + 1)
        self.steps = [step for step in self.steps if step.is_new or step.values]
        self.steps.sort(key=lambda step: step.rank)
        for place, step in enumerate(self.steps, 1):
            step.place = self.places[step.number] = place
        for step in self.steps:
            late = [k for k, v in step.values.items() if isinstance(v, Step) and v.place >= step.place]
            for column in late:
                del step.values[column]


def nobody(row: int, field_name: str, text: str) -> Problem:
    """A text names somebody who cannot sign in here."""
    reason = "is nobody who can sign in here; the text is kept and no owner is set"
    return Problem(row, Weight.NOTICE, field_name, reason, "Say who is meant.", text)
