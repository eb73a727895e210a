"""The tracker workbook of a broker, from the file to the book and back, with the numbers that are known."""

import json
from typing import Any

import pytest

from crm import queries
from crm.db import SYSTEM
from crm.enums import ImportState, Picklist
from crm.models import (
    Contact,
    ImportSheet,
    Interaction,
    Opportunity,
    OpportunityPrincipal,
    OpportunityProduct,
    Organization,
    PicklistValue,
    Product,
    ProductDistributor,
)
from crm.services.imports import sessions
from tests.services.imports.bringing import SAMPLES, Bringing, contents, count, reasons

EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected" / "tracker-workbook.json").read_text())
BOOK = (
    PicklistValue,
    Organization, Contact, Product, ProductDistributor, Opportunity, OpportunityProduct,
    OpportunityPrincipal, Interaction,
)  # fmt: skip
LABELS = {
    "Brindlecurd Creamery": "Brindlecurd",
    "Fritterlane Potato Co.": "Fritterlane",
    "Plantwhistle Foods": "Plantwhistle",
    "Verdanook Growers": "VNG",
    "Tunavale Seafoods": "Tunavale",
    "Switchen Protein Co.": "SWITCHEN",
    "Rasavine Kitchens": "Rasavine",
    "Thistlemill Mills": "Thistlemill",
    "MacTatter Potatoes": "MacTatter",
    "Evermellow Cheese Crisps": "Evermellow",
    "Mrs Ottershaw's Desserts": "Mrs Ottershaw's",
    "The Biscuit Kiln at Quill Lane": "BKQL",
    "Ovenkin Kitchens": "Ovenkin",
}
KINDS = {
    "Organizations": "organizations", "Contacts": "contacts", "Opportunities": "opportunities",
    "Interactions": "interactions", "Products": "products", "Distributor codes": "item numbers",
    "Distributor Reps": "distributor reps", "Dropdowns": "picklists", "One Thing": "weekly focus",
    "GMF LAKESHORE Followup": "food-show leads", "GMF PP PW SHOW": "food-show leads",
    "GMF LV Leads": "food-show leads", "Annual Plan": "annual plan", "Strategic Plan": "checklist",
    "plantWhistle": "opportunities", "Detail1": "interactions", "OrgStagesPivot": "derived",
    "Elkhollow-Switchen": "target list", "GMF PP sales 2025": "billed cases", "VNG Sales Blitz": "empty",
}  # fmt: skip


def figures(sheet: ImportSheet, what: str) -> dict[str, int]:
    return {LABELS.get(name, name): n for name, n in sheet.figures.get(what, {}).items() if n}


def rows_of(sheet: ImportSheet, what: str) -> list[int]:
    return sorted(int(name) for name in figures(sheet, what))


def without(counts: dict[str, int], *names: str) -> dict[str, int]:
    return {name: n for name, n in counts.items() if name not in names}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_workbook_gives_the_expected_numbers_comes_in_changes_nothing_twice_and_goes_again(
    knowing: Bringing,
) -> None:
    before = contents(*BOOK)
    number = knowing.bring(SAMPLES / "tracker-workbook.xlsx")
    assert knowing.session(number).state is ImportState.CHECKED, knowing.session(number).problem
    sheets = {sheet.name: sheet for sheet in queries.imports.sheets(number)}
    assert {name: sheets[name].kind for name in KINDS} == KINDS
    chosen = {name for name, sheet in sheets.items() if sheet.is_chosen}
    assert chosen == {*list(KINDS)[:8]}
    _organizations(sheets["Organizations"], EXPECTED["organizations"])
    _contacts(sheets["Contacts"], EXPECTED["contacts"])
    _opportunities(sheets["Opportunities"], EXPECTED["opportunities"])
    _interactions(sheets["Interactions"], EXPECTED["interactions"])
    _products(sheets["Distributor codes"], sheets["Products"])
    assert figures(sheets["Distributor Reps"], "people") == EXPECTED["distributor_reps"]["people"]
    _left_out(sheets)
    _amounts(sheets)
    assert contents(*BOOK) == before, "a check writes nothing"

    job = knowing.ask(number, sessions.apply)
    assert job.result is not None, job.last_error
    assert job.result["left"] == 0
    assert count(Organization) == EXPECTED["organizations_in_total"]["total"]
    assert count(Opportunity) == EXPECTED["opportunities"]["rows"]
    assert count(Interaction) == EXPECTED["interactions"]["dates_readable"]
    assert figures(sheets["Dropdowns"], "words") == {
        "activity": 3, "close reason": 6, "position": 6, "segment": 3, "source": 9
    }  # fmt: skip
    offered = set(queries.picklists.words(Picklist.SEGMENT)) | set(queries.picklists.words(Picklist.SOURCE))
    assert {"Group Purchasing Organization", "Bar/Lounge", "Heralded"} <= offered
    assert count(Product) == EXPECTED["item_codes"]["distinct_items"] + 3
    full = contents(*BOOK)

    again = knowing.bring(SAMPLES / "tracker-workbook.xlsx")
    assert queries.imports.earlier(knowing.session(again)) is not None
    assert queries.imports.count_steps(again) == 0
    assert contents(*BOOK) == full

    assert queries.imports.edited_since(number) == 0
    job = knowing.ask(number, sessions.revert)
    assert job.result is not None, job.last_error
    assert job.result["stay"] == 0
    knowing.acting_as(SYSTEM)
    assert contents(*BOOK) == before


def _organizations(sheet: ImportSheet, expected: dict[str, Any]) -> None:
    assert figures(sheet, "rows")["with content"] == expected["rows_with_content"]
    assert figures(sheet, "accounts")["different"] == (
        expected["accounts_after_merging"] + expected["accounts_undecided"]
    )
    assert figures(sheet, "duplicate groups") == {
        "groups": expected["duplicate_groups"],
        "surplus rows": expected["duplicate_surplus_rows"],
    }
    assert figures(sheet, "branches") == {
        "brands": expected["sibling_brands"],
        "places": expected["sibling_locations"],
        "undecided rows": len(expected["ambiguous_rows"]),
    }
    assert figures(sheet, "priority") == expected["priority"]
    assert figures(sheet, "segment") == expected["segment"]
    assert without(figures(sheet, "state"), "(none)") == expected["state"]
    assert figures(sheet, "weekly focus") == expected["weekly_priority_moved_to_monday"]
    assert figures(sheet, "phones")["numbers"] == expected["phone_numbers"]
    assert figures(sheet, "distributor rep") == without(expected["distributor_rep"], "only a line break")


def _contacts(sheet: ImportSheet, expected: dict[str, Any]) -> None:
    assert figures(sheet, "rows") == {
        "with content": expected["rows_with_content"],
        "nothing but formulas": expected["formula_only_rows"],
        "with an organization only": len(expected["rows_with_organization_only"]),
    }
    assert figures(sheet, "people") == {
        "all": expected["people"],
        "one word": expected["one_word_names"],
        "with a title": expected["with_title"],
        "with a role behind the name": expected["with_role_behind_the_name"],
    }
    assert figures(sheet, "organization") == expected["organization"]
    assert figures(sheet, "e-mail") == {
        "valid": expected["emails_valid"],
        "not an address": len(expected["emails_invalid"]),
    }
    assert figures(sheet, "phone numbers")["in phone cells"] == expected["phone_numbers"]
    assert (
        sorted(figures(sheet, "addresses of several people")) == expected["emails_shared_by_different_people"]
    )
    assert (
        figures(sheet, "same person twice")["surplus"]
        == (expected["same_person_in_one_organization"]["surplus"])
    )
    assert (
        len(figures(sheet, "organizations named here alone"))
        == (EXPECTED["organizations_in_total"]["named_only_in_contacts"])
    )


def _opportunities(sheet: ImportSheet, expected: dict[str, Any]) -> None:
    assert figures(sheet, "rows")["with content"] == expected["rows"]
    assert figures(sheet, "stage") == expected["stage"]
    assert figures(sheet, "stage flags") == expected["stage_flags"]
    assert figures(sheet, "status") == expected["status"]
    assert rows_of(sheet, "status contradicts the stage") == expected["status_contradicts_stage"]
    for what, key in (
        ("organization", "organization"), ("principal", "principal"), ("product", "product_cells"),
        ("owner", "owner"), ("source", "source"), ("probability", "probability"),
    ):  # fmt: skip
        assert figures(sheet, what) == expected[key], what
    assert figures(sheet, "start dates")["readable"] == expected["start_dates"]
    assert figures(sheet, "expected dates")["readable"] == expected["expected_dates"]
    assert figures(sheet, "cases per week") == without(expected["cases_per_week"], "as_text")
    assert rows_of(sheet, "no name") == expected["no_name"]
    assert (
        rows_of(sheet, "owner from the expected date")
        == (expected["owner_can_be_taken_from_the_expected_cell"])
    )
    assert (
        figures(sheet, "duplicates")["surplus"]
        == (expected["duplicates_same_organization_principal_product"]["surplus"])
    )
    assert sorted(figures(sheet, "product not in the list")) == expected["product_not_in_the_principal_list"]
    assert (
        len(figures(sheet, "organizations named here alone"))
        == (EXPECTED["organizations_in_total"]["named_only_in_opportunities"])
    )


def _interactions(sheet: ImportSheet, expected: dict[str, Any]) -> None:
    assert figures(sheet, "rows") == {
        "with content": expected["rows"],
        "nothing but formulas": expected["formula_only_rows"],
    }
    for what, key in (
        ("type", "type"), ("activity", "sub_type"), ("organization", "organization"),
        ("principal", "principal"), ("author", "manager"), ("opportunity", "opportunity"),
        ("contact", "contact"), ("per week", "per_week"),
    ):  # fmt: skip
        assert figures(sheet, what) == expected[key], what
    assert figures(sheet, "dates")["readable"] == expected["dates_readable"]
    assert figures(sheet, "notes")["cells"] == expected["notes"]["cells"]
    assert figures(sheet, "rows that occur twice")["surplus"] == expected["rows_that_occur_twice"]["surplus"]


def _products(numbers: ImportSheet, columns: ImportSheet) -> None:
    codes, listed = EXPECTED["item_codes"], EXPECTED["products_sheet"]
    assert numbers.header_row == codes["header_row"]
    assert figures(numbers, "rows")["items"] == codes["item_rows"]
    assert sum(figures(numbers, "items of principal").values()) == codes["distinct_items"]
    assert figures(numbers, "items of principal") == codes["items_per_principal"]
    assert figures(numbers, "item numbers") == codes["numbers_per_distributor"]
    assert sorted(figures(numbers, "words instead of numbers")) == sorted(
        one["cell"] for one in codes["words_instead_of_numbers"]
    )
    assert figures(columns, "cells") == {
        "products": listed["cells_that_are_products"],
        "placeholders": listed["placeholders"],
        "known": listed["also_in_item_codes"],
    }
    assert sorted(figures(columns, "only here")) == sorted(listed["only_here"])


def _left_out(sheets: dict[str, ImportSheet]) -> None:
    expected = {(one["sheet"], one["row"]) for one in EXPECTED["rows_that_cannot_be_imported"]["rows"]}
    found = {(name, row) for name, sheet in sheets.items() for row in reasons(sheet)}
    assert found == expected
    assert all(reason for sheet in sheets.values() for reason in reasons(sheet).values())


def _amounts(sheets: dict[str, ImportSheet]) -> None:
    expected = {(one["sheet"], one["row"]) for one in EXPECTED["money_found_in_text"]}
    found = {(name, row) for name, sheet in sheets.items() for row in rows_of(sheet, "amounts in notes")} | {
        (name, int(place.split()[0])) for name, sheet in sheets.items() for place in figures(sheet, "amounts")
    }
    assert found == expected
