"""The process that judges alarms has nothing of a web server in its memory."""

import subprocess
import sys

import pytest

FOREIGN = ("dash", "flask", "plotly", "fastapi", "starlette", "uvicorn", "numpy", "pandas", "faust", "chdb", "sqlglot")


@pytest.mark.processes
def test_the_alarm_process_imports_neither_dash_nor_a_web_server():
    asked = (
        "import sys, dashboard.alarm.__main__, ingest.contract.envelope as one; one.decode([b'x']); from dashboard.alarm.event_log.fold import fold_events; "
        f"print([name for name in {FOREIGN!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=120, check=True)
    assert said.stdout.strip() == "[]"
