"""The queue of records that look alike, and making two one on a page: by choice, once, and back again."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from crm import policy, services
from crm.blueprints import duplicates
from crm.db import SYSTEM, db
from crm.enums import RecordKind
from crm.models import DuplicatePair, MergeLog, Organization, User
from tests.blueprints.record_forms import page, words
from tests.clients import Client
from tests.factories import Make

SignIn = Callable[[User], Client]
Counting = Callable[[], AbstractContextManager[list[str]]]
NOW = datetime.now(UTC)


@pytest.fixture
def rep(nell: User, sign_in: SignIn) -> Client:
    return sign_in(nell)


@pytest.fixture
def grill(make: Make, nell: User) -> Organization:
    return make.organization("Harbor Grill", owner=nell, phone="+1 555 010 0101", notes="By the pier.")


@pytest.fixture
def double(make: Make, nell: User) -> Organization:
    return make.organization("Harbour Grill", owner=nell, city="Ashby", notes="Closed on Mondays.")


def both(keep: Organization, other: Organization) -> str:
    return f"/duplicates/organization/{keep.organization_id}/{other.organization_id}"


def post(client: Client, path: str, **said: Any) -> Any:
    return client.submit(path, {"request_key": str(uuid4()), **said})


def merge(client: Client, keep: Organization, other: Organization, **said: Any) -> Any:
    """Post the form of the two as it was drawn, with other choices."""
    form = page(client, both(keep, other)).select_one("#merge-form")
    assert form
    drawn = {
        str(field["name"]): str(field["value"])
        for field in form.select("input")
        if field["type"] == "hidden" or field.has_attr("checked")
    }
    return client.post(
        both(keep, other), data=drawn | {f"choice-{name}": value for name, value in said.items()}
    )


def standing() -> int:
    return db.session.scalar(
        sa.select(sa.func.count()).select_from(MergeLog).where(MergeLog.split_at.is_(None))
    ) or 0  # fmt: skip


def test_two_are_shown_side_by_side_with_what_moves_and_become_one(
    rep: Client, make: Make, grill: Organization, double: Organization
) -> None:
    make.contact(organization=double)
    make.interaction(organization=double)
    seen = words(page(rep, both(grill, double)))
    assert "Keep the other one instead" in seen
    assert "One contact." in seen
    assert "One interaction." in seen
    answer = merge(rep, grill, double, notes="both")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/organizations/{grill.organization_id}")
    after = words(page(rep, answer.location))
    assert "Harbour Grill is a part of Harbor Grill now." in after
    db.session.refresh(grill)
    assert (grill.city, grill.notes) == ("Ashby", "By the pier.\n\nClosed on Mondays.")


@pytest.mark.parametrize("rest", ["", "/history", "/edit", "?before=2026-01-01T00:00:00Z~0~1"])
def test_the_old_address_leads_to_the_survivor_with_a_word(
    rep: Client, grill: Organization, double: Organization, rest: str
) -> None:
    merge(rep, grill, double)
    page(rep, "/")  # where the word of the merge was read
    answer = rep.get(f"/organizations/{double.organization_id}{rest}")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/organizations/{grill.organization_id}{rest}")
    assert "was merged into this one" in words(page(rep, answer.location))
    fragment = rep.get(f"/organizations/{double.organization_id}{rest}", headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == answer.location


def test_what_is_saved_on_the_old_address_is_saved_nowhere_and_says_so(
    rep: Client, grill: Organization, double: Organization
) -> None:
    merge(rep, grill, double)
    answer = post(rep, f"/organizations/{double.organization_id}", name="Late", version="1")
    assert answer.status_code == 303
    assert "Nothing was saved" in words(page(rep, answer.location))
    db.session.refresh(double)
    assert double.name == "Harbour Grill"


def test_a_double_click_and_a_second_browser_merge_once(
    rep: Client, grill: Organization, double: Organization
) -> None:
    said = {"request_key": str(uuid4()), "keep_version": str(grill.version),
            "other_version": str(double.version)}  # fmt: skip
    first, again = rep.submit(both(grill, double), said), rep.submit(both(grill, double), said)
    assert (first.status_code, again.status_code) == (303, 303)
    assert first.location == again.location
    elsewhere = post(rep, both(grill, double), **said | {"request_key": str(uuid4())})
    assert elsewhere.status_code == 303, "it leads to the survivor"
    backwards = post(rep, both(double, grill), **said | {"request_key": str(uuid4())})
    assert backwards.status_code == 303
    assert standing() == 1


def test_what_was_changed_since_is_shown_again_and_nothing_is_merged(
    rep: Client, grill: Organization, double: Organization
) -> None:
    answer = post(rep, both(grill, double), keep_version="7", other_version="1")
    assert answer.status_code == 409
    assert "changed since you looked" in answer.text
    assert standing() == 0


def test_undo_brings_both_back_and_a_second_undo_says_that_it_is_done(
    rep: Client, grill: Organization, double: Organization
) -> None:
    merge(rep, grill, double, name="other")
    number = db.session.scalar(sa.select(MergeLog.merge_log_id))
    undo = f"/duplicates/merges/{number}/undoing"
    answer = post(rep, undo)
    assert answer.status_code == 303
    assert "stands by itself again" in words(page(rep, answer.location))
    assert rep.get(f"/organizations/{double.organization_id}").status_code == 200
    assert post(rep, undo).status_code == 404
    db.session.refresh(grill)
    assert (grill.name, grill.city) == ("Harbor Grill", None)


def test_what_was_edited_since_stays_and_is_named(
    rep: Client, grill: Organization, double: Organization, make: Make
) -> None:
    merge(rep, grill, double)
    number = db.session.scalar(sa.select(MergeLog.merge_log_id))
    db.session.refresh(grill)
    grill.city = "Elsewhere"
    make.save(grill)
    db.session.commit()
    told = words(page(rep, post(rep, f"/duplicates/merges/{number}/undoing").location))
    assert "What was edited since stays with Harbor Grill: City." in told


def test_a_record_that_was_merged_is_not_in_the_trash_and_does_not_come_back_from_there(
    rep: Client, grill: Organization, double: Organization
) -> None:
    merge(rep, grill, double)
    page(rep, "/")
    assert "Harbour Grill" not in words(page(rep, "/trash"))
    assert post(rep, f"/trash/organization/{double.organization_id}/restoration").status_code == 404


def test_only_who_may_change_both_merges_them(
    make: Make, grill: Organization, otis: User, nell: User, sign_in: SignIn
) -> None:
    others = make.organization("Harbor Gril", owner=otis)
    for path in (both(grill, others), both(others, grill)):
        assert sign_in(nell).get(path).status_code == 403
        assert post(sign_in(nell), path, keep_version="1", other_version="1").status_code == 403
    assert standing() == 0


def test_the_queue_shows_why_and_not_the_same_holds_for_good(
    rep: Client, grill: Organization, make: Make, nell: User, acting_as: Callable[[Any], None]
) -> None:
    twin = make.organization("Harbor Grill Inc", owner=nell, phone="555-010-0101")
    look(acting_as, grill, twin)
    seen = words(page(rep, "/duplicates"))
    assert "Harbor Grill Inc" in seen
    assert "Same phone" in seen
    answer = post(rep, f"{both(grill, twin)}/distinction")
    assert answer.status_code == 303
    look(acting_as, grill, twin)
    assert "Nothing looks alike" in words(page(rep, "/duplicates"))
    similar = f"/organizations/similar?name=Harbor+Grill&record={twin.organization_id}"
    assert "Harbor Grill" not in words(page(rep, similar))
    assert post(rep, f"{both(grill, twin)}/doubt").status_code == 303
    assert "Harbor Grill Inc" in words(page(rep, "/duplicates"))


def look(acting_as: Callable[[Any], None], *some: Organization) -> None:
    acting_as(SYSTEM)
    services.duplicates.search(RecordKind.ORGANIZATION, [one.organization_id for one in some])
    db.session.commit()
    db.session().info.pop("person")


def test_on_the_page_of_a_record_another_one_is_chosen_by_its_name(
    rep: Client, grill: Organization, double: Organization
) -> None:
    number = grill.organization_id
    assert f'href="/duplicates/organization/{number}"' in rep.get(f"/organizations/{number}").text
    assert "Harbour Grill" in words(page(rep, f"/duplicates/organization/{number}"))
    assert "Harbour Grill" in words(page(rep, f"/duplicates/organization/{number}?q=harbour"))
    assert "Nothing found" in words(page(rep, f"/duplicates/organization/{number}?q=nobody"))


def test_while_a_name_is_typed_on_a_record_the_other_one_is_offered_to_be_merged(
    rep: Client, grill: Organization, double: Organization
) -> None:
    similar = f"/organizations/similar?name=Harbour+Grill&record={grill.organization_id}"
    assert page(rep, similar).select_one(f'a[href="{both(grill, double)}"]')
    assert "Merge" not in words(page(rep, "/organizations/similar?name=Harbour+Grill"), ".similar")


@pytest.mark.parametrize("nonsense", ["\x00", "%", "~", "101~1~1", "9" * 30, "1~2~3"])
def test_nonsense_in_the_address_of_the_queue_is_no_error(rep: Client, nonsense: str) -> None:
    for name in ("kind", "after"):
        assert rep.get("/duplicates", query_string={name: nonsense}).status_code == 200
    assert rep.get(f"/duplicates/{'product'}/1").status_code == 404


def test_a_full_queue_takes_as_many_statements_as_a_short_one(
    rep: Client, make: Make, nell: User, statements: Counting
) -> None:
    def pair() -> None:
        one, other = make.organization(owner=nell), make.organization(owner=nell)
        make.save(
            DuplicatePair(
                kind=RecordKind.ORGANIZATION,
                one_id=one.organization_id,
                other_id=other.organization_id,
                score=90,
                evidence=["same name"],
            )
        )

    pair()
    with statements() as few:
        page(rep, "/duplicates")
    for _ in range(40):
        pair()
    with statements() as many:
        page(rep, "/duplicates")
    assert len(many) <= len(few) <= 10, "\n".join(few)


def test_the_two_side_by_side_take_few_statements(
    rep: Client, grill: Organization, double: Organization, statements: Counting
) -> None:
    with statements() as seen:
        page(rep, both(grill, double))
    assert len(seen) <= 12, "\n".join(seen)


def test_where_much_moves_it_is_a_job_and_so_is_its_way_back(
    rep: Client,
    make: Make,
    grill: Organization,
    double: Organization,
    nell: User,
    acting_as: Callable[[object], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(duplicates, "MOST_AT_ONCE", 1)
    make.contact(organization=double)
    make.contact(organization=double)
    assert "done in the background" in words(page(rep, both(grill, double)))
    answer = merge(rep, grill, double)
    assert "Harbour Grill becomes a part of Harbor Grill." in words(page(rep, answer.location))
    again = merge(rep, grill, double)
    assert again.status_code == 422
    assert "being merged already" in again.text

    def work(address: str) -> None:
        acting_as(SYSTEM)
        around = services.jobs.Around(tmp_path, policy.may_change_row)
        services.jobs.run(int(address.rsplit("/", 1)[1]), now=datetime.now(UTC), around=around)

    work(answer.location)
    assert standing() == 1
    number = db.session.scalar(sa.select(MergeLog.merge_log_id))
    acting_as(nell)
    back = post(rep, f"/duplicates/merges/{number}/undoing")
    assert "Harbour Grill will stand by itself again." in words(page(rep, back.location))
    work(back.location)
    assert standing() == 0
