"""What the book needs beside the founding columns: names, owners, addresses, promises, stages in time.

Every business row gets a `version`, so that a stale edit is noticed.
"""

from alembic import op

revision = "003"
down_revision = "002"

ORGANIZATIONS = """
create type priority_enum as enum ('A+', 'A', 'B', 'C', 'D');
alter table organizations
    add column name_key text not null generated always as (fold(name)) stored,
    add column legal_name text,
    add column segment text,
    add column priority priority_enum,
    add column parent_organization_id bigint,
    add column owner_id bigint,
    add column second_owner_id bigint,
    add column owner_text text,
    add column usual_distributor_id bigint,
    add column phone text,
    add column second_phone text,
    add column email text,
    add column website text,
    add column linkedin text,
    add column address_line1 text,
    add column address_line2 text,
    add column city text,
    add column state text,
    add column postal_code text,
    add column country text,
    add column notes text,
    add column weekly_focus_on date,
    add column is_anchor boolean not null default false,
    add column tags text[] not null default '{}',
    add column version integer not null default 1,
    add constraint ck_organizations_name check (btrim(name) <> ''),
    add constraint ck_organizations_own_parent check (parent_organization_id <> organization_id),
    add constraint ck_organizations_weekly_focus_monday check (extract(isodow from weekly_focus_on) = 1),
    add constraint fk_organizations_parent_organization_id
        foreign key (parent_organization_id) references organizations (organization_id),
    add constraint fk_organizations_owner_id foreign key (owner_id) references users (user_id),
    add constraint fk_organizations_second_owner_id foreign key (second_owner_id) references users (user_id),
    add constraint fk_organizations_usual_distributor_id
        foreign key (usual_distributor_id) references organizations (organization_id);
create index ix_organizations_name_key on organizations (name_key, organization_id);
create index ix_organizations_name_key_trgm on organizations using gin (name_key gin_trgm_ops);
create index ix_organizations_owner_id on organizations (owner_id);
create index ix_organizations_second_owner_id on organizations (second_owner_id);
create index ix_organizations_parent_organization_id on organizations (parent_organization_id);
create index ix_organizations_usual_distributor_id on organizations (usual_distributor_id);

create table organization_aliases (
    alias text not null,
    organization_id bigint not null,
    constraint pk_organization_aliases primary key (alias),
    constraint fk_organization_aliases_organization_id
        foreign key (organization_id) references organizations (organization_id)
);
create index ix_organization_aliases_organization_id on organization_aliases (organization_id);
"""

CONTACTS = """
alter table contacts
    add column first_name text not null default '',
    add column last_name text not null default '',
    add column name_key text not null generated always as (fold(first_name || ' ' || last_name)) stored,
    add column position text,
    add column department text,
    add column email text,
    add column phone text,
    add column mobile_phone text,
    add column preferred_channel text,
    add column is_primary boolean not null default false,
    add column reports_to_id bigint,
    add column owner_id bigint,
    add column notes text,
    add column left_on date,
    add column version integer not null default 1,
    add constraint ck_contacts_own_superior check (reports_to_id <> contact_id),
    add constraint fk_contacts_reports_to_id foreign key (reports_to_id) references contacts (contact_id),
    add constraint fk_contacts_owner_id foreign key (owner_id) references users (user_id);
-- The founding contacts have no name, and those of a book that went down lost theirs.
update contacts set last_name = 'Contact ' || contact_id;
alter table contacts add constraint ck_contacts_name check (btrim(first_name || last_name) <> '');
create index ix_contacts_organization_id on contacts (organization_id);
create index ix_contacts_owner_id on contacts (owner_id);
create index ix_contacts_reports_to_id on contacts (reports_to_id);
create index ix_contacts_name_key_trgm on contacts using gin (name_key gin_trgm_ops);
"""

PRODUCTS = """
create type product_status_enum as enum ('active', 'coming soon', 'discontinued');
alter table products
    add column status product_status_enum not null default 'active',
    add column manufacturer_code text,
    add column unit_size text,
    add column version integer not null default 1,
    add constraint ck_products_name check (btrim(name) <> '');
"""

OPPORTUNITIES = """
alter table opportunities
    add column name_key text not null generated always as (fold(name)) stored,
    add column owner_id bigint,
    add column second_owner_id bigint,
    add column distributor_id bigint,
    add column source text,
    add column tags text[] not null default '{}',
    add column started_on date,
    add column stage_changed_at timestamptz not null default now(),
    add column closed_at timestamptz,
    add column close_reason text,
    add column close_note text,
    add column next_action text,
    add column expected_close_on date,
    add column cases_per_week integer,
    add column version integer not null default 1,
    add constraint ck_opportunities_name check (btrim(name) <> ''),
    add constraint ck_opportunities_cases_per_week check (cases_per_week >= 0),
    add constraint fk_opportunities_owner_id foreign key (owner_id) references users (user_id),
    add constraint fk_opportunities_second_owner_id foreign key (second_owner_id) references users (user_id),
    add constraint fk_opportunities_distributor_id
        foreign key (distributor_id) references organizations (organization_id);
-- What was closed before says neither when nor why.
update opportunities set closed_at = updated_at, close_reason = 'Not recorded'
where stage in ('Closed - Won', 'Closed - Stalled', 'Closed - No Fit');
alter table opportunities
    add constraint ck_opportunities_closed_at
        check ((stage in ('Closed - Won', 'Closed - Stalled', 'Closed - No Fit')) = (closed_at is not null)),
    add constraint ck_opportunities_close_reason check ((closed_at is null) = (close_reason is null));
create index ix_opportunities_primary_contact_id on opportunities (primary_contact_id);
create index ix_opportunities_owner_id on opportunities (owner_id);
create index ix_opportunities_second_owner_id on opportunities (second_owner_id);
create index ix_opportunities_distributor_id on opportunities (distributor_id);
create index ix_opportunities_name_key_trgm on opportunities using gin (name_key gin_trgm_ops);

alter table opportunity_principals add column is_derived boolean not null default false;
create index ix_opportunity_principals_principal_id on opportunity_principals (principal_id, opportunity_id);
create index ix_opportunity_products_product_id on opportunity_products (product_id);

create table opportunity_stage_changes (
    opportunity_stage_change_id bigint generated by default as identity,
    opportunity_id bigint not null,
    from_stage opportunity_stage_enum,
    to_stage opportunity_stage_enum not null,
    changed_at timestamptz not null default now(),
    changed_by bigint,
    constraint pk_opportunity_stage_changes primary key (opportunity_stage_change_id),
    constraint fk_opportunity_stage_changes_opportunity_id
        foreign key (opportunity_id) references opportunities (opportunity_id) on delete cascade,
    constraint fk_opportunity_stage_changes_changed_by foreign key (changed_by) references users (user_id)
);
create index ix_opportunity_stage_changes_opportunity_id
    on opportunity_stage_changes (opportunity_id, changed_at);
create index ix_opportunity_stage_changes_changed_at on opportunity_stage_changes (changed_at);
"""

INTERACTIONS = """
alter table interactions
    add column organization_id bigint,
    add column activity text,
    add column subject text,
    add column location text,
    add column duration_minutes integer,
    add column outcome text,
    add column author_id bigint,
    add column is_touch boolean not null default true,
    add column follow_up_note text,
    add column owner_id bigint,
    add column completed_at timestamptz,
    add column completed_by bigint,
    add column completed_with bigint,
    add column snoozed_until_on date,
    add column times_rescheduled integer not null default 0,
    add column version integer not null default 1,
    add constraint ck_interactions_follow_up check (follow_up_required = (follow_up_date is not null)),
    add constraint ck_interactions_completed check (completed_at is null or follow_up_required),
    add constraint ck_interactions_snoozed check (snoozed_until_on is null or follow_up_required),
    add constraint ck_interactions_notes check (char_length(notes) <= 10000),
    add constraint ck_interactions_duration_minutes check (duration_minutes >= 0),
    add constraint fk_interactions_organization_id
        foreign key (organization_id) references organizations (organization_id),
    add constraint fk_interactions_author_id foreign key (author_id) references users (user_id),
    add constraint fk_interactions_owner_id foreign key (owner_id) references users (user_id),
    add constraint fk_interactions_completed_by foreign key (completed_by) references users (user_id),
    add constraint fk_interactions_completed_with
        foreign key (completed_with) references interactions (interaction_id);
create index ix_interactions_organization_id on interactions (organization_id);
create index ix_interactions_author_id on interactions (author_id, interaction_date);
create index ix_interactions_completed_with on interactions (completed_with);
create index ix_interactions_open_promises on interactions (owner_id, follow_up_date, interaction_id)
    where follow_up_required and completed_at is null and deleted_at is null;
"""


def upgrade() -> None:
    for part in (ORGANIZATIONS, CONTACTS, PRODUCTS, OPPORTUNITIES, INTERACTIONS):
        op.execute(part)


def downgrade() -> None:
    # Dropping a column takes its constraints and indexes along.
    op.execute(
        """
        alter table interactions
            drop constraint ck_interactions_notes, drop constraint ck_interactions_follow_up,
            drop column organization_id, drop column activity, drop column subject, drop column location,
            drop column duration_minutes, drop column outcome, drop column author_id, drop column is_touch,
            drop column follow_up_note, drop column owner_id, drop column completed_at,
            drop column completed_by, drop column completed_with, drop column snoozed_until_on,
            drop column times_rescheduled, drop column version;

        drop table opportunity_stage_changes;
        drop index ix_opportunity_products_product_id;
        drop index ix_opportunity_principals_principal_id;
        alter table opportunity_principals drop column is_derived;
        drop index ix_opportunities_primary_contact_id;
        alter table opportunities
            drop constraint ck_opportunities_name, drop column name_key, drop column owner_id,
            drop column second_owner_id, drop column distributor_id, drop column source, drop column tags,
            drop column started_on, drop column stage_changed_at, drop column closed_at,
            drop column close_reason, drop column close_note, drop column next_action,
            drop column expected_close_on, drop column cases_per_week, drop column version;

        alter table products
            drop constraint ck_products_name, drop column status, drop column manufacturer_code,
            drop column unit_size, drop column version;
        drop type product_status_enum;

        drop index ix_contacts_organization_id;
        alter table contacts
            drop column name_key, drop column first_name, drop column last_name, drop column position,
            drop column department, drop column email, drop column phone, drop column mobile_phone,
            drop column preferred_channel, drop column is_primary, drop column reports_to_id,
            drop column owner_id, drop column notes, drop column left_on, drop column version;

        drop table organization_aliases;
        alter table organizations
            drop constraint ck_organizations_name, drop column name_key, drop column legal_name,
            drop column segment, drop column priority, drop column parent_organization_id,
            drop column owner_id, drop column second_owner_id, drop column owner_text,
            drop column usual_distributor_id, drop column phone, drop column second_phone,
            drop column email, drop column website, drop column linkedin, drop column address_line1,
            drop column address_line2, drop column city, drop column state, drop column postal_code,
            drop column country, drop column notes, drop column weekly_focus_on, drop column is_anchor,
            drop column tags, drop column version;
        drop type priority_enum;
        """
    )
