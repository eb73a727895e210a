"""A worker that is killed in the middle of a large merge, or of its way back, leaves all as it was; the next
one does it once.
"""

from datetime import UTC, datetime

import pytest

from crm import queries, services
from crm.enums import RecordKind
from tests.faults.conftest import Stack, wait_until
from tests.faults.test_rows import dies_once, finish
from tests.faults.work import asking, state

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

CALLS = services.merges.AT_ONCE + 500
"""More than move between two words."""


def firms(stack: Stack) -> tuple[int, int]:
    """Two organizations; on the second one much hangs."""
    with stack.database.connect("owner", role=None) as owner:
        keep, other = owner.execute(
            "insert into organizations (name) values ('Grill'), ('Gril') returning organization_id"
        ).fetchall()
        owner.execute(
            "insert into interactions (organization_id, interaction_type) "
            "select %s, 'Note' from generate_series(1, %s)",
            [other[0], CALLS],
        )
    return keep[0], other[0]


def book(stack: Stack) -> list[tuple[object, ...]]:
    """What a merge of the two changes."""
    return stack.ask(
        "select o.organization_id, o.deleted_at is null, count(i.interaction_id) from organizations o "
        "left join interactions i using (organization_id) where o.name like 'Gril%' group by 1 order by 1"
    )


@pytest.mark.long  # five thousand rows move and come back, twice
def test_a_worker_killed_in_a_large_merge_and_one_in_its_way_back_leave_all_as_it_was_and_others_do_it_once(
    stack: Stack, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep, other = firms(stack)
    before = book(stack)
    merging = asking(
        stack,
        people[0],
        lambda: services.large_merges.ask(
            RecordKind.ORGANIZATION, keep, other, choices={}, seen=(1, 1), title="Merge",
            by=queries.users.get(people[0]),
        ),
    )  # fmt: skip
    dies_once(stack, "merge.part", monkeypatch)
    assert book(stack) == before
    finish(stack, merging)
    assert book(stack) == [(keep, True, CALLS), (other, False, 0)]
    [(number,)] = stack.ask("select merge_log_id from merge_log")
    moves = stack.ask("select count_moves(merge_log_id) from merge_log")
    assert moves == [(CALLS + 1,)], "each once, and the other name"

    for worker in list(stack.running[1:]):
        stack.kill(worker)
    back = asking(
        stack,
        people[0],
        lambda: services.large_merges.ask_back(
            int(str(number)), title="Undo", by=queries.users.get(people[0]), now=datetime.now(UTC)
        ),
    )
    dies_once(stack, "merge.part", monkeypatch, name="third")
    assert book(stack) == [(keep, True, CALLS), (other, False, 0)]
    finish(stack, back)
    wait_until(lambda: state(stack, back) == "done", doing="the way back")
    assert book(stack) == before
    assert stack.ask("select count(*) from merge_log where split_at is null") == [(0,)]
    told = stack.ask("select kind, count(*) from notifications group by 1")
    assert told == [("job", 2)]
