"""The tick plans each person's letters at their own hour, once, whoever ticks and however often."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

import crm
from crm import bell, queries, services
from crm.db import SYSTEM, act_as, db
from crm.enums import DeliveryState, MailKind
from crm.models import Cover, Delivery, NotificationPreference, User
from tests.databases import Database, test_settings
from tests.factories import Make

TUESDAY = date(2026, 11, 24)
Acting = Callable[[User | str | None], None]


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


def local(zone: str, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def planned(user: User) -> list[tuple[MailKind, date, DeliveryState]]:
    rows = db.session.scalars(
        sa.select(Delivery).where(Delivery.user_id == user.user_id).order_by(Delivery.local_date)
    )
    return [(row.kind, row.local_date, row.state) for row in rows]


def choose(make: Make, user: User, **columns: object) -> None:
    make.save(NotificationPreference(**{"user_id": user.user_id, "kind": MailKind.REMINDER, "is_on": True,
                                        "hour": 7, "weekdays": [1, 2, 3, 4, 5]} | columns))  # fmt: skip


@pytest.mark.parametrize(
    "zone",
    ["America/Chicago", "Pacific/Honolulu", "Asia/Kathmandu", "Pacific/Auckland", "Pacific/Kiritimati"],
)
def test_a_rep_is_reminded_at_seven_of_their_own_clock(make: Make, zone: str) -> None:
    rep = make.user(time_zone=zone)
    monday = TUESDAY - timedelta(days=1)
    services.planning.plan_deliveries(now=local(zone, TUESDAY, 6, 59))
    assert (MailKind.REMINDER, TUESDAY, DeliveryState.PLANNED) not in planned(rep)
    services.planning.plan_deliveries(now=local(zone, TUESDAY, 7))
    assert planned(rep)[-1] == (MailKind.REMINDER, TUESDAY, DeliveryState.PLANNED)
    assert all(state == DeliveryState.SUPERSEDED for _, day, state in planned(rep) if day <= monday)


def test_a_manager_has_a_digest_on_mondays_and_no_reminder(make: Make) -> None:
    manager = make.user(role="manager")
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 12))
    assert planned(manager) == [(MailKind.DIGEST, date(2026, 11, 23), DeliveryState.PLANNED)]


def test_nobody_is_written_to_who_turned_it_off_or_left(make: Make) -> None:
    quiet, gone = make.user(), make.user(active=False)
    choose(make, quiet, is_on=False)
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 12))
    assert planned(quiet) == planned(gone) == []


def test_no_day_chosen_is_never(make: Make) -> None:
    rep = make.user()
    choose(make, rep, weekdays=[])
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 12))
    assert planned(rep) == []


def test_a_weekend_has_no_reminder_of_its_own(make: Make) -> None:
    rep = make.user()
    friday, sunday = date(2026, 11, 20), date(2026, 11, 22)
    services.planning.plan_deliveries(now=local("America/Chicago", friday, 8))
    services.planning.plan_deliveries(now=local("America/Chicago", sunday, 22))
    assert planned(rep) == [(MailKind.REMINDER, friday, DeliveryState.PLANNED)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "hour"),
    [
        pytest.param(date(2027, 3, 14), 2, id="the hour that the clocks skip"),
        pytest.param(date(2026, 11, 1), 1, id="the hour that the clocks show twice"),
    ],
)
def test_a_day_of_changing_clocks_has_one_letter(make: Make, day: date, hour: int) -> None:
    rep = make.user()
    choose(make, rep, hour=hour, weekdays=[1, 2, 3, 4, 5, 6, 7])
    noon = local("America/Chicago", day, 12)
    for back in range(24 * 4, -1, -1):
        services.planning.plan_deliveries(now=noon - timedelta(minutes=15 * back))
    assert [row for row in planned(rep) if row[1] == day] == [(MailKind.REMINDER, day, DeliveryState.PLANNED)]


def test_another_hour_chosen_after_the_letter_was_made_does_not_make_a_second_one(make: Make) -> None:
    rep = make.user()
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 7))
    choose(make, rep, hour=9)
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 9))
    assert [row for row in planned(rep) if row[1] == TUESDAY] == [
        (MailKind.REMINDER, TUESDAY, DeliveryState.PLANNED)
    ]


def test_after_an_outage_only_the_newest_date_is_sent_and_older_ones_are_superseded(make: Make) -> None:
    rep = make.user()
    wednesday = date(2026, 11, 11)
    services.planning.plan_deliveries(now=local("America/Chicago", wednesday, 8))
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 8))
    states = {day: state for _, day, state in planned(rep)}
    assert [day for day, state in states.items() if state == DeliveryState.PLANNED] == [TUESDAY]
    assert states[wednesday] == DeliveryState.SUPERSEDED
    missed = {day for day in states if wednesday < day < TUESDAY}
    assert missed == {date(2026, 11, day) for day in (17, 18, 19, 20, 23)}, "a week back, working days"


def test_a_letter_that_was_made_is_not_superseded(make: Make) -> None:
    rep = make.user()
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY - timedelta(days=1), 8))
    db.session.execute(sa.update(Delivery).values(state=DeliveryState.MADE))
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 8))
    assert [state for _, _, state in planned(rep)] == [DeliveryState.MADE, DeliveryState.PLANNED]


def test_ticking_again_changes_nothing(make: Make) -> None:
    rep = make.user()
    for _ in range(3):
        services.planning.tick(now=local("America/Chicago", TUESDAY, 8))
    assert len(planned(rep)) == 1


def test_the_tick_rings_for_what_waits_and_not_once_for_each(
    make: Make, rung: list[tuple[str, tuple[int, ...]]]
) -> None:
    def bells() -> int:
        rung.clear()
        services.planning.tick(now=local("America/Chicago", TUESDAY, 8))
        return rung.count(("deliveries.make_waiting", (bell.ROUNDS,)))

    assert bells() == 0
    make.user()
    assert bells() == 1
    for _ in range(9):
        make.user()
    assert bells() == services.planning.HANDS


def test_a_step_that_fails_does_not_stop_the_others(
    make: Make, acting_as: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    rep = make.user()
    acting_as(SYSTEM)

    def broken() -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(services.engagement, "fold", broken)
    with pytest.raises(ExceptionGroup, match="steps of the tick failed"):
        services.planning.tick(now=local("America/Chicago", TUESDAY, 8))
    assert len(planned(rep)) == 1


def test_a_database_that_does_not_answer_is_told_once() -> None:
    app = crm.create_app(
        "worker", test_settings(database_url="postgresql://kp_worker:none@127.0.0.1:9/nothing")
    )
    with app.app_context():
        act_as(SYSTEM)
        with pytest.raises(sa.exc.OperationalError, match="refused"):
            services.planning.tick(now=local("America/Chicago", TUESDAY, 8))


def test_two_ticks_at_once_plan_each_letter_and_job_once(own_database: Database) -> None:
    app = crm.create_app("worker", own_database.settings("worker"))
    with own_database.connect("owner", role=None) as owner:
        owner.execute(
            "insert into users (email, full_name, fs_uniquifier) "
            "select 'rep' || n || '@pantry.example', 'Rep ' || n, 'rep' || n from generate_series(1, 40) n"
        )

    def tick(_: int) -> None:
        with app.app_context():
            act_as(SYSTEM)
            services.planning.tick(now=local("America/Chicago", TUESDAY, 8))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(8)))
    with own_database.connect() as system:
        per_person = system.execute(
            "select count(*), count(distinct user_id) from deliveries where state = 'planned'"
        ).fetchone()
        assert per_person == (40, 40)
        assert system.execute("select kind, count(*) from jobs group by 1 order by 1").fetchall() == [
            ("duplicates", 1),
            ("engagement", 1),
            ("files kept", 1),
            ("keeping", 1),
        ]
    with app.app_context():
        db.engine.dispose()


def test_quiet_hours_keep_a_letter_until_they_end_and_nothing_else(make: Make, nell: User) -> None:
    quiet = make.user("Quiet", quiet_from=22, quiet_until=9)
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 7))

    def waits(user: User, hour: int) -> bool:
        now = local("America/Chicago", TUESDAY, hour)
        waiting = queries.mails.deliveries_waiting(now=now, most=100)
        mine = db.session.scalars(sa.select(Delivery.delivery_id).where(Delivery.user_id == user.user_id))
        return bool(set(mine) & set(waiting))

    assert [waits(nell, hour) for hour in (7, 9)] == [True, True]
    assert [waits(quiet, hour) for hour in (7, 8, 9, 21, 22)] == [False, False, True, True, False]


def test_a_stand_in_is_planned_for_on_the_days_of_the_absence_alone(
    make: Make, mara: User, nell: User
) -> None:
    make.save(Cover(user_id=nell.user_id, stand_in_id=mara.user_id, starts_on=TUESDAY, ends_on=TUESDAY))
    monday, wednesday = TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=1)
    for day in (monday, TUESDAY, wednesday):
        services.planning.plan_deliveries(now=local("America/Chicago", day, 7))
    days = [day for kind, day, _ in planned(mara) if kind is MailKind.REMINDER]
    assert days == [TUESDAY]


def test_a_zone_that_nobody_knows_holds_up_nobody_else(make: Make, nell: User) -> None:
    make.user("Poison", time_zone="Mars/Olympus")
    services.planning.plan_deliveries(now=local("America/Chicago", TUESDAY, 7))
    assert planned(nell)[-1] == (MailKind.REMINDER, TUESDAY, DeliveryState.PLANNED)
