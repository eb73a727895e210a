"""Features that can be switched: off is off everywhere, who has it on has it, and what is broken is off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlalchemy.exc import ProgrammingError
from werkzeug.test import TestResponse

from crm import flags
from crm.db import db
from crm.enums import Role
from crm.models import FeatureFlag, User
from crm.queries.flags import Switch
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make, as_role

FLAG = "bulk-moves"
BUTTON = "Move all to tomorrow"


def switch(client: Client, state: str, *roles: str) -> TestResponse:
    """Post the form of the feature, as whoever is signed in."""
    fields: dict[str, object] = {"request_key": str(uuid4()), f"{FLAG}-state": state}
    return client.submit(f"/admin/flags/{FLAG}", fields | {f"{FLAG}-roles": list(roles)})


def has_it(client: Client, person: User) -> bool:
    """Whether this person is offered to move everything, and may."""
    client.sign_in(person)
    soup = BeautifulSoup(client.get("/follow-ups").get_data(as_text=True), "lxml")
    is_offered = BUTTON in soup.text
    answer = client.submit("/follow-ups/moves", {"request_key": str(uuid4())})
    assert (answer.status_code == 403) != is_offered, "the page and the act must agree"
    return is_offered


@pytest.fixture
def late(make: Make, nell: User, mara: User, ada: User) -> None:
    """Everybody has a promise that is overdue."""
    for person in (nell, mara, ada):
        make.interaction(author=person, follow_up_date=date(2026, 1, 5))


@pytest.mark.usefixtures("late")
def test_moving_everything_is_on_until_somebody_switches_it_off(
    nell: User, ada: User, client: Client
) -> None:
    assert has_it(client, nell)
    assert switch(client.sign_in(ada), "off").status_code == 303
    assert not has_it(client, nell)
    assert not has_it(client, ada)
    switch(client.sign_in(ada), "on")
    assert has_it(client, nell)


@pytest.mark.usefixtures("late")
def test_a_feature_may_be_on_for_some_roles(nell: User, mara: User, ada: User, client: Client) -> None:
    switch(client.sign_in(ada), "some", "manager", "admin")
    assert [has_it(client, person) for person in (nell, mara, ada)] == [False, True, True]
    page = client.get("/admin/flags").get_data(as_text=True)
    assert "Now: on for managers and admins" in page


@pytest.mark.usefixtures("late")
def test_a_feature_may_be_on_for_single_people(nell: User, mara: User, ada: User, client: Client) -> None:
    client.sign_in(ada)
    fields = {f"{FLAG}-state": "some", f"{FLAG}-people": [nell.user_id], f"{FLAG}-percent": ""}
    answer = client.submit(f"/admin/flags/{FLAG}", {"request_key": str(uuid4())} | fields)
    assert answer.status_code == 303
    assert "Now: on for one person" in client.get("/admin/flags").text
    assert [has_it(client, person) for person in (nell, mara, ada)] == [True, False, False]


def test_a_part_of_everybody_is_always_the_same_part_and_grows() -> None:
    everybody = range(1, 2_001)

    def having(percent: int, name: str = FLAG) -> set[int]:
        switch = Switch(name, is_on=True, percent=percent)
        return {number for number in everybody if switch.is_on_for(Role.REP, number)}

    assert 100 < len(having(10)) < 300
    assert having(10) < having(50) < having(100) == set(everybody)
    assert having(50) != having(50, "another"), "not the same people try everything"
    assert Switch(FLAG, is_on=True, percent=1, people=frozenset({7})).said == "on for one person and 1 %"


@pytest.mark.parametrize("percent", ["101", "-1", "ten"])
def test_a_part_that_is_none_is_told_beside_its_field(ada: User, client: Client, percent: str) -> None:
    client.sign_in(ada)
    fields = {f"{FLAG}-state": "some", f"{FLAG}-percent": percent}
    answer = client.submit(f"/admin/flags/{FLAG}", {"request_key": str(uuid4())} | fields)
    assert answer.status_code == 422
    assert BeautifulSoup(answer.text, "lxml").select_one(f"#{FLAG}-percent-error") is not None


def test_the_page_tells_who_switched_what_and_when(ada: User, client: Client) -> None:
    switch(client.sign_in(ada), "off")
    switch(client, "some", "manager")
    soup = BeautifulSoup(client.get("/admin/flags").text, "lxml")
    told = [" ".join(line.text.split()) for line in soup.select(".rows li")]
    assert [line.partition(": ")[2] for line in told] == [
        "on for managers, by Ada Reyes",
        "off, by Ada Reyes",
    ]


def test_on_for_some_says_for_whom(ada: User, client: Client) -> None:
    answer = switch(client.sign_in(ada), "some")
    assert answer.status_code == 422
    assert "Say for whom: tick at least one." in answer.get_data(as_text=True)
    assert switch(client, "maybe").status_code == 422
    assert client.submit("/admin/flags/no-such-thing", {"request_key": str(uuid4())}).status_code == 404


def test_one_request_reads_the_switches_once(
    make: Make, nell: User, client: Client, statements: Counting
) -> None:
    make.interaction(author=nell, follow_up_date=date(2026, 1, 5))
    client.sign_in(nell)
    with statements() as seen:
        client.get("/follow-ups")
    asked = [statement for statement in seen if "feature_flags" in statement]
    assert len(asked) == 1
    assert "notifications" in asked[0], "together with what else every page asks"


@pytest.mark.usefixtures("late")
def test_what_cannot_be_read_is_off_and_the_page_stands(
    nell: User, client: Client, database: sa.Connection
) -> None:
    with taken_from_staff(database):
        assert not has_it(client, nell)
        assert client.get("/follow-ups").status_code == 200
    assert has_it(client, nell)


@contextmanager
def taken_from_staff(database: sa.Connection) -> Iterator[None]:
    db.session.commit()
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("revoke select on feature_flags from kp_staff")
    yield
    db.session.commit()
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("grant select on feature_flags to kp_staff")


@pytest.mark.usefixtures("late")
def test_a_feature_without_a_row_is_off(nell: User, client: Client, database: sa.Connection) -> None:
    with as_role(database, "kp_owner"):
        database.exec_driver_sql("delete from feature_flags")
    assert not has_it(client, nell)


def test_a_name_that_is_no_feature_is_a_mistake_and_not_off() -> None:
    with pytest.raises(KeyError):
        flags.is_on("bulk-move")


@pytest.mark.parametrize(
    "statement",
    [
        "select set_feature_flag('bulk-moves', false, '{}', '{}', 0)",
        (
            "insert into feature_flag_changes (flag, is_on, roles, people, percent) "
            "values ('x', true, '{}', '{}', 0)"
        ),
        "update feature_flags set is_on = false",
        "insert into feature_flags (flag, is_on) values ('x', true)",
    ],
)
def test_the_database_lets_nobody_else_switch(
    mara: User, acting_as: Callable[[User], None], statement: str
) -> None:
    acting_as(mara)
    with pytest.raises(ProgrammingError) as refused, db.session.begin_nested():
        db.session.execute(sa.text(statement))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
    assert db.session.get_one(FeatureFlag, FLAG).is_on
