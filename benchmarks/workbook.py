"""How long it takes to make a workbook a book: read and checked, applied, and taken back.

    benchmarks/run workbook [--file FILE] [--rounds N]

The tracker workbook of the samples (31 sheets), by the same sessions and jobs as the pages have, into a small
book, and taken back each time. Seconds of the best round and rows a second; for the floor the cells are read
by the same library and nothing is done with them.
"""

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from pages import kept
from python_calamine import CalamineWorkbook

import crm
from crm.cli import import_sessions as sessions
from crm.db import db, transaction

TRACKER = Path(__file__).parent.parent / "tests" / "samples" / "tracker-workbook.xlsx"
WHO = "ada@pantry.example"


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def read(path: Path) -> int:
    """Read every cell; how many rows there are."""
    with CalamineWorkbook.from_path(str(path)) as book:
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def once(path: Path) -> tuple[float, float, float, int]:
    """Seconds of the check, of applying and of taking back, and how many records it made or changed."""
    with crm.create_app("commands").app_context():
        began = time.perf_counter()
        number = sessions.check(path, WHO)
        checked = time.perf_counter() - began
        applied = seconds(lambda: sessions.apply(number))
        with transaction():
            steps = sa.text(
                "select count(*) from import_steps st join import_sheets sh using (import_sheet_id) "
                "where sh.import_session_id = :number"
            )
            made = db.session.execute(steps, {"number": number}).scalar_one()
        reverted = seconds(lambda: sessions.revert(number, WHO, is_edited_left=False))
    return checked, applied, reverted, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["workbook"])
    parser.add_argument("--file", type=Path, default=TRACKER)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    floor = min(seconds(lambda: read(options.file)) for _ in range(options.rounds))
    rows = read(options.file)
    rounds = [once(options.file) for _ in range(options.rounds)]
    checked, applied, reverted = (min(one[part] for one in rounds) for part in range(3))
    made = rounds[0][3]
    lines = [
        f"{'rows of the file':<34} {rows:>10,}",
        f"{'records made or changed':<34} {made:>10,}",
        f"{'its cells read, seconds':<34} {floor:>10.1f}",
        f"{'read and checked, seconds':<34} {checked:>10.1f}",
        f"{'applied, seconds':<34} {applied:>10.1f}",
        f"{'taken back, seconds':<34} {reverted:>10.1f}",
        f"{'rows of the file a second':<34} {rows / (checked + applied):>10.0f}",
        f"{'records applied a second':<34} {made / applied:>10.0f}",
        f"{'most memory, MB':<34} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:>10.0f}",
    ]
    kept("workbook", f"{options.file.name} into the small book, best of {options.rounds}", lines)


if __name__ == "__main__":
    main()
