"""bin/test leaves nothing behind in the checkout."""

from pathlib import Path

from stack import environment, trial

PROBE = """
from pathlib import Path

import coverage

def test_probe():
    counting = coverage.Coverage(config_file=False)
    counting.start()
    counting.stop()
    counting.save()
    Path({found!r}).write_text(counting.get_data().data_filename())
"""


def test_what_coverage_counts_is_gone_after_the_run(tmp_path: Path) -> None:
    probe, found = tmp_path / "test_probe.py", tmp_path / "found"
    probe.write_text(PROBE.format(found=str(found)))
    assert trial.run_pytest(["-q", "-p", "no:cacheprovider", str(probe)], {}) == 0
    data = Path(found.read_text())
    assert not data.is_relative_to(environment.CHECKOUT)
    assert not data.exists()
