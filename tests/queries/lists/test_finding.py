"""What a list finds: words in any case, without accents, misspelled; filters, alone and together; exact
counts.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from crm.db import db
from crm.models import User
from crm.queries import lists
from crm.queries.lists import CONTACTS, ORGANIZATIONS, Asker, Listing, Wanted
from crm.queries.lists.counts import MOST_COUNTED
from tests.factories import Make
from tests.queries.lists.book import TODAY, fill

Act = Callable[[User], None]


def wanted(listing: Listing, by: User, *words: str, **filters: str) -> Wanted:
    sort = listing.sorts[0]
    return Wanted(
        asker=Asker(by.user_id, TODAY), sort=sort, is_descending=False, words=words, filters=filters
    )


def names(listing: Listing, asked: Wanted) -> list[str]:
    return [str(listing.head.text(row)) for row in lists.look(listing, asked).rows]


@pytest.mark.parametrize(
    "typed", ["élan", "ELAN", "bistro", "stro éla", "bistor", "bistr elan", "bistto elan"]
)
def test_an_organization_is_found_by_parts_of_its_name_and_by_slips(
    typed: str, make: Make, nell: User, acting_as: Act
) -> None:
    make.organization("Bistro Élan")
    make.organization("Amberfold Diner")
    acting_as(nell)
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, *typed.split())) == ["Bistro Élan"]


@pytest.mark.parametrize(
    "typed", ["zzzz", "bix", "el4n", "100%", "_", "\\", "'; drop table contacts; --", "🧀"]
)
def test_what_is_not_there_is_not_found(typed: str, make: Make, nell: User, acting_as: Act) -> None:
    make.organization("Bistro Élan")
    acting_as(nell)
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, *typed.split())) == []


def test_what_words_find_is_planned_for_these_words_however_often_others_were_asked_for(
    make: Make, nell: User, acting_as: Act
) -> None:
    """After ten times PostgreSQL would keep one plan for all words, the frequent and the rare ones."""
    make.organization("Bistro Élan")
    acting_as(nell)
    kept = sa.text(
        "select coalesce(sum(generic_plans), 0)::int from pg_prepared_statements where statement ~ 'name_key'"
    )
    before = db.session.scalar(kept)  # of other questions that other tests asked here
    for typed in ("bistro", "elan", "stro", "lan") * 5:
        assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, typed)) == ["Bistro Élan"]
    assert db.session.scalar(kept) == before


def test_slips_are_forgiven_only_where_the_plain_search_finds_nothing(
    make: Make, nell: User, acting_as: Act
) -> None:
    for n in range(3):
        make.organization(f"Maple Grill {n}")
    make.organization("Walnut Crumble House")
    acting_as(nell)
    found = lists.look(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, "maple"))
    assert (len(found.rows), found.is_near, found.counts.total.n) == (3, False, 3)
    near = lists.look(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, "mapel"))
    assert (len(near.rows), near.is_near, str(near.counts.total)) == (3, True, "3")
    forgiving, total = lists.all_of(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, "mapel"))
    assert (total.n, len(lists.keys(ORGANIZATIONS, forgiving, most=9))) == (3, 3)
    make.organization("Mapel Tavern")
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, "mapel")) == ["Mapel Tavern"]
    assert not lists.look(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, "mapel")).is_near


def test_a_contact_is_found_by_name_and_by_organization_together(
    make: Make, nell: User, acting_as: Act
) -> None:
    bistro = make.organization("Bistro Élan")
    make.contact("Jo", "Fields", organization=bistro)
    make.contact("Ann", "Fields")
    acting_as(nell)
    assert names(CONTACTS, wanted(CONTACTS, nell, "elan", "fields")) == ["Jo Fields"]
    assert names(CONTACTS, wanted(CONTACTS, nell, "fields")) == ["Ann Fields", "Jo Fields"]


@pytest.mark.parametrize(
    ("name", "value", "columns"),
    [
        ("kind", "principal", {"is_principal": True}),
        ("kind", "distributor", {"is_distributor": True}),
        ("priority", "A+", {"priority": "A+"}),
        ("segment", "School", {"segment": "School"}),
        ("state", "OR", {"state": "OR"}),
        ("flag", "anchor", {"is_anchor": True}),
        ("flag", "focus", {"weekly_focus_on": TODAY - timedelta(days=1)}),
        ("tag", "patio", {"tags": ["patio", "winter"]}),
    ],
)
def test_a_filter_shows_just_the_rows_it_names(
    name: str, value: str, columns: dict[str, Any], make: Make, nell: User, acting_as: Act
) -> None:
    make.organization("That one", **columns)
    make.organization("Another one")
    acting_as(nell)
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, **{name: value})) == ["That one"]


def test_mine_is_what_i_look_after_first_or_second(
    make: Make, nell: User, otis: User, acting_as: Act
) -> None:
    make.organization("Hers", owner=nell)
    make.organization("His and hers", owner=otis, second_owner_id=nell.user_id)
    make.organization("His", owner=otis)
    make.organization("Nobody's")
    acting_as(nell)
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, owner="me")) == ["Hers", "His and hers"]
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, owner="nobody")) == ["Nobody's"]
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, owner=str(otis.user_id))) == [
        "His",
        "His and hers",
    ]


def test_no_contact_yet_counts_neither_those_who_left_nor_archived_ones(
    make: Make, nell: User, acting_as: Act
) -> None:
    for name, columns in (
        ("Somebody", {}),
        ("Left", {"left_on": TODAY}),
        ("Archived", {"deleted_at": datetime.now(UTC)}),
    ):
        make.contact(organization=make.organization(name), **columns)
    make.organization("Nobody")
    acting_as(nell)
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, flag="no-contact")) == [
        "Archived",
        "Left",
        "Nobody",
    ]


def test_engagement_is_that_of_principals_on_the_firms_day(make: Make, nell: User, acting_as: Act) -> None:
    warm = make.principal("Warm")
    make.interaction(
        principals=[warm], on=datetime.combine(TODAY, datetime.min.time(), UTC) - timedelta(days=2)
    )
    make.principal("New")
    make.organization("Operator")
    acting_as(nell)
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, engagement="high")) == ["Warm"]
    assert names(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, engagement="not-contacted")) == ["New"]


@pytest.mark.parametrize("listing", lists.LISTS.values(), ids=lists.LISTS.keys())
def test_every_case_of_every_filter_is_answered_and_counted_as_it_is_listed(
    listing: Listing, database: sa.Connection, nell: User, acting_as: Act
) -> None:
    fill(database, listing.name, rows=40)
    acting_as(nell)
    for known in listing.filters:
        for value in known.cases:
            found = lists.look(listing, wanted(listing, nell, **{known.name: value}))
            assert found.counts.total.n == len(found.rows), f"{known.name}={value}"
            if known.name == listing.chips:
                assert found.counts.chips[value] == len(found.rows)


@pytest.mark.parametrize("listing", lists.LISTS.values(), ids=lists.LISTS.keys())
@pytest.mark.parametrize("value", ["'; --", "9" * 30, "🧀", "-1", "x" * 3000, "a\x00b", "\x00"])
def test_junk_is_no_answer_or_finds_nothing(value: str, listing: Listing, nell: User, acting_as: Act) -> None:
    acting_as(nell)
    for known in listing.filters:
        if known.condition(value, Asker(nell.user_id, TODAY)) is not None:
            assert lists.look(listing, wanted(listing, nell, **{known.name: value})).rows == []


def test_archived_rows_stand_in_no_list(make: Make, nell: User, acting_as: Act) -> None:
    make.organization("Gone", deleted_at=datetime.now(UTC))
    acting_as(nell)
    found = lists.look(ORGANIZATIONS, wanted(ORGANIZATIONS, nell))
    assert (found.rows, found.counts.total.n) == ([], 0)


def test_counts_are_exact_to_ten_thousand_and_then_say_so(
    database: sa.Connection, nell: User, acting_as: Act
) -> None:
    fill(database, "contacts", rows=MOST_COUNTED)
    acting_as(nell)
    assert str(lists.count(CONTACTS, wanted(CONTACTS, nell)).total) == "10,000"
    fill(database, "contacts", rows=1)
    counts = lists.count(CONTACTS, wanted(CONTACTS, nell))
    assert (str(counts.total), counts.chips) == ("10,000+", {})


def test_a_page_and_its_counts_are_two_statements_and_what_words_find_is_one(
    make: Make, nell: User, acting_as: Act, statements: Callable[[], Any]
) -> None:
    make.organization("Bistro Élan", state="OR")
    acting_as(nell)
    for words, expected in (([], 2), (["bistro"], 1), (["bistor"], 2), (["nowhere"], 2)):
        with statements() as seen:
            lists.look(ORGANIZATIONS, wanted(ORGANIZATIONS, nell, *words, kind="operator", state="OR"))
        assert len(seen) == expected, words


@pytest.mark.parametrize("most", [MOST_COUNTED, 60])
def test_what_words_find_is_paged_and_counted_alike_whether_it_is_more_than_is_counted_or_not(
    most: int, make: Make, nell: User, acting_as: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(70):
        (make.organization if n < 55 else make.principal)(f"Maple Grill {n:02}")
        make.organization(f"Walnut House {n:02}")
    monkeypatch.setattr(lists.counts, "MOST_COUNTED", most)
    acting_as(nell)
    for filters, expected in (({}, 70), ({"kind": "operator"}, 55)):
        asked = wanted(ORGANIZATIONS, nell, "mapl", "grill", **filters)
        first = lists.look(ORGANIZATIONS, asked)
        second = lists.look(ORGANIZATIONS, asked, after=first.following)
        called = [row.name for row in (*first.rows, *second.rows)]
        assert called == [f"Maple Grill {n:02}" for n in range(expected)]
        assert (len(first.rows), second.following) == (lists.pages.PAGE, None)
        assert first.counts == second.counts == lists.count(ORGANIZATIONS, asked)
        beyond = lists.look(ORGANIZATIONS, asked, after=("z", 1))
        assert (beyond.rows, beyond.counts) == ([], first.counts)
