"""How warm principals are, the list of them by any order, and which of them grow cold."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound

from crm.db import db
from crm.enums import EngagementLevel
from crm.models import Organization, User
from crm.queries import principals
from crm.queries.principals import NOT_CONTACTED, Key, Sort
from crm.queries.standings import LASTS, Standing
from tests.factories import Make

TODAY = date(2026, 11, 24)
CHICAGO = ZoneInfo("America/Chicago")
HIGH, MEDIUM, LOW, INACTIVE = EngagementLevel

Act = Callable[[User], None]


def at(days_ago: int, clock: time = time(12)) -> datetime:
    """That hour of the firm, so many days before today."""
    return datetime.combine(TODAY - timedelta(days=days_ago), clock, CHICAGO).astimezone(UTC)


@pytest.fixture
def touched(make: Make, nell: User, acting_as: Act) -> Callable[..., Organization]:
    """A principal whose last touch was so many days ago; None = never."""

    def principal(days_ago: int | None, name: str | None = None, **columns: object) -> Organization:
        made = make.principal(name, **columns)
        if days_ago is not None:
            make.interaction(principals=[made], on=at(days_ago))
        acting_as(nell)
        return made

    return principal


def standing_of(principal: Organization) -> Standing:
    standing = principals.get(principal.organization_id, today=TODAY).standing
    assert standing is not None
    return standing


def names(rows: list[Standing]) -> list[str]:
    return [row.name for row in rows]


@pytest.mark.parametrize(
    ("days", "level", "percent"),
    [
        (0, HIGH, 100),
        (7, HIGH, 75),
        (8, MEDIUM, 71),
        (14, MEDIUM, 50),
        (15, LOW, 48),
        (30, LOW, 25),
        (31, INACTIVE, 24),
        (60, INACTIVE, 0),
        (400, INACTIVE, 0),
    ],
)
def test_level_and_percent_follow_from_the_days_since_the_last_touch(
    days: int, level: EngagementLevel, percent: int, touched: Callable[..., Organization]
) -> None:
    standing = standing_of(touched(days))
    assert (standing.days, standing.level, standing.percent) == (days, level, percent)
    assert standing.last_on == TODAY - timedelta(days=days)


def test_a_principal_that_was_never_contacted_is_not_called_inactive(
    touched: Callable[..., Organization],
) -> None:
    standing = standing_of(touched(None))
    assert (standing.level, standing.percent) == (None, 0)
    assert (standing.days, standing.last_on, standing.falls_on) == (None, None, None)


def test_days_are_the_firms_and_not_the_servers(
    make: Make, nell: User, touched: Callable[..., Organization], acting_as: Act
) -> None:
    late = make.principal()
    make.interaction(principals=[late], on=at(1, time(23, 30)))  # the next day already in UTC
    acting_as(nell)
    assert standing_of(late).days == 1


def test_a_touch_that_is_dated_ahead_counts_as_todays(touched: Callable[..., Organization]) -> None:
    assert standing_of(touched(-2)).days == 0


def test_the_days_a_level_lasts_are_those_of_the_database(nell: User, acting_as: Act) -> None:
    acting_as(nell)
    for days in range(-1, 40):
        said = db.session.scalar(sa.select(sa.func.calculate_engagement_level(at(days), TODAY)))
        assert said == next((level for level, last in LASTS.items() if days <= last), INACTIVE)


@pytest.mark.parametrize(("days", "falls_in", "to"), [(0, 8, MEDIUM), (8, 7, LOW), (30, 1, INACTIVE)])
def test_the_next_fall_is_the_day_after_the_last_day_of_the_level(
    days: int, falls_in: int, to: EngagementLevel, touched: Callable[..., Organization]
) -> None:
    standing = standing_of(touched(days))
    assert (standing.falls_on, standing.falls_to) == (TODAY + timedelta(days=falls_in), to)


def test_nothing_is_lower_than_inactive(touched: Callable[..., Organization]) -> None:
    standing = standing_of(touched(31))
    assert (standing.falls_on, standing.falls_to) == (None, None)


@pytest.mark.parametrize(
    ("days", "grows_cold"),
    [
        (0, False), (7, False),   # will fall from High, as everybody does who was touched this week
        (8, True), (14, True),    # fell from High in the last seven days
        (15, True), (21, True),   # fell to Low today .. six days ago
        (22, False), (23, False),  # fell longer ago, falls in more than seven days
        (24, True), (30, True),   # will be Inactive in seven days .. tomorrow
        (31, True), (37, True),   # went Inactive today .. six days ago
        (38, False), (None, False),
    ],
)  # fmt: skip
def test_growing_cold_is_a_fall_within_a_week_of_today(
    days: int | None, grows_cold: bool, touched: Callable[..., Organization]
) -> None:
    principal = touched(days)
    cold = principals.going_cold(today=TODAY, limit=10)
    assert names(cold) == ([principal.name] if grows_cold else [])


def test_the_coldest_come_first_and_no_more_than_asked_for(touched: Callable[..., Organization]) -> None:
    for days in (9, 33, 12, 26):
        touched(days, f"Quiet for {days}")
    cold = principals.going_cold(today=TODAY, limit=3)
    assert names(cold) == ["Quiet for 33", "Quiet for 26", "Quiet for 12"]


def test_growing_cold_can_be_asked_of_those_one_looks_after(
    make: Make, nell: User, otis: User, touched: Callable[..., Organization]
) -> None:
    touched(9, "Hers", owner=nell)
    touched(10, "His", owner=otis)
    touched(11, "Both", owner=otis, second_owner_id=nell.user_id)
    touched(12, "Nobody's")
    assert names(principals.going_cold(today=TODAY, limit=9, owner_id=nell.user_id)) == ["Both", "Hers"]
    both = [nell.user_id, otis.user_id]
    assert len(principals.going_cold(today=TODAY, limit=9, owner_ids=both)) == 3
    assert principals.going_cold(today=TODAY, limit=9, owner_ids=[]) == []


def test_shares_tell_every_level_and_those_not_contacted_apart(touched: Callable[..., Organization]) -> None:
    for days in (1, 2, 9, 40, None):
        touched(days)
    shares = {share.level: (share.principals, share.percent) for share in principals.levels(today=TODAY)}
    assert shares == {HIGH: (2, 40), MEDIUM: (1, 20), LOW: (0, 0), INACTIVE: (1, 20), None: (1, 20)}


def test_shares_of_no_principal_are_noughts(nell: User, acting_as: Act) -> None:
    acting_as(nell)
    assert {share.percent for share in principals.levels(today=TODAY)} == {0}


@pytest.mark.parametrize("level", [*(level.value for level in EngagementLevel), NOT_CONTACTED])
def test_the_count_of_a_level_is_the_length_of_its_list(
    level: str, touched: Callable[..., Organization]
) -> None:
    for days in (0, 3, 9, 16, 16, 16, 45, None, None):
        touched(days)
    rows, _ = principals.page(today=TODAY, level=level)
    counts = {share.level or NOT_CONTACTED: share.principals for share in principals.levels(today=TODAY)}
    assert counts[level] == len(rows)
    assert {row.level or NOT_CONTACTED for row in rows} == {level}


def test_the_list_begins_with_those_never_contacted_then_the_coldest(
    touched: Callable[..., Organization],
) -> None:
    for name, days in (("Warm", 1), ("Cold", 50), ("New", None), ("Also new", None)):
        touched(days, name)
    rows, following = principals.page(today=TODAY)
    assert (names(rows), following) == (["Also new", "New", "Cold", "Warm"], None)


def test_the_list_can_be_read_by_last_interaction_and_by_name(touched: Callable[..., Organization]) -> None:
    for name, days in (("Élan", 1), ("aster", 50), ("Quince", None), ("Bramble", 1)):
        touched(days, name)
    recent, _ = principals.page(today=TODAY, sort=Sort.RECENT)
    by_name, _ = principals.page(today=TODAY, sort=Sort.NAME)
    assert names(recent) == ["Bramble", "Élan", "aster", "Quince"]
    assert names(by_name) == ["aster", "Bramble", "Élan", "Quince"]


@pytest.mark.parametrize("sort", Sort)
def test_paging_visits_each_principal_once_where_many_are_tied(
    sort: Sort, touched: Callable[..., Organization]
) -> None:
    for days in (0, 9, None):
        for name in ("Tied", "Tied", "tied", "Tïed", "Other~name"):
            touched(days, name)
    rows, following = principals.page(today=TODAY, sort=sort, limit=2)
    seen = list(rows)
    while following is not None:
        after = Key.parse(str(following))
        assert after == following
        rows, following = principals.page(today=TODAY, sort=sort, after=after, limit=2)
        seen += rows
    everything, _ = principals.page(today=TODAY, sort=sort, limit=100)
    assert seen == everything
    assert len({row.principal_id for row in seen}) == 15


@pytest.mark.parametrize(
    "text", ["", "~", "x~1~a", "~x~a", "2026-11-24T12:00:00~1~a", "~99999999999999999999~a", "~-1~a", "~١~a"]
)
def test_a_key_that_is_none_is_seen_to_be_none(text: str) -> None:
    assert Key.parse(text) is None


@pytest.mark.parametrize(
    "words",
    [["crème"], ["CREME"], ["hollow", "dairy"], ["gruyere"], ["cultured"], ["dairy", "butter"], ["llow dai"]],
)
def test_a_principal_is_found_by_parts_of_its_name_its_products_and_their_categories(
    words: list[str], make: Make, nell: User, acting_as: Act
) -> None:
    dairy = make.principal("Hollow Dairy")
    make.product("Crème épaisse", principal=dairy, category="Cultured")
    make.product("Gruyère wedge", principal=dairy, category="Butter & cheese")
    make.principal("Hollow Oils")
    acting_as(nell)
    rows, _ = principals.page(today=TODAY, words=words)
    assert names(rows) == ["Hollow Dairy"]
    assert sum(share.principals for share in principals.levels(today=TODAY, words=words)) == 1


@pytest.mark.parametrize("words", [["100%"], ["a_b"], ["\\"], ["'; drop table organizations; --"], ["🧀"]])
def test_signs_in_a_search_are_only_signs(words: list[str], make: Make, nell: User, acting_as: Act) -> None:
    make.principal("Hollow Dairy")
    make.principal("100 percent a-b")
    acting_as(nell)
    assert principals.page(today=TODAY, words=words) == ([], None)


def test_an_archived_product_finds_nobody(make: Make, nell: User, acting_as: Act) -> None:
    make.product("Gruyère wedge", deleted_at=datetime.now(UTC))
    acting_as(nell)
    assert principals.page(today=TODAY, words=["gruyere"]) == ([], None)


def test_only_principals_stand_in_the_list(make: Make, nell: User, acting_as: Act) -> None:
    make.organization("Bistro")
    make.distributor("Distributor")
    make.principal("Archived", deleted_at=datetime.now(UTC))
    make.principal("Maker and distributor", is_distributor=True)
    acting_as(nell)
    assert names(principals.page(today=TODAY)[0]) == ["Maker and distributor"]


def test_an_archived_principal_can_be_asked_for_and_has_no_standing(
    make: Make, nell: User, acting_as: Act
) -> None:
    gone = make.principal("Gone Farm", deleted_at=at(3))
    acting_as(nell)
    record = principals.get(gone.organization_id, today=TODAY)
    assert (record.name, record.archived_on, record.standing) == (
        "Gone Farm",
        TODAY - timedelta(days=3),
        None,
    )


def test_what_is_no_principal_is_not_found(make: Make, nell: User, acting_as: Act) -> None:
    bistro = make.organization("Bistro")
    acting_as(nell)
    for number in (bistro.organization_id, 0, 10**12):
        with pytest.raises(NoResultFound):
            principals.get(number, today=TODAY)


def test_the_list_is_one_statement_whatever_is_asked(
    touched: Callable[..., Organization], statements: Callable[..., object]
) -> None:
    for days in (1, 2, 3):
        touched(days)
    with statements() as seen:  # type: ignore[attr-defined]
        principals.page(today=TODAY, words=["a", "b"], level=HIGH.value, limit=1)
    assert len(seen) == 1
