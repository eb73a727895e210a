"""Figures for Prometheus where several processes answer: each counts, whichever is asked adds up."""

import os
import subprocess
import sys
from pathlib import Path

from tests.databases import ROOT

COUNT = """
import sys
from crm import metrics
metrics.REQUESTS.labels("GET", "today.index", "200").inc(int(sys.argv[1]))
metrics.SECONDS.labels("today.index").observe(0.2)
"""
ASK = "from crm import metrics; print(metrics.page([]).decode())"


def test_requests_of_several_processes_are_added_up(tmp_path: Path) -> None:
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def run(program: str, *words: str) -> str:
        ended = subprocess.run(
            [sys.executable, "-c", program, *words],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return ended.stdout

    for times in ("2", "3"):
        run(COUNT, times)
    said = run(ASK).splitlines()
    labels = 'endpoint="today.index",method="GET",status="200"'
    assert f"pantry_requests_total{{{labels}}} 5.0" in said
    assert 'pantry_request_seconds_count{endpoint="today.index"} 2.0' in said
    assert "pantry_red_signs 0.0" in said
