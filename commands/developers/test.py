"""Run the tests, four files at a time; `--quick` those without real parts; further arguments go to pytest.

Vi: Chạy bộ kiểm thử; --quick chỉ chạy phần không cần Kafka, kho dữ liệu hay trình duyệt; tham số thêm được chuyển cho pytest.
"""

import os
import subprocess
import sys

from commands.install.settings import ROOT

ARTEFACTS = ROOT / "artefacts"
"""Where tests put screenshots and logs; not in git."""

LONG = "not faults"
"""The marks that are left out unless `-m` says otherwise: minutes of kills and cuts."""

QUICK = "not embedded and not browser and not faults and not containers"
"""The marks of `--quick`: pure tests and declarations, without a process of ours."""

SIDE_BY_SIDE = ["-n", "4", "--dist", "loadfile", "--no-loadscope-reorder"]
"""Most of a test is waiting for real processes, so two cores carry four files at once."""


def main(arguments: list[str]) -> int:
    """Run pytest; its exit code."""
    ARTEFACTS.mkdir(exist_ok=True)
    others = [one for one in arguments if one != "--quick"]
    chosen = any(one == "-m" or one.startswith("-m=") for one in others)
    marks = [] if chosen else ["-m", QUICK if len(others) < len(arguments) else LONG]
    command = [sys.executable, "-m", "pytest", *SIDE_BY_SIDE, *marks, *others]
    environment = {**os.environ, "IOC_ARTEFACTS": str(ARTEFACTS)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
