"""Lists of contacts and of organizations as other programs export them, with the numbers that are known."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crm import queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import AdvocacyStatus, ImportState, RecordKind
from crm.models import Contact, ContactAdvocacy, ImportSheet, Organization
from crm.services.imports import sessions
from tests.services.imports.bringing import SAMPLES, Bringing, count, reasons


def expected(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SAMPLES / "expected" / name).read_text())
    return told


def figures(sheet: ImportSheet, what: str) -> dict[str, int]:
    return {name: n for name, n in sheet.figures.get(what, {}).items() if n}


def test_the_list_of_organizations_gives_the_expected_numbers(knowing: Bringing) -> None:
    numbers = expected("organizations.json")
    number = knowing.bring(SAMPLES / "organizations.csv")
    sheet = knowing.sheet(number)
    assert knowing.session(number).told == "Windows-1252, divided by commas"
    assert sheet.header_row == numbers["header_record"]
    assert figures(sheet, "rows")["with content"] == numbers["data_records"]
    assert figures(sheet, "accounts")["different"] == numbers["distinct_names"]
    assert figures(sheet, "duplicate groups") == {
        "groups": numbers["duplicate_groups"],
        "surplus rows": numbers["duplicate_surplus_rows"],
    }
    assert list(reasons(sheet)) == numbers["rows_without_a_name"]
    assert figures(sheet, "weekly focus") == numbers["weekly_priority"]
    assert sorted(map(int, figures(sheet, "amounts in notes"))) == numbers["cells_with_money"]


def test_the_list_of_contacts_gives_the_expected_numbers(bringing: Bringing) -> None:
    numbers = expected("contacts.json")
    known = bringing.bring(SAMPLES / "account-names.csv")
    bringing.ask(known, sessions.apply)
    number = bringing.bring(SAMPLES / "contacts.csv")
    sheet = bringing.sheet(number)
    assert sheet.kind == "contacts"
    assert figures(sheet, "rows")["with content"] == numbers["data_records"]
    assert list(reasons(sheet)) == [one["record"] for one in numbers["not_importable"]]
    assert set(reasons(sheet).values()) == {"neither first nor last name"}
    assert figures(sheet, "e-mail")["not an address"] == len(numbers["invalid_addresses"])
    assert figures(sheet, "organization")["blank"] == numbers["no_company"]
    assert sorted(figures(sheet, "organizations named here alone")) == sorted(numbers["companies_to_create"])
    assert figures(sheet, "same person twice")["surplus"] == numbers["same_name_and_company"]["surplus"]
    assert sorted(figures(sheet, "addresses of several people")) == numbers["same_address_other_name"]
    assert figures(sheet, "last seen")["unreadable"] == len(numbers["dates_unreadable"])
    assert figures(sheet, "notes")["long"] == numbers["comments_over_2000_characters"]
    mapped = {sheet.headers[int(column)] for column in sheet.fields}
    assert set(sheet.headers) - mapped == {"Shoe size"}
    bringing.ask(number, sessions.apply)
    assert count(Contact) == numbers["importable"] - numbers["same_name_and_company"]["surplus"]
    names = db.session.scalars(sa.select(Contact.first_name)).all()
    assert len([name for name in names if name.startswith(("=", "+", "@", "-"))]) == 3, "stored as they are"


def test_a_list_in_utf_16_names_champions_and_people_in_every_order(knowing: Bringing) -> None:
    numbers = expected("contacts-utf16.json")
    number = knowing.bring(SAMPLES / "contacts-utf16.tsv")
    sheet = knowing.sheet(number)
    assert knowing.session(number).told == "UTF-16, divided by tabs"
    assert figures(sheet, "rows")["with content"] == numbers["data_records"]
    assert figures(sheet, "people") == {
        "all": numbers["people"],
        "one word": numbers["one_word"],
        "with a title": numbers["with_title"],
    }
    assert list(reasons(sheet)) == numbers["rows_without_a_name"]
    assert figures(sheet, "primary")["yes"] == numbers["primary_yes"]
    assert figures(sheet, "e-mail")["valid"] == numbers["with_address"]
    names = {"Brindlecurd Creamery": "Brindlecurd", "Switchen Protein Co.": "SWITCHEN",
             "Verdanook Growers": "VNG", "Plantwhistle Foods": "Plantwhistle"}  # fmt: skip
    links = {names.get(name, name): n for name, n in figures(sheet, "champion for").items()}
    assert links == numbers["champion_links"]
    knowing.ask(number, sessions.apply)
    assert set(db.session.scalars(sa.select(ContactAdvocacy.status))) == {AdvocacyStatus.CHAMPION}


def test_what_a_person_says_of_columns_is_learned_for_the_next_file(bringing: Bringing) -> None:
    number = bringing.bring_text("Restaurant,Chef here\nThe Tin Heron,sunny\n")
    sheet = bringing.sheet(number)
    assert sheet.fields == {"0": "name"}
    bringing.acting_as(bringing.person)
    with transaction():
        sessions.decide(
            bringing.session(number), by=bringing.person, kinds={}, chosen={sheet.import_sheet_id},
            fields={sheet.import_sheet_id: {"0": "name", "1": "notes"}}, answers={},
        )  # fmt: skip
    again = bringing.bring_text("Restaurant,Chef here\nGrill,rainy\n", "other.csv")
    assert bringing.sheet(again).fields == {"0": "name", "1": "notes"}
    bringing.ask(again, sessions.apply)
    assert db.session.execute(sa.select(Organization.name, Organization.notes)).all() == [("Grill", "rainy")]


def test_a_header_over_two_rows_is_joined(bringing: Bringing) -> None:
    number = bringing.bring_text(
        "Account,Phone,Street\nName,Number,Address\nThe Tin Heron,312-555-0100,1 Mill Rd\n"
    )
    sheet = bringing.sheet(number)
    assert (sheet.header_row, sheet.fields) == (2, {"0": "name", "1": "phone", "2": "address_line1"})


def test_columns_of_amounts_stay_in_the_original_file(bringing: Bringing) -> None:
    number = bringing.bring_text("Organization,Total revenue,City\nThe Tin Heron,$41000,Elkhollow\n")
    (row,) = queries.imports.rows(number, queries.imports.RowsWanted())
    assert list(row.cells) == ["The Tin Heron", "", "Elkhollow"]
    assert bringing.sheet(number).figures["columns of amounts"] == {"Total revenue": 1}


def test_one_who_may_not_change_a_record_leaves_it_as_it_is(bringing: Bringing) -> None:
    make = bringing.make
    nell, otis = make.user("Nell"), make.user("Otis")
    make.organization("The Tin Heron", owner=otis, city="Elkhollow")
    bringing.person = nell
    number = bringing.bring_text("Organization,City,Notes\nThe Tin Heron,Elkhollow,mine now\n")
    assert reasons(bringing.sheet(number)) == {
        2: "this organization belongs to somebody else, so it stays as it is"
    }
    assert queries.imports.count_steps(number) == 0


def test_what_was_edited_since_the_check_is_left_and_told(bringing: Bringing) -> None:
    heron = bringing.make.organization("The Tin Heron", notes="old")
    number = bringing.bring_text("Organization,Phone\nThe Tin Heron,312-555-0100\nGrill,\n")
    bringing.acting_as(bringing.person)
    with transaction():
        db.session.get_one(Organization, heron.organization_id).notes = "new"
    job = bringing.ask(number, sessions.apply)
    assert job.result == {"written": 1, "left": 1}
    assert [step.reason for step in queries.imports.left(number)] == [
        "It was edited since the check, so it stays as it is."
    ]


def test_a_revert_leaves_what_somebody_edited_since_and_asks_before(bringing: Bringing) -> None:
    number = bringing.bring_text("Organization,Phone\nThe Tin Heron,312-555-0100\nGrill,\n")
    bringing.ask(number, sessions.apply)
    bringing.acting_as(bringing.person)
    with transaction():
        heron = sa.select(Organization).where(Organization.name == "The Tin Heron")
        db.session.execute(heron).scalar_one().notes = "ours"
    assert queries.imports.edited_since(number) == 1
    job = bringing.ask(number, sessions.revert, is_edited_left=True)
    assert job.result == {"taken back": 1, "stay": 1}
    assert bringing.session(number).state is ImportState.REVERTED
    bringing.acting_as(SYSTEM)
    assert count(Organization) == 1


def test_each_record_tells_where_it_came_from(bringing: Bringing) -> None:
    number = bringing.bring_text("Organization\nThe Tin Heron\n")
    bringing.ask(number, sessions.apply)
    key = db.session.execute(sa.select(Organization.organization_id)).scalar_one()
    (origin,) = queries.imports.origins("organizations", [key])
    assert (origin.name, origin.sheet, origin.row, origin.is_new) == ("list.csv", "list", 2, True)


def test_where_it_came_from_follows_a_merge_and_its_undo(bringing: Bringing) -> None:
    kept = bringing.make.organization("Heron & Daughters").organization_id
    number = bringing.bring_text("Organization\nThe Tin Heron\n")
    bringing.ask(number, sessions.apply)
    bringing.acting_as(bringing.person)
    heron = db.session.execute(
        sa.select(Organization).where(Organization.name == "The Tin Heron")
    ).scalar_one()
    came = heron.organization_id
    merge = services.merges.merge(RecordKind.ORGANIZATION, kept, came, choices={}, seen=(1, heron.version))
    assert [row.row for row in queries.origins.of("organizations", kept).rows] == [2]
    services.merges.split(merge, now=datetime.now(UTC))
    assert queries.origins.of("organizations", kept).rows == []
    assert [row.row for row in queries.origins.of("organizations", came).rows] == [2]


def test_a_revert_leaves_a_record_that_was_merged_into_another_one(bringing: Bringing) -> None:
    kept = bringing.make.organization("Heron & Daughters").organization_id
    number = bringing.bring_text("Organization\nThe Tin Heron\nGrill\n")
    bringing.ask(number, sessions.apply)
    bringing.acting_as(bringing.person)
    heron = db.session.execute(
        sa.select(Organization).where(Organization.name == "The Tin Heron")
    ).scalar_one()
    with transaction():
        services.merges.merge(
            RecordKind.ORGANIZATION, kept, heron.organization_id, choices={}, seen=(1, heron.version)
        )
    assert queries.imports.edited_since(number) == 1
    job = bringing.ask(number, sessions.revert, is_edited_left=True)
    assert job.result == {"taken back": 1, "stay": 1}
