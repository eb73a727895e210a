"""Who gets what at every address: each route × each kind of person × each kind of record × page or fragment.

`ROUTES` says for each endpoint who may use it; an endpoint without a line fails. What follows: whoever may is
answered (a refused form counts as an answer), everybody else gets 403, nobody gets past the door, what is not
there is 404, and no denial leaves a trace in any table.

Everybody asks for the page or the fragment, another from route to route: some of those who may, and some of
those who may not, meet either. So with what is not there: it lies in the trash for some and never was for the
others. Where everybody may who is signed in, the rep who has no part in it asks, and one of the others in
turn. `bin/test --long` lets everybody ask for all of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from crm.api import OPERATIONS
from crm.db import db
from crm.models import DistributorPrincipal, OpportunityContact, ProductDistributor, User
from crm.sign_in import UNUSED
from tests.clients import Client
from tests.factories import Make

PARTS: Final = 2
"""Into how many tests the routes are shared out, so that none takes minutes and several cores take part."""
LAST: Final = 2
"""The turn in which everybody asks for what the first one left out."""


class Who(StrEnum):
    """The people who come to a page."""

    NOBODY = "nobody"
    OWNER = "rep, owner"
    OTHER = "rep, other"
    MANAGER = "manager of the owner"
    OTHER_MANAGER = "other manager"
    ADMIN = "admin"
    DEACTIVATED = "deactivated"


OTHERS: Final = (Who.OWNER, Who.MANAGER, Who.OTHER_MANAGER, Who.ADMIN)
"""Those signed in who may more, at one route or another, than the other rep."""

ALSO: Final = (Who.MANAGER, Who.OTHER_MANAGER, Who.ADMIN, Who.DEACTIVATED)
"""Those whom the run of CI sends beside the others."""


class Record(StrEnum):
    """What the address of a page names."""

    OWN = "own"
    """It is the owner's."""
    FOREIGN = "foreign"
    """It is somebody's in the team of the other manager."""
    ARCHIVED = "archived"
    """It was the owner's and lies in the trash; of people: they are switched off."""
    MISSING = "missing"


class May(StrEnum):
    """Who may use a route."""

    STRANGERS = "everybody, signed in or not"
    EVERYONE = "everybody who is signed in"
    KEEPERS = "the owner of the record, their manager, an admin"
    PERSON = "the one whose own thing it is"
    MANAGERS = "managers and admins"
    ADMINS = "admins"
    TOKENS = "whoever brings a token; tests/api/test_access.py asks"
    NOBODY = "nobody: another page stands in for it"
    MACHINES = "machines with the token, no person"


@dataclass(frozen=True)
class Route:
    """What is expected of one endpoint."""

    may: May
    fields: dict[str, str] = field(default_factory=dict)
    """What a post to it carries, or the address of a page asks."""
    archived: bool = True
    """Whether it still answers for a record in the trash."""
    missing: int = 404
    """The answer for a record that is not there."""


PAGE, ANYBODY = Route(May.EVERYONE), Route(May.STRANGERS)
SEALED = Route(May.EVERYONE, missing=400)
"""Its address carries a seal, which only who may use it has: without one it is 400 for everybody."""

ROUTES: dict[str, Route] = {
    "today.index": PAGE,
    "team.index": PAGE,
    "team.show": PAGE,
    "api.document": ANYBODY,
    "calendar.show": Route(May.TOKENS),
    "api_docs.index": PAGE,
    "api_docs.root": PAGE,
    "accounts.new": Route(May.ADMINS),
    "accounts.create": Route(May.ADMINS, {"name": "X", "email": "x@pantry.example", "role": "admin"}),
    "accounts.invite_again": Route(May.ADMINS),
    "accounts.change_role": Route(May.ADMINS, {"role": "admin", "manager": ""}),
    "accounts.confirm_leave": Route(May.ADMINS),
    "accounts.leave": Route(May.ADMINS),
    "accounts.come_back": Route(May.ADMINS),
    "accounts.unlock": Route(May.ADMINS),
    "accounts.reset_two_factor": Route(May.ADMINS),
    "audit.index": Route(May.MANAGERS),
    "audit.export": Route(May.MANAGERS),
    "flags.index": Route(May.ADMINS),
    "flags.change": Route(May.ADMINS, {"bulk-moves-state": "off"}),
    "goals.index": Route(May.MANAGERS),
    "goals.edit": Route(May.MANAGERS),
    "goals.change": Route(May.MANAGERS, {"everyone": "12"}),
    "picklists.index": Route(May.ADMINS),
    "picklists.show": Route(May.ADMINS),
    "picklists.add": Route(May.ADMINS, {"value": "Mine"}),
    "picklists.tags": Route(May.ADMINS),
    "picklists.edit": Route(May.ADMINS, {"word": "Casual"}),
    "picklists.rename": Route(May.ADMINS, {"word": "Casual", "value": "Mine"}),
    "picklists.confirm": Route(May.ADMINS, {"word": "Casual", "into": "Italian"}),
    "picklists.merge": Route(May.ADMINS, {"word": "Casual", "into": "Italian"}),
    "picklists.put_back": Route(May.ADMINS),
    "picklists.move": Route(May.ADMINS, {"to": "up"}),
    "picklists.remove": Route(May.ADMINS),
    "picklists.archive": Route(May.ADMINS),
    "picklists.restore": Route(May.ADMINS),
    "invitations.choose": ANYBODY,
    "invitations.accept": ANYBODY,
    "components.index": PAGE,
    "components.options": PAGE,
    "follow_ups.index": PAGE,
    "follow_ups.show": Route(May.EVERYONE, archived=False),
    "follow_ups.complete": Route(May.EVERYONE, archived=False),
    "follow_ups.reopen": Route(May.EVERYONE, archived=False),
    "follow_ups.snooze": Route(May.KEEPERS, {"until": "2099-01-01", "version": "1"}, archived=False),
    "follow_ups.reschedule": Route(May.KEEPERS, {"date": "2099-01-01", "version": "1"}, archived=False),
    "follow_ups.hand_over": Route(May.KEEPERS, {"owner": "1", "version": "1"}, archived=False),
    "follow_ups.put_back": SEALED,
    "ledger.index": PAGE,
    "dashboard.summary": PAGE,
    "dashboard.index": PAGE,
    "dashboard.engagement": PAGE,
    "dashboard.follow_ups": PAGE,
    "dashboard.stale": PAGE,
    "dashboard.momentum": PAGE,
    "dashboard.metrics": PAGE,
    "dashboard.coverage": PAGE,
    "dashboard.principals": PAGE,
    "dashboard.scorecards": Route(May.MANAGERS),
    "dashboard.arrangement": PAGE,
    "dashboard.arrange": Route(May.EVERYONE, {"move": "up.stale"}),
    "follow_up_moves.create": PAGE,
    "follow_up_moves.put_back": Route(May.PERSON),
    "imports.index": PAGE,
    "imports.create": Route(May.EVERYONE),
    "imports.show": PAGE,
    "imports.check": Route(May.PERSON),
    "imports.apply": Route(May.PERSON),
    "imports.revert": Route(May.PERSON),
    "imports.rejects": Route(May.PERSON),
    "inbox.index": PAGE,
    "live.index": PAGE,
    "inbox.show": PAGE,
    "inbox.html": PAGE,
    "jobs.index": PAGE,
    "jobs.show": Route(May.PERSON),
    "jobs.file": Route(May.PERSON),
    "jobs.export": Route(May.EVERYONE, {"ending": "xlsx"}),
    "jobs.cancel": Route(May.PERSON),
    "jobs.retry": Route(May.PERSON),
    "jobs.put_back": Route(May.PERSON),
    "notifications.index": PAGE,
    "notifications.bell": PAGE,
    "notifications.read": PAGE,
    "interactions.new": PAGE,
    "interactions.create": PAGE,
    "interactions.draft": PAGE,
    "interactions.subjects": PAGE,
    "interactions.archive": Route(May.KEEPERS),
    "interaction_records.show": PAGE,
    "interaction_records.history": PAGE,
    "interaction_records.edit": Route(May.KEEPERS),
    "interaction_records.change": Route(May.KEEPERS),
    "opportunities.show": PAGE,
    "opportunity_board.show": PAGE,
    "opportunity_board.column": PAGE,
    "opportunities.timeline": PAGE,
    "opportunities.history": PAGE,
    "opportunities.edit": Route(May.KEEPERS, archived=False),
    "opportunities.draft": Route(May.KEEPERS, archived=False),
    "opportunities.change": Route(May.KEEPERS, {"name": "Mine"}, archived=False),
    "opportunities.stage": Route(May.KEEPERS),
    "opportunities.move": Route(May.KEEPERS, {"stage": "Demo Scheduled"}),
    "opportunities.put_back": SEALED,
    "opportunities.archive": Route(May.KEEPERS),
    "opportunities.restore": Route(May.KEEPERS),
    "opportunity_contacts.new": Route(May.KEEPERS, archived=False),
    "opportunity_contacts.create": Route(May.KEEPERS, archived=False),
    "opportunity_contacts.edit": Route(May.KEEPERS, archived=False),
    "opportunity_contacts.change": Route(May.KEEPERS, {"role": "Chef"}, archived=False),
    "opportunity_contacts.remove": Route(May.KEEPERS, archived=False),
    "opportunity_contacts.put_back": Route(May.KEEPERS, archived=False),
    "opportunity_entry.new": PAGE,
    "opportunity_entry.step": PAGE,
    "opportunity_entry.create": PAGE,
    "organizations.show": PAGE,
    "organizations.timeline": PAGE,
    "organizations.history": PAGE,
    "organizations.new": PAGE,
    "organizations.create": PAGE,
    "organizations.edit": Route(May.KEEPERS, archived=False),
    "organizations.change": Route(May.KEEPERS, {"name": "Mine", "version": "1"}, archived=False),
    "organizations.draft": PAGE,
    "organizations.similar": PAGE,
    "organizations.suggestions": PAGE,
    "organizations.archive": Route(May.KEEPERS, archived=False),
    "contacts.show": PAGE,
    "contacts.timeline": PAGE,
    "contacts.history": PAGE,
    "contacts.new": PAGE,
    "contacts.create": PAGE,
    "contacts.edit": Route(May.KEEPERS, archived=False),
    "contacts.change": Route(May.KEEPERS, {"first_name": "Mine", "version": "1"}, archived=False),
    "contacts.draft": PAGE,
    "contacts.similar": PAGE,
    "contacts.advocate": Route(May.KEEPERS, {"status": "Blocker"}, archived=False),
    "contacts.leaving": Route(May.KEEPERS, archived=False),
    "contacts.leave": Route(May.KEEPERS, {"left_on": "2026-01-05"}, archived=False),
    "contacts.draft_leaving": Route(May.KEEPERS, archived=False),
    "contacts.archive": Route(May.KEEPERS, archived=False),
    "duplicates.index": PAGE,
    "duplicates.choose": Route(May.KEEPERS, archived=False),
    "duplicates.compare": Route(May.KEEPERS, archived=False),
    "duplicates.merge": Route(May.KEEPERS, archived=False),
    "duplicates.tell_apart": Route(May.KEEPERS, archived=False),
    "duplicates.doubt": Route(May.KEEPERS, archived=False),
    "duplicates.split": Route(May.KEEPERS, archived=False),
    "legacy.index": PAGE,
    "legacy.rows": PAGE,
    "legacy.show": PAGE,
    "trash.index": PAGE,
    "trash.restore": Route(May.KEEPERS),
    "favorites.index": PAGE,
    "favorites.toggle": PAGE,
    "search.index": PAGE,
    "search.palette": PAGE,
    "principals.index": PAGE,
    "principals.show": PAGE,
    "principals.interactions": PAGE,
    "principals.export": PAGE,
    "principal_contacts.show": PAGE,
    "principal_details.show": PAGE,
    "principal_pipeline.show": PAGE,
    "products.show": PAGE,
    "products.history": PAGE,
    "products.new": PAGE,
    "products.create": PAGE,
    "products.edit": Route(May.KEEPERS, archived=False),
    "products.change": Route(May.KEEPERS, {"name": "Mine", "status": "active"}, archived=False),
    "products.archive": Route(May.KEEPERS, archived=False),
    "line_cards.show": PAGE,
    "stock.new": Route(May.KEEPERS, archived=False),
    "stock.create": Route(May.KEEPERS, {"status": "stocked"}, archived=False),
    "stock.edit": Route(May.KEEPERS, archived=False),
    "stock.change": Route(May.KEEPERS, {"item_number": "mine", "status": "stocked"}, archived=False),
    "stock.archive": Route(May.KEEPERS, archived=False),
    "stock.put_back": Route(May.KEEPERS),
    "principal_distributors.show": PAGE,
    "distributors.show": PAGE,
    "authorizations.new_of_principal": Route(May.KEEPERS, archived=False),
    "authorizations.create_of_principal": Route(May.KEEPERS, {"state": "lost"}, archived=False),
    "authorizations.new_at_distributor": Route(May.EVERYONE, archived=False),
    "authorizations.create_at_distributor": Route(May.EVERYONE, {"state": "lost"}, archived=False),
    "authorizations.edit": Route(May.KEEPERS, archived=False),
    "authorizations.change": Route(May.KEEPERS, {"state": "lost"}, archived=False),
    "authorizations.archive": Route(May.KEEPERS, archived=False),
    "authorizations.put_back": Route(May.KEEPERS),
    "samples.new": Route(May.KEEPERS, archived=False),
    "samples.create": Route(May.KEEPERS, {"sent_on": "2026-01-05"}, archived=False),
    "samples.history": PAGE,
    "samples.edit": Route(May.KEEPERS, archived=False),
    "samples.change": Route(May.KEEPERS, {"feedback": "mine", "verdict": "liked"}, archived=False),
    "samples.move": Route(May.KEEPERS, {"status": "tasted"}, archived=False),
    "samples.ask": Route(May.KEEPERS, archived=False),
    "samples.hear": Route(May.KEEPERS, {"verdict": "liked"}, archived=False),
    "samples.archive": Route(May.KEEPERS, archived=False),
    "samples.put_back": Route(May.KEEPERS),
    "ops.index": Route(May.ADMINS),
    "ops.figures": Route(May.MACHINES),
    "probes.healthz": ANYBODY,
    "probes.readyz": ANYBODY,
    "security.login": ANYBODY,
    "security.logout": PAGE,
    "security.forgot_password": ANYBODY,
    "security.reset_password": ANYBODY,
    "security.two_factor_token_validation": ANYBODY,
    "tokens.index": PAGE,
    "tokens.create": Route(May.EVERYONE, {"name": "Mine", "may": "read", "days": "30"}),
    "tokens.revoke": Route(May.PERSON),
    "tokens.make_calendar": PAGE,
    "tokens.end_calendar": PAGE,
    "two_factor.index": PAGE,
    "two_factor.turn_on": PAGE,
    "two_factor.remake_codes": PAGE,
    "two_factor.turn_off": PAGE,
    "settings.index": PAGE,
    "settings.save": PAGE,
    "settings.cover": PAGE,
    "settings.remove_cover": Route(May.PERSON),
    "digests.index": PAGE,
    "mail_proofs.mine": PAGE,
    "mail_proofs.show": Route(May.MANAGERS),
}

ROUTES |= dict.fromkeys(UNUSED, Route(May.NOBODY))
ROUTES |= {f"api.{name}": Route(May.TOKENS) for name in OPERATIONS}

for _noun in (
    *("organizations", "contacts", "products", "distributors", "opportunities", "interactions", "samples"),
):
    ROUTES |= {
        f"{_noun}_list.{name}": PAGE for name in ("index", "export", "export_all", "name_view", "save_view")
    }
    ROUTES |= {
        f"{_noun}_list.{name}": Route(May.EVERYONE, {"do": "archive"}) for name in ("confirm", "change")
    }
    ROUTES |= {f"{_noun}_list.{name}": Route(May.PERSON) for name in ("put_back", "delete_view")}

for _blueprint in (
    *("principals", "organizations_list", "contacts_list", "distributors_list", "opportunities_list"),
):
    ROUTES |= {
        f"{_blueprint}.new_schedule": PAGE,
        f"{_blueprint}.schedule": Route(May.EVERYONE, {"when": "1", "keeper": "each", "per_day": "5"}),
    }

NUMBER_OF_NOBODY: Final = 9_000_000_000

WORDS: Final = {
    "key": "nothing",
    "token": "made-up",
    "name": "bulk-moves",
    "kind": "contact",
    "stage": "new-lead",
    "picklist": "segment",
    "source": "organizations",
    "legacy_id": "00000000-0000-0000-0000-000000000001",
}
"""Values for what an address names beside records."""


def endpoints(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def test_every_route_says_whom_it_is_for(app: Flask) -> None:
    there = {rule.endpoint for rule in endpoints(app)}
    assert not there - ROUTES.keys(), "say in ROUTES who may use them"
    assert not ROUTES.keys() - there, "these are gone: take them out of ROUTES"


@dataclass
class Book:
    """The people of these tests, and a record of each kind for each of `Record`."""

    people: dict[Who, User | None]
    numbers: dict[str, dict[Record, int]]


@pytest.fixture
def book(make: Make) -> Book:
    mara = make.user("Mara Lindqvist", role="manager")
    nell = make.user("Nell Okafor", manager=mara)
    vera = make.user("Vera Holm", role="manager")
    cleo = make.user("Cleo Marsh", manager=vera)
    make.user("Second Admin", role="admin")
    off = make.user("Theo Vantongeren", active=False)
    people: dict[Who, User | None] = {
        Who.NOBODY: None,
        Who.OWNER: nell,
        Who.OTHER: make.user("Otis Brandt"),
        Who.MANAGER: mara,
        Who.OTHER_MANAGER: vera,
        Who.ADMIN: make.user("Ada Reyes", role="admin"),
        Who.DEACTIVATED: off,
    }
    now = datetime.now(UTC)

    def of(one: Callable[[User, datetime | None], int]) -> dict[Record, int]:
        return {
            Record.OWN: one(nell, None),
            Record.FOREIGN: one(cleo, None),
            Record.ARCHIVED: one(nell, now),
            Record.MISSING: NUMBER_OF_NOBODY,
        }

    numbers = {
        "interaction_id": of(
            lambda owner, gone: (
                make.interaction(
                    author=owner, follow_up_date=date(2099, 1, 1), deleted_at=gone
                ).interaction_id
            )
        ),
        "principal_id": of(lambda owner, gone: make.principal(owner=owner, deleted_at=gone).organization_id),
        "organization_id": of(
            lambda owner, gone: make.distributor(owner=owner, deleted_at=gone).organization_id
        ),
        "contact_id": of(
            lambda owner, gone: make.contact(owner_id=owner.user_id, deleted_at=gone).contact_id
        ),
        "opportunity_id": of(
            lambda owner, gone: make.opportunity(owner=owner, deleted_at=gone).opportunity_id
        ),
        "product_id": of(
            lambda owner, gone: (
                make.product(principal=make.principal(owner=owner), deleted_at=gone).product_id
            )
        ),
        "product_distributor_id": of(
            lambda owner, gone: (
                make.save(
                    ProductDistributor(
                        product_id=make.product(principal=make.principal(owner=owner)).product_id,
                        distributor_id=make.distributor().organization_id,
                        deleted_at=gone,
                    )
                ).product_distributor_id
            )
        ),
        "distributor_principal_id": of(
            lambda owner, gone: (
                make.save(
                    DistributorPrincipal(
                        principal_id=make.principal(owner=owner).organization_id,
                        distributor_id=make.distributor().organization_id,
                        deleted_at=gone,
                    )
                ).distributor_principal_id
            )
        ),
        "sample_id": of(
            lambda owner, gone: make.sample(make.opportunity(owner=owner), deleted_at=gone).sample_id
        ),
        "user_id": {
            Record.OWN: nell.user_id,
            Record.FOREIGN: cleo.user_id,
            Record.ARCHIVED: off.user_id,
            Record.MISSING: NUMBER_OF_NOBODY,
        },
        "picklist_value_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "cover_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "merge_log_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "import_session_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "import_sheet_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "job_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "api_token_id": {Record.MISSING: NUMBER_OF_NOBODY},
        "saved_view_id": {Record.MISSING: NUMBER_OF_NOBODY},
    }
    numbers["record_id"] = numbers["contact_id"]
    numbers["other_id"] = of(
        lambda owner, gone: make.contact(owner_id=owner.user_id, deleted_at=gone).contact_id
    )
    for record in (Record.OWN, Record.FOREIGN, Record.ARCHIVED):
        parts = {name: numbers[name][record] for name in ("opportunity_id", "contact_id")}
        make.save(OpportunityContact(**parts))
    return Book(people, numbers)


def is_allowed(route: Route, who: Who, record: Record) -> bool:
    if who in (Who.NOBODY, Who.DEACTIVATED):
        return route.may is May.STRANGERS
    if route.may is May.MANAGERS:
        return who in (Who.MANAGER, Who.OTHER_MANAGER, Who.ADMIN)
    if route.may is May.ADMINS:
        return who is Who.ADMIN
    if route.may is May.PERSON:
        return who is Who.OWNER and record is not Record.FOREIGN
    if route.may is May.KEEPERS:
        keepers = {Who.OTHER_MANAGER} if record is Record.FOREIGN else {Who.OWNER, Who.MANAGER}
        return who in keepers | {Who.ADMIN}
    return True


def is_there(route: Route, record: Record | None) -> bool:
    return (
        record is None
        or record in (Record.OWN, Record.FOREIGN)
        or (record is Record.ARCHIVED and route.archived)
    )


@dataclass(frozen=True)
class Visit:
    """One request of the test."""

    rule: Rule
    method: str
    path: str
    record: Record | None
    is_fragment: bool

    def __str__(self) -> str:
        kind = "fragment" if self.is_fragment else "page"
        return f"{self.method} {self.rule.rule} ({self.record or 'no record'}, {kind})"


def is_fragment(who: Who, record: Record | None, place: int, turn: int) -> bool:
    """Whether this person asks for a fragment in this turn, and not for a page: who does, and of which
    record, is another from route to route.
    """
    turns = (who in (Who.NOBODY, Who.OTHER, Who.ADMIN)) + (list(Record).index(record) if record else 0)
    return bool((turns + place + turn) % 2)


def asked_of(
    book: Book, named: list[str], route: Route, who: Who, place: int, turn: int
) -> list[Record | None]:
    """Of which records this person asks at the route in this place, or of None where it names none; in the
    last turn of those that were left out in the first.
    """
    known: list[Record | None] = [
        record for record in Record if all(record in book.numbers[name] for name in named)
    ]
    if not named:
        known = [None]
    if who in (Who.NOBODY, Who.DEACTIVATED):
        return [] if turn == LAST else known[:1]
    asked = {0: asked_first(known, route, who, place), 1: set(known)}
    asked[LAST] = asked[1] - asked[0]
    return [record for record in known if record in asked[turn]]


def asked_first(known: list[Record | None], route: Route, who: Who, place: int) -> set[Record | None]:
    """Of which of these records this person asks in every run: where it matters whose the record is, of all
    but one, by turns that in the trash and that which never was. Where it does not matter who asks, the one
    with the fewest rights asks of one record, and by turns somebody else of another.
    """
    turns = list(Who).index(who) + place
    if route.may is May.EVERYONE:
        asks = who is Who.OTHER or who is OTHERS[place % len(OTHERS)]
        return {known[turns % len(known)]} if asks else set()
    if route.may in (May.KEEPERS, May.PERSON) and Record.ARCHIVED in known:
        return set(known) - {(Record.ARCHIVED, Record.MISSING)[turns % 2]}
    return set(known) if route.may in (May.KEEPERS, May.PERSON) else {known[turns % len(known)]}


def visits(app: Flask, book: Book, who: Who, part: int, turn: int) -> Iterator[Visit]:
    """Every request that this person makes in this turn, at each `PARTS`th route from `part`."""
    pages = [rule for rule in endpoints(app) if ROUTES[rule.endpoint].may is not May.TOKENS]
    for place, rule in enumerate(pages[part::PARTS]):
        named = [name for name in rule.arguments if name not in WORDS]
        unknown = [name for name in named if name not in book.numbers]
        assert not unknown, f"{rule}: say in `book` what a {unknown[0]} is"
        for record in asked_of(book, named, ROUTES[rule.endpoint], who, place, turn):
            values = {name: book.numbers[name][record] for name in named} if record else {}
            _, path = rule.build(values | {name: WORDS[name] for name in rule.arguments - set(named)}) or (
                "",
                "/",
            )
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Visit(rule, method, path, record, is_fragment(who, record, place, turn))


@contextmanager
def in_vain(database: sa.Connection) -> Iterator[None]:
    """What the block does is undone, so that the next request finds everything as it was."""
    db.session.commit()
    savepoint = database.begin_nested()
    try:
        yield
    finally:
        db.session.rollback()
        db.session.expire_all()
        savepoint.rollback()


def writes(database: sa.Connection) -> int:
    """How many rows this transaction has written so far, those included that it has undone.

    The same is in pg_stat_xact_user_tables, which takes longer: it looks at the indexes, too.
    """
    counted = """
        select coalesce(sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
                            + pg_stat_get_xact_tuples_deleted(oid)), 0)
        from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"""
    return int(database.exec_driver_sql(counted).scalar_one())


def everything(database: sa.Connection) -> str:
    """A fingerprint of every row of every table."""
    each = " union all ".join(f"select '{name} ' || t::text from {name} t" for name in db.metadata.tables)
    told = f"select md5(string_agg(line, chr(10) order by line)) from ({each}) rows (line)"
    return str(database.exec_driver_sql(told).scalar_one())


def problem_of(visit: Visit, route: Route, who: Who, status: int, location: str) -> str | None:
    """What is wrong with this answer; None if it is as it should be."""
    is_signed_in = who not in (Who.NOBODY, Who.DEACTIVATED)
    if route.may is not May.STRANGERS and not is_signed_in:
        is_door = location.startswith("/login") and status == 303
        is_kept_out = status == 401 or (is_door and visit.method == "GET" and not visit.is_fragment)
        return None if is_kept_out else "should lead to the door"
    if route.may in (May.MACHINES, May.NOBODY):
        return None if status == 404 else "should not be there for a person"
    if not is_allowed(route, who, visit.record or Record.OWN):
        expected = {403} if is_there(route, visit.record) else {403, 404}
        return None if status in expected else "should be 403"
    if not is_there(route, visit.record):
        return None if status == route.missing else f"should be {route.missing}"
    is_answer = status in (200, 204, 302, 303, 400, 409, 422) or (
        WORDS.keys() & visit.rule.arguments and status == 404
    )
    return None if is_answer else "should be answered"


@pytest.mark.timeout(300)  # hundreds of visits
@pytest.mark.parametrize(
    "turn",
    [0, *(pytest.param(turn, marks=pytest.mark.long) for turn in (1, LAST))],
    ids=["in turn", "the other form", "what was left out"],
)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    "who", [pytest.param(who, marks=[pytest.mark.slow] if who in ALSO else []) for who in Who]
)
def test_every_route_answers_whom_it_is_for_and_leaves_no_trace_of_a_denial(
    who: Who, part: int, turn: int, app: Flask, book: Book, client: Client, database: sa.Connection
) -> None:
    person, wrong = book.people[who], []
    if person is not None:
        client.sign_in(person)
    token, arrived = client.csrf_token, client.cookies()
    client.get("/healthz")  # after a request the test may read every row
    before, written = everything(database), writes(database)
    for visit in visits(app, book, who, part, turn):
        route = ROUTES[visit.rule.endpoint]
        headers = {"HX-Request": "true"} if visit.is_fragment else {}
        with in_vain(database):
            client.take_cookies(arrived)
            if visit.method == "GET":
                answer = client.get(visit.path, query_string=route.fields, headers=headers)
            else:
                fields = {"csrf_token": token, "request_key": str(uuid4()), **route.fields}
                answer = client.post(visit.path, data=fields, headers=headers)
            status = answer.status_code
            answer.close()  # a file that is sent stays open until then
            written_before, written = written, writes(database)
            is_denial = status in (401, 403, 404) or (status == 303 and answer.location.startswith("/login"))
            if problem := problem_of(visit, route, who, status, answer.location or ""):
                wrong.append(f"{visit}: {status}, {problem}")
            elif is_denial and written != written_before and everything(database) != before:
                wrong.append(f"{visit}: {status}, and changed something")
    assert not wrong, "\n".join(wrong)
    assert everything(database) == before, "a visit was not undone: the next ones found something else"


def test_what_is_written_shows_in_the_count_though_it_is_undone_and_in_the_fingerprint_while_it_is_not(
    make: Make, client: Client, database: sa.Connection
) -> None:
    client.get("/healthz")
    before, written = everything(database), writes(database)
    with in_vain(database):
        make.organization()
        client.get("/healthz")
        assert everything(database) != before
    assert everything(database) == before
    assert writes(database) > written
