"""Several people at once: connections of their own, and threads that are known to wait for somebody."""

import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg

from tests.databases import Database


def somebody(database: Database, email: str = "somebody@pantry.example") -> int:
    """The number of a rep with this address, who gets an account if they have none."""
    with database.connect("owner", role=None) as owner:
        owner.execute(
            "insert into users (email, full_name, fs_uniquifier) values (%(email)s, %(email)s, %(email)s) "
            "on conflict do nothing",
            {"email": email},
        )
        found = owner.execute("select user_id from users where email = %s", [email]).fetchone()
    assert found is not None
    return int(found[0])


def signed_in(database: Database, login: str = "worker") -> psycopg.Connection:
    """A connection that is a rep's until it is closed, so that row security lets it work."""
    connection = database.connect(login, role="kp_staff")
    connection.execute("select set_config('app.user_id', %s, false)", [str(somebody(database))])
    return connection


class Waiting:
    """Something done on a connection in a thread of its own. Leaving the `with` raises what it raised."""

    def __init__(
        self, connection: psycopg.Connection, statement: str, values: list[Any] | None = None
    ) -> None:
        self.connection = connection
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(statement, values))

    def _run(self, statement: str, values: list[Any] | None) -> None:
        try:
            self.connection.execute(statement, values)
        except psycopg.Error as error:
            self.error = error

    def start(self, watcher: psycopg.Connection) -> None:
        """Return when the statement waits for a lock of somebody else's; fail when it did not have to."""
        pid = self.connection.info.backend_pid
        self.thread.start()
        until(
            lambda: (
                not self.thread.is_alive()
                or watcher.execute("select cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()
                == (True,)
            )
        )
        assert self.thread.is_alive(), f"it did not wait: {self.error}"

    def finish(self) -> None:
        """Return when the statement is done; raises what it raised."""
        self.thread.join(timeout=20)
        assert not self.thread.is_alive(), "it still waits"
        if self.error:
            raise self.error


def until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    """Ask again and again until it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)  # whoever is waited for needs the processor, too


RECOUNT = """
with truth as (
    select o.organization_id,
        (select count(*) from opportunity_principals op join opportunities using (opportunity_id)
         where op.principal_id = o.organization_id and deleted_at is null) as opportunities,
        touches.n as interactions, touches.last
    from organizations o
    cross join lateral (
        select count(*) as n, max(i.interaction_date) as last
        from interactions i left join opportunities p using (opportunity_id)
        where i.is_touch and i.deleted_at is null and p.deleted_at is null
            and (exists (select from opportunity_principals op where op.opportunity_id = i.opportunity_id
                         and op.principal_id = o.organization_id)
                 or exists (select from interaction_principals ip where ip.interaction_id = i.interaction_id
                            and ip.principal_id = o.organization_id and not ip.is_derived))
    ) as touches
    where o.is_principal and o.deleted_at is null
),
weeks as (
    select principal_id, sum(n) as n from (
        select principal_id, interactions_count as n from principal_weeks
        union all select principal_id, interactions from principal_deltas
    ) as counted group by principal_id
)
select organization_id, opportunities, opportunities_count, interactions, interactions_count,
    coalesce(weeks.n, 0) as in_weeks, last, last_activity_date
from truth
join principal_activity_summary using (organization_id)
left join weeks on weeks.principal_id = organization_id
where (opportunities, interactions, interactions, last)
    is distinct from (opportunities_count, interactions_count, coalesce(weeks.n, 0), last_activity_date)
"""
"""The principals whose kept counts differ from a naive recount: one statement, hence one moment."""


def differences(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Where the kept counts are wrong at this moment; nowhere, if the triggers keep their word."""
    return connection.execute(RECOUNT).fetchall()
