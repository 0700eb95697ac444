import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest

from dashboard.words.csv import csv_text


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1+2", "@sum", "\t=x", "\r=x"])
def test_texts_that_would_run_do_not(text):
    (cell,) = list(csv.reader(StringIO(csv_text(["a"], [[text]]), newline="")))[1]
    assert cell == f"'{text}"


def test_values_keep_their_form():
    moment = datetime(2026, 11, 24, 3, tzinfo=UTC)
    out = csv_text(["a", "=b"], [[-5, None], [1.5, moment], [Decimal("2.50"), 'say "hi", Lan']])
    assert out.split("\r\n") == ["a,'=b", "-5,", "1.5,2026-11-24T03:00:00+00:00", '2.50,"say ""hi"", Lan"', ""]
