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

QUICK = "not processes and not embedded and not browser and not long and not faults and not containers and not heavy"
"""Of `--quick`: pure tests and declarations, without any process and what computes for seconds."""

SIDE_BY_SIDE = ["--dist", "loadfile", "--no-loadscope-reorder"]
"""The tests of a file in one process, in their order."""

CHOICES = {
    "": ["-n", "4", "-m", "not long and not faults"],
    "--quick": ["-n", "3", "-m", QUICK, "--hypothesis-profile", "quick", "--ignore", "tests/browser"],
    "--long": ["-n", "4", "-m", "long and not faults"],
}
"""What each choice gives to pytest. Most of a test is waiting for real processes, so two cores carry four files at once; and three of those
that start none. A later `-m` takes the place of an earlier one."""


def main(arguments: list[str]) -> int:
    """Run pytest; its exit code."""
    ARTEFACTS.mkdir(exist_ok=True)
    choice = next((one for one in arguments if one in CHOICES), "")
    others = [one for one in arguments if one not in CHOICES]
    command = [sys.executable, "-m", "pytest", *SIDE_BY_SIDE, *CHOICES[choice], *others]
    environment = {**os.environ, "IOC_ARTEFACTS": str(ARTEFACTS)}
    # What Python makes of the sources, and pytest of the assertions, is kept for the next process and the next run, whatever else is
    # wished: half of what it takes to collect the tests, and of what each process takes to start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
