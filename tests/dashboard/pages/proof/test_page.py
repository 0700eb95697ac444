import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.pages.proof import callbacks
from dashboard.pages.proof.tables import member_table, query_list, window_table
from ingest.contract.errors import Unavailable
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.board import BoardOfTests, call
from tests.dashboard.support.ward import NOW_MS, WARD, values
from warehouse.catalogue import indicator
from warehouse.proof.proof import Proof, ProofWindow, shown_figures

Q03 = indicator("Q03")
NBSP = "\u00a0"


class Answers:
    """A warehouse that gives these proofs, one after the other."""

    def __init__(self, *proofs):
        self.proofs = list(proofs)
        self.asked = 0

    async def ask(self, question):
        self.asked += 1
        if not self.proofs:
            raise Unavailable("ClickHouse", "away")
        return self.proofs.pop(0)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(callbacks, "TRY_EVERY", 0.0)
    set_viewer(Viewer("lan", frozenset({"analyst", "leader"})))


@pytest.fixture
def what():
    return shown_figures(Q03, WARD, NOW_MS, values())


def agreeing(what, **changed):
    return Proof(what.sides(), (), **changed)


def differing(what):
    return Proof({**what.sides(), ("", ""): (1, 1)}, (("flow", NOW_MS // 300_000 * 300_000, "", ""),))


async def test_what_differs_is_looked_at_again_before_it_is_told(tmp_path, what):
    live = BoardOfTests(tmp_path).live
    live.readings.apply(values())
    passing = Answers(differing(what), agreeing(what))
    assert (await callbacks.compare_figure(Q03, live, passing))[1].agrees
    assert passing.asked == 2
    staying = Answers(*[differing(what)] * 9)
    assert not (await callbacks.compare_figure(Q03, live, staying))[1].agrees
    assert staying.asked == callbacks.TRIES


def test_the_verdict_is_exact_in_both_languages(what):
    said = " ".join(texts(part) for part in callbacks.verdict_text(what, agreeing(what, ahead=3), "vi"))
    assert f"KHỚP · 8,4{NBSP}phút" in said
    assert f"trên bảng 12.096.000{NBSP}ms{NBSP}/{NBSP}24" in said
    assert "3 sự kiện mới hơn" in said
    wrong = " ".join(texts(part) for part in callbacks.verdict_text(what, differing(what), "en"))
    assert "DIFFERS" in wrong
    assert f"recomputed 1{NBSP}ms{NBSP}/{NBSP}1" in wrong
    assert "Differs at: 10:15 24/11 Σ" in wrong


def test_members_and_windows_mark_what_differs(what):
    found = Proof(what.sides(), (("flow", 1, "service_code", "dat_dai"),))
    assert "sai lệch" in texts(member_table(what, found, "vi"))
    assert "sai lệch" not in texts(member_table(what, agreeing(what), "vi"))
    stored = what.values[0]._replace(revision=2)
    window = ProofWindow(stored, (stored.numerator, stored.denominator + 1), is_closed=True)
    for part in ("differs", "closed", "2"):
        assert part in texts(window_table(Q03, [window], "en"))


def test_only_analysts_are_led_to_the_sql_page():
    assert "Mở trong trang SQL" in " ".join(
        map(texts, query_list(Q03, WARD, NOW_MS, Viewer("a", frozenset({"analyst"}))))
    )
    assert "Mở trong" not in " ".join(map(texts, query_list(Q03, WARD, NOW_MS, Viewer("b", frozenset({"leader"})))))


async def verdict(client, id):
    inputs = [(("proof-again", "n_clicks"), 1), (("proof-wait", "n_intervals"), 0)]
    return await call(client, "proof-verdict.children", inputs, [(("proof-of", "data"), id)])


def board(folder, *proofs):
    tested = BoardOfTests(folder, reader=Answers(*proofs))
    tested.live.readings.apply(values())
    return tested


async def test_the_page_tells_the_verdict_and_asks_again_only_while_events_are_on_their_way(tmp_path, what):
    async with board(tmp_path, agreeing(what, ahead=2), agreeing(what)).logged_in() as client:
        told = await verdict(client, "Q03")
        assert told["proof-verdict"]["className"] == "verdict agrees"
        assert told["proof-wait"]["disabled"] is False
        assert (await verdict(client, "Q03"))["proof-wait"]["disabled"] is True
        away = await verdict(client, "Q03")
    assert "không trả lời" in away["proof-verdict"]["children"]
    assert away["proof-wait"]["disabled"] is False


async def test_nothing_is_asked_for_what_is_no_indicator_or_for_who_may_not_see_it(tmp_path, what):
    tested = board(tmp_path, agreeing(what))
    async with tested.logged_in() as client:
        for id in ("X99", "Q03'; DROP", None, 5, ["Q03"], {"a": 1}):
            assert await verdict(client, id) == {"proof-wait": {"disabled": True}}
    async with tested.logged_in(("analyst",), "mai") as client:
        assert await verdict(client, "Q03") == {"proof-wait": {"disabled": True}}
        behind = await call(
            client, "proof-windows.children", [(("proof-again", "n_clicks"), 1)], [(("proof-of", "data"), "Q03")]
        )
        assert behind == {}
    assert len(tested.reader.proofs) == 1
