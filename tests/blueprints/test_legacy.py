"""The old database to look at: what became of a row, without amounts, from the record and back."""

from collections.abc import Callable

import pytest

from crm.models import LegacyArchive, LegacyFinding, LegacyIdMap, Organization, User
from tests.blueprints.record_forms import page, words
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
MAKER, PLACE = "0b0e5a0e-0000-4000-8000-000000000001", "0b0e5a0e-0000-4000-8000-000000000002"


@pytest.fixture
def maker(make: Make) -> Organization:
    """A principal that came from the old database, and a row that stayed in the archive."""
    maker = make.principal("Cedar Mill Foods")
    make.save(
        LegacyArchive(
            source_table="organizations",
            legacy_id=MAKER,
            row={"id": MAKER, "name": "CEDAR MILL", "annual_revenue": 1234567, "is_principal": True,
                 "parent_org_id": PLACE, "website": None, "tags": ["jam", "honey"]},
        )
    )  # fmt: skip
    place = make.organization("Mill Holding")
    for key, target in ((MAKER, maker), (PLACE, place)):
        make.save(
            LegacyIdMap(
                source_table="organizations",
                legacy_id=key,
                target_table="organizations",
                target_id=target.organization_id,
            )
        )
    make.save(LegacyFinding(source_table="organizations", legacy_id=MAKER, kind="may be a double"))
    make.save(
        LegacyArchive(
            source_table="organization_analytics", legacy_id="7", row={"id": 7, "metadata": {"x": 1}}
        )
    )
    return maker


def test_a_migrated_record_shows_its_old_self(sign_in: SignIn, nell: User, maker: Organization) -> None:
    rep = sign_in(nell)
    history = page(rep, f"/organizations/{maker.organization_id}/history")
    link = history.select_one(f'a[href="/legacy/organizations/{MAKER}"]')
    assert link, "the way to the old self"
    old = page(rep, str(link["href"]))
    told = words(old)
    assert "It is Cedar Mill Foods here." in told
    assert "CEDAR MILL" in told
    assert "jam, honey" in told
    assert "Mill Holding" in told, "keys of other rows lead to them"
    assert "May be a double" in told
    assert old.select_one(f'a[href="/organizations/{maker.organization_id}"]')


def test_no_amount_is_shown_anywhere(sign_in: SignIn, nell: User, maker: Organization) -> None:
    rep = sign_in(nell)
    for path in (f"/legacy/organizations/{MAKER}", "/legacy/organizations", "/legacy"):
        text = words(page(rep, path))
        assert "1234567" not in text
        assert "revenue" not in text.lower()


def test_tables_and_rows_are_there_to_be_looked_through(
    sign_in: SignIn, nell: User, maker: Organization
) -> None:
    rep = sign_in(nell)
    assert "Organization analytics" in words(page(rep, "/legacy"))
    assert "CEDAR MILL" in words(page(rep, "/legacy/organizations"))
    assert "Archive only" in words(page(rep, "/legacy/organization_analytics"))
    assert "It is in the archive alone" in words(page(rep, "/legacy/organization_analytics/7"))


def test_the_rows_of_a_long_table_go_on_behind_a_link(sign_in: SignIn, nell: User, make: Make) -> None:
    for n in range(51):
        make.save(LegacyArchive(source_table="users", legacy_id=f"{n:03}", row={"id": f"{n:03}"}))
    rep = sign_in(nell)
    more = page(rep, "/legacy/users").select_one("#rows footer a")
    assert more, "the way on"
    assert len(page(rep, str(more["href"])).select("#rows li")) == 1


@pytest.mark.parametrize("path", ["nothing", "organizations/nobody", "organizations/%00", "%00/%00"])
def test_what_is_not_there_is_404(sign_in: SignIn, nell: User, path: str) -> None:
    assert sign_in(nell).get(f"/legacy/{path}").status_code == 404


def test_before_a_migration_the_page_says_so(sign_in: SignIn, nell: User) -> None:
    assert "Nothing came from an old database" in words(page(sign_in(nell), "/legacy"))
