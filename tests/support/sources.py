"""The sources of the product: where they are, and what Python reads in them."""

import ast
import gc
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("ingest", "connectors", "warehouse", "streams", "dashboard", "commands")


@cache
def trees() -> dict[Path, ast.Module]:
    """Each module, parsed once for all tests that look into it."""
    gc.collect()
    gc.disable()  # a million objects, all of which stay; see `tests/conftest.py`
    found = {
        path: ast.parse(path.read_text(encoding="utf-8"))
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    gc.freeze()
    gc.enable()
    return found
