"""A list of organizations becomes part of the book, and bringing it in again changes nothing."""

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from crm import queries, services
from crm.db import db, transaction
from crm.enums import ImportState, Priority
from crm.errors import Refused
from crm.models import ImportRow, ImportSheet, Organization, OrganizationAlias, PersonAlias, User
from crm.queries.organization_names import bare
from crm.services.imports import AliasReport, decoding, delimiters, layouts, records, rows, sessions
from crm.services.imports.text import clean
from tests.factories import Make
from tests.services.imports.bringing import SAMPLES, Bringing, reasons

TODAY = date(2026, 6, 12)


class Told(NamedTuple):
    """What the check said of a row."""

    row: int
    weight: str
    field: str
    reason: str
    text: str


@pytest.fixture
def bring_in(bringing: Bringing) -> Callable[..., int]:
    """`bring_in(text)`: a list that is checked and, if there is anything in it to do, applied."""

    def act(text: str) -> int:
        number = bringing.bring_text(text)
        assert bringing.session(number).state is ImportState.CHECKED, bringing.session(number).problem
        if queries.imports.count_steps(number):
            job = bringing.ask(number, sessions.apply)
            assert job.result is not None, job.last_error
        return number

    return act


def load_aliases(text: str) -> AliasReport:
    with transaction():
        return services.imports.load_aliases(io.BytesIO(text.encode()), may_change=lambda owners: True)


def told(number: int, weight: str = "") -> list[Told]:
    """What there is to say of the rows of this import."""
    found = db.session.execute(
        sa.select(ImportRow.row, ImportRow.problems)
        .join(ImportSheet, ImportSheet.import_sheet_id == ImportRow.import_sheet_id)
        .where(ImportSheet.import_session_id == number)
        .order_by(ImportRow.row)
    )
    return [
        Told(row, one["weight"], one["field"], one["reason"], one["text"])
        for row, problems in found
        for one in problems
        if one.get("weight") and weight in ("", one["weight"])
    ]


def book() -> list[Organization]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Organization).order_by(Organization.organization_id)))


def the(name: str) -> Organization:
    db.session.expire_all()
    return db.session.scalars(sa.select(Organization).where(Organization.name == name)).one()


def outcomes(number: int) -> dict[str, int]:
    return {one.value: n for (_, one), n in queries.imports.outcomes(number).items()}


@pytest.fixture
def expected() -> dict[str, Any]:
    return json.loads((SAMPLES / "expected" / "organizations.json").read_text())  # type: ignore[no-any-return]


# ---------------------------------------------------------------------- the account sheet of a broker


def test_the_account_sheet_fills_an_empty_book_as_it_says(
    knowing: Bringing, expected: dict[str, Any]
) -> None:
    number = knowing.bring(SAMPLES / "organizations.csv")
    sheet = knowing.sheet(number)
    knowing.ask(number, sessions.apply)
    organizations = {bare(one.name): one for one in book()}
    told_of = told(number)
    assert [one.row for one in told_of if "amount of money" in one.reason] == expected["cells_with_money"]
    assert [one.row for one in told_of if one.weight == "row left out"] == expected["rows_without_a_name"]
    lost = [one.text for one in told_of if "letter seems to be lost" in one.reason]
    assert lost == ["Quimimmerly Pizza Works Caf?"]
    priorities = Counter(sheet.figures["priority"])
    unread = [one.text for one in told_of if one.reason == "is no priority"]
    priorities["(none)"] -= len(unread)
    priorities.update(f"(not a priority: {text})" for text in unread)
    assert priorities == expected["priority"]

    notes = {one.notes for one in organizations.values()}
    everything = "\n".join(one.notes or "" for one in organizations.values())
    assert everything.count("crème brûlée for the café") == expected["cells_repaired_from_utf8_bytes"]
    assert "jalapeño curds – call the chef" in everything
    assert not set(everything) & set("\xa0\x92ÃÂ")
    assert any("’s Tap Room" in one.name for one in organizations.values())
    assert {'needs 12" rolls, 3/8" cut', 'says "call me", then hung up', "two lines\nin one cell"} <= notes
    assert [one.notes for one in organizations.values() if "CLOSED" in (one.notes or "")] == ["Phone: CLOSED"]
    assert sum(one.is_anchor for one in organizations.values()) == 3
    assert everything.count("Distributor: Other") == 2
    assert not [one for one in organizations.values() if one.owner_text]


def _steps(number: int) -> list[Any]:
    keys = [
        (sheet.import_sheet_id, row)
        for sheet in queries.imports.sheets(number)
        for row in range(1, sheet.rows_total + 10)
    ]
    return [step for steps in queries.imports.steps_of(keys).values() for step in steps]


def test_its_owners_and_distributors_are_those_that_the_spellings_mean(
    knowing: Bringing, expected: dict[str, Any]
) -> None:
    number = knowing.bring(SAMPLES / "organizations.csv")
    knowing.ask(number, sessions.apply)
    organizations = {bare(one.name): one for one in book()}
    names = {one.organization_id: one.name for one in organizations.values()}
    people = {user.user_id: user.full_name for user in db.session.scalars(sa.select(User))}
    sheet = knowing.sheet(number)
    name, distributor = (
        int(next(c for c, f in sheet.fields.items() if f == w)) for w in ("name", "distributor")
    )
    owners: Counter[str] = Counter()
    distributors: Counter[str] = Counter()
    for row in queries.imports.rows(number, queries.imports.RowsWanted(), most=1_000):
        organization = organizations.get(bare(clean(row.cells[name]))) if len(row.cells) > name else None
        if organization is None or row.row <= (sheet.header_row or 0) or not clean(row.cells[name]):
            continue
        owners[people.get(organization.owner_id or 0, "(none)")] += 1
        said = clean(row.cells[distributor]) if len(row.cells) > distributor else ""
        if organization.usual_distributor_id:
            distributors[names[organization.usual_distributor_id]] += 1
        elif said:
            distributors[f"(not a distributor: {said})"] += 1
    assert owners == expected["manager"]
    assert distributors == expected["distributor"]


def test_the_values_of_a_row_stand_in_their_columns(knowing: Bringing) -> None:
    knowing.ask(knowing.bring(SAMPLES / "organizations.csv"), sessions.apply)
    catering = the("Zelilloway Catering")
    assert (catering.priority, catering.segment, catering.phone) == (Priority.B, "Caterer", "(989) 555-0150")
    assert catering.is_anchor
    assert (catering.notes or "").startswith("walked the line with Hugo. owner asks how Mashed Potato")
    assert (catering.notes or "").endswith("#anchor\nDistributor's rep: Greta Harkavery")
    bistro = the("BRAMAQUIST BISTRO")
    assert (bistro.city, bistro.state, bistro.weekly_focus_on) == ("Lake Umber", "WI", date(2026, 6, 8))
    assert bistro.version == 1


def test_known_organizations_are_found_and_only_what_differs_is_changed(
    knowing: Bringing, expected: dict[str, Any]
) -> None:
    knowing.ask(knowing.bring(SAMPLES / "known-organizations.csv"), sessions.apply)
    number = knowing.bring(SAMPLES / "organizations.csv")
    steps = _steps(number)
    assert sum(step.is_new for step in steps) == expected["new"]
    changed = [set(step.values) for step in steps if not step.is_new]
    told_of = [columns for columns in changed if columns & {"priority", "phone", "notes"}]
    assert len(told_of) == expected["known_with_a_new_priority_phone_or_note"]
    assert set().union(*changed) == {"priority", "phone", "notes", "weekly_focus_on"}
    knowing.ask(number, sessions.apply)
    assert queries.imports.count_steps(knowing.bring(SAMPLES / "organizations.csv")) == 0


def test_the_names_of_a_whole_book_fall_into_the_known_groups(bringing: Bringing) -> None:
    """A tracking workbook of years: 106 groups of copies, 12 chains, 4 rows nobody can place."""
    sheet = bringing.sheet(bringing.bring(SAMPLES / "account-names.csv"))
    assert sheet.figures["accounts"]["different"] == 1_484
    assert sheet.figures["duplicate groups"] == {"groups": 106, "surplus rows": 116}
    assert sheet.figures["branches"]["undecided rows"] == 4


# ---------------------------------------------------------------------- which organization a row is


def test_spellings_of_one_name_are_one_organization(bring_in: Callable[..., int]) -> None:
    bring_in('Organization,City\nOskumble Grill,\nOSKUMBLE GRILL,Elkhollow\n"The Oskumble Grill, LLC",\n')
    assert [(one.name, one.city) for one in book()] == [("Oskumble Grill", "Elkhollow")]
    bring_in("Organization,Phone\nOskumble  grill Inc.,312-555-0100\n")
    assert [one.phone for one in book()] == ["(312) 555-0100"]


def test_branches_of_a_chain_stay_apart_and_a_row_without_a_city_is_told(
    make: Make, bring_in: Callable[..., int]
) -> None:
    make.organization("Grill", city="Elkhollow")
    number = bring_in("Organization,City,Priority\nGrill,Marlinde,B\nGrill,Elkhollow,A\nGrill,,C\n")
    assert [(one.city, one.priority) for one in book()] == [
        ("Elkhollow", Priority.A),
        ("Marlinde", Priority.B),
        (None, Priority.C),
    ]
    assert [one.row for one in told(number) if "branches in several cities" in one.reason] == [4]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (("THE GRILL", "Grill"), "Grill"),
        (("The Grill", "GRILL"), "GRILL"),
        (("Grill, LLC", "The Grill"), "Grill, LLC"),
    ],
)
def test_of_several_the_closest_spelling_is_taken_then_the_oldest(
    make: Make, bring_in: Callable[..., int], names: tuple[str, ...], chosen: str
) -> None:
    for name in names:
        make.organization(name)
    bring_in("Organization,Phone\nGrill,312-555-0100\n")
    assert [one.name for one in book() if one.phone] == [chosen]


def test_an_archived_organization_is_not_made_anew(make: Make, bring_in: Callable[..., int]) -> None:
    make.organization("Grill", deleted_at=sa.func.now())
    number = bring_in("Organization\nGrill\nTavern\n")
    assert [one.name for one in book()] == ["Grill", "Tavern"]
    assert [(one.row, one.reason) for one in told(number, "row left out")] == [
        (2, "this organization was archived")
    ]


# ---------------------------------------------------------------------- what a row says


def test_an_empty_cell_erases_nothing_and_notes_only_grow(make: Make, bring_in: Callable[..., int]) -> None:
    make.organization("Grill", city="Elkhollow", priority=Priority.A, notes="ask for  Orville")
    bring_in("Organization,City,Priority,Notes,State\nGRILL,,,second visit,il\n")
    grill = the("Grill")
    assert (grill.city, grill.priority, grill.state) == ("Elkhollow", Priority.A, "IL")
    assert grill.notes == "ask for  Orville\nsecond visit"


def test_an_owner_nobody_knows_is_kept_as_text_until_somebody_answers_to_it(
    bringing: Bringing, bring_in: Callable[..., int]
) -> None:
    text = "Organization,Account manager\nGrill,Tobin \n"
    number = bring_in(text)
    assert (the("Grill").owner_id, the("Grill").owner_text) == (None, "Tobin")
    assert [(one.weight, one.text) for one in told(number)] == [("worth a look", "Tobin")]
    tobinn = db.session.scalars(sa.select(User).where(User.full_name == "Tobinn")).one()
    people = len(db.session.scalars(sa.select(User)).all())
    bringing.acting_as(bringing.person)
    load_aliases("kind,alias,name\nperson,tobin,tobinn@wrenfield.example\n")
    bring_in(text)
    assert (the("Grill").owner_id, the("Grill").owner_text) == (tobinn.user_id, None)
    assert len(db.session.scalars(sa.select(User)).all()) == people, "an import makes no accounts"


def test_people_are_known_by_their_full_name_and_address_too(
    bring_in: Callable[..., int], nell: User
) -> None:
    bring_in("Organization,Owner,Second owner\nGrill,NELL OKAFOR,Nell@pantry.example\n")
    assert (the("Grill").owner_id, the("Grill").second_owner_id) == (nell.user_id, nell.user_id)


def test_somebody_who_left_owns_nothing_new(make: Make, bring_in: Callable[..., int]) -> None:
    make.user("Wade Fenn", active=False)
    bring_in("Organization,Owner\nGrill,Wade Fenn\n")
    assert (the("Grill").owner_id, the("Grill").owner_text) == (None, "Wade Fenn")


def test_an_unknown_distributor_is_kept_in_the_notes(bring_in: Callable[..., int]) -> None:
    number = bring_in("Organization,Distributor\nGrill,GMF\nTavern,gmf\n")
    assert the("Grill").usual_distributor_id is None
    assert the("Grill").notes == "Distributor: GMF"
    assert [one.row for one in told(number, "worth a look")] == [2, 3]


def test_a_distributor_is_an_organization_that_is_marked_as_one(
    make: Make, bringing: Bringing, bring_in: Callable[..., int]
) -> None:
    plain = make.organization("Sylvarre", priority=Priority.A)
    bring_in("Organization,Distributor\nGrill,Sylvarre\n")
    assert the("Grill").usual_distributor_id is None
    bringing.acting_as(bringing.person)
    load_aliases("kind,alias,name\ndistributor,SYLV,Sylvarre\n")
    bring_in("Organization,Distributor\nGrill,sylv\n")
    assert the("Grill").usual_distributor_id == plain.organization_id
    assert (the("Sylvarre").is_distributor, the("Sylvarre").priority) == (True, Priority.A)


def test_cells_that_fit_no_field_are_kept_and_told(bring_in: Callable[..., int]) -> None:
    number = bring_in(
        "Organization,Phone,City,State,E-mail\nGRILL\xa0 48622E,Bob 312-555-0111,47311,Ind.,nobody\n"
    )
    grill = the("GRILL")
    assert (grill.phone, grill.city, grill.postal_code, grill.state) == (
        "(312) 555-0111",
        None,
        "47311",
        "IN",
    )
    assert grill.notes == "Customer number 48622E\nPhone: Bob 312-555-0111"
    assert [(one.field, one.weight) for one in told(number)] == [
        ("Phone", "worth a look"),
        ("City", "worth a look"),
        ("E-mail", "cell left out"),
    ]


def test_notes_beyond_the_limit_are_reported_and_not_cut(make: Make, bring_in: Callable[..., int]) -> None:
    make.organization("Grill", notes="x" * 9_995)
    number = bring_in(f"Organization,Notes,City\nGrill,first visit,Elkhollow\nTavern,{'long ' * 2400},\n")
    assert (len(the("Grill").notes or ""), the("Grill").city, the("Tavern").notes) == (
        9_995,
        "Elkhollow",
        None,
    )
    assert [one.row for one in told(number, "cell left out")] == [2, 3]


def test_a_name_too_long_to_be_one_is_reported(bring_in: Callable[..., int]) -> None:
    number = bring_in(f"Organization\n{'x' * 256}\n{'x' * 255}\n")
    assert [len(one.name) for one in book()] == [255]
    assert "longer than 255 characters" in told(number, "row left out")[0].reason


def test_files_that_were_glued_together_have_one_header_and_all_rows(bring_in: Callable[..., int]) -> None:
    bring_in("Organization,City\nGrill,Elkhollow\n\nORGANIZATION,City \nTavern,Marlinde\n")
    assert [one.name for one in book()] == ["Grill", "Tavern"]


def test_a_zero_byte_is_dropped_and_told_once(bringing: Bringing) -> None:
    number = bringing.bring(SAMPLES / "edge" / "nul-byte.csv")
    assert [(one.row, one.weight) for one in told(number)] == [(2, "worth a look")]


def test_the_first_filled_of_two_equal_columns_counts_and_the_other_is_told(bringing: Bringing) -> None:
    number = bringing.bring(SAMPLES / "edge" / "duplicate-headers.csv")
    assert [step.values["email"] for step in _steps(number)] == ["a@example.com", "c@example.com"]
    assert "b@example.com" in [one.text for one in told(number, "cell left out")]


def test_a_quote_that_never_ends_swallows_no_row(bringing: Bringing) -> None:
    number = bringing.bring(SAMPLES / "edge" / "unclosed-quote.csv")
    names = [step.values["name"] for step in _steps(number)]
    assert names == ["Bramaquist Grill", "Fenumble Deli", "Garovane Cafe"]
    assert list(reasons(bringing.sheet(number))) == [3]


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_no_bytes_below_a_header_stop_the_reading(data: bytes, codec: str) -> None:
    head = "Organization,Phone,City,Notes,Weekly focus\n".encode(codec)
    _read_all(io.BytesIO(head + data))


@given(st.text(alphabet='Organizto,;"\n\t A1$@/é', max_size=200))
def test_no_text_stops_the_reading(text: str) -> None:
    _read_all(io.BytesIO(f"Organization,Notes\n{text}".encode()))


def _read_all(stream: io.BytesIO) -> None:
    """Every row read as one of organizations; refused or not, nothing else is raised."""
    try:
        lines = list(decoding.lines(stream, decoding.detect(stream)))
        found = list(records.read(lines, delimiters.detect(lines)))
    except Refused:
        return
    header = layouts.recognise([(one.number, one.cells) for one in found]).header
    for record in found if header is not None else ():
        rows.read(record, [clean(cell) for cell in record.cells], header, on=TODAY)


# ---------------------------------------------------------------------- whose it is


def test_rows_of_others_are_left_alone_and_told(
    make: Make, bringing: Bringing, bring_in: Callable[..., int], otis: User, nell: User
) -> None:
    make.organization("Grill", owner=otis)
    make.organization("Tavern", owner=nell)
    make.organization("Deli")
    bringing.person = nell
    number = bring_in("Organization,City\nGrill,Elkhollow\nTavern,Elkhollow\nDeli,Elkhollow\n")
    assert [(one.name, one.city) for one in book()] == [
        ("Grill", None),
        ("Tavern", "Elkhollow"),
        ("Deli", "Elkhollow"),
    ]
    assert [(one.row, one.text) for one in told(number, "row left out")] == [(2, "Grill")]
    assert outcomes(bring_in("Organization,City\nGrill,\n")) == {"unchanged": 1}


def test_what_another_import_wrote_since_the_check_asks_for_a_new_one(bringing: Bringing) -> None:
    first, second = bringing.bring_text("Organization\nGrill\n"), bringing.bring_text("Organization\nGrill\n")
    bringing.acting_as(bringing.person)
    with transaction():
        sessions.apply(bringing.session(first))
    with pytest.raises(Refused, match="under way or came in since"):
        bringing.ask(second, sessions.apply)
    bringing.run(first)
    bringing.ask(second, sessions.check)
    assert queries.imports.count_steps(second) == 0
    assert [one.name for one in book()] == ["Grill"]


# ---------------------------------------------------------------------- spellings


def test_of_several_organizations_with_a_distributors_name_none_is_guessed(
    make: Make, ada: User, acting_as: Callable[[User], None]
) -> None:
    acting_as(ada)
    make.organization("Sylvarre", city="Elkhollow")
    make.organization("Sylvarre", city="Marlinde")
    report = load_aliases("kind,alias,name\ndistributor,SYLV,Sylvarre\n")
    assert [(one.row, one.weight.value) for one in report.problems] == [(2, "row left out")]
    assert "several organizations" in report.problems[0].reason
    assert not db.session.scalars(sa.select(OrganizationAlias)).all()


def test_an_alias_list_marks_no_organization_of_somebody_else(
    make: Make, ada: User, acting_as: Callable[[User], None], otis: User
) -> None:
    acting_as(ada)
    make.organization("Sylvarre", owner=otis)
    report = services.imports.load_aliases(
        io.BytesIO(b"kind,alias,name\ndistributor,SYLV,Sylvarre\n"), may_change=lambda owners: not any(owners)
    )
    assert [problem.row for problem in report.problems] == [2]
    assert "belongs to somebody else" in report.problems[0].reason
    assert not the("Sylvarre").is_distributor


def test_alias_lists_say_what_is_wrong_with_a_line(ada: User, acting_as: Callable[[User], None]) -> None:
    acting_as(ada)
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


def test_an_alias_can_be_given_to_somebody_else(
    ada: User, acting_as: Callable[[User], None], nell: User, otis: User
) -> None:
    acting_as(ada)
    load_aliases("kind,alias,name\nperson,N,nell@pantry.example\n")
    report = load_aliases("kind,alias,name\nperson,n,otis@pantry.example\n")
    assert (report.added, report.moved) == (0, 1)
    db.session.expire_all()
    assert db.session.get_one(PersonAlias, "n").user_id == otis.user_id


def test_the_firms_alias_list_comes_in_once(
    bringing: Bringing, ada: User, acting_as: Callable[[User], None]
) -> None:
    acting_as(ada)
    text = (SAMPLES / "aliases.csv").read_text()
    assert len(load_aliases(text).distributors_created) == 30
    again = load_aliases(text)
    assert (again.added, again.moved, again.distributors_created) == (0, 0, [])
