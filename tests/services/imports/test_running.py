"""A list of organizations becomes part of the book, and bringing it in again changes nothing."""

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crm import services
from crm.db import db
from crm.enums import Priority
from crm.errors import Refused
from crm.models import Organization, OrganizationAlias, PersonAlias, User
from crm.queries.organization_names import bare
from crm.services.imports import AliasReport, Report, Weight, of_weight
from tests.factories import Make

SAMPLES = Path(__file__).parents[2] / "samples"
TODAY = date(2026, 6, 12)
STAFF = ("Marlow", "Inez", "Tobinn", "Petra", "Z", "Hollis", "June", "Orrin", "Wade")


def bring_in(text: str, **options: Any) -> Report:
    options = {"on": TODAY, "may_change": lambda owners: True} | options
    return services.imports.run(io.BytesIO(text.encode()), **options)


def bring_in_file(name: str) -> Report:
    with (SAMPLES / name).open("rb") as stream:
        return services.imports.run(stream, on=TODAY, may_change=lambda owners: True)


def load_aliases(text: str) -> AliasReport:
    return services.imports.load_aliases(io.BytesIO(text.encode()), may_change=lambda owners: True)


def book() -> list[Organization]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Organization).order_by(Organization.organization_id)))


def the(name: str) -> Organization:
    db.session.expire_all()
    return db.session.scalars(sa.select(Organization).where(Organization.name == name)).one()


def fingerprint() -> list[tuple[Any, ...]]:
    """Everything that changing a row would change, its version and moment among it."""
    rows = db.session.execute(sa.text("select o.*, xmin::text from organizations o order by organization_id"))
    return [tuple(row) for row in rows]


@pytest.fixture
def expected() -> dict[str, Any]:
    return json.loads((SAMPLES / "expected" / "organizations.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture
def acting(ada: User, acting_as: Callable[[User], None]) -> None:
    acting_as(ada)


@pytest.fixture
def wrenfield(make: Make, acting: None) -> AliasReport:
    """The people of the firm whose files these are, and its alias list."""
    for name in STAFF:
        make.user(f"{name} of Wrenfield", email=f"{name.lower()}@wrenfield.example")
    return load_aliases((SAMPLES / "aliases.csv").read_text())


def test_an_empty_book_is_filled_as_the_file_says(wrenfield: AliasReport, expected: dict[str, Any]) -> None:
    assert len(wrenfield.distributors_created) == 30
    report = bring_in_file("organizations.csv")
    assert report.created == expected["distinct_names"]
    assert (len(report.changes), report.unchanged) == (0, 0)
    assert len(report.together) == expected["duplicate_groups"]
    assert sum(len(rows) - 1 for rows in report.together) == expected["duplicate_surplus_rows"]
    left_out = of_weight(Weight.ROW_LEFT_OUT, report.problems)
    assert [problem.row for problem in left_out] == expected["rows_without_a_name"]
    assert len(book()) == expected["distinct_names"] + 30


def test_owners_and_distributors_are_those_that_the_spellings_mean(
    wrenfield: AliasReport, expected: dict[str, Any]
) -> None:
    report = bring_in_file("organizations.csv")
    organizations = {bare(one.name): one for one in book()}
    names = {one.organization_id: one.name for one in organizations.values()}
    people = {user.user_id: user.full_name for user in db.session.scalars(sa.select(User))}
    owners: Counter[str] = Counter()
    distributors: Counter[str] = Counter()
    for row in report.sheet.organizations:  # row by row, as the expected numbers count
        organization = organizations[bare(row.name)]
        owner = people.get(organization.owner_id or 0)
        owners[owner.removesuffix(" of Wrenfield") if owner else "(none)"] += 1
        if organization.usual_distributor_id:
            distributors[names[organization.usual_distributor_id]] += 1
        elif row.distributor:
            distributors[f"(not a distributor: {row.distributor})"] += 1
    assert owners == expected["manager"]
    assert distributors == expected["distributor"]
    assert not [one for one in organizations.values() if one.owner_text]
    kept = [one.notes for one in organizations.values() if one.notes and "Distributor: Other" in one.notes]
    assert len(kept) == 2


def test_the_values_of_a_row_stand_in_their_columns(wrenfield: AliasReport) -> None:
    bring_in_file("organizations.csv")
    catering = the("Zelilloway Catering")
    assert (catering.priority, catering.segment, catering.phone) == (Priority.B, "Caterer", "(989) 555-0150")
    assert catering.is_anchor
    assert catering.notes == (
        "walked the line with Hugo. owner asks how Mashed Potato behaves in the fryer #anchor"
    )
    bistro = the("BRAMAQUIST BISTRO")
    assert (bistro.city, bistro.state, bistro.weekly_focus_on) == ("Lake Umber", "WI", date(2026, 6, 8))
    assert bistro.version == 1


def test_bringing_it_in_again_changes_nothing(wrenfield: AliasReport) -> None:
    bring_in_file("organizations.csv")
    before = fingerprint()
    again = bring_in_file("organizations.csv")
    assert (again.created, len(again.changes), again.unchanged) == (0, 0, 400)
    assert fingerprint() == before
    aliases_again = load_aliases((SAMPLES / "aliases.csv").read_text())
    assert (aliases_again.added, aliases_again.moved, aliases_again.distributors_created) == (0, 0, [])
    assert fingerprint() == before


def test_known_organizations_are_found_and_only_what_differs_is_changed(
    wrenfield: AliasReport, expected: dict[str, Any]
) -> None:
    known = bring_in_file("known-organizations.csv")
    assert known.created == expected["known_from_the_tracker"]
    report = bring_in_file("organizations.csv")
    assert report.created == expected["new"]
    assert len(report.changes) + report.unchanged == expected["known_from_the_tracker"]
    told = [change for change in report.changes if change.columns & {"priority", "phone", "notes"}]
    assert len(told) == expected["known_with_a_new_priority_phone_or_note"]
    others = {column for change in report.changes for column in change.columns} - {
        "priority",
        "phone",
        "notes",
    }
    assert others == {"weekly_focus_on"}
    assert all(one.version == 2 for one in book() if one.organization_id in {c.organization_id for c in told})


def test_an_empty_cell_erases_nothing_and_notes_only_grow(acting: None) -> None:
    bring_in("Organization,City,Priority,Notes\nGrill,Elkhollow,A,first visit\n")
    bring_in("Organization,City,Priority,Notes,State\nGRILL,,,second visit,il\n")
    grill = the("Grill")
    assert (grill.city, grill.priority, grill.state) == ("Elkhollow", Priority.A, "IL")
    assert grill.notes == "first visit\nsecond visit"


def test_what_the_user_wrote_into_the_notes_stays(make: Make, acting: None) -> None:
    make.organization("Grill", notes="ask for  Orville")
    bring_in("Organization,Notes\nGrill,first visit\n")
    assert the("Grill").notes == "ask for  Orville\nfirst visit"


def test_branches_of_a_chain_stay_apart_and_a_row_without_a_city_waits(make: Make, acting: None) -> None:
    make.organization("Grill", city="Elkhollow")
    report = bring_in("Organization,City,Priority\nGrill,Marlinde,B\nGrill,Elkhollow,A\nGrill,,C\n")
    assert report.created == 1
    assert [(one.city, one.priority) for one in book()] == [
        ("Elkhollow", Priority.A),
        ("Marlinde", Priority.B),
    ]
    (left_out,) = of_weight(Weight.ROW_LEFT_OUT, report.problems)
    assert left_out.row == 4


def test_an_owner_nobody_knows_is_kept_as_text_until_somebody_answers_to_it(make: Make, acting: None) -> None:
    text = "Organization,Account manager\nGrill,Tobin \n"
    report = bring_in(text)
    assert (the("Grill").owner_id, the("Grill").owner_text) == (None, "Tobin")
    assert [(p.weight, p.field, p.text) for p in report.problems] == [
        (Weight.NOTICE, "Account manager", "Tobin")
    ]
    tobinn = make.user("Tobinn Ashgrove", email="tobinn@wrenfield.example")
    load_aliases("kind,alias,name\nperson,tobin,tobinn@wrenfield.example\n")
    bring_in(text)
    assert (the("Grill").owner_id, the("Grill").owner_text) == (tobinn.user_id, None)
    assert (
        db.session.scalar(sa.select(sa.func.count()).select_from(User)) == 2
    )  # ada and tobinn: nobody is made


def test_people_are_known_by_their_full_name_and_address_too(make: Make, acting: None, nell: User) -> None:
    bring_in("Organization,Owner,Second owner\nGrill,NELL OKAFOR,Nell@pantry.example\n")
    assert (the("Grill").owner_id, the("Grill").second_owner_id) == (nell.user_id, nell.user_id)


def test_somebody_who_left_owns_nothing_new(make: Make, acting: None) -> None:
    make.user("Wade Fenn", active=False)
    bring_in("Organization,Owner\nGrill,Wade Fenn\n")
    assert (the("Grill").owner_id, the("Grill").owner_text) == (None, "Wade Fenn")


def test_an_unknown_distributor_is_kept_in_the_notes_or_created_when_asked(acting: None) -> None:
    text = "Organization,Distributor\nGrill,GMF\nTavern,gmf\n"
    report = bring_in(text)
    assert the("Grill").usual_distributor_id is None
    assert the("Grill").notes == "Distributor: GMF"
    assert [p.row for p in of_weight(Weight.NOTICE, report.problems)] == [2, 3]
    report = bring_in(text, create_distributors=True)
    assert report.distributors_created == ["GMF"]
    gmf = the("GMF")
    assert gmf.is_distributor
    assert {the("Grill").usual_distributor_id, the("Tavern").usual_distributor_id} == {gmf.organization_id}
    assert bring_in(text, create_distributors=True).distributors_created == []


def test_a_distributor_is_an_organization_that_is_marked_as_one(make: Make, acting: None) -> None:
    plain = make.organization("Sylvarre", priority=Priority.A)
    bring_in("Organization,Distributor\nGrill,Sylvarre\n")
    assert the("Grill").usual_distributor_id is None
    load_aliases("kind,alias,name\ndistributor,SYLV,Sylvarre\n")
    bring_in("Organization,Distributor\nGrill,sylv\n")
    assert the("Grill").usual_distributor_id == plain.organization_id
    assert the("Sylvarre").is_distributor
    assert the("Sylvarre").priority is Priority.A


def test_of_several_organizations_with_a_distributors_name_none_is_guessed(make: Make, acting: None) -> None:
    make.organization("Sylvarre", city="Elkhollow")
    make.organization("Sylvarre", city="Marlinde")
    report = load_aliases("kind,alias,name\ndistributor,SYLV,Sylvarre\n")
    assert [(p.row, p.weight) for p in report.problems] == [(2, Weight.ROW_LEFT_OUT)]
    assert "several organizations" in report.problems[0].reason
    assert not db.session.scalars(sa.select(OrganizationAlias)).all()


def test_an_alias_list_marks_no_organization_of_somebody_else(make: Make, acting: None, otis: User) -> None:
    make.organization("Sylvarre", owner=otis)
    report = services.imports.load_aliases(
        io.BytesIO(b"kind,alias,name\ndistributor,SYLV,Sylvarre\n"), may_change=lambda owners: not any(owners)
    )
    assert [problem.row for problem in report.problems] == [2]
    assert "belongs to somebody else" in report.problems[0].reason
    assert not the("Sylvarre").is_distributor


def test_alias_lists_say_what_is_wrong_with_a_line(make: Make, acting: None) -> None:
    report = load_aliases(
        "alias,name,kind\nTobin,nobody@wrenfield.example,person\n,x,person\n,,\nGMF,Grandmarrow,distributor\nA,B,pet\n"
    )
    assert [problem.row for problem in report.problems] == [3, 6, 2]
    assert report.added == 1
    assert report.distributors_created == ["Grandmarrow"]
    with pytest.raises(Refused, match="kind, alias and name"):
        load_aliases("Organization,City\nGrill,Elkhollow\n")
    with pytest.raises(Refused, match="kind, alias and name"):
        load_aliases("\n\n")


def test_an_alias_can_be_given_to_somebody_else(make: Make, acting: None, nell: User, otis: User) -> None:
    load_aliases("kind,alias,name\nperson,N,nell@pantry.example\n")
    report = load_aliases("kind,alias,name\nperson,n,otis@pantry.example\n")
    assert (report.added, report.moved) == (0, 1)
    db.session.expire_all()
    assert db.session.get_one(PersonAlias, "n").user_id == otis.user_id


def test_rows_of_others_are_left_alone_and_told(make: Make, acting: None, otis: User, nell: User) -> None:
    make.organization("Grill", owner=otis)
    make.organization("Tavern", owner=nell)
    make.organization("Deli")

    def may_change(owners: Any) -> bool:
        return otis.user_id not in owners

    report = bring_in(
        "Organization,City\nGrill,Elkhollow\nTavern,Elkhollow\nDeli,Elkhollow\n", may_change=may_change
    )
    assert [(one.name, one.city) for one in book()] == [
        ("Grill", None),
        ("Tavern", "Elkhollow"),
        ("Deli", "Elkhollow"),
    ]
    (left_out,) = of_weight(Weight.ROW_LEFT_OUT, report.problems)
    assert (left_out.row, left_out.text) == (2, "Grill")
    untouched = bring_in("Organization,City\nGrill,\n", may_change=may_change)
    assert (untouched.unchanged, list(untouched.problems)) == (1, [])


def test_an_archived_organization_is_not_made_anew(make: Make, acting: None) -> None:
    make.organization("Grill", deleted_at=sa.func.now())
    report = bring_in("Organization\nGrill\nTavern\n")
    assert report.created == 1
    assert [problem.row for problem in of_weight(Weight.ROW_LEFT_OUT, report.problems)] == [2]


def test_notes_do_not_grow_beyond_their_limit(make: Make, acting: None) -> None:
    make.organization("Grill", notes="x" * 9_995)
    report = bring_in("Organization,Notes,City\nGrill,first visit,Elkhollow\n")
    grill = the("Grill")
    assert (len(grill.notes or ""), grill.city) == (9_995, "Elkhollow")
    assert [(p.row, p.field) for p in of_weight(Weight.CELL_LEFT_OUT, report.problems)] == [(2, "Notes")]


def test_a_refused_file_writes_nothing(acting: None) -> None:
    with pytest.raises(Refused, match="a list of contacts"):
        bring_in("First name,Company\nDana,Grill\n")
    assert book() == []


def test_a_long_file_is_written_in_batches_and_tells_how_far_it_is(
    acting: None, statements: Callable[[], Any]
) -> None:
    said: list[str] = []
    names = "".join(f"Organization number {number} here\n" for number in range(1_200))
    report = bring_in(f"Organization\n{names}", progress=said.append)
    assert report.created == 1_200
    assert said == ["500 of 1,200 organizations written", "1,000 of 1,200 organizations written"]
    with statements() as seen:
        assert bring_in(f"Organization\n{names}").unchanged == 1_200
    assert len(seen) <= 8, seen
