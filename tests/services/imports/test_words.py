"""The words of a tracker's choices come into the firm's lists, and go again when nobody uses them."""

import sqlalchemy as sa

from crm import queries
from crm.db import db, transaction
from crm.enums import ImportState, Picklist
from crm.models import Organization, PicklistValue
from crm.services.imports import sessions
from tests.services.imports.bringing import Bringing, contents

LIST = (
    "Our choices,,,,\nPRIORITY,SEGMENT,SOURCE,STATUS,INTERACTION\n"
    "A,Food Truck,Walk-In,Open,Texted\nB,Ghost Kitchen,walk-in,Closed,Call\nC,ghost kitchen,,Lost,\n"
)


def words(picklist: Picklist) -> list[tuple[str, str | None]]:
    rows = db.session.execute(
        sa.select(PicklistValue.value, PicklistValue.under)
        .where(PicklistValue.picklist == picklist)
        .order_by(PicklistValue.place)
    )
    return [(value, under) for value, under in rows]


def told(number: int) -> list[str]:
    rows = queries.imports.rows(number, queries.imports.RowsWanted(is_told=True))
    return [f"{one['text']} {one['reason']}" for row in rows for one in row.problems]


def nothing(bringing: Bringing) -> None:
    bringing.acting_as(bringing.person)
    with transaction():
        db.session.execute(sa.delete(PicklistValue))


def test_each_word_comes_in_once_and_goes_with_the_import(bringing: Bringing) -> None:
    nothing(bringing)
    number = bringing.bring_text(LIST)
    assert bringing.sheet(number).kind == "picklists"
    assert bringing.session(number).counts["records"] == {"picklist_values": {"created": 4, "updated": 0}}
    bringing.ask(number, sessions.apply)
    assert words(Picklist.SEGMENT) == [("Food Truck", None), ("Ghost Kitchen", None)]
    assert words(Picklist.SOURCE) == [("Walk-In", None)]
    assert words(Picklist.ACTIVITY) == [("Texted", "Phone Call")], "a type of ours is no word of a list"
    assert queries.imports.count_steps(bringing.bring_text(LIST, "again.csv")) == 0
    bringing.ask(number, sessions.revert)
    assert contents(PicklistValue) == {"picklist_values": []}


def test_a_word_that_is_used_by_then_stays(bringing: Bringing) -> None:
    nothing(bringing)
    number = bringing.bring_text(LIST)
    bringing.ask(number, sessions.apply)
    bringing.acting_as(bringing.person)
    with transaction():
        db.session.add(Organization(name="Grill", segment="Food Truck"))
    job = bringing.ask(number, sessions.revert)
    assert job.result == {"taken back": 3, "stay": 1}
    assert words(Picklist.SEGMENT) == [("Food Truck", None)]


def test_only_who_keeps_the_words_of_the_firm_adds_to_them(bringing: Bringing) -> None:
    nothing(bringing)
    bringing.person = bringing.make.user("Nell")
    number = bringing.bring_text(LIST)
    assert bringing.session(number).state is ImportState.CHECKED
    assert queries.imports.count_steps(number) == 0
    assert "Food Truck is no word of the list segment, and only an admin adds to it" in told(number)


def test_an_archived_word_stays_archived_and_what_came_since_the_check_is_not_made_again(
    bringing: Bringing,
) -> None:
    nothing(bringing)
    with transaction():
        db.session.add(PicklistValue(picklist=Picklist.SEGMENT, value="FOOD TRUCK", deleted_at=sa.func.now()))
    number = bringing.bring_text(LIST)
    assert "Food Truck is an archived word of the list segment; it stays archived" in told(number)
    bringing.acting_as(bringing.person)
    with transaction():
        db.session.add(PicklistValue(picklist=Picklist.SOURCE, value="walk-in"))
    job = bringing.ask(number, sessions.apply)
    assert job.result == {"written": 2, "left": 1}
    assert [one.reason for one in queries.imports.left(number)] == [
        "The book holds it by now, so it is not made again."
    ]
