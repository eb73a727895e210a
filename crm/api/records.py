"""What is the same for every noun: its list, one of them, making, changing, archiving and bringing back.

`add(Noun(...))` registers those that a noun has; what only one noun can stands in that noun's own module.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import url_for
from pydantic import BaseModel
from sqlalchemy.exc import NoResultFound
from werkzeug.datastructures import MultiDict

from crm import clock, queries, record_pages, services, web
from crm.api.operations import Answer, match, operation
from crm.api.schemas import CURSOR, Asking, Reading, asking, page_of
from crm.db import db
from crm.enums import AuditAction, Picklist
from crm.errors import MovedOn, Refused
from crm.forms.lists import Asked
from crm.problems import Fault, Unprocessable
from crm.queries.lists import Asker, Listing, Wanted
from crm.queries.lists.places import read as read_place
from crm.queries.lists.places import write as write_place
from crm.queries.timeline import Place

R = TypeVar("R")
Owners = Collection[int | None]


@dataclass(frozen=True, kw_only=True)
class Noun:
    """One noun as scripts know it."""

    name: str
    """The plural in addresses, and what a token is narrowed to."""
    one: str
    """What one of them is called in operations."""
    key: str
    """The name of its number."""
    listing: Listing
    details: sa.Select[*tuple[Any, ...]]
    """Selects the model and what else is read of it, under the names of `reads`."""
    reads: type[Reading]
    row: Callable[[int], Any]
    """The row of a number, archived or not."""
    owners: Callable[[Any], Owners]
    words: Mapping[str, Picklist] = field(default_factory=dict)
    """The fields that hold a word of one of the firm's lists."""
    creates: type[BaseModel] | None = None
    create: Callable[[Any], Any] | None = None
    changes: type[BaseModel] | None = None
    change: Callable[[Any, Any, int], object] | None = None
    archive: Callable[[Any], object] | None = None
    restore: Callable[[Any], object] | None = None

    @property
    def address(self) -> str:
        """The address of one of them."""
        return f"/{self.name}/<{self.key}>"


class Alteration(Reading):
    """One column of a change, in words; "" is nothing."""

    column: str
    before: str
    after: str


class Change(Reading):
    """One change of a record; without `by_name` a command or the planner made it."""

    at: datetime
    by_name: str | None
    action: AuditAction
    alterations: list[Alteration]


class HistoryAsked(Asking):
    """Where in the history."""

    cursor: CURSOR = ""


ChangePage = page_of("ChangePage", Change)


def add(noun: Noun) -> None:
    """Register what can be done with a noun."""
    _add_reading(noun)
    _add_history(noun)
    if noun.create is not None:
        _add_creating(noun, noun.create)
    if noun.change is not None:
        _add_changing(noun, noun.change)
    if noun.archive is not None:
        _add_archiving(noun, noun.archive)
    if noun.restore is not None:
        _add_restoring(noun, noun.restore)


def page(noun: Noun, asked: Asking, **fixed: str) -> BaseModel:
    """One page of a noun's list for what an address asks; `fixed` are filters that its path stands for."""
    listing = replace(noun.listing, details=noun.details)
    said = {name: str(value) for name, value in asked.model_dump(by_alias=True).items() if value is not None}
    limit, cursor = int(said.pop("limit")), said.pop("cursor")
    question = wanted(listing, said | fixed)
    after = read_place(cursor, question.sort) if cursor else None
    if cursor and after is None:
        raise Refused("That is no cursor of this list in this order.", field="cursor")
    rows, following = queries.lists.page(listing, question, after=after, limit=limit)
    return PAGES[noun.name](
        items=[_shown(noun, row) for row in rows], next_cursor=write_place(following) if following else None
    )


PAGES: dict[str, type[Reading]] = {}
"""A page of each noun, by its name."""


def page_model(noun: Noun) -> type[Reading]:
    """A page of a noun, one model however many lists show it."""
    if noun.name not in PAGES:
        PAGES[noun.name] = page_of(f"{noun.reads.__name__}Page", noun.reads)
    return PAGES[noun.name]


def wanted(listing: Listing, said: Mapping[str, str]) -> Wanted:
    """The question that these arguments ask of a list. Raises `Refused` for one that means nothing."""
    asker = Asker(web.person().user_id, web.firm_today())
    for known in listing.filters:
        if known.name in said and known.condition(said[known.name], asker) is None:
            raise Unprocessable([Fault(known.name, f"{known.label} cannot be that.")])
    return Asked.read(listing, MultiDict(said), asker=asker).wanted(asker)


def read(noun: Noun, number: int, *, status: int | None = None, location: str = "") -> Answer:
    """One of them as it is now, with its version."""
    db.session.flush()
    row = db.session.execute(
        noun.details.where(noun.listing.key == number).execution_options(populate_existing=True)
    ).one()
    return Answer(_shown(noun, row), status, location, version=row[0].version)


def to_change(noun: Noun, number: int) -> Any:
    """The row, held until the end of the request. 403 if it is a colleague's, 404 if it is archived."""
    row = noun.row(number)
    record_pages.must_be_allowed(*noun.owners(row))
    record_pages.must_be_live(row)
    return services.records.take(row)


def patched(entry: type[Any], row: Any, said: BaseModel) -> Any:
    """What a service takes: the row as it is, but for what was sent."""
    now = {one.name: getattr(row, one.name) for one in fields(entry) if hasattr(row, one.name)}
    sent = {name: getattr(said, name) for name in said.model_fields_set}
    return entry(**now | {name: value for name, value in sent.items() if name in entry.__dataclass_fields__})


def made(entry: type[Any], said: BaseModel) -> Any:
    """What a service takes: what was sent, and its own defaults."""
    names = entry.__dataclass_fields__
    return entry(**{name: getattr(said, name) for name in said.model_fields_set if name in names})


def must_stay_ours(row: Any, said: BaseModel) -> None:
    """Nobody gives a record away into hands from which neither they nor their manager could take it."""
    names = [name for name in ("owner_id", "second_owner_id") if hasattr(row, name)]
    if not {"owner_id", "second_owner_id"} & said.model_fields_set:
        return
    owners = [getattr(said, name) if name in said.model_fields_set else getattr(row, name) for name in names]
    if len(owners) == 2 and owners[0] is not None and owners[0] == owners[1]:
        raise Refused("The second owner is somebody other than the owner.", field="second_owner_id")
    if not record_pages.may_change(*owners):
        raise Refused(
            "You hand a record on within your team. A manager of you both, or an admin, can give it on.",
            field=names[0],
        )


def must_be_a_person(number: int | None, *, field: str) -> None:
    """Raises `Refused` for the account of another system: it looks after nothing and keeps no promise."""
    somebody = queries.users.find(number) if number is not None else None
    if somebody is not None and somebody.is_service:
        raise Refused(f"{somebody.full_name} is another system. Choose a person.", field=field)


def _must_name_people(said: BaseModel) -> None:
    for name in sorted({"owner_id", "second_owner_id"} & said.model_fields_set):
        must_be_a_person(getattr(said, name), field=name)


def check_words(noun: Noun, said: BaseModel, row: Any = None) -> None:
    """Words of the firm's lists are chosen from these; one that left its list may stay where it is."""
    for name, picklist in noun.words.items():
        value = getattr(said, name, None)
        if value is None or (row is not None and value == getattr(row, name)):
            continue
        if value not in queries.picklists.words(picklist):
            raise Refused(f"“{value}” is no {picklist.value} that the firm keeps.", field=name)


def named(get: Callable[[int], R], number: int, *, field: str) -> R:
    """The record that a request names beside its address. Raises `Refused` for a number that is none's."""
    try:
        return get(number)
    except (NoResultFound, MovedOn):
        raise Refused("There is none of that number.", field=field) from None


def at(noun: Noun, number: int) -> str:
    """The address of one of them."""
    numbers: dict[str, Any] = {noun.key: number}
    return url_for(f"api.read_{noun.one}", **numbers)


def _shown(noun: Noun, row: "sa.Row[Any]") -> Reading:
    record, extra = row[0], row._mapping  # noqa: SLF001 - SQLAlchemy's own name for a public thing
    return noun.reads(
        **{name: extra[name] if name in extra else getattr(record, name) for name in noun.reads.model_fields}
    )


def _add_reading(noun: Noun) -> None:
    asks, nouns = asking(noun.listing), noun.listing.nouns

    @operation(
        "GET",
        f"/{noun.name}",
        noun=noun.name,
        name=f"list_{noun.name}",
        query=asks,
        answers=page_model(noun),
        summary=f"The {nouns} that are not archived, a page at a time.",
    )
    def index(asked: Asking) -> BaseModel:
        return page(noun, asked)

    @operation(
        "GET",
        noun.address,
        noun=noun.name,
        name=f"read_{noun.one}",
        answers=noun.reads,
        versioned=True,
        summary=f"One {noun.listing.noun}, archived or not.",
    )
    def show(**numbers: int) -> Answer:
        number = numbers[noun.key]
        noun.row(number)
        return read(noun, number)


def _add_history(noun: Noun) -> None:
    @operation(
        "GET",
        f"{noun.address}/history",
        noun=noun.name,
        name=f"list_changes_of_{noun.one}",
        query=HistoryAsked,
        answers=ChangePage,
        summary=f"Who changed what of one {noun.listing.noun}, the latest first.",
    )
    def history(asked: HistoryAsked, **numbers: int) -> BaseModel:
        number = numbers[noun.key]
        noun.row(number)
        before = Place.parse(asked.cursor)
        if asked.cursor and before is None:
            raise Refused("That is no cursor of this history.", field="cursor")
        told = record_pages.history(noun.listing.model.__tablename__, number, before)
        changes = [Change.model_validate(one) for one in told["changes"]]
        return ChangePage(items=changes, next_cursor=told["earlier"] or None)


def add_list(
    noun: Noun, path: str, *, name: str, summary: str, filters: Sequence[str], is_there: Callable[[int], Any]
) -> None:
    """The same list beneath a record: its number answers the first of `filters`; the others are taken too."""
    asks = asking(noun.listing, leave=filters)

    @operation("GET", path, noun=noun.name, name=name, query=asks, answers=page_model(noun), summary=summary)
    def index(asked: Asking, **numbers: int) -> BaseModel:
        number = next(iter(numbers.values()))
        is_there(number)
        return page(noun, asked, **{filters[0]: str(number)})


def _add_creating(noun: Noun, create: Callable[[Any], Any]) -> None:
    @operation(
        "POST",
        f"/{noun.name}",
        noun=noun.name,
        name=f"create_{noun.one}",
        body=noun.creates,
        answers=noun.reads,
        status=201,
        versioned=True,
        summary=f"One {noun.listing.noun} more; whoever makes it owns it unless they say otherwise.",
    )
    def add_one(said: BaseModel) -> Answer:
        check_words(noun, said)
        _must_name_people(said)
        number = getattr(create(said), noun.key)
        return read(noun, number, status=201, location=at(noun, number))


def _add_changing(noun: Noun, change: Callable[[Any, Any, int], object]) -> None:
    @operation(
        "PATCH",
        noun.address,
        noun=noun.name,
        name=f"change_{noun.one}",
        body=noun.changes,
        answers=noun.reads,
        versioned=True,
        asks_version=True,
        summary=f"Change what is sent of one {noun.listing.noun}; the rest stays.",
    )
    def change_one(said: BaseModel, **numbers: int) -> Answer:
        row = to_change(noun, numbers[noun.key])
        seen = match(row)
        _must_name_people(said)
        must_stay_ours(row, said)
        check_words(noun, said, row)
        change(row, said, seen)
        return read(noun, numbers[noun.key])


def _add_archiving(noun: Noun, archive: Callable[[Any], object]) -> None:
    @operation(
        "DELETE",
        noun.address,
        noun=noun.name,
        name=f"archive_{noun.one}",
        status=204,
        summary=f"Archive one {noun.listing.noun}: it leaves every list and can be brought back.",
    )
    def archive_one(**numbers: int) -> Answer:
        archive(to_change(noun, numbers[noun.key]))
        return Answer()


def _add_restoring(noun: Noun, restore: Callable[[Any], object]) -> None:
    @operation(
        "POST",
        f"{noun.address}/restoration",
        noun=noun.name,
        name=f"restore_{noun.one}",
        answers=noun.reads,
        versioned=True,
        summary=f"Bring one {noun.listing.noun} back from the archive.",
    )
    def restore_one(**numbers: int) -> Answer:
        row = noun.row(numbers[noun.key])
        record_pages.must_be_allowed(*noun.owners(row))
        restore(row)
        return read(noun, numbers[noun.key])


def archived(row: Any) -> object:
    """Archive a row that has no rule of its own for that."""
    return services.records.archive(row, now=clock.now())
