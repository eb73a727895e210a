"""Editing keeps what was said, and the history tells every step of it, whatever the order of the edits."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm.exc import StaleDataError

from crm import queries, services
from crm.db import db
from crm.enums import AuditAction, Priority, RecordKind
from crm.models import Organization, User
from crm.services.organizations import Entry
from tests.factories import Make

Acting = Callable[[User | None], None]

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\x00"),
    min_size=1,
    max_size=60,
)
values = {
    "city": st.none() | texts,
    "notes": st.none() | texts,
    "segment": st.none() | texts,
    "priority": st.none() | st.sampled_from(list(Priority)),
    "is_anchor": st.booleans(),
    "is_distributor": st.booleans(),
    "tags": st.lists(texts, max_size=4, unique=True),
}
edits = st.lists(
    st.sampled_from(sorted(values)).flatmap(lambda name: st.tuples(st.just(name), values[name])), max_size=8
)


def told(value: Any) -> str:
    """A value in the words of the history."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=edits)
def test_edits_are_kept_and_their_history_leads_from_the_first_value_to_the_last(
    make: Make, nell: User, acting_as: Acting, edits: list[tuple[str, Any]]
) -> None:
    place = make.organization("Fallow Lane", owner=nell)
    number = place.organization_id
    acting_as(nell)
    entry = Entry(name="Fallow Lane", owner_id=nell.user_id)
    steps: list[tuple[str, str, str]] = []
    for column, value in edits:
        record = queries.organizations.record(number)
        before = getattr(record, column)
        entry = replace(entry, **{column: value})
        services.organizations.change(record, entry, seen=record.version)
        if before != value:
            steps.append((column, told(before), told(value)))
        db.session.commit()
    record = queries.organizations.record(number)
    assert {name: getattr(record, name) for name in values} == {
        name: value for name, value in asdict(entry).items() if name in values
    }
    changes = queries.history.of("organizations", number, limit=50)
    found = [
        (one.column, one.before, one.after)
        for change in reversed(changes)
        if change.action is AuditAction.UPDATE
        for one in change.alterations
    ]
    assert found == steps
    assert all(change.by_name == "Nell Okafor" for change in changes if change.action is AuditAction.UPDATE)
    acting_as(None)


def test_a_record_that_was_changed_since_it_was_seen_is_not_changed(
    make: Make, nell: User, acting_as: Acting
) -> None:
    place = make.organization(owner=nell)
    acting_as(nell)
    seen = place.version
    services.records.change(place, {"city": "A"}, seen=seen)
    with pytest.raises(StaleDataError):
        services.records.change(place, {"city": "B"}, seen=seen)
    assert place.city == "A"


def test_saving_what_is_there_already_changes_no_version(make: Make, nell: User, acting_as: Acting) -> None:
    place = make.organization(owner=nell, city="A")
    acting_as(nell)
    seen = place.version
    services.records.change(place, {"city": "A"}, seen=seen)
    assert place.version == seen


def test_archiving_twice_keeps_the_first_day_and_restoring_brings_everything_back(
    make: Make, nell: User, acting_as: Acting
) -> None:
    place = make.organization(owner=nell)
    acting_as(nell)
    first = datetime(2026, 11, 2, tzinfo=UTC)
    services.records.archive(place, now=first)
    services.records.archive(place, now=datetime(2026, 11, 3, tzinfo=UTC))
    assert place.deleted_at == first
    restored = services.records.restore(RecordKind.ORGANIZATION, place.organization_id)
    assert isinstance(restored, Organization)
    assert restored.deleted_at is None
    told_of = queries.history.of("organizations", place.organization_id)
    assert [(one.is_archiving, one.is_restoring) for one in told_of[:2]] == [(False, True), (True, False)]


def test_a_stale_change_brings_the_newest_values_along(make: Make, nell: User, acting_as: Acting) -> None:
    place = make.organization("Fallow Lane", owner=nell, city="Elkhollow")
    acting_as(nell)
    services.records.change(place, {"city": "Marlinde"}, seen=1)
    with pytest.raises(services.records.StaleVersion) as stale:
        services.records.change(place, {"city": "Norbrook", "state": "OH"}, seen=1)
    assert stale.value.version == 2
    assert stale.value.newest == {"city": "Marlinde", "state": None}
    assert place.city == "Marlinde"


def test_archiving_takes_nothing_along_and_restoring_brings_back_just_that(
    make: Make, nell: User, acting_as: Acting
) -> None:
    place = make.organization("Fallow Lane", owner=nell)
    dana = make.contact("Dana", organization=place)
    placement = make.opportunity(organization=place, owner=nell)
    acting_as(nell)
    services.records.archive(place, now=datetime(2026, 11, 20, tzinfo=UTC))
    assert [place.is_archived, dana.is_archived, placement.is_archived] == [True, False, False]
    services.records.restore(RecordKind.ORGANIZATION, place.organization_id)
    services.records.restore(RecordKind.CONTACT, dana.contact_id)
    db.session.refresh(dana)
    assert (place.is_archived, place.version, dana.version) == (False, 3, 1)


EDITS = st.lists(
    st.tuples(st.integers(0, 2), st.booleans(), st.sampled_from(["city", "notes"]), st.none() | texts),
    max_size=12,
)
"""Who of three people edits, whether they look first, which column, and what it is to be."""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=EDITS)
def test_of_several_editors_nobody_writes_over_what_they_have_not_seen(
    make: Make, nell: User, acting_as: Acting, edits: list[tuple[int, bool, str, str | None]]
) -> None:
    place = make.organization(owner=nell)
    acting_as(nell)
    kept: dict[str, str | None] = {"city": None, "notes": None}
    seen = [place.version] * 3
    for who, looks_first, column, value in edits:
        if looks_first:
            seen[who] = place.version
        if seen[who] != place.version:
            with pytest.raises(services.records.StaleVersion) as stale:
                services.records.change(place, {column: value}, seen=seen[who])
            assert (stale.value.version, stale.value.newest) == (place.version, {column: kept[column]})
        else:
            services.records.change(place, {column: value}, seen=seen[who])
            kept[column], seen[who] = value, place.version
        db.session.refresh(place)
        assert {name: getattr(place, name) for name in kept} == kept
    acting_as(None)
