"""One search over the whole book: what is found, in which order, what is forgiven, and by which indexes."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from crm import queries, services
from crm.db import db
from crm.enums import EngagementLevel, RecordKind
from crm.models import ProductDistributor, User
from crm.queries.search import Hit, Kind
from tests.conftest import Counting
from tests.factories import Make, as_role

As = Callable[[User | None], None]
Finding = Callable[..., list[str]]
TODAY = date(2026, 11, 24)


def said(hits: list[Hit]) -> list[str]:
    return [f"{hit.kind} {hit.title}" for hit in hits]


@pytest.fixture
def nell_finds(nell: User, acting_as: As) -> Finding:
    def find(letters: str, *, each: int = 6, kinds: tuple[Kind, ...] = tuple(Kind)) -> list[str]:
        acting_as(nell)
        return said(queries.search.find(letters, kinds=kinds, each=each, today=TODAY))

    return find


def test_every_noun_is_found_by_its_name(make: Make, nell_finds: Finding) -> None:
    school = make.organization("Amberley School District")
    bakery = make.principal("Amberfold Bakery Co.")
    make.distributor("Amber Trucks")
    make.contact("Amber", "Tollgate", organization=school)
    make.product("Amber honey loaf", principal=bakery)
    make.opportunity("Amber breakfast menu", organization=school)
    assert nell_finds("amber") == [
        "principal Amberfold Bakery Co.",
        "opportunity Amber breakfast menu",
        "contact Amber Tollgate",
        "organization Amberley School District",
        "distributor Amber Trucks",
        "product Amber honey loaf",
    ]


def test_names_that_begin_so_come_before_words_that_do_and_these_before_names_that_hold_it(
    make: Make, nell_finds: Finding
) -> None:
    for name in ("Aramark", "The Mark", "Mark", "Mark's Grill"):
        make.organization(name)
    assert nell_finds("mark") == [
        f"organization {name}" for name in ("Mark", "Mark's Grill", "The Mark", "Aramark")
    ]


def test_the_kind_with_the_best_hit_comes_first(make: Make, nell_finds: Finding) -> None:
    make.principal("Stone Mill")
    make.product("Milk", principal=make.principal("Larkmeadow Dairy"))
    make.contact("Milk", organization=make.organization("School"), last_name="")
    assert nell_finds("milk")[:2] == ["contact Milk", "product Milk"]
    assert nell_finds("mil")[-1] == "principal Stone Mill"


def test_words_may_come_in_any_order_and_each_must_be_found(make: Make, nell_finds: Finding) -> None:
    make.organization("Marlowe Bend School District")
    make.organization("Marlowe Grill")
    assert nell_finds("school marl") == ["organization Marlowe Bend School District"]


@pytest.mark.parametrize("letters", ["creme", "CRÈME", "  crème   bru", "brûlée"])
def test_case_accents_and_blanks_do_not_matter(letters: str, make: Make, nell_finds: Finding) -> None:
    make.organization("Crème Brûlée House")
    assert nell_finds(letters) == ["organization Crème Brûlée House"]


@pytest.mark.parametrize(
    "letters",
    [
        "salr",
        "amberfld",
        "alt",
        "saalt",
        "satl",
        "aslt",
        "xalt",
        "sxlt",
        "saltt",
        "amberfodl",
        "amberfeld",
        "mberfold",
    ],
)
def test_one_slip_is_forgiven_in_words_of_four_letters_and_more(
    letters: str, make: Make, nell_finds: Finding
) -> None:
    make.organization("Amberfold Salt House")
    assert nell_finds(letters) == ["organization Amberfold Salt House"]


@pytest.mark.parametrize("letters", ["slat house", "salt hosue", "amberfold slat", "hosue amber"])
def test_of_several_words_any_one_may_have_the_slip(letters: str, make: Make, nell_finds: Finding) -> None:
    make.organization("Amberfold Salt House")
    make.organization("Amberfold Grill")
    assert nell_finds(letters) == ["organization Amberfold Salt House"]


@pytest.mark.parametrize("letters", ["sxl", "slat hoose grill", "smkt", "amebrfodl", "slat hosue"])
def test_neither_short_words_nor_two_slips_are_forgiven(
    letters: str, make: Make, nell_finds: Finding
) -> None:
    make.organization("Amberfold Salt House")
    assert nell_finds(letters) == []


def test_a_slip_is_forgiven_only_where_nothing_is_called_so(make: Make, nell: User, acting_as: As) -> None:
    make.organization("Salt House")
    make.contact("Malt", "Miller", organization=make.organization("Brewery"))
    acting_as(nell)
    assert said(queries.search.find("malt", each=6, today=TODAY)) == ["contact Malt Miller"]
    (near,) = queries.search.find("sallt", each=6, today=TODAY)
    assert (near.title, near.is_near) == ("Salt House", True)


def test_a_product_is_found_by_the_makers_number_and_by_any_distributors(
    make: Make, nell: User, acting_as: As
) -> None:
    bakery = make.principal("Amberfold Bakery Co.")
    loaf = make.product("Honey loaf", principal=bakery, manufacturer_code="AF-2210")
    trucks = make.distributor("Northlane Foodservice")
    make.save(
        ProductDistributor(
            product_id=loaf.product_id, distributor_id=trucks.organization_id, item_number="0455871"
        )
    )
    acting_as(nell)
    for number in ("af-2210", "AF-22", "2210"):
        (hit,) = queries.search.find(number, each=6, today=TODAY)
        assert (hit.title, hit.detail) == ("Honey loaf", "Amberfold Bakery Co. · AF-2210")
    for number in ("0455871", "0455", "5871"):
        (hit,) = queries.search.find(number, each=6, today=TODAY)
        assert (hit.title, hit.detail) == (
            "Honey loaf",
            "Amberfold Bakery Co. · 0455871 at Northlane Foodservice",
        )


def test_a_product_whose_name_and_number_both_fit_is_found_once(make: Make, nell_finds: Finding) -> None:
    make.product("Loaf 2210", principal=make.principal("Bakery"), manufacturer_code="2210")
    assert nell_finds("2210") == ["product Loaf 2210"]


def test_a_principal_tells_its_level_its_products_and_its_last_touch(
    make: Make, nell: User, acting_as: As
) -> None:
    mill = make.principal("Oldfen Grains")
    make.product(principal=mill)
    make.interaction(principals=[mill], on=datetime(2026, 11, 14, 18, tzinfo=UTC))
    make.principal("Oldfen Flakes")
    acting_as(nell)
    flakes, grains = queries.search.find("oldfen", each=6, today=TODAY)
    assert (grains.level, grains.products, grains.last_on, grains.days) == (
        EngagementLevel.MEDIUM, 1, date(2026, 11, 14), 10,
    )  # fmt: skip
    assert (flakes.level, flakes.products, flakes.last_on, flakes.days) == (None, 0, None, None)


def test_archived_records_are_not_found(make: Make, nell_finds: Finding) -> None:
    gone = datetime(2026, 11, 1, tzinfo=UTC)
    make.organization("Marlowe Bend", deleted_at=gone)
    product = make.product("Marlowe loaf", manufacturer_code="ML-77", deleted_at=gone)
    make.save(
        ProductDistributor(
            product_id=product.product_id,
            distributor_id=make.distributor("Trucks").organization_id,
            item_number="887766",
        )
    )
    assert [*nell_finds("marlowe"), *nell_finds("marlwoe"), *nell_finds("ml-77"), *nell_finds("887766")] == []


def test_each_kind_is_bounded_and_kinds_that_were_not_asked_for_stay_out(
    make: Make, nell_finds: Finding
) -> None:
    for number in range(10):
        make.organization(f"Harvest {number}")
        make.distributor(f"Harvest Trucks {number}")
    assert len(nell_finds("harvest", each=4)) == 8
    assert nell_finds("harvest", each=1, kinds=(Kind.DISTRIBUTOR,)) == ["distributor Harvest Trucks 0"]
    assert nell_finds("harvest", kinds=()) == []


@pytest.mark.parametrize(
    "letters",
    [
        "", "a", "%%%", "___", "\\\\\\", "a\x00b", "🍋🍋🍋", "'; drop table users --", ":word0", "%(phrase)s",
        "\ud800", "x" * 10_000, " ".join("word" for _ in range(2000)), "‮abacus?", "((((", "\t\n ", "٣٣٣٣",
        "日本語の本",
    ],
)  # fmt: skip
def test_nothing_strange_finds_everything_or_breaks(letters: str, make: Make, nell_finds: Finding) -> None:
    make.organization("Qualia Kitchen")
    assert nell_finds(letters.encode("utf-8", "replace").decode()) == []


def test_names_without_a_latin_letter_are_found_all_the_same(make: Make, nell_finds: Finding) -> None:
    for name in ("日本語の本", "Ελληνικό", "🍋 Lemon bar"):
        make.organization(name)
    assert nell_finds("日本語") == ["organization 日本語の本"]
    assert nell_finds("ελλην") == ["organization Ελληνικό"]
    assert nell_finds("🍋 lem") == ["organization 🍋 Lemon bar"]


def test_what_was_looked_at_last_comes_newest_first_and_without_what_was_archived(
    make: Make, nell: User, otis: User, acting_as: As
) -> None:
    mill, school = make.principal("Oldfen Grains"), make.organization("School")
    dana = make.contact("Dana", "Reyes", organization=school)
    gone = make.organization("Gone", deleted_at=datetime(2026, 11, 1, tzinfo=UTC))
    acting_as(nell)
    seen = [
        (RecordKind.ORGANIZATION, mill.organization_id),
        (RecordKind.CONTACT, dana.contact_id),
        (RecordKind.ORGANIZATION, gone.organization_id),
        (RecordKind.CONTACT, 999_999),
        (RecordKind.ORGANIZATION, school.organization_id),
        (RecordKind.ORGANIZATION, mill.organization_id),
    ]
    for hour, (kind, number) in enumerate(seen):
        services.habits.visit(kind, number, by=nell.user_id, now=datetime(2026, 11, 24, hour, tzinfo=UTC))
    recent = queries.search.recent(nell.user_id, most=5, today=TODAY)
    assert said(recent) == ["principal Oldfen Grains", "organization School", "contact Dana Reyes"]
    contacts = queries.search.recent(nell.user_id, kinds=[Kind.CONTACT], most=5, today=TODAY)
    assert said(contacts) == ["contact Dana Reyes"]
    acting_as(otis)
    assert queries.search.recent(nell.user_id, most=5, today=TODAY) == []


def test_it_is_one_statement_and_leaves_the_planner_as_it_was(
    make: Make, nell: User, acting_as: As, statements: Counting
) -> None:
    make.organization("Amberley")
    acting_as(nell)
    usual = sa.text("select name, setting from pg_settings where name ~ 'seqscan|plan_cache|parallel_ap'")
    before = db.session.execute(usual).all()
    with statements() as seen:
        queries.search.find("amber ley", each=6, today=TODAY)
    assert len(seen) == 1
    assert db.session.execute(usual).all() == before


@pytest.mark.slow
def test_among_many_every_table_is_read_through_its_indexes(
    make: Make, nell: User, acting_as: As, database: sa.Connection, statements: Counting
) -> None:
    principal, trucks = make.principal("Maker").organization_id, make.distributor("Trucks").organization_id
    with as_role(database, "kp_owner"):
        for table, columns, values in (
            ("organizations", "name", "'Place ' || md5(n::text)"),
            ("contacts", "first_name, last_name", "'P' || n, md5(n::text)"),
            ("opportunities", "name", "'Menu ' || md5(n::text)"),
            ("products", "principal_id, name, manufacturer_code", f"{principal}, md5(n::text), 'M-' || n"),
        ):
            database.exec_driver_sql(
                f"insert into {table} ({columns}) select {values} from generate_series(1, 3000) n"
            )
        database.exec_driver_sql(
            "insert into product_distributors (product_id, distributor_id, item_number) "
            f"select product_id, {trucks}, 'I-' || product_id from products"
        )
        database.exec_driver_sql(
            "analyze organizations, contacts, opportunities, products, product_distributors"
        )
    acting_as(nell)
    db.session.connection()
    sent: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "from hits h" in statement:
            sent.append((statement, parameters))

    sa.event.listen(database, "before_cursor_execute", note)
    try:
        for letters in ("amb", "foldgate", "hravest", "2210"):
            queries.search.find(letters, each=6, today=TODAY)
    finally:
        sa.event.remove(database, "before_cursor_execute", note)
    assert len(sent) == 4
    database.exec_driver_sql("set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off")
    assert database.exec_driver_sql("select current_user").scalar_one() == "kp_staff"
    for statement, parameters in sent:
        plan = "\n".join(database.exec_driver_sql(f"explain {statement}", parameters).scalars())
        assert "Seq Scan" not in plan
        for index in ("organizations", "contacts", "opportunities", "products"):
            assert f"Bitmap Index Scan on ix_{index}_name_key_trgm" in plan
        assert "ix_products_manufacturer_code_trgm" in plan
        assert "ix_product_distributors_item_number_trgm" in plan
