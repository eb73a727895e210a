"""The founding schema stands to the letter: names, types and labels (schema.md §1)."""

import pytest
import sqlalchemy as sa

from crm.db import Base

ENUMS = {
    "opportunity_stage_enum": [
        "New Lead",
        "Initial Outreach",
        "Sample/Visit Offered",
        "Awaiting Response",
        "Feedback Logged",
        "Demo Scheduled",
        "Closed - Won",
        "Closed - Stalled",
        "Closed - No Fit",
    ],
    "interaction_type_enum": ["Email", "Phone Call", "Meeting", "Demo/sampled", "Follow-up", "Note"],
    "sentiment_enum": ["Positive", "Neutral", "Negative"],
    "advocacy_status_enum": ["Champion", "Supporter", "Neutral", "Skeptic", "Blocker"],
}

MOMENT, FLAG, KEY = "timestamp with time zone", "boolean", "bigint"
STAMPS = {"created_at": MOMENT, "updated_at": MOMENT, "deleted_at": MOMENT}

TABLES = {
    "organizations": {
        "organization_id": KEY,
        "name": "character varying(255)",
        "is_principal": FLAG,
        "is_distributor": FLAG,
        **STAMPS,
    },
    "contacts": {
        "contact_id": KEY,
        "organization_id": KEY,
        "advocacy_status": "advocacy_status_enum",
        "is_key_contact": FLAG,
        **STAMPS,
    },
    "products": {
        "product_id": KEY,
        "principal_id": KEY,
        "name": "character varying(255)",
        "category": "character varying(100)",
        "description": "text",
        **STAMPS,
    },
    "opportunities": {
        "opportunity_id": KEY,
        "name": "text",
        "organization_id": KEY,
        "primary_contact_id": KEY,
        "stage": "opportunity_stage_enum",
        "context": "character varying(100)",
        "notes": "text",
        **STAMPS,
    },
    "opportunity_products": {"opportunity_id": KEY, "product_id": KEY, "created_at": MOMENT},
    "opportunity_principals": {"opportunity_id": KEY, "principal_id": KEY, "created_at": MOMENT},
    "interactions": {
        "interaction_id": KEY,
        "opportunity_id": KEY,
        "contact_id": KEY,
        "interaction_type": "interaction_type_enum",
        "interaction_date": MOMENT,
        "notes": "text",
        "sentiment": "sentiment_enum",
        "follow_up_required": FLAG,
        "follow_up_date": "date",
        **STAMPS,
    },
}

DEFAULTS = {
    ("organizations", "is_principal"): "false",
    ("organizations", "is_distributor"): "false",
    ("contacts", "advocacy_status"): "'Neutral'::advocacy_status_enum",
    ("contacts", "is_key_contact"): "false",
    ("opportunities", "stage"): "'New Lead'::opportunity_stage_enum",
    ("interactions", "interaction_date"): "now()",
    ("interactions", "sentiment"): "'Neutral'::sentiment_enum",
    ("interactions", "follow_up_required"): "false",
}

REQUIRED = {
    ("products", "name"),
    ("interactions", "interaction_type"),
}

KEYS = {
    "pk_organizations": "PRIMARY KEY (organization_id)",
    "pk_contacts": "PRIMARY KEY (contact_id)",
    "pk_products": "PRIMARY KEY (product_id)",
    "pk_opportunities": "PRIMARY KEY (opportunity_id)",
    "pk_interactions": "PRIMARY KEY (interaction_id)",
    "pk_opportunity_products": "PRIMARY KEY (opportunity_id, product_id)",
    "pk_opportunity_principals": "PRIMARY KEY (opportunity_id, principal_id)",
    "fk_contacts_organization_id": "FOREIGN KEY (organization_id) REFERENCES organizations(organization_id)",
    "fk_products_principal_id": "FOREIGN KEY (principal_id) REFERENCES organizations(organization_id)",
    "fk_opportunities_organization_id": (
        "FOREIGN KEY (organization_id) REFERENCES organizations(organization_id)"
    ),
    "fk_opportunities_primary_contact_id": (
        "FOREIGN KEY (primary_contact_id) REFERENCES contacts(contact_id)"
    ),
    "fk_opportunity_products_opportunity_id": (
        "FOREIGN KEY (opportunity_id) REFERENCES opportunities(opportunity_id) ON DELETE CASCADE"
    ),
    "fk_opportunity_products_product_id": (
        "FOREIGN KEY (product_id) REFERENCES products(product_id) ON DELETE CASCADE"
    ),
    "fk_opportunity_principals_opportunity_id": (
        "FOREIGN KEY (opportunity_id) REFERENCES opportunities(opportunity_id) ON DELETE CASCADE"
    ),
    "fk_opportunity_principals_principal_id": (
        "FOREIGN KEY (principal_id) REFERENCES organizations(organization_id) ON DELETE CASCADE"
    ),
    "fk_interactions_opportunity_id": (
        "FOREIGN KEY (opportunity_id) REFERENCES opportunities(opportunity_id)"
    ),
    "fk_interactions_contact_id": "FOREIGN KEY (contact_id) REFERENCES contacts(contact_id)",
}

INDEXES = {
    "idx_organizations_is_principal": "organizations USING btree (is_principal) WHERE is_principal",
    "idx_organizations_is_distributor": "organizations USING btree (is_distributor) WHERE is_distributor",
    "idx_products_principal_id": "products USING btree (principal_id)",
    "idx_products_category": "products USING btree (category)",
    "idx_opportunities_stage": "opportunities USING btree (stage)",
    "idx_opportunities_organization_id": "opportunities USING btree (organization_id)",
    "idx_interactions_opportunity_id": "interactions USING btree (opportunity_id)",
    "idx_interactions_contact_id": "interactions USING btree (contact_id)",
    "idx_interactions_date": "interactions USING btree (interaction_date)",
    "idx_interactions_follow_up": (
        "interactions USING btree (follow_up_required, follow_up_date) WHERE follow_up_required"
    ),
}

TRIGGERS = {
    ("opportunity_products", "trigger_sync_opportunity_principals", "sync_opportunity_principals"),
    *(
        (table, f"update_{table}_updated_at", "update_updated_at_column")
        for table in ("organizations", "contacts", "products", "opportunities", "interactions")
    ),
}

VIEW = {
    "organization_id": "bigint",
    "name": "character varying(255)",
    "opportunities_count": "bigint",
    "interactions_count": "bigint",
    "products_count": "bigint",
    "last_activity_date": MOMENT,
    "engagement_level": "text",
}


def columns(database: sa.Connection, table: str) -> dict[str, str]:
    found = database.execute(
        sa.text(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute "
            "where attrelid = cast(:t as regclass) and attnum > 0 and not attisdropped order by attnum"
        ),
        {"t": table},
    )
    return dict(found.all())


def test_the_enum_types_have_these_labels_in_this_order(database: sa.Connection) -> None:
    for name, labels in ENUMS.items():
        found = database.execute(
            sa.text(
                "select enumlabel from pg_enum where enumtypid = cast(:n as regtype) order by enumsortorder"
            ),
            {"n": name},
        )
        assert found.scalars().all() == labels


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_have_these_columns(database: sa.Connection, table: str) -> None:
    found = columns(database, table)
    assert {name: found.get(name) for name in TABLES[table]} == TABLES[table]


@pytest.mark.parametrize("table", [table for table in TABLES if not table.startswith("opportunity_")])
def test_keys_count_up_by_themselves(database: sa.Connection, table: str) -> None:
    key = next(iter(TABLES[table]))
    found = database.execute(
        sa.text(
            "select attidentity from pg_attribute where attrelid = cast(:t as regclass) and attname = :k"
        ),
        {"t": table, "k": key},
    )
    assert found.scalar_one() == "d"


def test_columns_have_these_defaults(database: sa.Connection) -> None:
    for (table, column), expected in DEFAULTS.items():
        found = database.execute(
            sa.text(
                "select pg_get_expr(adbin, adrelid) from pg_attrdef join pg_attribute "
                "on attrelid = adrelid and attnum = adnum "
                "where adrelid = cast(:t as regclass) and attname = :c"
            ),
            {"t": table, "c": column},
        )
        assert (table, column, found.scalar_one()) == (table, column, expected)


def test_what_may_not_be_missing(database: sa.Connection) -> None:
    for table, column in REQUIRED:
        found = database.execute(
            sa.text(
                "select attnotnull from pg_attribute where attrelid = cast(:t as regclass) and attname = :c"
            ),
            {"t": table, "c": column},
        )
        assert found.scalar_one() is True


def test_keys_and_references(database: sa.Connection) -> None:
    found = database.execute(
        sa.text("select conname, pg_get_constraintdef(oid) from pg_constraint where conname = any (:names)"),
        {"names": list(KEYS)},
    )
    assert dict(found.all()) == KEYS


def test_indexes(database: sa.Connection) -> None:
    found = database.execute(
        sa.text("select indexname, indexdef from pg_indexes where indexname = any (:names)"),
        {"names": list(INDEXES)},
    )
    assert {name: text.split(" ON public.")[1] for name, text in found} == INDEXES


def test_triggers(database: sa.Connection) -> None:
    found = database.execute(
        sa.text(
            "select tgrelid::regclass::text, tgname, tgfoid::regproc::text from pg_trigger "
            "where not tgisinternal"
        )
    )
    assert {tuple(row) for row in found} >= TRIGGERS


def test_the_view_has_these_columns(database: sa.Connection) -> None:
    assert columns(database, "principal_activity_summary") == VIEW
    assert list(columns(database, "principal_activity_summary")) == list(VIEW)


def test_the_level_function_answers_its_one_argument(database: sa.Connection) -> None:
    found = database.execute(
        sa.text(
            "select pg_get_function_arguments(oid), pg_get_function_result(oid) from pg_proc "
            "where proname = 'calculate_engagement_level'"
        )
    )
    assert [tuple(row) for row in found] == [
        ("last_interaction_date timestamp with time zone, today date DEFAULT firm_today()", "text")
    ]
    assert (
        database.execute(sa.text("select calculate_engagement_level(now())")).scalar_one()
        == "High Engagement"
    )


MONEY = (
    "revenue",
    "price",
    "cost",
    "commission",
    "currency",
    "money",
    "amount",
    "budget",
    "usd",
    "dollar",
    "forecast",
    "probability",
    "margin",
    "deal_value",
    "discount",
)


def test_there_is_no_money_in_any_name_of_the_schema(database: sa.Connection) -> None:
    found = database.execute(
        sa.text(
            """
            select lower(relname) from pg_class where relnamespace = 'public'::regnamespace
            union select lower(relname || '.' || attname) from pg_attribute
                join pg_class on pg_class.oid = attrelid
                where relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped
            union select lower(typname) from pg_type where typnamespace = 'public'::regnamespace
            union select lower(typname || ' ' || enumlabel)
                from pg_enum join pg_type on pg_type.oid = enumtypid
            union select lower(proname || ' ' || coalesce(proargnames::text, '')) from pg_proc
                where pronamespace = 'public'::regnamespace
                    and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
            """
        )
    ).scalars()
    names = set(found)
    assert len(names) > 200
    assert [name for name in names for word in MONEY if word in name] == []
    types = database.execute(
        sa.text("select count(*) from pg_attribute where atttypid = 'money'::regtype and attrelid > 16383")
    )
    assert types.scalar_one() == 0


def test_every_column_of_the_models_is_in_the_tables(database: sa.Connection) -> None:
    for table in Base.metadata.tables.values():
        assert set(columns(database, table.name)) == {column.name for column in table.columns}, table.name
