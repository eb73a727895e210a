"""The demo book is the same for a seed and a day, whole in itself, and full of invented people only."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from crm.enums import (
    CLOSED_STAGES,
    AuthorizationState,
    OpportunityStage,
    ProductStatus,
    Role,
    StockStatus,
)
from crm.services.demo import words
from crm.services.demo.rows import AdvocacyRow
from crm.services.imports.money import amount
from tests.services.demo.books import EVERY_DAY, SUNDAY, TUESDAY, View, broker, small
from tests.test_architecture import MONEY

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
TEXTS = sorted((ROOT / "crm" / "services" / "demo" / "words").glob("*.txt"))


def test_the_same_seed_and_day_make_the_same_rows() -> None:
    assert View("broker", SUNDAY).book.fingerprint() == broker().book.fingerprint()


def test_another_process_makes_the_same_rows_whatever_its_hashes_are() -> None:
    made = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tests.services.demo.books import small; print(small().book.fingerprint())",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert made.stdout == small().book.fingerprint() + "\n"


def test_another_seed_and_another_day_make_another_book() -> None:
    made = [View("small", SUNDAY), View("small", SUNDAY, seed=8), View("small", TUESDAY)]
    assert len({view.book.fingerprint() for view in made}) == 3


def test_firms_and_people_are_the_same_ones_tomorrow() -> None:
    assert [row.name for row in broker().book.organizations] == [
        row.name for row in broker(TUESDAY).book.organizations
    ]
    assert [row.email for row in broker().book.contacts] == [
        row.email for row in broker(TUESDAY).book.contacts
    ]


def test_a_broker_has_what_a_broker_has() -> None:
    book = broker().book
    assert Counter(user.role for user in book.users) == {Role.REP: 6, Role.MANAGER: 2, Role.ADMIN: 1}
    assert sum(row.is_principal for row in book.organizations) == 16
    assert sum(row.is_distributor for row in book.organizations) == 30
    assert len(book.organizations) == 1600
    assert len(book.contacts) == 1000
    assert len(book.products) == 305
    assert len(book.opportunities) == 640
    assert len(book.interactions) == 8000


def test_a_small_book_has_a_hundred_records() -> None:
    book = small().book
    counted = (book.users, book.organizations, book.contacts, book.products, book.opportunities)
    assert sum(map(len, counted)) + len(book.interactions) == 100


def test_the_accounts_that_people_are_told_of_are_in_it() -> None:
    people = {user.email: user for user in small().book.users}
    nell, mara = people["nell@pantry.example"], people["mara@pantry.example"]
    assert (nell.full_name, nell.role, nell.manager_id) == ("Nell Carrow", Role.REP, mara.user_id)
    assert mara.role is Role.MANAGER
    assert people["ada@pantry.example"].role is Role.ADMIN
    assert sum(user.manager_id == mara.user_id for user in people.values()) == 3


@pytest.mark.parametrize("made", [broker, small])
def test_every_row_points_at_rows_that_are_there(made: Callable[[], View]) -> None:
    book = made().book
    there = {
        "organization_id": {row.organization_id for row in book.organizations},
        "contact_id": {row.contact_id for row in book.contacts},
        "product_id": {row.product_id for row in book.products},
        "opportunity_id": {row.opportunity_id for row in book.opportunities},
        "interaction_id": {row.interaction_id for row in book.interactions},
        "principal_id": {row.organization_id for row in book.organizations if row.is_principal},
        "distributor_id": {row.organization_id for row in book.organizations if row.is_distributor},
    }
    there["usual_distributor_id"] = there["distributor_id"]
    there["parent_organization_id"] = there["organization_id"]
    there["primary_contact_id"] = there["buyer_contact_id"] = there["contact_id"]
    there["completed_with"] = there["interaction_id"]
    people = {user.user_id for user in book.users}
    for name in ("owner_id", "second_owner_id", "author_id", "completed_by", "changed_by", "manager_id"):
        there[name] = people
    for rows in book.tables():
        for name in there:
            named = {getattr(row, name, None) for row in rows} - {None}
            assert named <= there[name], f"{rows[0].table}.{name}"


@pytest.mark.parametrize("made", [broker, small])
def test_numbers_are_counted_without_a_gap(made: Callable[[], View]) -> None:
    book = made().book
    for rows, key in (
        (book.organizations, "organization_id"),
        (book.contacts, "contact_id"),
        (book.opportunities, "opportunity_id"),
        (book.interactions, "interaction_id"),
    ):
        assert [getattr(row, key) for row in rows] == list(range(1, len(rows) + 1))


def test_whoever_somebody_talked_to_works_there() -> None:
    view = broker()
    at = {row.contact_id: row.organization_id for row in view.book.contacts}
    with_face = [row for row in view.book.interactions if row.contact_id]
    elsewhere = [row for row in with_face if at[row.contact_id or 0] != row.organization_id]
    assert len(with_face) > 3000
    assert not elsewhere


def test_an_opportunity_came_to_its_stage_step_by_step() -> None:
    view = broker()
    steps: dict[int, list[tuple[object, object]]] = {}
    moments: dict[int, list[object]] = {}
    for change in view.book.stage_changes:
        steps.setdefault(change.opportunity_id, []).append((change.from_stage, change.to_stage))
        moments.setdefault(change.opportunity_id, []).append(change.changed_at)
    for deal in view.book.opportunities:
        way, when = steps[deal.opportunity_id], moments[deal.opportunity_id]
        assert way[0] == (None, OpportunityStage.NEW_LEAD)
        assert [before for before, _ in way[1:]] == [after for _, after in way[:-1]]
        assert way[-1][1] is deal.stage
        assert when == sorted(when)
        assert when[-1] == deal.stage_changed_at
        assert view.day(deal.created_at) == deal.started_on
        assert (
            (deal.stage in CLOSED_STAGES) == (deal.closed_at is not None) == (deal.close_reason is not None)
        )


def test_opportunities_stand_in_all_nine_stages() -> None:
    stages = Counter(deal.stage for deal in broker().book.opportunities)
    assert set(stages) == set(OpportunityStage)
    assert min(stages.values()) >= 15


def test_nobody_is_asked_twice_about_the_same_product() -> None:
    book = broker().book
    still_open = {
        deal.opportunity_id: deal.organization_id for deal in book.opportunities if not deal.closed_at
    }
    asked = Counter(
        (still_open[row.opportunity_id], row.product_id)
        for row in book.opportunity_products
        if row.opportunity_id in still_open
    )
    assert max(asked.values()) == 1


def test_what_was_won_through_a_distributor_stands_on_its_shelves() -> None:
    book = broker().book
    won = {
        (row.product_id, deal.distributor_id)
        for deal in book.opportunities
        if deal.stage is OpportunityStage.CLOSED_WON and deal.distributor_id
        for row in book.opportunity_products
        if row.opportunity_id == deal.opportunity_id
    }
    discontinued = {row.product_id for row in book.products if row.status is ProductStatus.DISCONTINUED}
    stocked = {
        (row.product_id, row.distributor_id) for row in book.stock if row.status is StockStatus.STOCKED
    }
    assert len(won) > 40
    assert {pair for pair in won if pair[0] not in discontinued} <= stocked
    maker = {row.product_id: row.principal_id for row in book.products}
    authorized = {
        (row.principal_id, row.distributor_id)
        for row in book.authorizations
        if row.state is AuthorizationState.STOCKED
    }
    assert {(maker[product], house) for product, house in stocked} <= authorized
    primary = Counter(row.product_id for row in book.stock if row.is_primary)
    assert set(primary) == {product for product, _ in stocked}
    assert max(primary.values()) == 1


def test_distributors_have_come_every_length_of_the_way() -> None:
    book = broker().book
    assert set(AuthorizationState) == {row.state for row in book.authorizations}
    lapsed = [row for row in book.authorizations if row.expires_on and row.expires_on < SUNDAY]
    soon = [row for row in book.authorizations if row.expires_on and 0 <= (row.expires_on - SUNDAY).days < 60]
    assert len(lapsed) >= 3
    assert len(soon) >= 3
    assert all(row.since_on <= row.expires_on for row in lapsed if row.expires_on)


def test_a_contact_speaks_in_one_way_of_one_principal_at_a_time() -> None:
    book = broker().book
    pairs: dict[tuple[int, int], list[AdvocacyRow]] = {}
    for row in book.stands:
        pairs.setdefault((row.contact_id, row.principal_id), []).append(row)
    assert len(pairs) > 100
    for rows in pairs.values():
        assert len({row.status for row in rows}) == len(rows)
        assert [row.until_on for row in rows] == [*(row.since_on for row in rows[1:]), None]
    assert sum(len(rows) > 1 for rows in pairs.values()) > 20


def test_priorities_and_segments_are_spread_as_in_a_real_tracking_sheet() -> None:
    operators = broker().book.organizations[46:]
    priorities = Counter(row.priority.value if row.priority else None for row in operators)
    for priority, share in {"A": 550, None: 373, "B": 263, "D": 225, "C": 130, "A+": 59}.items():
        assert priorities[priority] == pytest.approx(share * len(operators) / 1600, abs=5)
    segments = Counter(row.segment for row in operators)
    told = words.weights("operators", "segments")
    for segment, weight in told.items():
        assert segments[segment] == pytest.approx(weight * len(operators) / sum(told.values()), abs=4)


def test_every_address_and_number_is_one_that_cannot_exist() -> None:
    book = broker().book
    for organization in book.organizations:
        assert (organization.website or "x.example").endswith(".example")
    for row in [*book.organizations, *book.contacts, *book.users]:
        assert row.email is None or re.fullmatch(r"[a-z0-9.-]+@[a-z0-9.]+\.example", row.email), row.email
        for number in (getattr(row, "phone", None), getattr(row, "mobile_phone", None)):
            assert number is None or re.fullmatch(r"\(\d{3}\) 555-01\d\d", number), number


def test_no_two_organizations_share_a_name() -> None:
    names = Counter(row.name.casefold() for row in broker().book.organizations)
    assert max(names.values()) == 1


def texts_of_rows(view: View) -> Iterator[str]:
    for rows in view.book.tables():
        for row in rows:
            for name in row.__slots__:
                value = getattr(row, name)
                if isinstance(value, str):
                    yield value


def test_nothing_in_it_speaks_of_money() -> None:
    for text in {*texts_of_rows(broker()), *texts_of_rows(small()), *(path.read_text() for path in TEXTS)}:
        assert not amount(text)
        assert not MONEY.search(text), text


def test_no_placeholder_is_left_in_a_sentence() -> None:
    for text in texts_of_rows(broker()):
        assert not re.search(r"[{}]|\bNone\b", text), text


def test_sentences_begin_with_a_capital_and_leave_names_as_they_are() -> None:
    notes = [row.notes for row in broker().book.interactions if row.notes]
    assert len(set(notes)) > 5500
    for note in notes:
        assert note[0].isupper() or not note[0].isalpha(), note
        assert "Co. Line" not in note


@EVERY_DAY
def test_nothing_is_dated_after_its_day_but_promises(today: date) -> None:
    view = broker(today)
    for rows in view.book.tables():
        for row in rows:
            for name in ("created_at", "interaction_date", "completed_at", "changed_at", "closed_at"):
                moment = getattr(row, name, None)
                assert moment is None or view.day(moment) <= view.today, (row, name)
            for name in ("started_on", "left_on", "since_on"):
                day = getattr(row, name, None)
                assert day is None or day <= view.today


def test_a_row_is_made_after_the_rows_that_it_names() -> None:
    book = broker().book
    known_since = {row.organization_id: row.created_at for row in book.organizations}
    for row in [*book.contacts, *book.opportunities, *book.interactions]:
        assert row.created_at >= known_since[row.organization_id or 0], row
