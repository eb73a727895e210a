"""Lists as people and htmx ask for them: the same parts for every noun."""

import csv
import io
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup, Tag

from crm.db import db
from crm.models import Contact, Job, Organization, SavedView, User
from crm.queries.lists import LISTS, Listing
from crm.services.bulk import MOST
from tests.clients import Client
from tests.factories import Make
from tests.queries.lists.book import fill

Counting = Callable[[], AbstractContextManager[list[str]]]
HTMX = {"HX-Request": "true"}
HOSTILE = [
    "0", "-1", "name; drop table users", "' or 1=1 --", "\x00", "a\x00b", "🧀" * 40, "ابجد", "%", "_", "\\",
    "x" * 5000, "9" * 40, "[" * 3000, '["a",1]', "<script>alert(1)</script>",
]  # fmt: skip

every_list = pytest.mark.parametrize("listing", LISTS.values(), ids=LISTS.keys())


@pytest.fixture
def reader(nell: User, client: Client) -> Client:
    return client.sign_in(nell)


def page(client: Client, address: str, status: int = 200, **headers: str) -> BeautifulSoup:
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, answer.status_code
    return BeautifulSoup(answer.text, "lxml")


def the(found: BeautifulSoup | Tag, selector: str) -> Tag:
    """The only element that `selector` finds."""
    (element,) = found.select(selector)
    return element


def words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def names(found: BeautifulSoup) -> list[str]:
    return [words(link) for link in found.select("tbody [data-row-link]")]


def change(client: Client, do: str, rows: list[Organization], **fields: str) -> str:
    """Do it with these rows; what the toast says."""
    ids = ",".join(str(row.organization_id) for row in rows)
    answer = client.submit(
        "/organizations/changes", {"request_key": str(uuid4()), "do": do, "ids": ids, **fields}
    )
    assert answer.status_code == 303, answer.text
    return told(client)


def told(client: Client) -> str:
    """What the next page says of what was done."""
    return " / ".join(words(one) for one in page(client, "/organizations").select("#toasts .toast span"))


def undo_address() -> str:
    job_id = db.session.scalars(sa.select(Job.job_id).order_by(Job.job_id.desc()).limit(1)).one()
    return f"/organizations/changes/{job_id}/return"


def undo(client: Client, address: str) -> str:
    assert client.submit(address, {"request_key": str(uuid4())}).status_code == 303
    return told(client)


# The page


@every_list
def test_a_list_is_six_statements_with_ten_rows_and_with_a_hundred(
    listing: Listing, reader: Client, database: sa.Connection, statements: Counting
) -> None:
    numbers = []
    for rows in (10, 90):
        fill(database, listing.name, rows)
        for query in ("", "?q=name", "?q=nowhere", "?view=all&owner=me"):
            with statements() as seen:
                page(reader, f"/{listing.name}{query}")
            numbers.append(len(seen))
    assert max(numbers) <= 6
    assert numbers[:4] == numbers[4:]


@every_list
def test_every_column_can_be_shown_and_has_a_cell(
    listing: Listing, reader: Client, database: sa.Connection
) -> None:
    fill(database, listing.name, 3)
    columns = ",".join(column.name for column in listing.columns)
    found = page(reader, f"/{listing.name}?columns={columns}")
    heads = [words(head) for head in found.select("thead th:not(.tick)")]
    assert heads == [column.label for column in listing.all_columns]
    chosen = listing.columns[-1]
    found = page(reader, f"/{listing.name}?columns={chosen.name}")
    assert [words(head) for head in found.select("thead th:not(.tick)")] == [listing.head.label, chosen.label]


@pytest.mark.slow
@every_list
def test_nothing_in_an_address_can_break_a_list(
    listing: Listing, reader: Client, database: sa.Connection
) -> None:
    fill(database, listing.name, 3)
    parameters = ["q", "sort", "after", "columns", "view", *(one.name for one in listing.filters)]
    for turn in range(len(HOSTILE)):
        # In as many requests as there are values each parameter has each value once.
        asked = {name: HOSTILE[(turn + n) % len(HOSTILE)] for n, name in enumerate(parameters)}
        assert reader.get(f"/{listing.name}", query_string=asked).status_code == 200, asked


def test_what_an_address_asks_and_nobody_knows_is_left_out_and_said(reader: Client, make: Make) -> None:
    make.organization("Bistro")
    found = page(reader, "/organizations?sort=x'--&priority=Z&after=junk&view=99")
    assert "was left out: view, Priority, sort, page." in words(the(found, ".banner--warn"))
    assert names(found) == ["Bistro"]


@every_list
def test_an_empty_list_says_so(listing: Listing, reader: Client) -> None:
    assert f"No {listing.nouns} yet" in page(reader, f"/{listing.name}").text


def test_heads_sort_by_what_an_index_serves_and_turn_round(reader: Client, make: Make) -> None:
    for name, priority in (("A", "D"), ("B", None), ("C", "A+")):
        make.organization(name, priority=priority)
    found = page(reader, "/organizations")
    assert the(found, "th[aria-sort]")["aria-sort"] == "ascending"
    links = {words(link): str(link["href"]) for link in found.select("thead a")}
    assert set(links) == {"Organization", "Priority", "City"}
    assert names(page(reader, links["Organization"])) == ["C", "B", "A"]
    by_priority = page(reader, links["Priority"])
    assert names(by_priority) == ["C", "A", "B"]
    assert words(the(by_priority, "th[aria-sort=ascending]")) == "Priority"


def test_next_keeps_its_place_though_rows_come_and_go_and_the_first_page_is_a_link_away(
    reader: Client, make: Make
) -> None:
    for n in range(60):
        make.organization(f"Org {n:02}")
    found = page(reader, "/organizations?kind=operator")
    assert "50 of 60 organizations" in words(the(found, ".table-foot"))
    make.organization("Aaa, new on the first page")
    second = page(reader, str(the(found, "a[rel=next]")["href"]))
    assert names(second) == [f"Org {n:02}" for n in range(50, 60)]
    (first,) = [link for link in second.select(".pager a") if words(link) == "First page"]
    assert first["href"] == "/organizations?kind=operator"
    assert not second.select("a[rel=next]")


def test_filters_are_chips_that_can_be_taken_away_one_by_one(reader: Client, make: Make, nell: User) -> None:
    make.organization("Bistro", priority="A", owner=nell)
    make.organization("Diner", priority="A")
    found = page(reader, "/organizations?priority=A&owner=me&q=bistro")
    chips = {words(chip): str(chip["href"]) for chip in found.select(".list-chips a[aria-label]")}
    assert set(chips) == {"Owner: Mine", "Priority: A"}
    assert chips["Owner: Mine"] == "/organizations?q=bistro&priority=A"
    assert the(found, "#by-priority option[selected]")["value"] == "A"


def test_the_counted_chips_count_what_they_lead_to(reader: Client, make: Make) -> None:
    for n in range(3):
        make.organization(f"Operator {n}")
    make.principal("Maker")
    make.principal("Maker and distributor", is_distributor=True)
    for chip in page(reader, "/organizations").select(".list-chips a"):
        behind = page(reader, str(chip["href"]))
        assert len(names(behind)) == int(the(chip, ".num").text)
        assert words(the(behind, ".list-chips [aria-current=true]")) == words(chip)


def test_htmx_gets_the_results_and_an_address_that_can_be_sent(reader: Client, make: Make) -> None:
    make.organization("Bistro Élan")
    answer = reader.get("/organizations?q=elan&priority=&sort=name&columns=phone", headers=HTMX)
    assert "<html" not in answer.text
    assert answer.headers["HX-Push-Url"] == "/organizations?q=elan&columns=phone"
    assert "HX-Request" in answer.headers["Vary"]


def test_who_types_gets_what_was_found_alone_and_the_answers_of_filters_by_name(
    reader: Client, make: Make, nell: User, statements: Counting
) -> None:
    make.organization("Bistro Élan", owner=nell)
    asked, typing = f"/organizations?q=elan&owner={nell.user_id}", HTMX | {"HX-Target": "results"}
    counts = []
    for path in (asked, "/organizations?q=elan"):
        with statements() as seen:
            answer = reader.get(path, headers=typing)
        counts.append(len(seen))
    assert counts == [5, 4], "what filters offer is asked for only where one has an answer"
    answer = reader.get(asked, headers=typing)
    found = BeautifulSoup(answer.text, "lxml")
    assert found.select_one("form.list-asked") is None
    assert "HX-Target" in answer.headers["Vary"]
    whole = page(reader, asked)
    for part in ("#results", "#lede"):
        assert words(the(found, part)) == words(the(whole, part))
    assert "Nell Okafor" in words(the(found, ".list-chips"))


def test_the_list_works_as_forms_without_scripts(reader: Client, make: Make) -> None:
    make.organization("Bistro")
    found = page(reader, "/organizations?kind=operator")
    form = the(found, "form.list-asked")
    assert (form["method"], form["action"]) == ("get", "/organizations")
    assert the(form, "input[name=kind]")["value"] == "operator"
    assert the(form, "button")["type"] == "submit"
    rows = the(found, "form.list-rows")
    assert (rows["method"], rows["action"]) == ("get", "/organizations/changes/new")
    assert the(rows, "input[name=kind]")["value"] == "operator"


# Views


def keep(client: Client, name: str, asked: str, **fields: str) -> int:
    answer = client.submit(
        "/organizations/views", {"request_key": str(uuid4()), "name": name, "asked": asked, **fields}
    )
    assert answer.status_code == 303, answer.text
    return int(parse_qs(urlsplit(answer.location).query)["view"][0])


def test_a_view_keeps_search_filters_order_and_columns_under_an_address(
    reader: Client, make: Make, nell: User
) -> None:
    make.organization("Bistro", owner=nell)
    make.organization("Diner")
    number = keep(reader, "My places", "owner=me&sort=-name&columns=phone,email&after=[1]&junk=1")
    found = page(reader, f"/organizations?view={number}")
    assert the(found, "h1").text == "My places"
    assert names(found) == ["Bistro"]
    assert [words(head) for head in found.select("thead th:not(.tick)")] == [
        "Organization",
        "Phone",
        "E-mail",
    ]
    assert the(found, "th[aria-sort]")["aria-sort"] == "descending"


def test_a_default_view_opens_the_list_and_all_stays_one_link_away(
    reader: Client, make: Make, nell: User
) -> None:
    make.organization("Bistro", owner=nell)
    make.organization("Diner")
    keep(reader, "Mine", "owner=me", is_default="y")
    keep(reader, "Nobody's", "owner=nobody", is_default="y")
    found = page(reader, "/organizations")
    assert (the(found, "h1").text, names(found)) == ("Nobody's", ["Diner"])
    assert names(page(reader, "/organizations?view=all")) == ["Bistro", "Diner"]
    chip = found.select_one(".list-chips a[aria-label]")
    assert chip is not None
    assert names(page(reader, str(chip["href"]))) == ["Bistro", "Diner"]


def test_a_shared_view_means_whoever_opens_it_and_stays_its_makers(
    client: Client, make: Make, nell: User, otis: User
) -> None:
    make.organization("Bistro", owner=nell)
    make.organization("Diner", owner=otis)
    number = keep(client.sign_in(nell), "Mine", "owner=me", is_shared="y", is_default="y")
    secret = keep(client, "Secret", "owner=nobody")
    reader = client.sign_in(otis)
    found = page(reader, f"/organizations?view={number}")
    assert names(found) == ["Diner"]
    assert "Nell Okafor" in words(the(found, "#views"))
    assert "Secret" not in found.text
    assert names(page(reader, "/organizations")) == ["Bistro", "Diner"]
    assert "was left out: view" in page(reader, f"/organizations?view={secret}").text
    for one in (number, secret):
        answer = reader.submit(f"/organizations/views/{one}/deletion", {"request_key": str(uuid4())})
        assert answer.status_code == 404
    assert db.session.scalar(sa.select(sa.func.count()).select_from(SavedView)) == 2


def test_a_view_of_the_same_name_is_replaced_and_one_can_be_deleted(reader: Client) -> None:
    first = keep(reader, "Élan", "q=a")
    assert keep(reader, "elan", "q=b") == first
    assert db.session.get_one(SavedView, first).query == "q=b"
    answer = reader.submit(f"/organizations/views/{first}/deletion", {"request_key": str(uuid4())})
    assert answer.status_code == 303
    assert "is deleted" in told(reader)


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 101])
def test_a_view_wants_a_name(name: str, reader: Client) -> None:
    answer = reader.submit(
        "/organizations/views", {"request_key": str(uuid4()), "name": name, "asked": "q=a"}
    )
    assert answer.status_code == 422
    assert 'value="q=a"' in answer.text


# Changes of many rows


def test_what_is_to_become_of_which_rows_is_confirmed_by_name(reader: Client, make: Make) -> None:
    rows = [make.organization(f"Org {n}") for n in range(7)]
    ids = "&".join(f"id={row.organization_id}" for row in rows)
    form = the(page(reader, f"/organizations/changes/new?do=archive&{ids}"), "#change-form")
    assert words(the(form, "button")) == "Archive seven organizations"
    assert "Org 0, Org 1, Org 2, Org 3, Org 4 and 2 more" in words(form)
    assert the(form, "[name=ids]")["value"] == ",".join(str(row.organization_id) for row in rows)


def test_all_in_this_filter_is_fixed_when_it_is_confirmed(reader: Client, make: Make) -> None:
    rows = [make.organization(f"Bistro {n}") for n in range(3)]
    make.organization("Diner")
    form = the(page(reader, "/organizations/changes/new?do=priority&all=1&q=bistro&id=1"), "#change-form")
    make.organization("Bistro that came later")
    fixed = str(the(form, "[name=ids]")["value"])
    assert fixed == ",".join(str(row.organization_id) for row in rows)
    assert the(form, "[name=back]")["value"] == "/organizations?q=bistro"


def test_each_change_is_done_told_and_taken_back_as_a_whole(reader: Client, make: Make, nell: User) -> None:
    rows = [make.organization("One", tags=["old"], priority="C"), make.organization("Two")]
    for do, fields, column, after, before in (
        ("owner", {"owner": str(nell.user_id)}, "owner_id", [nell.user_id] * 2, [None, None]),
        (
            "tags",
            {"tags": "patio,  OLD , patio"},
            "tags",
            [["old", "patio"], ["patio", "OLD"]],
            [["old"], []],
        ),
        ("tags", {"tags": "Old", "how": "remove"}, "tags", [[], []], [["old"], []]),
        ("priority", {"priority": "A+"}, "priority", ["A+", "A+"], ["C", None]),
        ("priority", {"priority": "none"}, "priority", [None, None], ["C", None]),
    ):
        said = change(reader, do, rows, **fields)
        assert said.startswith("Changed the "), said
        assert [getattr(row, column) for row in rows] == after
        undone = undo(reader, undo_address())
        assert "as before" in undone
        assert [getattr(row, column) for row in rows] == before


def test_weekly_focus_and_archiving_are_taken_back_too(reader: Client, make: Make) -> None:
    rows = [make.organization("One"), make.organization("Two")]
    change(reader, "focus", rows, focus="in")
    assert {row.weekly_focus_on.isoweekday() for row in rows if row.weekly_focus_on} == {1}
    undo(reader, undo_address())
    assert [row.weekly_focus_on for row in rows] == [None, None]
    assert change(reader, "archive", rows) == "Archived two organizations."
    assert names(page(reader, "/organizations")) == []
    assert undo(reader, undo_address()) == "Two organizations as before."
    assert names(page(reader, "/organizations")) == ["One", "Two"]


def test_an_undo_leaves_alone_what_was_edited_since_and_says_so(reader: Client, make: Make) -> None:
    one, two = make.organization("One"), make.organization("Two")
    change(reader, "priority", [one, two], priority="A")
    address = undo_address()
    change(reader, "tags", [one], tags="edited")
    assert undo(reader, address) == "One organization as before. One edited since stay as they are."
    assert (one.priority, two.priority) == ("A", None)
    assert undo(reader, address) == "These were edited since, or taken back already. They stay as they are."


def test_an_undo_is_its_makers_and_ends_after_a_day(
    client: Client, make: Make, nell: User, otis: User, database: sa.Connection
) -> None:
    one = make.organization("One")
    change(client.sign_in(nell), "priority", [one], priority="A")
    address = undo_address()
    assert client.sign_in(otis).submit(address, {"request_key": str(uuid4())}).status_code == 404
    job = db.session.scalars(sa.select(Job)).one()
    job.finished_at -= timedelta(hours=24, seconds=1)
    make.save(job)
    assert "more than a day ago" in undo(client.sign_in(nell), address)
    assert one.priority == "A"


def test_colleagues_rows_stay_as_they_are_and_that_is_told(
    reader: Client, make: Make, nell: User, otis: User
) -> None:
    rows = [make.organization("Mine", owner=nell), make.organization("His", owner=otis)]
    gone = make.organization("Gone", deleted_at=sa.func.now())
    assert change(reader, "priority", [*rows, gone], priority="B") == (
        "Changed the priority of one organization. One stays: it is a colleague's. One is archived or gone."
    )
    assert [row.priority for row in rows] == ["B", None]
    answer = reader.submit(
        "/organizations/changes",
        {"request_key": str(uuid4()), "do": "archive", "ids": str(rows[1].organization_id)},
    )
    assert answer.status_code == 422
    assert "colleagues' rows" in BeautifulSoup(answer.text, "lxml").text


def test_a_rep_hands_over_within_the_team_and_an_admin_to_everybody(
    client: Client, make: Make, nell: User, otis: User, ada: User
) -> None:
    one = make.organization("One", owner=nell)
    fields = {"do": "owner", "ids": str(one.organization_id), "owner": str(otis.user_id)}
    answer = client.sign_in(nell).submit("/organizations/changes", {"request_key": str(uuid4()), **fields})
    assert answer.status_code == 422
    assert "an admin can hand over to everybody" in answer.text
    change(client.sign_in(ada), "owner", [one], owner=str(otis.user_id))
    assert one.owner_id == otis.user_id


def test_more_than_five_hundred_are_changed_by_a_job_and_no_request_takes_more(
    reader: Client, database: sa.Connection
) -> None:
    fill(database, "organizations", MOST + 1)
    form = the(page(reader, "/organizations/changes/new?do=archive&all=1&q=organization"), "#change-form")
    assert words(the(form, "button")) == "Archive 501 organizations"
    said = {field["name"]: field.get("value", "") for field in form.select("input")}
    said |= {"request_key": str(uuid4())}
    assert reader.submit("/organizations/changes", said | {"seen": "400"}).status_code == 422
    answers = [reader.submit("/organizations/changes", said) for _ in range(2)]
    job = db.session.scalars(sa.select(Job)).one()
    assert {answer.location for answer in answers} == {f"/jobs/{job.job_id}"}
    assert (job.rows_total, job.asked["column"]) == (MOST + 1, "deleted_at")
    ids = ",".join(str(n) for n in range(1, 10_001))
    answer = reader.submit(
        "/organizations/changes", {"request_key": str(uuid4()), "do": "archive", "ids": ids}
    )
    assert answer.status_code == 422
    assert "10,000 organizations are more" in answer.text
    kept = sa.select(sa.func.count()).where(Organization.deleted_at.is_(None))
    assert db.session.scalar(kept) == MOST + 1
    some = db.session.scalars(sa.select(Organization.organization_id).limit(MOST))
    change_of_500 = ",".join(str(number) for number in some)
    answer = reader.submit(
        "/organizations/changes", {"request_key": str(uuid4()), "do": "archive", "ids": change_of_500}
    )
    assert answer.status_code == 303
    assert db.session.scalar(kept) == 1


@pytest.mark.parametrize("ids", ["", "x", "0", "-1", "9" * 40, "1;drop table users", "\x00", "🧀", ",,,"])
def test_no_row_is_chosen_by_junk(ids: str, reader: Client) -> None:
    assert (
        reader.get("/organizations/changes/new", query_string={"do": "archive", "id": ids}).status_code == 200
    )
    answer = reader.submit(
        "/organizations/changes", {"request_key": str(uuid4()), "do": "archive", "ids": ids}
    )
    assert answer.status_code in (303, 422)


@pytest.mark.parametrize(
    ("do", "fields"),
    [
        ("owner", {"owner": "x"}), ("owner", {}), ("owner", {"owner": "9" * 30}), ("tags", {"tags": " , "}),
        ("tags", {"tags": "a\x00"}), ("tags", {"tags": "x" * 51}), ("tags", {"tags": "a", "how": "eat"}),
        ("tags", {"tags": ",".join("abcdefghijk")}), ("priority", {"priority": "Z"}), ("priority", {}),
        ("focus", {"focus": "maybe"}),
    ],
)  # fmt: skip
def test_a_change_that_says_nothing_sound_is_refused_beside_its_field(
    do: str, fields: dict[str, str], reader: Client, make: Make
) -> None:
    one = make.organization("One")
    answer = reader.submit(
        "/organizations/changes",
        {"request_key": str(uuid4()), "do": do, "ids": str(one.organization_id), **fields},
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 0


def test_a_change_that_a_list_does_not_offer_is_not_there(reader: Client) -> None:
    for do in ("tags", "drop", ""):
        assert reader.get(f"/contacts/changes/new?do={do}&id=1").status_code == 404


def test_a_double_click_changes_once(reader: Client, make: Make) -> None:
    one = make.organization("One")
    data = {"request_key": str(uuid4()), "do": "priority", "ids": str(one.organization_id), "priority": "A"}
    for _ in range(2):
        assert reader.submit("/organizations/changes", data).status_code == 303
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1


def test_htmx_gets_the_list_as_it_is_now_with_the_toast(reader: Client, make: Make) -> None:
    one = make.organization("One")
    answer = reader.submit(
        "/organizations/changes",
        {"request_key": str(uuid4()), "do": "archive", "ids": str(one.organization_id)},
        headers=HTMX | {"HX-Current-URL": "http://localhost/organizations?q=one"},
    )
    assert answer.headers["HX-Trigger"] == "pantry:done"
    found = BeautifulSoup(answer.text, "lxml")
    assert "Nothing found for “one”" in found.text
    assert "Archived one organization." in words(the(found, "#toasts"))


def test_contacts_are_handed_over_too(reader: Client, make: Make, nell: User) -> None:
    jo = make.contact("Jo", "Fields")
    answer = reader.submit(
        "/contacts/changes",
        {"request_key": str(uuid4()), "do": "owner", "ids": str(jo.contact_id), "owner": str(nell.user_id)},
    )
    assert answer.status_code == 303
    assert db.session.get_one(Contact, jo.contact_id).owner_id == nell.user_id


# Out


def taken_along(client: Client, address: str) -> list[list[str]]:
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert re.search(
            r'attachment; filename="?\w+-\d{4}-\d\d-\d\d\.csv', answer.headers["Content-Disposition"]
        )
        assert answer.data.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


@every_list
def test_the_file_is_exactly_what_is_shown_on_all_pages(
    listing: Listing, reader: Client, database: sa.Connection
) -> None:
    fill(database, listing.name, 120)
    last = listing.sorts[-1].name
    address, shown = f"/{listing.name}?sort=-{last}&columns={listing.columns[0].name}", []
    rows = taken_along(reader, address.replace("?", "/export.csv?"))
    while address:
        found = page(reader, address)
        shown += names(found)
        following = found.select("a[rel=next]")
        address = str(following[0]["href"]) if following else ""
    assert rows[0] == [listing.head.label, listing.columns[0].label]
    assert [" ".join(row[0].split()) for row in rows[1:]] == shown


def test_a_file_never_calculates_and_keeps_every_sign(reader: Client, make: Make) -> None:
    bad = [
        "=1+1",
        "+1 312 555 0100",
        "-2",
        "@sum(a1)",
        ' "quoted", name',
        "Crème\u200f עברית 🧀",
        " =cmd|' /C calc'!A0",
    ]
    for name in bad:
        make.organization(name)
    cells = {row[0] for row in taken_along(reader, "/organizations/export.csv")[1:]}
    assert cells == {f"'{name}" if name.lstrip()[0] in "=+-@" else name for name in bad}


def test_a_file_of_more_than_ten_thousand_rows_is_asked_for_and_written_by_a_job(
    reader: Client, database: sa.Connection
) -> None:
    fill(database, "contacts", 10_001)
    found = page(reader, "/contacts/export.csv?columns=phone")
    assert "10,000+ contacts are more than you should wait for." in words(found)
    assert the(found, "main form")["action"] == "/contacts/exports"
    assert the(found, "main form input[name=asked]")["value"] == "columns=phone"
    assert not page(reader, "/contacts").select("a[download]")


def test_a_place_in_an_address_is_readable_json(reader: Client, database: sa.Connection) -> None:
    fill(database, "contacts", 60)
    following = str(the(page(reader, "/contacts"), "a[rel=next]")["href"])
    assert len(json.loads(parse_qs(urlsplit(following).query)["after"][0])) == 2
