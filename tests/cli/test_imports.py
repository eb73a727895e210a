"""`flask imports` says what it did, names each row it could not take, and never ends in a traceback."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from crm import cli
from crm.db import db
from crm.models import Organization, User
from tests.databases import Database
from tests.factories import Make

SAMPLES = Path(__file__).parents[1] / "samples"

Command = Callable[..., Result]


@pytest.fixture
def flask(app: Flask, database: sa.Connection) -> Command:
    """`flask("imports", "run", file)`: what `flask imports run FILE` does."""

    def run(*arguments: object) -> Result:
        db.session.commit()  # what the test has made is there, whatever the command takes back
        return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])

    return run


@pytest.fixture
def bring_in(flask: Command, ada: User) -> Command:
    """`bring_in(file)`: an import by ada."""

    def run(file: object, *options: object) -> Result:
        return flask("imports", "run", file, "--as", "Ada@Pantry.example", *options)

    return run


def names() -> list[str]:
    return list(db.session.scalars(sa.select(Organization.name).order_by(Organization.organization_id)))


def list_of(tmp_path: Path, text: str, name: str = "list.csv") -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def test_the_account_sheet_comes_in_each_unreadable_row_is_named_and_a_second_run_changes_nothing(
    bring_in: Command,
) -> None:
    done = bring_in(SAMPLES / "organizations.csv")
    assert done.exit_code == 1
    assert "organizations.csv: Windows-1252, divided by commas." in done.stdout
    assert "organizations: organizations, header in row 4, " in done.stdout
    assert "400 organizations added" in done.stdout
    assert "Not brought in: 1\n  Row 424, Organizations" in done.stdout
    assert "the row names no organization. Fill in the name and import the file again." in done.stdout
    assert 'Row 89, PRIORITY-FOCUS (A-D) A-highest (DropDown) "1": is no priority.' in done.stdout
    assert "0 left, 400 written" in done.stdout
    assert len(names()) == 400

    (line,) = [line for line in done.stdout.splitlines() if '"ulf": is no distributor' in line.lower()]
    assert "is no distributor of the book" in line
    assert "Also in row" in line
    assert line.endswith("and 20 more."), "what recurs is told once with its rows"

    again = bring_in(SAMPLES / "organizations.csv")
    assert "Nothing to bring in: the book says all of it already." in again.stdout
    assert len(names()) == 400


@pytest.mark.slow
def test_an_alias_list_is_brought_in_first_and_its_distributors_with_it(
    bring_in: Command, make: Make
) -> None:
    marlow = make.user("Marlow Wren", email="marlow@wrenfield.example")
    done = bring_in(SAMPLES / "organizations.csv", "--aliases", SAMPLES / "aliases.csv")
    assert "aliases.csv: 36 new, 0 changed, 30 distributors created." in done.stdout
    assert "nobody with this name or address can sign in here" in done.stdout
    bistro = db.session.scalars(sa.select(Organization).where(Organization.name == "BRAMAQUIST BISTRO")).one()
    assert bistro.owner_id == marlow.user_id
    distributor = db.session.get_one(Organization, bistro.usual_distributor_id)
    assert distributor.name == "Grandmarrow Foodservice"
    again = bring_in(SAMPLES / "organizations.csv", "--aliases", SAMPLES / "aliases.csv")
    assert "aliases.csv: 0 new, 0 changed, 0 distributors created." in again.stdout


def test_distributors_nobody_has_heard_of_are_created_when_asked(bring_in: Command, tmp_path: Path) -> None:
    done = bring_in(list_of(tmp_path, "Organization,Distributor\nGrill,GMF\n"), "--create-distributors")
    assert "Distributors created: GMF." in done.stdout
    assert sorted(names()) == ["GMF", "Grill"]


def test_all_rows_in_is_an_exit_of_zero(bring_in: Command, tmp_path: Path) -> None:
    done = bring_in(list_of(tmp_path, "Organization,Priority\nGrill,A\nTavern,high\n"))
    assert done.exit_code == 0
    assert "Cells left out, the rest of their rows is in: 1" in done.stdout
    assert names() == ["Grill", "Tavern"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.csv", "The file is empty"),
        ("not-a-spreadsheet.xlsx", "neither text nor a workbook"),
        ("edge/header-only.csv", "There is nothing to import"),
        ("edge/wide.csv", "600 columns"),
        ("edge/password-protected.xlsx", "password"),
        ("edge/cut-off.xlsx", "damaged"),
    ],
)
def test_a_refused_file_changes_nothing_and_says_the_way_out(
    bring_in: Command, name: str, words: str
) -> None:
    done = bring_in(SAMPLES / name)
    assert done.exit_code == 2
    assert done.stderr.startswith("Nothing was changed. ")
    assert words in done.stderr
    assert isinstance(done.exception, SystemExit)
    assert names() == []


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("edge/unclosed-quote.csv", 1, ["Bramaquist Grill", "Fenumble Deli", "Garovane Cafe"]),
        ("edge/nul-byte.csv", 0, ["Bramaquist Grill", "Coreldune Tavern"]),
        ("edge/duplicate-headers.csv", 0, ["Bramaquist Grill", "Coreldune Tavern"]),
        ("edge/semicolon.csv", 0, ["Bramaquist Grill", "Coreldune Tavern"]),
        ("edge/csv-named.xlsx", 0, ["Bramaquist Grill"]),
    ],
)
def test_a_file_with_faults_gives_what_can_be_read(
    bring_in: Command, name: str, code: int, expected: list[str]
) -> None:
    assert bring_in(SAMPLES / name).exit_code == code
    assert names() == expected


def test_a_refused_list_takes_its_alias_list_back_too(bring_in: Command) -> None:
    done = bring_in(SAMPLES / "empty.csv", "--aliases", SAMPLES / "aliases.csv")
    assert done.exit_code == 2
    assert names() == []


def test_nobody_imports_without_a_name(flask: Command, ada: User, make: Make) -> None:
    make.user("Wade Fenn", email="wade@pantry.example", active=False)
    file = SAMPLES / "organizations.csv"
    assert "Missing option '--as'" in flask("imports", "run", file).stderr
    for email in ("nobody@pantry.example", "wade@pantry.example"):
        done = flask("imports", "run", file, "--as", email)
        assert done.exit_code == 2
        assert f"nobody with the address {email} can sign in" in done.stderr
    assert names() == []


def test_a_file_that_is_not_there_is_said_to_be_so(bring_in: Command) -> None:
    done = bring_in("no-such-file.csv")
    assert done.exit_code == 2
    assert "does not exist" in done.stderr


def test_a_rep_leaves_the_rows_of_others_alone(
    flask: Command, make: Make, nell: User, otis: User, tmp_path: Path
) -> None:
    make.organization("Grill", owner=otis)
    make.organization("Tavern", owner=nell)
    file = list_of(tmp_path, "Organization,City\nGrill,Elkhollow\nTavern,Marlinde\n")
    done = flask("imports", "run", file, "--as", "nell@pantry.example")
    assert done.exit_code == 1
    assert "0 organizations added, 1 changed" in done.stdout
    assert 'Row 2, Organization "Grill": this organization belongs to somebody else' in done.stdout


def test_a_rep_hands_nothing_to_somebody_outside_their_team(
    flask: Command, make: Make, nell: User, otis: User, tmp_path: Path
) -> None:
    make.organization("Tavern", owner=nell)
    owner_id = nell.user_id
    file = list_of(tmp_path, "Organization,City,Account Manager\nTavern,Marlinde,Otis Brandt\n")
    aliases = list_of(tmp_path, "kind,alias,name\nperson,Otis Brandt,otis@pantry.example\n", "aliases.csv")
    done = flask("imports", "run", file, "--as", "nell@pantry.example", "--aliases", aliases)
    assert "outside your team" in done.stdout
    tavern = db.session.scalars(sa.select(Organization)).one()
    assert (tavern.city, tavern.owner_id) == ("Marlinde", owner_id)


def test_an_encoding_can_be_named(bring_in: Command, tmp_path: Path) -> None:
    file = tmp_path / "mac.csv"
    file.write_bytes(
        "Organization,City\nCafé Zoë,Elkhollow\nCrêperie Sélendrie,Marlinde\n".encode("mac_roman")
    )
    asked = bring_in(file)
    assert asked.exit_code == 2
    assert "name the encoding: mac_roman" in asked.stderr
    assert bring_in(file, "--encoding", "mac_roman").exit_code == 0
    assert names() == ["Café Zoë", "Crêperie Sélendrie"]


@pytest.fixture
def operators(own_database: Database, tmp_path: Path) -> Iterator[Command]:
    """`operators(list)`: what an operator's `flask imports run LIST` does, in a database of its own."""
    with own_database.connect("owner", role=None) as owner:
        owner.execute(
            "insert into users (email, full_name, role, fs_uniquifier) values"
            " ('ada@pantry.example', 'Ada Reyes', 'admin', 'ada')"
        )
    commands = cli.create_app(own_database.settings("commands", data_dir=tmp_path))

    def run(*arguments: object, command: str = "run") -> Result:
        words = ["imports", command, *arguments, "--as", "ada@pantry.example"]
        return commands.test_cli_runner().invoke(args=[str(word) for word in words])

    yield run
    with commands.app_context():
        db.engine.dispose()


def test_what_an_operator_brings_in_is_committed(
    operators: Command, own_database: Database, tmp_path: Path
) -> None:
    file = list_of(tmp_path, "Organization,Priority,Distributor\nGrill,A,GMF\n")
    aliases = tmp_path / "aliases.csv"
    aliases.write_text(
        "kind,alias,name\ndistributor,GMF,Grandmarrow Foodservice\nperson,A,ada@pantry.example\n"
    )
    for said in ("Import 1: 0 left, 1 written.", "Nothing to bring in"):
        done = operators(file, "--aliases", aliases)
        assert (done.exit_code, done.stderr) == (0, "")
        assert said in done.stdout
    with own_database.connect() as kept:
        rows = kept.execute(
            "select name, priority::text, version, is_distributor from organizations order by 1"
        )
        assert rows.fetchall() == [("Grandmarrow Foodservice", None, 1, True), ("Grill", "A", 1, False)]


@pytest.mark.parametrize(
    ("name", "n"),
    [("edge/odd-stylesheet.xlsx", 3), pytest.param("organizations.csv", 400, marks=pytest.mark.long)],
)
def test_what_is_previewed_and_brought_in_can_be_taken_back(
    operators: Command, own_database: Database, name: str, n: int
) -> None:
    def organizations() -> int:
        with own_database.connect() as kept:
            (n,) = kept.execute("select count(*) from organizations").fetchone() or (0,)
        return int(n)

    file = SAMPLES / name
    previewed = operators(file, command="preview")
    assert organizations() == 0, previewed.output
    assert f"{n} organizations added" in previewed.stdout
    assert operators(file).exit_code == previewed.exit_code
    assert organizations() == n
    assert f"Import 2: 0 stay, {n} taken back." in operators("2", command="revert").stdout
    assert organizations() == 0
