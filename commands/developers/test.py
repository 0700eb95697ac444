"""Run the tests, four files at a time; further arguments go to pytest.

`--quick` those that start no process and do not compute for long, `--long` journeys through the whole product.

Vi: Chạy bộ kiểm thử; --quick chỉ chạy phần không khởi động tiến trình nào và không tính toán lâu; --long chạy các bài đi qua toàn hệ thống; tham số thêm được chuyển cho pytest.
"""

import os
import subprocess
import sys

from commands.install.settings import ROOT

ARTEFACTS = ROOT / "artefacts"
"""Where tests put screenshots and logs; not in git."""

DEFAULT = "not long and not faults"
"""The marks that are left out unless `-m` says otherwise: journeys through the whole product; minutes of kills and cuts."""

CHOICES = {
    "--quick": "not processes and not embedded and not browser and not long and not faults and not containers and not heavy",
    "--long": "long and not faults",
}
"""The marks of each choice. Of `--quick`: pure tests and declarations, without any process and what computes for seconds."""

SIDE_BY_SIDE = ["--dist", "loadfile", "--no-loadscope-reorder"]
"""The tests of a file in one process, in their order."""

FILES_AT_ONCE, QUICK_FILES_AT_ONCE = "4", "logical"
"""Most of a test is waiting for real processes, so two cores carry four files at once; those that start none have a core each."""


def main(arguments: list[str]) -> int:
    """Run pytest; its exit code."""
    ARTEFACTS.mkdir(exist_ok=True)
    others = [one for one in arguments if one not in CHOICES]
    choice = next((one for one in arguments if one in CHOICES), None)
    chosen = any(one == "-m" or one.startswith("-m=") for one in others)
    marks = [] if chosen else ["-m", CHOICES[choice] if choice else DEFAULT]
    at_once = ["-n", QUICK_FILES_AT_ONCE if choice == "--quick" else FILES_AT_ONCE]
    command = [sys.executable, "-m", "pytest", *at_once, *SIDE_BY_SIDE, *marks, *others]
    environment = {**os.environ, "IOC_ARTEFACTS": str(ARTEFACTS)}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
