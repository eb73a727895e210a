"""What happened with a principal, in parts and in order, and what is still promised about it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from crm.models import Organization, User
from crm.queries import timeline
from crm.queries.timeline import GLANCE, Key
from tests.factories import Make

NOON = datetime(2026, 11, 24, 18, tzinfo=UTC)
TODAY = date(2026, 11, 24)

Act = Callable[[User], None]


@pytest.fixture
def bakery(make: Make) -> Organization:
    return make.principal("Amberfold Bakery Co.")


def test_an_entry_says_whom_where_what_about_and_by_whom(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    school = make.organization("Marlowe Bend School District")
    marisol = make.contact("Marisol", "Quintero-Vane", organization=school)
    menu = make.opportunity("Spring breakfast menu", organization=school, principals=[bakery])
    make.interaction(
        opportunity=menu, contact=marisol, on=NOON, author=nell, interaction_type="Demo/sampled",
        activity="food show", notes="Loved it", sentiment="Positive", follow_up_date=TODAY,
        follow_up_note="Send the spec sheet",
    )  # fmt: skip
    acting_as(nell)
    ((entry,), earlier) = timeline.of_principal(bakery.organization_id)
    assert earlier is None
    assert (entry.contact_name, entry.organization_name) == ("Marisol Quintero-Vane", school.name)
    assert (entry.opportunity_name, entry.author_name) == ("Spring breakfast menu", "Nell Okafor")
    assert (entry.interaction_type, entry.activity, entry.at) == ("Demo/sampled", "food show", NOON)
    assert (entry.notes, entry.sentiment, entry.is_touch) == ("Loved it", "Positive", True)
    assert (entry.is_open, entry.promised_on, entry.promise) == (True, TODAY, "Send the spec sheet")


def test_the_place_is_the_one_named_else_the_contacts_else_the_opportunitys(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    here, there, elsewhere = (make.organization(name) for name in ("Here", "There", "Elsewhere"))
    contact = make.contact(organization=there)
    menu = make.opportunity(organization=elsewhere, principals=[bakery])
    make.interaction(opportunity=menu, contact=contact, organization=here, on=NOON)
    make.interaction(opportunity=menu, contact=contact, on=NOON - timedelta(hours=1))
    make.interaction(opportunity=menu, on=NOON - timedelta(hours=2))
    make.interaction(principals=[bakery], on=NOON - timedelta(hours=3))
    acting_as(nell)
    entries, _ = timeline.of_principal(bakery.organization_id)
    assert [entry.organization_name for entry in entries] == ["Here", "There", "Elsewhere", None]


def test_promises_are_shown_beside_touches_but_nothing_archived(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    gone = make.opportunity(principals=[bakery], deleted_at=NOON)
    make.interaction(principals=[bakery], on=NOON, is_touch=False, follow_up_date=TODAY, author=nell)
    make.interaction(principals=[bakery], on=NOON, deleted_at=NOON)
    make.interaction(opportunity=gone, on=NOON)
    make.interaction(on=NOON)
    make.interaction(principals=[make.principal()], on=NOON)
    acting_as(nell)
    entries, _ = timeline.of_principal(bakery.organization_id)
    assert [entry.is_touch for entry in entries] == [False]


def test_a_timeline_in_parts_tells_every_interaction_once_where_many_are_tied(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    made = [
        make.interaction(principals=[bakery], on=NOON - timedelta(minutes=minute)).interaction_id
        for minute in (0, 0, 0, 5, 5, 5, 5, 9)
    ]
    acting_as(nell)
    entries, earlier = timeline.of_principal(bakery.organization_id, limit=3)
    seen = list(entries)
    while earlier is not None:
        before = Key.parse(str(earlier))
        assert before == earlier
        entries, earlier = timeline.of_principal(bakery.organization_id, before=before, limit=3)
        seen += entries
    assert sorted(entry.interaction_id for entry in seen) == sorted(made)
    assert [entry.at for entry in seen] == sorted((entry.at for entry in seen), reverse=True)


@pytest.mark.parametrize(
    "text", ["", "~", "2026-11-24~1", "2026-11-24T12:00:00~1", "0001-01-01T00:00:00+00:00~1", "x~1", "~1"]
)
def test_a_key_that_is_none_is_seen_to_be_none(text: str) -> None:
    assert Key.parse(text) is None


def test_long_notes_are_cut_at_a_word_for_a_glance(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    make.interaction(principals=[bakery], on=NOON, notes="tray rolls " * 60)
    make.interaction(principals=[bakery], on=NOON - timedelta(days=1), notes="Short\nand sweet")
    acting_as(nell)
    (long, short), _ = timeline.of_principal(bakery.organization_id)
    assert long.is_long
    assert len(long.glance) <= GLANCE
    assert long.glance.removesuffix(" …") in (long.notes or "")
    assert (short.is_long, short.glance) == (False, "Short\nand sweet")


def test_open_promises_come_soonest_first_and_are_counted(
    bakery: Organization, make: Make, nell: User, otis: User, acting_as: Act
) -> None:
    menu = make.opportunity(principals=[bakery])
    for days in (5, -3, 1):
        make.interaction(
            opportunity=menu, author=otis, follow_up_date=TODAY + timedelta(days=days),
            follow_up_note=f"in {days}",
        )  # fmt: skip
    acting_as(nell)
    shown, total = timeline.promises_of_principal(bakery.organization_id, today=TODAY, at_most=2)
    assert [promise.note for promise in shown] == ["in -3", "in 1"]
    assert total == 3


def test_kept_snoozed_archived_and_other_peoples_principals_promises_are_not_open_here(
    bakery: Organization, make: Make, nell: User, acting_as: Act
) -> None:
    promised = {"principals": [bakery], "follow_up_date": TODAY, "author": nell}
    make.interaction(**promised, completed_at=NOON)
    make.interaction(**promised, snoozed_until_on=TODAY + timedelta(days=1))
    make.interaction(**promised, deleted_at=NOON)
    make.interaction(**promised | {"principals": [make.principal()]})
    awake = make.interaction(**promised, snoozed_until_on=TODAY)
    acting_as(nell)
    shown, total = timeline.promises_of_principal(bakery.organization_id, today=TODAY)
    assert ([promise.interaction_id for promise in shown], total) == ([awake.interaction_id], 1)


def test_without_promises_there_are_none(bakery: Organization, nell: User, acting_as: Act) -> None:
    acting_as(nell)
    assert timeline.promises_of_principal(bakery.organization_id, today=TODAY) == ([], 0)
