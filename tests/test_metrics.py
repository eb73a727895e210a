"""Figures for Prometheus where several processes answer: each counts, whichever is asked adds up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.databases import ROOT

COUNT_IN_TWO_AND_ASK_A_THIRD = """
import os
from crm import metrics
for times in (2, 3):
    if not os.fork():
        metrics.REQUESTS.labels("GET", "today.index", "200").inc(times)
        metrics.SECONDS.labels("today.index").observe(0.2)
        os._exit(0)
    os.wait()
print(metrics.page([]).decode())
"""


@pytest.mark.slow
def test_requests_of_several_processes_are_added_up(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", COUNT_IN_TWO_AND_ASK_A_THIRD],
        cwd=ROOT, env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = ended.stdout.splitlines()
    labels = 'endpoint="today.index",method="GET",status="200"'
    assert f"pantry_requests_total{{{labels}}} 5.0" in said
    assert 'pantry_request_seconds_count{endpoint="today.index"} 2.0' in said
    assert "pantry_red_signs 0.0" in said
    assert len({file.stem.rpartition("_")[2] for file in tmp_path.glob("counter_*.db")}) == 2
