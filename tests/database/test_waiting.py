"""Who waits for whom: nobody who logs, and those who must, so that the counts stay exact."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.database import storm
from tests.database.sessions import Waiting, differences, signed_in
from tests.databases import Database

LOG = (
    "insert into interactions (opportunity_id, interaction_type) values (%s, 'Meeting') "
    "returning interaction_id"
)


class Office:
    """A small book and any number of people at it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.open: list[psycopg.Connection] = []
        self.owner = self.person(role="kp_owner", login="test")
        organization = (
            "insert into organizations (name, is_principal) values (%s, true) returning organization_id"
        )
        self.principals = [self.one(organization, [f"Maker {n}"]) for n in range(4)]
        self.products = [
            self.one(
                "insert into products (name, principal_id) values ('Sauce', %s) returning product_id", [p]
            )
            for p in self.principals
        ]
        self.opportunities = [
            self.one(
                "insert into opportunities (name) values (%s) returning opportunity_id", [f"Placement {n}"]
            )
            for n in range(3)
        ]
        self.choose(self.opportunities[0], self.principals[0])
        self.choose(self.opportunities[1], self.principals[1])

    def person(self, role: str = "kp_staff", login: str = "worker") -> psycopg.Connection:
        """Somebody at a desk of their own, who gives up when made to wait."""
        if role == "kp_staff":
            connection = signed_in(self.database, login)
        else:
            connection = self.database.connect(login, role=role)
        connection.execute("set lock_timeout = '2s'")
        self.open.append(connection)
        return connection

    def patient(self) -> psycopg.Connection:
        """Somebody who waits as long as it takes."""
        connection = self.person()
        connection.execute("set lock_timeout = 0")
        return connection

    def one(self, statement: str, values: list[object]) -> int:
        row = self.owner.execute(statement, values).fetchone()
        assert row is not None
        return int(row[0])

    def choose(self, opportunity: int, principal: int) -> None:
        self.owner.execute(
            "insert into opportunity_principals (opportunity_id, principal_id) values (%s, %s)",
            [opportunity, principal],
        )

    def interactions_of(self, principal: int) -> int:
        return self.one(
            "select interactions_count from principal_activity_summary where organization_id = %s",
            [principal],
        )


@pytest.fixture
def office(own_database: Database) -> Iterator[Office]:
    made = Office(own_database)
    yield made
    for connection in made.open:
        connection.close()


def test_two_people_log_on_the_same_opportunity_side_by_side(office: Office) -> None:
    nell, otis = office.person(), office.person()
    with nell.transaction():
        nell.execute(LOG, [office.opportunities[0]])
        with otis.transaction():
            otis.execute(LOG, [office.opportunities[0]])
        assert office.interactions_of(office.principals[0]) == 1
    assert office.interactions_of(office.principals[0]) == 2


def test_two_people_log_for_the_same_principal_on_different_opportunities(office: Office) -> None:
    office.choose(office.opportunities[2], office.principals[0])
    nell, otis = office.person(), office.person()
    with nell.transaction(), otis.transaction():
        nell.execute(LOG, [office.opportunities[0]])
        otis.execute(LOG, [office.opportunities[2]])
    assert office.interactions_of(office.principals[0]) == 2


def test_two_people_name_the_same_principal(office: Office) -> None:
    nell, otis = office.person(), office.person()
    name = "insert into interaction_principals (interaction_id, principal_id) values (%s, %s)"
    with nell.transaction(), otis.transaction():
        for person in (nell, otis):
            row = person.execute(LOG, [office.opportunities[0]]).fetchone()
            assert row is not None
            person.execute(name, [row[0], office.principals[3]])
    assert office.interactions_of(office.principals[3]) == 2


def test_nobody_who_logs_waits_for_a_change_of_stage_or_name_or_the_other_way_round(office: Office) -> None:
    nell, otis = office.person(), office.person()
    change = "update opportunities set stage = 'Demo Scheduled', name = 'Renamed' where opportunity_id = %s"
    with nell.transaction(), otis.transaction():
        nell.execute(change, [office.opportunities[0]])
        nell.execute(
            "update organizations set name = 'Renamed' where organization_id = %s", [office.principals[0]]
        )
        otis.execute(LOG, [office.opportunities[0]])
    with nell.transaction(), otis.transaction():
        otis.execute(LOG, [office.opportunities[1]])
        nell.execute(change, [office.opportunities[1]])
    assert office.interactions_of(office.principals[0]) == 1


def test_nobody_who_logs_waits_for_a_fold_or_a_recompute(office: Office) -> None:
    nell, tick = office.person(), office.person(role="kp_system")
    nell.execute(LOG, [office.opportunities[0]])
    with tick.transaction():
        assert tick.execute("select fold_principal_deltas()").fetchone() == (3,)
        tick.execute("select recompute_interaction_principals(), recompute_principal_summaries()")
        tick.execute("select recompute_principal_weeks(), record_engagement_changes(firm_today())")
        nell.execute(LOG, [office.opportunities[0]])
        assert office.interactions_of(office.principals[0]) == 2
    assert office.interactions_of(office.principals[0]) == 2


def test_a_principal_added_while_somebody_logs_gets_that_interaction_too(office: Office) -> None:
    nell, otis = office.person(), office.patient()
    with nell.transaction():
        nell.execute(LOG, [office.opportunities[0]])
        adding = Waiting(
            otis,
            "insert into opportunity_products (opportunity_id, product_id) values (%s, %s)",
            [office.opportunities[0], office.products[2]],
        )
        adding.start(office.owner)
    adding.finish()
    assert office.interactions_of(office.principals[2]) == 1


def test_an_interaction_that_moves_away_takes_no_principal_along_that_is_just_being_added(
    office: Office,
) -> None:
    interaction = office.one(LOG, [office.opportunities[0]])
    nell, otis = office.person(), office.patient()
    with nell.transaction():
        nell.execute(
            "insert into opportunity_principals (opportunity_id, principal_id) values (%s, %s)",
            [office.opportunities[0], office.principals[2]],
        )
        moving = Waiting(
            otis,
            "update interactions set opportunity_id = %s where interaction_id = %s",
            [office.opportunities[1], interaction],
        )
        moving.start(office.owner)
    moving.finish()
    assert [office.interactions_of(principal) for principal in office.principals] == [0, 1, 0, 0]


@pytest.mark.parametrize("is_unnamed_first", [True, False])
def test_an_interaction_that_moves_away_takes_no_principal_along_that_is_just_no_longer_named_on_it(
    office: Office, is_unnamed_first: bool
) -> None:
    interaction = office.one(LOG, [office.opportunities[0]])
    principal = office.principals[0]  # also its opportunity's, so it goes on to count when it is not named
    office.owner.execute(
        "insert into interaction_principals (interaction_id, principal_id) values (%s, %s)",
        [interaction, principal],
    )
    unname = (
        "delete from interaction_principals where interaction_id = %s and principal_id = %s",
        [interaction, principal],
    )
    move = (
        "update interactions set opportunity_id = %s where interaction_id = %s",
        [office.opportunities[1], interaction],
    )
    nell, otis = office.person(), office.patient()
    with nell.transaction():
        nell.execute(*(unname if is_unnamed_first else move))
        following = Waiting(otis, *(move if is_unnamed_first else unname))
        following.start(office.owner)
    following.finish()
    assert [office.interactions_of(one) for one in office.principals] == [0, 1, 0, 0]
    assert differences(office.owner) == []


def test_what_is_logged_while_the_opportunity_is_archived_does_not_count(office: Office) -> None:
    nell, otis = office.person(), office.patient()
    with nell.transaction():
        nell.execute(
            "update opportunities set deleted_at = now() where opportunity_id = %s", [office.opportunities[0]]
        )
        logging = Waiting(otis, LOG, [office.opportunities[0]])
        logging.start(office.owner)
    logging.finish()
    assert office.interactions_of(office.principals[0]) == 0
    assert differences(office.owner) == []


def test_two_people_who_add_products_to_the_same_opportunity_do_not_block_each_other_for_good(
    office: Office,
) -> None:
    nell, otis = office.person(), office.patient()
    add = "insert into opportunity_products (opportunity_id, product_id) values (%s, %s)"
    with nell.transaction():
        nell.execute(add, [office.opportunities[2], office.products[0]])
        adding = Waiting(otis, add, [office.opportunities[2], office.products[1]])
        adding.start(office.owner)
        nell.execute(add, [office.opportunities[2], office.products[2]])
    adding.finish()
    assert (
        office.one(
            "select count(*) from opportunity_principals where opportunity_id = %s", [office.opportunities[2]]
        )
        == 3
    )


def test_of_two_folds_at_once_the_second_leaves_the_work_to_the_first(office: Office) -> None:
    office.person().execute(LOG, [office.opportunities[0]])
    one, other = office.person(role="kp_system"), office.person(role="kp_system")
    with one.transaction(), other.transaction():
        first = one.execute("select fold_principal_deltas(2)").fetchone()
        second = other.execute("select fold_principal_deltas()").fetchone()
    assert (first, second) == ((2,), (0,))
    assert other.execute("select fold_principal_deltas()").fetchone() == (1,)
    assert differences(office.owner) == []


def test_a_recompute_that_mends_loses_nothing_that_is_logged_meanwhile(office: Office) -> None:
    nell, otis, system = office.person(), office.person(), office.person(role="kp_system")
    otis.execute(LOG, [office.opportunities[0]])
    system.execute("select fold_principal_deltas()")
    system.execute("update principal_summaries set interactions_count = interactions_count + 5")
    system.execute("update principal_weeks set interactions_count = interactions_count - 1")
    with nell.transaction():
        nell.execute(LOG, [office.opportunities[0]])
        with system.transaction():
            mended = system.execute("select * from recompute_principal_summaries()").fetchone()
            weeks = system.execute("select * from recompute_principal_weeks()").fetchone()
            otis.execute(LOG, [office.opportunities[0]])
    assert (mended, weeks) == ((2, 0, 10), (1, 1))
    assert office.interactions_of(office.principals[0]) == 3
    assert differences(office.owner) == []


def test_a_recompute_waits_for_somebody_who_is_just_moving_what_it_has_to_mend(office: Office) -> None:
    interaction = office.one(LOG, [office.opportunities[0]])
    office.owner.execute("alter table interaction_principals disable trigger user")
    office.owner.execute("delete from interaction_principals")
    office.owner.execute("alter table interaction_principals enable trigger user")
    nell, system = office.person(), office.person(role="kp_system")
    system.execute("set lock_timeout = 0")
    with nell.transaction():
        nell.execute(
            "update interactions set opportunity_id = %s where interaction_id = %s",
            [office.opportunities[1], interaction],
        )
        mending = Waiting(system, "select recompute_interaction_principals()")
        mending.start(office.owner)
    mending.finish()
    system.execute("select recompute_principal_summaries(), recompute_principal_weeks()")
    assert [office.interactions_of(principal) for principal in office.principals] == [0, 1, 0, 0]
    assert differences(office.owner) == []


def test_the_counts_stay_exact_while_everybody_does_everything(office: Office) -> None:
    storm.rage(office.database, people=4, seconds=2)
    assert differences(office.owner) == []


@pytest.mark.long
def test_the_counts_stay_exact_for_a_busy_minute(office: Office) -> None:
    storm.rage(office.database, people=8, seconds=60)
    assert differences(office.owner) == []
