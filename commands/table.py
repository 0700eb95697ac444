"""A table for people: columns as wide as they need to be, the first ones to the left, numbers to the right."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The lines of a table.

    Args:
        head: names of the columns.
        rows: cells; whole numbers stand to the right, `None` is empty.
    """
    shown = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(head), *shown]) for column in range(len(head))]
    right = [bool(rows) and all(isinstance(row[column], int | None) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(head), *shown]
    )
