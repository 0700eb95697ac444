import pytest

from dashboard.form import LIMIT
from dashboard.login import local_path
from tests.dashboard.board import BoardOfTests


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
        "output": "..page.children...page-path.data..",
        "outputs": [{"id": "page", "property": "children"}, {"id": "page-path", "property": "data"}],
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
        assert (await change(client, old="wrong")).status_code == 401
        assert (await change(client, old="wrong", again="other")).status_code == 401
    async with tested.client() as stranger:
        assert (await change(stranger, old="x")).status_code == 401


async def test_a_form_with_too_many_fields_is_refused(tested):
    async with tested.client() as client:
        assert (await client.post("/login", content="&".join(f"a{n}=1" for n in range(50)))).status_code == 413
