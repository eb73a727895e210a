"""What becomes of the old database: the expected numbers, met exactly, and every row that is odd."""

from datetime import UTC
from typing import Any

import pytest

from crm.db import transaction
from crm.services import legacy
from tests.databases import Database, clone
from tests.services.legacy.conftest import TODAY, asked, commands, counts, expected, without_zeros

pytestmark = pytest.mark.slow

V2, V1 = expected("v2"), expected("v1")


def one(book: Database, query: str, *values: object) -> Any:
    with asked(book) as connection:
        row = connection.execute(query, values).fetchone()  # type: ignore[call-overload]
    assert row is not None, f"no row for {values}"
    return row if len(row) > 1 else row[0]


def of(book: Database, table: str, key: str, column: str, target: str, target_key: str) -> Any:
    """A column of the row that an old one became."""
    return one(
        book,
        f"select t.{column} from legacy_id_map m join {target} t on t.{target_key} = m.target_id"
        " where m.source_table = %s and m.legacy_id = %s",
        table,
        key,
    )


def organization(book: Database, key: str, column: str) -> Any:
    return of(book, "organizations", key, column, "organizations", "organization_id")


def contact(book: Database, key: str, column: str) -> Any:
    return of(book, "contacts", key, column, "contacts", "contact_id")


def opportunity(book: Database, key: str, column: str) -> Any:
    return of(book, "opportunities", key, column, "opportunities", "opportunity_id")


def interaction(book: Database, key: str, column: str) -> Any:
    return of(book, "interactions", key, column, "interactions", "interaction_id")


def kinds(book: Database, key: str) -> set[str]:
    with asked(book) as connection:
        rows = connection.execute("select kind from legacy_findings where legacy_id = %s", [key]).fetchall()
    return {kind for (kind,) in rows}


def test_every_old_row_is_in_the_archive_with_its_money(migrated_v2: Database) -> None:
    with asked(migrated_v2) as connection:
        rows = counts(connection, "select source_table, count(*) from legacy_archive group by 1")
        assert rows == V2["rows"]
        for place, cells in V2["money_cells"].items():
            table, column = place.split(".")
            found = connection.execute(
                "select count(*) from legacy_archive where source_table = %s"
                ' and "row" ->> %s is not null and not shown ? %s',
                [table, column, column],
            ).fetchone()
            assert found == (cells,), place


def test_secrets_of_accounts_are_not_even_in_the_archive(migrated_v2: Database) -> None:
    secrets = """select count(*) from legacy_archive
        where "row" ?| array['encrypted_password', 'confirmation_token', 'recovery_token']"""
    assert one(migrated_v2, secrets) == 0


def test_accounts_come_without_a_password_and_a_banned_one_cannot_sign_in(migrated_v2: Database) -> None:
    with asked(migrated_v2) as connection:
        found = counts(
            connection,
            "select case when active then 'active' else 'deactivated' end, count(*) from users"
            " join legacy_id_map on source_table = 'users' and target_id = user_id"
            " where password is null group by 1",
        )
    assert found == V2["users"]
    owned = "select count(*) from organizations o join users u on u.user_id = o.owner_id where not u.active"
    assert one(migrated_v2, owned) > 0


def test_organizations_come_to_the_expected_numbers(migrated_v2: Database) -> None:
    wanted = V2["organizations"]
    with asked(migrated_v2) as connection:
        assert (
            counts(connection, "select priority::text, count(*) from organizations group by 1")
            == wanted["priority"]
        )
    numbers = one(
        migrated_v2,
        """
        select count(*), count(deleted_at), count(*) filter (where is_principal),
            count(*) filter (where is_distributor), count(usual_distributor_id), count(parent_organization_id)
        from organizations
        """,
    )
    assert numbers == (
        wanted["rows"],
        wanted["deleted_at_kept"],
        wanted["is_principal"],
        wanted["is_distributor"],
        wanted["with_distributor"],
        wanted["parent_links_after_breaking_the_cycle"],
    )


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("may be a principal", V2["organizations"]["to_confirm_principal"]),
        ("may be a distributor", V2["organizations"]["to_confirm_distributor"]),
        ("usual distributor is not marked as one", V2["organizations"]["distributor_is_none"]),
        ("usual distributor is archived", V2["organizations"]["distributor_is_deleted"]),
        ("parents in a circle", 1),
        ("product without a principal", V2["products"]["without_principal"]),
        ("product of several principals", V2["products"]["links_only_in_the_archive"]),
        ("works at a second organization", V2["organization_contacts"]["active_second_organization"]),
        ("stage and flags contradict", V2["opportunities"]["stage_contradicts_flags"]),
        ("product of another principal", V2["opportunities"]["product_of_another_principal"]),
        (
            "stated principal missing from the list",
            V2["opportunities"]["principal_id_missing_from_the_list"],
        ),
        ("follow-up day set by the migration", V2["interactions"]["needs_follow_up_without_date"]),
        ("stands in both interaction tables", V2["organization_interactions"]["also_in_interactions"]),
        (
            "principal is not marked as one",
            V2["opportunities"]["principal_not_marked"] + V2["contact_principals"]["principal_not_marked"],
        ),
        (
            "names a person without an account",
            V2["contacts"]["account_manager_text"]["Bob"] + V2["opportunities"]["deal_owner_text"]["Bob"],
        ),
    ],
)
def test_what_is_odd_is_listed_and_nothing_is_decided(migrated_v2: Database, kind: str, rows: int) -> None:
    found = "select count(*) from legacy_findings where kind = %s"
    assert one(migrated_v2, found, kind) == rows


def test_contacts_come_to_the_expected_numbers(migrated_v2: Database) -> None:
    wanted = V2["contacts"]
    numbers = one(
        migrated_v2,
        "select count(*), count(*) filter (where is_key_contact), count(*) filter (where position = '-')"
        " from contacts",
    )
    assert numbers == (wanted["rows"], wanted["is_key_contact"], 0)
    assert one(
        migrated_v2,
        "select count(*) from (select organization_id from contacts where is_primary"
        " group by 1 having count(*) > 1) as more",
    ) == 0  # fmt: skip


def test_how_contacts_speak_of_principals_is_never_more_than_was_said(migrated_v2: Database) -> None:
    was = V2["contact_principals"]["advocacy_level"]
    with asked(migrated_v2) as connection:
        found = counts(connection, "select status::text, count(*) from contact_advocacies group by 1")
        overall = counts(connection, "select advocacy_status::text, count(*) from contacts group by 1")
    assert found == {
        "Supporter": was["High"],
        "Neutral": was["Medium"] + was["(none)"],
        "Skeptic": was["Low"],
    }
    assert overall == {"Neutral": V2["contacts"]["rows"]}


def test_products_come_to_the_expected_numbers(migrated_v2: Database) -> None:
    wanted = V2["products"]
    numbers = one(
        migrated_v2,
        "select count(*), count(deleted_at), count(principal_id) from products p"
        " join legacy_id_map m on m.source_table = 'products' and m.target_id = p.product_id",
    )
    assert numbers == (wanted["rows"], wanted["deleted_at_kept"], wanted["with_principal"])
    made = one(migrated_v2, "select count(*) from legacy_id_map where source_table = 'default_products'")
    assert made == wanted["principals_without_a_live_product"]


def test_opportunities_come_to_the_expected_numbers(migrated_v2: Database) -> None:
    wanted = V2["opportunities"]
    with asked(migrated_v2) as connection:
        stages = counts(connection, "select stage::text, count(*) from opportunities group by 1")
        assert stages == without_zeros(wanted["stage"])
    numbers = one(
        migrated_v2,
        """
        select (select count(*) from opportunities), (select count(deleted_at) from opportunities),
            (select count(*) from opportunity_principals), (select count(*) from opportunity_products),
            (select count(*) from opportunities where primary_contact_id is null),
            (select count(expected_close_on) from opportunities)
        """,
    )
    assert numbers == (
        wanted["rows"],
        wanted["deleted_at_kept"],
        wanted["opportunity_principals_pairs"],
        wanted["opportunity_products_pairs"],
        wanted["primary_contact_found_by"]["none (NULL)"],
        wanted["expected_close_dates"],
    )


def test_interactions_come_to_the_expected_numbers(migrated_v2: Database) -> None:
    live = (
        "from interactions join legacy_id_map on target_table = 'interactions' and target_id = interaction_id"
    )
    with asked(migrated_v2) as connection:
        types = counts(
            connection,
            f"select interaction_type::text, count(*) {live} where source_table <> 'carried_over' group by 1",
        )
        assert types == V2["live_interactions"]["type"]
        moods = counts(
            connection,
            f"select sentiment::text, count(*) {live} where source_table = 'interactions' group by 1",
        )
        assert moods == V2["interactions"]["sentiment"]
    promised = one(
        migrated_v2,
        f"select count(*) filter (where follow_up_required), count(deleted_at) {live}"
        " where source_table = 'interactions'",
    )
    wanted = V2["interactions"]
    assert promised == (wanted["follow_up_required_after_migration"], wanted["deleted_at_kept"])


def test_follow_up_days_are_carried_over_and_count_for_no_engagement(migrated_v2: Database) -> None:
    numbers = one(
        migrated_v2,
        """
        select count(*) filter (where organization_id is not null),
            count(*) filter (where opportunity_id is not null and follow_up_required),
            count(*) filter (where notes like '%%Carried over, in stage%%'), count(*) filter (where is_touch)
        from interactions join legacy_id_map on source_table = 'carried_over' and target_id = interaction_id
        """,
    )
    assert numbers == (
        V2["organizations"]["follow_up_dates"],
        V2["opportunities"]["follow_up_dates"],
        V2["opportunities"]["without_any_interaction"],
        0,
    )


def test_the_summary_of_every_principal_is_as_expected(migrated_v2: Database) -> None:
    with asked(migrated_v2) as connection:
        found = {
            name: (
                opportunities,
                interactions,
                products,
                last and f"{last.astimezone(UTC):%Y-%m-%d %H:%M UTC}",
            )
            for name, opportunities, interactions, products, last in connection.execute(
                "select name, opportunities_count, interactions_count, products_count, last_activity_date"
                " from principal_activity_summary"
            ).fetchall()
        }
    wanted = {
        # The one principal without a product has been given one since those numbers were taken.
        one["name"]: (
            one["opportunities"], one["interactions"], one["products"] or 1, one["last_activity"],
        )
        for one in V2["principal_summary"]
    }  # fmt: skip
    assert found == wanted


def test_odd_organizations_become_what_they_should(migrated_v2: Database) -> None:
    book = migrated_v2
    assert not organization(book, "6981e077-99c6-47e3-b4ce-83e41e4fe033", "is_principal")
    assert not organization(book, "31bc80b7-fd33-46e1-9609-cd34bc2ae266", "is_distributor")
    assert "status read as another word" in kinds(book, "12e23619-f87b-431a-a25b-3da886e44140")
    assert organization(book, "6d133cc6-144f-4b92-abd9-b130a807e285", "usual_distributor_id") is not None
    assert organization(book, "c461a177-474a-48c1-99c5-bdf357078f7b", "parent_organization_id") is not None
    later = "8cbe6c60-c120-415a-a1ba-18123abfa0bd"  # of the circle the row that was changed last
    assert organization(book, later, "parent_organization_id") is None
    assert "parents in a circle" in kinds(book, later)
    name = organization(book, "54937bac-2d0a-4822-8199-32ca610341fd", "name")
    notes = organization(book, "54937bac-2d0a-4822-8199-32ca610341fd", "notes")
    assert len(name) == 255
    assert len(notes.split("\n")[0]) == 331
    assert name[:-1] == notes[:254]
    spaced = organization(book, "3d16cb50-6210-437b-b19c-72669e37af0c", "name")
    assert spaced == spaced.strip()
    assert "may be a double" in kinds(book, "3d16cb50-6210-437b-b19c-72669e37af0c") | kinds(
        book, "7271549e-a02c-4c7d-b417-5b219ed791da"
    )
    days = [
        one(
            book,
            "select follow_up_date::text from interactions join legacy_id_map"
            " on source_table = 'carried_over' and target_id = interaction_id where legacy_id = %s",
            key,
        )
        for key in ("32c94489-8a6a-4aaf-a878-dfb1c32be774", "f4f019d1-dac3-4d17-9224-21223fa22d06")
    ]
    assert days == ["2026-08-14", "2026-11-30"]


def test_odd_contacts_become_what_they_should(migrated_v2: Database) -> None:
    book = migrated_v2
    assert contact(book, "495114e3-950e-40c1-b577-70e63196f30a", "is_key_contact")
    assert not contact(book, "495114e3-950e-40c1-b577-70e63196f30a", "is_primary")
    assert contact(book, "82934a02-cebc-4dc9-bb83-5197a53b179c", "is_primary")
    assert {"may be the same person"} & (
        kinds(book, "242028e4-8462-4270-a1c5-409c4a5f371e")
        | kinds(book, "072be96c-6541-488f-bcdf-febc5a84f10b")
    )
    deleted = one(
        book,
        "select o.deleted_at is not null from legacy_id_map m join contacts c on c.contact_id = m.target_id"
        " join organizations o using (organization_id)"
        " where m.source_table = 'contacts' and m.legacy_id = '76c1639f-2a04-4786-94d0-66fb29843629'",
    )
    assert deleted is True
    for link in ("a78e7794-fc1d-44f5-9fa8-0894c2593622", "1c973b92-28bf-49d0-8d5d-4d21540da38f"):
        trail = one(
            book,
            "select e.organization_id <> c.organization_id and e.ended_on is not null from legacy_id_map m"
            " join employments e on e.employment_id = m.target_id join contacts c using (contact_id)"
            " where m.target_table = 'employments' and m.legacy_id = %s",
            link,
        )
        assert trail is True
    assert one(
        book,
        "select p.is_principal from legacy_id_map m join contact_advocacies a"
        " on a.contact_advocacy_id = m.target_id join organizations p on p.organization_id = a.principal_id"
        " where m.legacy_id = '6742ca5a-3348-42d8-892f-e8d274cd5c19'",
    ) is False  # fmt: skip


def test_odd_products_become_what_they_should(migrated_v2: Database) -> None:
    name = of(
        migrated_v2, "products", "1282e8e2-5ef8-46db-bdd9-6ff1201d859f", "name", "products", "product_id"
    )
    assert len(name) == 255
    principal = of(
        migrated_v2,
        "products",
        "62742dfa-1405-468d-9a29-2d2d11d5310c",
        "principal_id",
        "products",
        "product_id",
    )
    assert principal is None


@pytest.mark.parametrize(
    ("key", "stage"),
    [
        ("4d2591dc-1c8f-4bb3-83b5-27425d83950f", "Closed - Stalled"),
        ("e5329450-e5ed-43e4-b46e-52d968e05612", "Closed - No Fit"),
        ("9acc1836-3576-449e-bb85-9cc2130a58ea", "Closed - Won"),
        ("7c8ee868-c881-4261-ad69-b90405267e4f", "Closed - Won"),
        ("5a0e4b58-469f-4f60-808a-17978a6aed2c", "Closed - No Fit"),
    ],
)
def test_the_stage_of_an_odd_opportunity_follows_its_flags(
    migrated_v2: Database, key: str, stage: str
) -> None:
    assert opportunity(migrated_v2, key, "stage::text") == stage
    assert opportunity(migrated_v2, key, "closed_at") is not None


def test_odd_opportunities_become_what_they_should(migrated_v2: Database) -> None:
    book = migrated_v2
    assert opportunity(book, "4d2591dc-1c8f-4bb3-83b5-27425d83950f", "close_note") == (
        "no response after three calls"
    )
    assert opportunity(book, "92ba3007-943c-48f1-8cc9-165c7a4696ed", "context") == "Principal ride day"
    notes = opportunity(book, "bad5bddd-bfd8-4083-96c7-5765f052149f", "notes")
    assert "Internal: " in notes
    assert "names an amount" in kinds(book, "bad5bddd-bfd8-4083-96c7-5765f052149f")
    principals = (
        "select count(*) from opportunity_principals p join legacy_id_map m"
        " on m.source_table = 'opportunities' and m.target_id = p.opportunity_id where m.legacy_id = %s"
    )
    assert one(book, principals, "941b196b-4c00-4e74-9a48-8b99ed09ecb7") == 2
    assert one(book, principals, "c038cfe6-9698-45a9-976a-0dd8d35281ab") > 1
    assert one(book, principals, "7e0b7f8d-fdd6-433a-b5d7-1207a1762fa2") > 1


def test_odd_interactions_become_what_they_should(migrated_v2: Database) -> None:
    book = migrated_v2
    day = "follow_up_date::text"
    assert interaction(book, "34b9f8ef-b04f-40fb-8a88-56ae36ebdd37", day) == "2025-09-14"
    assert interaction(book, "926344fb-9617-48a0-bf30-6bfc63904ef7", "interaction_type::text") == "Follow-up"
    assert interaction(book, "926344fb-9617-48a0-bf30-6bfc63904ef7", "sentiment::text") == "Positive"
    assert interaction(book, "932f1aca-9e57-43bd-b7c1-a808625bb80e", "activity") == "sample drop"
    assert interaction(book, "b7f00f19-9b84-4e5c-8d9b-ce14ae1fa2df", day) == "2026-02-27"
    planned = "f5f45f8e-6bcc-4868-be48-b0530e518956"
    assert interaction(book, planned, "interaction_type::text") == "Note"
    assert interaction(book, planned, "interaction_date::date::text") == "2026-03-06"
    assert interaction(book, planned, day) == "2026-08-28"
    assert interaction(book, "89041e0c-3f02-467f-9f77-ed5ec868404e", "sentiment::text") == "Positive"
    assert interaction(book, "ee28ce06-3c34-40ef-b075-b0f5aa919892", "notes").startswith("No-show:")
    deleted = one(
        book,
        "select o.deleted_at is not null and i.deleted_at is null from legacy_id_map m"
        " join interactions i on i.interaction_id = m.target_id join opportunities o using (opportunity_id)"
        " where m.legacy_id = 'a87da622-36c0-49cc-bd4c-7ae65124468e'",
    )
    assert deleted is True
    contract = of(
        book, "organization_interactions", "6af8cbf4-9048-4b4d-acca-19036bc6be01", "notes", "interactions",
        "interaction_id",
    )  # fmt: skip
    assert contract.startswith("Contract:")


def test_nothing_that_was_migrated_lies_in_the_future(migrated_v2: Database) -> None:
    assert one(migrated_v2, "select count(*) from interactions where interaction_date > '2026-08-08'") == 0


def test_the_older_shape_comes_to_the_expected_numbers(migrated_v1: Database) -> None:
    wanted = V1["organizations"]
    numbers = one(
        migrated_v1,
        """
        select count(*) filter (where source_table = 'organizations'), count(*),
            count(deleted_at), count(*) filter (where is_principal), count(*) filter (where is_distributor)
        from organizations
        join legacy_id_map on target_table = 'organizations' and target_id = organization_id
        """,
    )
    assert numbers == (
        wanted["rows"],
        V1["organizations_after_migration"],
        wanted["deleted_at_kept"],
        wanted["is_principal"],
        wanted["is_distributor"],
    )
    with asked(migrated_v1) as connection:
        found = counts(
            connection,
            "select priority::text, count(*) from organizations join legacy_id_map"
            " on source_table = 'organizations' and target_id = organization_id group by 1",
        )
        assert found == wanted["priority"]
        types = counts(
            connection, "select interaction_type::text, count(*) from interactions where is_touch group by 1"
        )
        assert types == without_zeros(V1["organization_interactions"]["new_type"])
        assert (
            counts(connection, "select source_table, count(*) from legacy_archive group by 1") == V1["rows"]
        )
    contacts = V1["contacts"]
    numbers = one(
        migrated_v1,
        "select count(*), count(*) filter (where organization_id is null),"
        " (select count(*) from legacy_findings where kind = 'text names one organization, the key another')"
        " from contacts",
    )
    assert numbers == (
        contacts["rows"], contacts["organization_unknown_or_na"], contacts["text_and_key_disagree"],
    )  # fmt: skip


def test_odd_rows_of_the_older_shape_become_what_they_should(migrated_v1: Database) -> None:
    book = migrated_v1
    assert organization(book, "d11840d8-1290-438f-b083-8c9414417dd6", "priority::text") == "B"
    assert organization(book, "bd48aa9a-828a-4ae0-b54e-7357f48a2847", "priority::text") == "D"
    assert organization(book, "727b331d-dbce-4f2e-87d4-1c30893067ed", "is_principal") is False
    assert "a distributor with a distributor" in kinds(book, "0c89fc56-2bc5-450d-8e54-6e29e8b1bc4a")
    assert contact(book, "76e52886-de0e-4e53-8d09-8ce958c3db5c", "organization_id") is not None
    assert contact(book, "8f1b7d1f-2685-40f9-8012-86ca1721905c", "organization_id") is None
    made = one(
        book,
        "select o.name, o.tags from legacy_id_map m join contacts c on c.contact_id = m.target_id"
        " join organizations o using (organization_id)"
        " where m.legacy_id = '26bbb5ee-3631-4cce-84cb-b9efdcd0b21f'",
    )
    assert made == ("Istimmerly's Kitchen", ["to review"])
    notes = contact(book, "75ba994e-155b-481b-9069-9c9d7cac3872", "notes")
    assert "Another organization was written here" in notes


def test_a_second_run_changes_nothing(migrated_v2: Database, old_v2: Database, worker_id: str) -> None:
    with clone(migrated_v2, f"again_{worker_id}") as book:
        state = "select count(*), max(xmin::text::bigint) from interactions"
        before = one(book, state)
        with commands(book), legacy.Source.open(old_v2.url("superuser")) as source:
            report = legacy.migrate(source, today=TODAY)
        assert one(book, state) == before
        assert set(report.rows.values()) == {0}
        assert report.known == V2["rows"]


def test_a_migration_verifies_with_the_old_database_and_without(
    migrated_v2: Database, migrated_v1: Database, old_v2: Database, old_v1: Database
) -> None:
    for book, old in ((migrated_v2, old_v2), (migrated_v1, old_v1)):
        with commands(book):
            with legacy.Source.open(old.url("superuser")) as source, transaction():
                report = legacy.verify(source, today=TODAY)
            assert [check for check in report.checks if not check.is_ok] == []
            assert report.edited == 0
            with transaction():
                assert legacy.verify(None, today=TODAY).is_ok
