"""The lists of words: what admins keep is what forms offer, and a new name reaches every row."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm import clock, queries, services
from crm.db import db
from crm.enums import Picklist
from crm.errors import Refused
from crm.models import AuditLog, Job, Opportunity, Organization, PicklistValue, SavedView, User
from crm.queries.picklists import HOLDERS
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make, as_role

SignIn = Callable[[User], Client]
Acting = Callable[[User], None]


def post(client: Client, path: str, **fields: str) -> int:
    return client.submit(path, {"request_key": str(uuid4())} | fields).status_code


def number_of(value: str) -> int:
    return db.session.execute(
        sa.select(PicklistValue.picklist_value_id).where(PicklistValue.value == value)
    ).scalar_one()


@pytest.fixture
def admin(sign_in: SignIn, ada: User) -> Client:
    """Her browser, after a first request: from then on the test may read every row."""
    client = sign_in(ada)
    client.get("/healthz")
    return client


def segments(*places: Organization) -> list[tuple[str | None, int]]:
    for place in places:
        db.session.refresh(place)
    return [(place.segment, place.version) for place in places]


def tags(*rows: Organization | Opportunity) -> list[list[str]]:
    for row in rows:
        db.session.refresh(row)
    return [row.tags for row in rows]


def offered(picklist: Picklist = Picklist.SEGMENT) -> list[str]:
    return queries.picklists.words(picklist)


def undo(client: Client) -> str:
    """What the page says after the button of the last change's toast was pressed."""
    job_id = db.session.execute(sa.select(sa.func.max(Job.job_id))).scalar_one()
    assert post(client, f"/admin/picklists/changes/{job_id}/return") == 303
    return client.get("/admin/picklists/segment").text


def test_a_renamed_word_is_renamed_on_every_row_and_raises_its_version(
    admin: Client, make: Make, nell: User
) -> None:
    place = make.organization(owner=nell, segment="Pizza")
    assert "Pizza" in admin.get("/admin/picklists/segment").text
    assert post(admin, "/admin/picklists/segment/name", word="Pizza", value="Pizzeria") == 303
    assert segments(place) == [("Pizzeria", 2)]
    assert "Pizzeria" in admin.get("/organizations/new").text
    assert post(admin, "/admin/picklists/segment/name", word="Pizzeria", value="italian") == 422
    assert "Pizza is back, on one record." in undo(admin)
    assert segments(place) == [("Pizza", 3)]
    assert "Pizza" in offered()


def test_a_word_is_added_archived_and_offered_again(admin: Client) -> None:
    assert post(admin, "/admin/picklists/segment", value="Ghost kitchen") == 303
    assert post(admin, "/admin/picklists/segment", value="ghost  Kitchen") == 422
    word = f"/admin/picklists/words/{number_of('Ghost kitchen')}"
    for act, is_offered in (("archiving", False), ("restoration", True)):
        assert post(admin, f"{word}/{act}") == 303
        assert (">Ghost kitchen<" in admin.get("/organizations/new").text) is is_offered


def test_a_merge_says_first_what_it_moves_and_is_undone_as_it_was(
    admin: Client, make: Make, nell: User, ada: User
) -> None:
    pizza = make.organization(owner=nell, segment="Pizza")
    gone = make.organization(segment="Pizza", deleted_at=clock.now())
    asked = {"word": "Pizza", "into": "Italian"}
    preview = admin.get("/admin/picklists/segment/merging", query_string=asked).text
    assert "Two organizations move from <b>Pizza</b> to <b>Italian</b>" in preview
    assert segments(pizza, gone) == [("Pizza", 1), ("Pizza", 1)]
    assert post(admin, "/admin/picklists/segment/merging", **asked) == 303
    assert segments(pizza, gone) == [("Italian", 2), ("Italian", 2)]
    assert "Pizza" not in offered()
    trail = db.session.scalars(
        sa.select(AuditLog).where(
            AuditLog.table_name == "organizations", AuditLog.row_id == pizza.organization_id
        )
    ).all()[-1]
    assert (trail.user_id, trail.before, trail.after) == (
        ada.user_id,
        {"segment": "Pizza"},
        {"segment": "Italian"},
    )
    assert "Pizza is back, on two records." in undo(admin)
    assert [segment for segment, _ in segments(pizza, gone)] == ["Pizza", "Pizza"]
    assert "Pizza" in offered()


def test_an_undo_leaves_alone_what_was_edited_since_and_says_so(
    admin: Client, make: Make, ada: User, acting_as: Acting
) -> None:
    kept, edited = make.organization(segment="Pizza"), make.organization(segment="Pizza")
    assert post(admin, "/admin/picklists/segment/merging", word="Pizza", into="Italian") == 303
    acting_as(ada)
    services.records.change(edited, {"segment": "Bar/Lounge"}, seen=2)
    said = undo(admin)
    assert "Pizza is back, on one record. One record edited since stays as now." in said
    assert [segment for segment, _ in segments(kept, edited)] == ["Pizza", "Bar/Lounge"]


def test_a_second_undo_is_refused_and_so_is_one_after_a_day(make: Make, ada: User, acting_as: Acting) -> None:
    acting_as(ada)
    make.organization(segment="Pizza")
    now = clock.now()
    known = queries.picklists.find(Picklist.SEGMENT, "Pizza")
    assert known is not None
    done = services.picklists.merge(known, Picklist.SEGMENT, into="Italian", by=ada.user_id, now=now)
    with pytest.raises(Refused, match="more than a day ago"):
        services.picklists.put_back(done.job_id, by=ada.user_id, now=now + timedelta(hours=25))
    services.picklists.put_back(done.job_id, by=ada.user_id, now=now)
    with pytest.raises(Refused, match="taken back already"):
        services.picklists.put_back(done.job_id, by=ada.user_id, now=now)


@pytest.mark.parametrize("into", ["Pizza", "Nothing like it", ""])
def test_a_word_is_merged_only_into_another_one_of_its_list(admin: Client, make: Make, into: str) -> None:
    place = make.organization(segment="Pizza")
    assert post(admin, "/admin/picklists/segment/merging", word="Pizza", into=into) == 422
    assert segments(place) == [("Pizza", 1)]
    page = admin.get("/admin/picklists/segment/merging", query_string={"word": "Pizza", "into": into})
    assert page.status_code == 422
    assert "Rename" in page.text


def test_a_word_that_only_records_have_is_merged_or_offered_like_any_other(admin: Client, make: Make) -> None:
    place = make.organization(segment="pizza place")
    assert "On records only" in admin.get("/admin/picklists/segment").text
    assert post(admin, "/admin/picklists/segment/merging", word="pizza place", into="Pizza") == 303
    assert segments(place) == [("Pizza", 2)]
    assert post(admin, "/admin/picklists/segment/merging", word="pizza place", into="Pizza") == 404


def test_words_move_up_and_down_in_the_order_in_which_forms_offer_them(admin: Client) -> None:
    before = offered()
    word = f"/admin/picklists/words/{number_of(before[1])}/place"
    assert post(admin, word, to="up") == 303
    assert offered() == [before[1], before[0], *before[2:]]
    assert post(admin, word, to="up") == 303
    assert post(admin, word, to="down") == 303
    assert offered() == before
    assert post(admin, word, to="sideways") == 400


def test_only_a_word_that_nothing_holds_can_be_deleted(admin: Client, make: Make) -> None:
    make.organization(segment="Pizza")
    used, unused = number_of("Pizza"), number_of("Italian")
    for number in (used, unused):
        assert post(admin, f"/admin/picklists/words/{number}/archiving") == 303
        assert post(admin, f"/admin/picklists/words/{number}/removal") == 303
    assert db.session.get(PicklistValue, used) is not None
    assert (
        db.session.scalars(sa.select(PicklistValue).where(PicklistValue.value == "Italian")).first() is None
    )


def test_tags_are_counted_by_noun_renamed_and_merged_without_doubling(admin: Client, make: Make) -> None:
    both = make.organization(tags=["hot", "patio", "Hot"])
    one, deal = make.organization(tags=["hot"]), make.opportunity(tags=["new", "hot"])
    assert admin.get("/admin/tags").location == "/admin/picklists/tag"
    known = {word.value: word.uses for word in queries.picklists.kept(Picklist.TAG)}
    assert known == {"hot": (2, 1), "patio": (1, 0), "Hot": (1, 0), "new": (0, 1)}
    preview = admin.get("/admin/picklists/tag/merging", query_string={"word": "hot", "into": "Hot"}).text
    assert "Two organizations move" in preview
    assert "One opportunity moves" in preview
    assert post(admin, "/admin/picklists/tag/merging", word="hot", into="Hot") == 303
    assert tags(both, one, deal) == [["patio", "Hot"], ["Hot"], ["new", "Hot"]]
    undo(admin)
    assert tags(both, one, deal) == [["hot", "patio", "Hot"], ["hot"], ["new", "hot"]]
    assert post(admin, "/admin/picklists/tag/name", word="new", value="a, b") == 422
    assert post(admin, "/admin/picklists/tag/name", word="new", value="Hot") == 422
    assert post(admin, "/admin/picklists/tag/name", word="new", value="Fresh") == 303
    assert tags(deal) == [["Fresh", "hot"]]


def views(make: Make) -> list[tuple[str, int]]:
    """What the saved views of everybody ask, and their versions."""
    with as_role(make.connection, "kp_owner"):
        rows = make.connection.execute(sa.select(SavedView.query, SavedView.version).order_by(SavedView.name))
        return [(query, version) for query, version in rows]


def test_the_saved_views_of_everybody_ask_for_the_new_word_and_after_an_undo_for_the_old_one(
    admin: Client, make: Make, nell: User, ada: User
) -> None:
    make.organization(segment="Bar & Grill", tags=["hot"])
    make.opportunity(tags=["hot"])
    asked = ["q=x&segment=Bar+%26+Grill&sort=-name", "tag=hot", "segment=Bar"]
    for number, query in enumerate(asked):
        make.saved_view(nell, "organizations", name=f"{number}", query=query)
    make.saved_view(ada, "opportunities", name="3", query="tag=hot&stage=new")
    make.saved_view(ada, "products", name="4", query="segment=Bar+%26+Grill")
    before = views(make)
    assert post(admin, "/admin/picklists/segment/name", word="Bar & Grill", value="Grill / Bar") == 303
    assert [query for query, _ in views(make)] == [
        "q=x&segment=Grill+%2F+Bar&sort=-name", "tag=hot", "segment=Bar", "tag=hot&stage=new",
        "segment=Bar+%26+Grill",
    ]  # fmt: skip
    undo(admin)
    assert [query for query, _ in views(make)] == [query for query, _ in before]
    assert views(make)[0][1] > before[0][1]
    assert views(make)[1:] == before[1:]
    make.organization(tags=["Hot"])
    assert post(admin, "/admin/picklists/tag/merging", word="hot", into="Hot") == 303
    assert [query for query, _ in views(make)][1:4] == ["tag=Hot", "segment=Bar", "tag=Hot&stage=new"]


def test_a_saved_view_with_no_room_for_a_longer_word_stays_as_it_is(
    admin: Client, make: Make, nell: User
) -> None:
    make.organization(segment="Bar")
    query = f"segment=Bar&q={'x' * 3_986}"
    make.saved_view(nell, "organizations", name="Full", query=query)
    assert post(admin, "/admin/picklists/segment/name", word="Bar", value="Bar and grill") == 303
    assert views(make) == [(query, 1)]


@pytest.mark.parametrize("picklist", ["segment", "tag"])
def test_the_page_takes_as_many_statements_with_many_words_as_with_few(
    admin: Client, make: Make, statements: Counting, picklist: str
) -> None:
    path, counts = f"/admin/picklists/{picklist}", []
    admin.get(path)
    for n in (3, 40):
        for number in range(n):
            make.organization(segment=f"Word {n} {number}", tags=[f"word {n} {number}"])
        with statements() as seen:
            assert admin.get(path).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 6


TAGS = ("hot", "Hot", "patio", "new")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.sampled_from(TAGS), min_size=1, unique=True), min_size=1, max_size=3),
    pair=st.permutations(TAGS),
)
def test_a_merge_undone_leaves_every_row_as_it_was(
    acting_as: Acting, make: Make, ada: User, rows: list[list[str]], pair: list[str]
) -> None:
    acting_as(ada)
    places = [make.organization(tags=row) for row in rows]
    known = queries.picklists.find(Picklist.TAG, was := pair[0])
    if known is not None and pair[1] in (word.value for word in queries.picklists.kept(Picklist.TAG)):
        done = services.picklists.merge(known, Picklist.TAG, into=pair[1], by=ada.user_id, now=clock.now())
        for before, after in zip(rows, tags(*places), strict=True):
            assert set(after) == {pair[1] if word == was else word for word in before}
            assert len(after) == len(set(after))
        services.picklists.put_back(done.job_id, by=ada.user_id, now=clock.now())
    assert tags(*places) == rows


@pytest.mark.parametrize("picklist", Picklist)
def test_the_page_and_the_database_count_the_same_uses(
    picklist: Picklist, make: Make, ada: User, acting_as: Acting
) -> None:
    acting_as(ada)
    make.organization(segment="X", tags=["X", "Y"])
    make.opportunity(context="X", source="X", stage="Closed - Won", close_reason="X", tags=["Y"])
    make.interaction(activity="X")
    make.contact(position="X")
    make.product(category="X")
    there = sa.select(sa.func.count()).select_from(
        sa.func.picklist_uses(sa.cast(picklist, PicklistValue.picklist.type))
    )
    counted = [word for word in queries.picklists.kept(picklist) if word.total]
    assert len(counted) == db.session.scalar(there)
    assert HOLDERS[picklist]
