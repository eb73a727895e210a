"""Running `flask …` as an operator would: a process of its own, signed in as the real owner."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from flask import cli

from tests.databases import FIRM_TIMEZONE, SECRET_KEY, Database

# Each is forked from one that has read the code and done nothing else: to read it again takes seconds.
_begun = multiprocessing.get_context("forkserver")
_begun.set_forkserver_preload(["crm.cli", "tests.commands"])


def environment(database: Database, **more: str) -> dict[str, str]:
    """The environment of a command on this database."""
    fixed = {
        "FLASK_APP": "crm.cli:create_app",
        "DATABASE_URL": database.url("web"),
        "DATABASE_OWNER_URL": database.url("owner"),
        "FIRM_TIMEZONE": FIRM_TIMEZONE,
        "FIRM_NAME": "Harbor & Vine Brokerage",
        "SECRET_KEY": SECRET_KEY,
        "PANTRY_ENV": "test",
    }
    inherited = {name: value for name, value in os.environ.items() if name != "DEMO_PASSWORD"}
    return {**inherited, **fixed, **more}


def begin(
    database: Database, *words: str, said: Path, complained: Path, **more: str
) -> multiprocessing.process.BaseProcess:
    """Begin `flask words…` as a process; what it says and complains of goes into these files."""
    process = _begun.Process(target=_run, args=(words, environment(database, **more), said, complained))
    process.start()
    return process


def flask_command(database: Database, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What `flask words…` says and how it ends; `more` goes into its environment."""
    with tempfile.TemporaryDirectory() as folder:
        said, complained = Path(folder, "stdout"), Path(folder, "stderr")
        process = begin(database, *words, said=said, complained=complained, **more)
        try:
            process.join()
        finally:
            process.kill()
        code = process.exitcode
        assert code is not None
        return subprocess.CompletedProcess(words, code, said.read_text(), complained.read_text())


def _run(words: tuple[str, ...], environment: dict[str, str], said: Path, complained: Path) -> None:
    """Be `flask words…`: the process ends with this."""
    for number, path in ((1, said), (2, complained)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["flask", *words]
    cli.main()
