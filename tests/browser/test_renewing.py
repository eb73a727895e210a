"""No browser test sees what another one did: the book is brought back in between."""

from tests import databases
from tests.browser import renewing
from tests.browser.book import Book
from tests.databases import Database

ROWS = """
select format(
    'select %L, md5(string_agg(t::text, chr(10) order by t::text)) from public.%I t', relname, relname)
  from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
"""
STANDS = "select sequencename, last_value from pg_sequences where schemaname = 'public' order by 1"
DONE = """
update users set login_count = login_count + 1;
insert into organizations (name, is_principal) values ('Somebody else', true);
delete from interactions where interaction_id = (select max(interaction_id) from interactions);
update contacts set notes = 'written by a test';
select recompute_principal_summaries();
"""


def everything(database: Database) -> list[tuple[object, ...]]:
    with database.connect("superuser", role=None) as connection:
        told = " union all ".join(text for (text,) in connection.execute(ROWS))
        rows = connection.execute(f"{told} order by 1").fetchall()  # type: ignore[arg-type]
        return [*rows, *connection.execute(STANDS).fetchall()]


def test_every_row_and_every_sequence_is_as_the_book_was_written(
    own_book: tuple[Database, Book], worker_id: str
) -> None:
    with databases.clone(own_book[0], f"renewed_{worker_id}") as copy:
        before = everything(copy)
        with copy.connect("owner", role=None) as owner:
            owner.execute(DONE)
        assert everything(copy) != before
        renewing.bring_back(copy)
        assert everything(copy) == before
