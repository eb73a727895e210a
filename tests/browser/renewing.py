"""A database brought back to how it was, under those who are connected to it.

A copy made anew would cut the web process off, and its live updates need a second to find their line again:
before each of a hundred tests.
"""

import time
from typing import LiteralString, cast

import psycopg

from tests.databases import Database

KEEP = """
do $do$
declare
    of record;
    body text := '';
begin
    create schema kept;
    for of in
        select table_name as name, string_agg(quote_ident(column_name), ', ') as columns
          from information_schema.columns join information_schema.tables using (table_schema, table_name)
         where table_schema = 'public' and table_type = 'BASE TABLE' and is_generated = 'NEVER'
         group by 1
    loop
        execute format('create table kept.%1$I as table public.%1$I', of.name);
        body := body || format(
            'delete from public.%1$I;'
            'insert into public.%1$I (%2$s) overriding system value select %2$s from kept.%1$I;',
            of.name, of.columns);
    end loop;
    for of in
        select sequencename as name, start_value, last_value from pg_sequences where schemaname = 'public'
    loop
        body := body || format('perform setval(%L, %s, %L);', format('public.%I', of.name),
            coalesce(of.last_value, of.start_value), of.last_value is not null);
    end loop;
    -- As a replica: no trigger, and no foreign key, minds in which order it is done.
    execute format('create procedure kept.bring_back() language plpgsql as %L',
        'begin set local session_replication_role = replica; ' || body || ' end');
end $do$
"""

WORKING = """
select exists (select from pg_stat_activity
                where datname = current_database() and backend_type = 'client backend'
                  and state <> 'idle' and pid <> pg_backend_pid())
"""


def keep(database: Database) -> None:
    """Remember every row of the database and where each sequence stands; copies of it remember the same."""
    with database.connect("superuser", role=None) as connection:
        connection.execute(cast("LiteralString", KEEP))


def bring_back(database: Database) -> None:
    """Make every row and sequence what `keep` found, once nobody is at work there any more."""
    with database.connect("superuser", role=None) as connection:
        until = time.monotonic() + 10
        while _is_at_work(connection) and time.monotonic() < until:
            time.sleep(0.02)
        connection.execute("call kept.bring_back()")


def _is_at_work(connection: psycopg.Connection) -> bool:
    [is_so] = connection.execute(WORKING).fetchone() or [False]
    return bool(is_so)
