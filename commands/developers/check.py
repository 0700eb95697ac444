"""Check the code: lint, format, types, import rules.

Vi: Kiểm tra mã nguồn: lỗi thường gặp, định dạng, kiểu, quy tắc import.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from commands.install.settings import ROOT
from commands.install.terminal import terminal_line

BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "ruff check": [str(BIN / "ruff"), "check", "."],
    "ruff format": [str(BIN / "ruff"), "format", "--check", "."],
    "mypy": [sys.executable, "-m", "mypy"],
    "lint-imports": [str(BIN / "lint-imports")],
}


def main(arguments: list[str]) -> int:
    """Run every check, whatever the others say; 0 if all pass."""
    parser = argparse.ArgumentParser(prog="./ioc check", description="Kiểm tra mã nguồn | check the code")
    parser.parse_args(arguments)
    codes = {}
    for name, command in CHECKS.items():
        terminal_line(f"── {name}")
        codes[name] = subprocess.run(command, cwd=ROOT, check=False).returncode
    terminal_line("")
    for name, code in codes.items():
        terminal_line(f"{'✘' if code else '✔'} {name}")
    return 1 if any(codes.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
