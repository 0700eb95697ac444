import asyncio
import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dashboard.access.accounts import Accounts
from dashboard.access.api_key import FeedKeys
from dashboard.access.form import LIMIT
from dashboard.access.known_devices import KnownDevices
from dashboard.access.login import local_path
from tests.dashboard.support.board import ORIGIN, BoardOfTests

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def tested(tmp_path):
    return BoardOfTests(tmp_path)


@pytest.mark.parametrize("target", ["/", "/sql", "/sql?x=1", "/a/b"])
def test_paths_of_ours_are_gone_to(target):
    assert local_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "//evil.test",
        "https://evil.test",
        "/\\evil.test",
        "javascript:alert(1)",
        "evil",
        "",
        "/a\r\nx: y",
        "/login?next=/",
    ],
)
def test_other_places_are_not(target):
    assert local_path(target) == "/"


async def test_the_right_password_opens_the_board(tested):
    async with tested.logged_in() as client:
        page = await client.get("/", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "_dash-config" in page.text
        assert '<html lang="vi"' in page.text


async def test_the_cookie_cannot_be_read_by_scripts(tested):
    password = tested.accounts.add("lan", frozenset({"leader"}))
    async with tested.client() as client:
        response = await client.post("/login", data={"name": "lan", "password": password})
    assert "HttpOnly" in response.headers["set-cookie"]
    assert "SameSite=lax" in response.headers["set-cookie"]


async def test_a_wrong_password_says_no_more_than_that(tested):
    tested.accounts.add("lan", frozenset({"leader"}))
    async with tested.client() as client:
        known = await client.post("/login", data={"name": "lan", "password": "x"})
        unknown = await client.post("/login", data={"name": "nobody", "password": "x"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace('value="lan"', "") == unknown.text.replace('value="nobody"', "")


async def test_five_wrong_passwords_lock_the_account(tested):
    password = tested.accounts.add("lan", frozenset({"leader"}))
    async with tested.client() as client:
        for _ in range(5):
            assert (await client.post("/login", data={"name": "lan", "password": "x"})).status_code == 401
        locked = await client.post("/login", data={"name": "lan", "password": password})
    assert locked.status_code == 429
    assert "5 phút" in locked.text


async def try_(tested, name, password, address, cookies=None):
    """Status of a log-in from an address."""
    transport = httpx.ASGITransport(tested.server, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as client:
        return await client.post("/login", data={"name": name, "password": password})


async def test_a_try_is_counted_before_its_password_is_looked_at(tested):
    password, looked = tested.accounts.add("lan", frozenset({"leader"})), []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Accounts, "check", lambda self, name, password: looked.append(name))
        answers = await asyncio.gather(*(try_(tested, "lan", "x", f"2001:db8::{n}") for n in range(300)))
    assert Counter(one.status_code for one in answers) == {401: 5, 429: 295}
    assert len(looked) == 5
    locked = next(one for one in answers if one.status_code == 429)
    assert 290 < int(locked.headers["retry-after"]) <= 300
    assert (await try_(tested, "lan", password, "2001:db8::9")).status_code == 429


@pytest.mark.parametrize("restart", [False, True])
async def test_strangers_cannot_lock_out_who_has_been_here_before(tested, restart):
    password = tested.accounts.add("lan", frozenset({"leader"}))
    entered = await try_(tested, "lan", password, "10.0.0.1")
    for n in range(9):
        await try_(tested, "lan", "x", f"10.0.1.{n}")
    if restart:
        tested = BoardOfTests(tested.settings.data_folder)
        for n in range(9):
            await try_(tested, "lan", "x", f"10.0.1.{n}")
    assert (await try_(tested, "lan", password, "10.0.0.2")).status_code == 429
    assert (await try_(tested, "lan", password, "10.0.0.1")).status_code == 303
    browser = dict(entered.cookies)
    assert (await try_(tested, "lan", password, "10.0.0.2", browser)).status_code == 303, (
        "from elsewhere, with its mark"
    )
    assert (await try_(tested, "minh", "x", "10.0.0.1", browser)).status_code == 401


async def test_300_log_ins_hold_up_nobody(tested, monkeypatch):
    password, go_on, check = tested.accounts.add("lan", frozenset({"leader"})), threading.Event(), Accounts.check
    await try_(tested, "lan", password, "10.0.0.1")
    _, key = FeedKeys(tested.settings).make("city", ("hong-bang",), NOW, NOW + timedelta(days=9999))
    monkeypatch.setattr(
        Accounts, "check", lambda self, name, given: (name == "lan" or go_on.wait(30)) and check(self, name, given)
    )
    addresses = [f"2001:db8:0:{n:x}::1" if n % 2 else "10.9.9.9" for n in range(300)]
    flood = [asyncio.create_task(try_(tested, f"nobody-{n}", "x", at)) for n, at in enumerate(addresses)]
    while sum(one.done() for one in flood) < 300 - 17:
        await asyncio.sleep(0.01)
    assert (await try_(tested, "lan", password, "10.0.0.1")).status_code == 303
    async with tested.client() as client:
        fetched = await client.get(
            "/api/feed/v1/values", params={"from": NOW.isoformat()}, headers={"authorization": f"Bearer {key}"}
        )
    assert fetched.status_code == 200
    refused = [one.result() for one in flood if one.done()]
    assert {one.status_code for one in refused} == {503}
    assert refused[0].headers["retry-after"] == "3"
    assert "quá nhiều người đăng nhập" in refused[0].text
    go_on.set()
    assert Counter(one.status_code for one in await asyncio.gather(*flood)) == {401: 17, 503: 283}


async def test_an_address_that_is_known_is_remembered_for_accounts_there_are_only(tested):
    places = KnownDevices(tested.settings, tested.accounts)
    for name in ("lan", "minh"):
        tested.accounts.add(name, frozenset({"leader"}))
        for n in range(40):
            places.entered(name, f"10.0.0.{n}", NOW)
    tested.accounts.remove("minh")
    places.entered("lan", "10.0.0.99", NOW + timedelta(days=1))
    kept = json.loads((tested.settings.folder / "known_addresses.json").read_text())
    assert list(kept) == ["lan"]
    assert len(kept["lan"]) == 16
    again = KnownDevices(tested.settings, tested.accounts)
    assert again.place("lan", "10.0.0.99", "", NOW) == "address 10.0.0.99"
    assert again.place("lan", "10.0.0.99", "", NOW + timedelta(days=200)) == ""
    assert again.place("lan", "10.0.0.1", "lan forged", NOW) == ""


async def test_what_was_typed_is_shown_as_text(tested):
    async with tested.client() as client:
        page = await client.post("/login", data={"name": '"><script>alert(1)</script>', "password": "x"})
        other = await client.get('/login?next="><script>alert(1)</script>')
    for text in (page.text, other.text):
        assert "<script>" not in text


async def test_a_form_is_bounded(tested):
    async with tested.client() as client:
        assert (await client.post("/login", content=b"name=" + b"x" * LIMIT)).status_code == 413


async def test_logging_out_needs_the_person_and_ends_the_log_in(tested):
    async with tested.client() as stranger:
        assert (await stranger.post("/logout")).status_code == 401
    async with tested.logged_in() as client:
        kept = dict(client.cookies)
        assert (await client.post("/logout")).status_code == 303
        client.cookies.update(kept)
        assert (await client.get("/api/clock")).status_code == 401


async def test_a_page_of_another_right_is_refused(tested):
    body = {
        "output": "..page.children...page-shown.data..",
        "outputs": [
            {"id": "page", "property": "children"},
            {"id": "page-shown", "property": "data"},
        ],
        "inputs": [{"id": "url", "property": "pathname", "value": "/sql"}],
        "state": [{"id": "url", "property": "search", "value": ""}],
        "changedPropIds": ["url.pathname"],
    }
    async with tested.logged_in(("leader",)) as client:
        refused = (await client.post("/_dash-update-component", json=body)).json()["response"]["page"]["children"]
        assert "không có quyền" in str(refused)
    async with tested.logged_in(("analyst",), name="minh") as client:
        assert "sql-text" in (await client.post("/_dash-update-component", json=body)).text


CHOSEN = "Mot-mat-khau-2026"


async def change(client, **filled):
    return await client.post("/password", data={"new": CHOSEN, "again": CHOSEN, **filled})


async def test_a_person_changes_their_password_and_older_log_ins_end(tested):
    async with tested.logged_in() as client:
        password = tested.accounts.reset("lan")  # known to the test only now; it ends the first log-in
        await client.post("/login", data={"name": "lan", "password": password})
        kept = dict(client.cookies)
        assert (await client.get("/password")).status_code == 200
        changed = await change(client, old=password)
        assert changed.status_code == 303
        assert (await client.get("/api/clock")).status_code == 200, "this person stays logged in"
        async with tested.client() as other:
            other.cookies.update(kept)
            assert (await other.get("/api/clock")).status_code == 401
    assert tested.accounts.check("lan", CHOSEN)
    assert tested.accounts.check("lan", password) is None


@pytest.mark.parametrize(
    "weak",
    [
        "short-A1",
        "only-small-letters-1",
        "ONLY-CAPITALS-12345",
        "No-digits-at-all-here",
        "NoOtherCharacters12",
        "A1-" * 99,
    ],
)
async def test_a_weak_password_is_not_taken(tested, weak):
    async with tested.logged_in() as client:
        password = tested.accounts.reset("lan")
        await client.post("/login", data={"name": "lan", "password": password})
        assert (await change(client, old=password, new=weak, again=weak)).status_code == 422
    assert tested.accounts.check("lan", password)


async def test_the_old_password_is_asked_for_and_the_new_one_twice(tested):
    async with tested.logged_in() as client:
        password = tested.accounts.reset("lan")
        await client.post("/login", data={"name": "lan", "password": password})
        for again in ("Another-one-12345", "", CHOSEN.lower()):
            assert (await change(client, old=password, again=again)).status_code == 422
        assert tested.accounts.check("lan", password), "nothing has changed"
        assert tested.accounts.check("lan", CHOSEN) is None
        assert (await change(client, old="wrong")).status_code == 401
        assert (await change(client, old="wrong", again="other")).status_code == 401
    async with tested.client() as stranger:
        assert (await change(stranger, old="x")).status_code == 401


async def test_a_form_with_too_many_fields_is_refused(tested):
    async with tested.client() as client:
        assert (await client.post("/login", content="&".join(f"a{n}=1" for n in range(50)))).status_code == 413
