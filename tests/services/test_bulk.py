"""Many rows changed at once and taken back: exactly as they were, but for what was edited since."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import clock, services
from crm.db import db
from crm.enums import Priority
from crm.errors import Refused
from crm.models import Organization, User
from crm.queries.lists import LISTS
from crm.services import bulk
from crm.services.bulk import Setting
from tests.factories import Make

Acting = Callable[[User], None]

NOW = clock.now()
COLUMNS = ("owner_id", "tags", "priority", "weekly_focus_on", "deleted_at")
TAGS = st.lists(st.sampled_from(["patio", "Patio", "holiday", "new"]), max_size=3, unique=True)
CHANGES = st.one_of(
    TAGS.map(bulk.tag),
    TAGS.map(bulk.untag),
    (st.none() | st.sampled_from(list(Priority))).map(bulk.rank),
    st.booleans().map(lambda is_in: bulk.focus(is_in, today=NOW.date())),
    st.booleans().map(lambda _: bulk.archive(now=NOW)),
    st.booleans().map(lambda _: bulk.hand_over(to=None, takers=())),
)
ROWS = st.lists(
    st.tuples(TAGS, st.none() | st.sampled_from(list(Priority)), st.booleans()), min_size=1, max_size=5
)
"""Tags, priority, and whether somebody edits it between the change and the undo."""


def rows(places: list[Organization]) -> list[tuple[object, ...]]:
    for place in places:
        db.session.refresh(place)
    return [tuple(getattr(place, column) for column in COLUMNS) for place in places]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=ROWS, setting=CHANGES)
def test_an_undo_brings_back_exactly_what_nobody_edited_since(
    make: Make,
    nell: User,
    acting_as: Acting,
    kinds: list[tuple[list[str], Priority | None, bool]],
    setting: Setting,
) -> None:
    acting_as(nell)
    places = [make.organization(owner=nell, tags=tags, priority=rank) for tags, rank, _ in kinds]
    before = rows(places)
    done = bulk.change(
        LISTS["organizations"],
        [place.organization_id for place in places],
        setting,
        by=nell.user_id,
        may_change=lambda _: True,
        now=NOW,
    )
    changed = rows(places)
    assert sum(now != was for now, was in zip(changed, before, strict=True)) == done.changed
    assert done.changed + done.same == len(places)
    edited = [place for place, (_, _, is_edited) in zip(places, kinds, strict=True) if is_edited]
    for place in edited:
        services.records.change(place, {"city": "Elkhollow"}, seen=place.version)
    expected = [
        now if place in edited else was for place, now, was in zip(places, changed, before, strict=True)
    ]
    if done.job_id is not None:
        touched = [place for place, now, was in zip(places, changed, before, strict=True) if now != was]
        left = sum(place in edited for place in touched)
        try:
            back = bulk.put_back(done.job_id, by=nell.user_id, now=NOW + timedelta(hours=1))
        except Refused:
            assert left == done.changed
        else:
            assert (back.returned, back.left) == (done.changed - left, left)
    assert rows(places) == expected
