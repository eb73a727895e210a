"""What a backup costs against pg_dump alone, and its way back against pg_restore alone.

    benchmarks/run backups

A backup counts every table, adds up the text of every row, dumps, packs the files and takes checksums; one
that is taken back is compared row for row. Seconds, once each, and the size of the dump beside the database.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pages import kept
from processes import owner

from crm.config import Settings
from crm.services import backups, restores

SPARE = "benchmark_spare"
AS_RESTORED = ("--no-owner", "--no-comments", "--exit-on-error", "--single-transaction")


def seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def ask(program: str, url: str, *words: str) -> None:
    done = backups.run([backups.program(program), "--no-password", *words], **backups.where(url))
    assert done.returncode == 0, done.stderr[-2000:]


def in_spare(superuser: str, act: Callable[[str], float]) -> float:
    """What `act` returns, told the address, as its owner, of an empty database that is dropped afterwards."""
    program = [backups.program("psql"), superuser, "-qAtc"]
    drop = f"drop database if exists {SPARE} with (force)"
    subprocess.run([*program, drop], check=True)
    subprocess.run([*program, f"create database {SPARE} template pantry owner kp_owner"], check=True)
    try:
        address = str(Settings().database_owner_url)
        return act(address.rsplit("/", 1)[0] + "/" + SPARE)
    finally:
        subprocess.run([*program, drop], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["backups"])
    parser.parse_args()
    superuser = os.environ["DATABASE_SUPERUSER_URL"]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        bare = Path(folder) / "bare.dump"
        source = str(settings.database_backup_url)
        dumped = seconds(lambda: ask("pg_dump", source, "--format=custom", f"--file={bare}"))
        made: list[backups.Backup] = []
        created = seconds(lambda: made.append(backups.create(settings, now=datetime.now(UTC))))
        verified = seconds(lambda: backups.verify(made[0]))
        restored = in_spare(
            superuser,
            lambda url: seconds(lambda: ask("pg_restore", url, *AS_RESTORED, f"--dbname={SPARE}", str(bare))),
        )
        returned = in_spare(
            superuser, lambda url: seconds(lambda: restores.restore(made[0], settings, into=url))
        )
    with owner() as connection:
        [(size,)] = connection.execute("select pg_database_size(current_database())").fetchall()
    lines = [
        f"{'':<34} {'seconds':>9} {'ratio':>7}",
        f"{'pg_dump alone':<34} {dumped:>9.1f}",
        f"{'a backup, summed up and packed':<34} {created:>9.1f} {created / dumped:>7.2f}",
        f"{'its check':<34} {verified:>9.1f} {verified / dumped:>7.2f}",
        f"{'pg_restore alone':<34} {restored:>9.1f}",
        f"{'taken back and compared':<34} {returned:>9.1f} {returned / restored:>7.2f}",
        "",
        f"{made[0].rows:,} rows; MB: {size >> 20:,} in the database, {made[0].size >> 20:,} in the backup",
    ]
    kept("backups", f"{os.environ['BENCHMARK_BOOK']} book", lines)


if __name__ == "__main__":
    main()
