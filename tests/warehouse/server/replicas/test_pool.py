# ruff: noqa: S608
"""Analysts' queries run in processes of their own: what they see, how they end, and what ends with them."""

import os
import signal
import socket
import statistics
import sys
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from ingest.contract.errors import QueryRefused, Unavailable
from tests.support import warehouse_server
from tests.warehouse.support.bombs import BOMBS
from warehouse.query.adhoc import Adhoc
from warehouse.server.engine import config
from warehouse.server.engine.engine import EngineError
from warehouse.server.native.wire import SocketReader, SocketWriter
from warehouse.server.replicas import open_data
from warehouse.server.replicas.pool import Replica, ReplicaQuestion
from warehouse.server.sandbox import landlock_version
from warehouse.store.client import ServerError, connect

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(not landlock_version(), reason="this kernel has no Landlock: ad-hoc SQL is off"),
]

LIMIT = 4.0
PLACES = 4
"""Queries that run at once."""
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
SAMPLE = BOMBS[:: max(1, len(BOMBS) // 5)]
TOO_MANY, TIME_LIMIT, NETWORK = 202, 159, 210


@pytest.fixture
def ward(tmp_path):
    """Settings of a warehouse with a short time limit; each test has its own replicas."""
    return warehouse_server.settings_for(
        tmp_path / "ward", analyst_seconds=timedelta(seconds=LIMIT), analyst_memory=256 * 1024 * 1024
    )


@pytest.fixture
def process(ward):
    """It runs, with a view over a table of numbers, and a closed table."""
    process = warehouse_server.launch(ward)
    try:
        warehouse_server.wait_for(ward, process)
        with connect(ward) as owner:
            owner.execute("CREATE TABLE secret (code String) ENGINE = MergeTree ORDER BY code")
            owner.insert("secret", {"code": ["canary-4242"]})
            owner.execute(
                "CREATE TABLE numbers_kept (n UInt64, name String, at DateTime64(3), data String, changes UInt8) "
                "ENGINE = ReplacingMergeTree PARTITION BY n >= 1000000 ORDER BY n"
            )
            owner.execute("CREATE OR REPLACE VIEW events AS SELECT * FROM numbers_kept")
        yield process
    finally:
        warehouse_server.end(process)


@pytest.fixture
def settings(ward, process):
    """Settings of the one that runs."""
    return ward


@pytest.fixture
def owner(settings):
    with connect(settings) as opened:
        yield opened


@contextmanager
def analyst(settings, person=""):
    with connect(settings, "analyst", options={"quota_key": person}) as opened:
        yield opened


def replicas(process):
    """Those that run: each is the child of the process that was started, and none the orphan of one that ended a moment ago."""
    started = psutil.Process(process.pid).children()
    return [one for parent in started for one in children(parent) if is_there(one)]


def children(parent):
    try:
        return parent.children()
    except psutil.NoSuchProcess:
        return []


def stopped(process, settings):
    """A replica for each place, halted: they are as one in the middle of what the engine does not interrupt."""
    for _ in range(5):
        # Each takes its whole time, so that no replica answers two of them.
        asked = [Asked(settings, ENDLESS, f"somebody {n}") for n in range(PLACES)]
        assert {one.code for one in asked} == {TIME_LIMIT}
        there = replicas(process)
        # One may end between two looks, as it does when it is worn.
        with suppress(psutil.NoSuchProcess):
            if len(there) >= PLACES and is_at_rest(there):
                for one in there:
                    one.suspend()
                return there
    raise AssertionError("there are never as many replicas as places")


def is_there(one):
    """Whether a process has not ended; one that nobody has asked for its exit code has."""
    with suppress(psutil.NoSuchProcess):
        return one.status() != psutil.STATUS_ZOMBIE
    return False


def is_at_rest(there):
    """Whether none of them starts or works; each has threads that wake up now and then."""
    before = [sum(one.cpu_times()[:2]) for one in there]
    time.sleep(0.3)
    return all(sum(one.cpu_times()[:2]) - used < 0.1 for one, used in zip(there, before, strict=True))


def assert_no_place(settings, person, asked):
    """Return when all places of a person are taken."""
    for one in asked:
        one.is_connected.wait(60)
    for _ in range(600):
        if Asked(settings, "SELECT 1", person).code == TOO_MANY:
            return
    raise AssertionError("places are free")


class Asked(threading.Thread):
    """A query on its way."""

    def __init__(self, settings, sql, person=""):
        super().__init__()
        self.is_connected = threading.Event()
        self.given = settings, sql, person
        self.error, self.seconds = None, 0.0
        self.start()

    def run(self):
        settings, sql, person = self.given
        began = time.monotonic()
        try:
            with analyst(settings, person) as client:
                self.is_connected.set()
                began = time.monotonic()
                client.query(sql)
        except (ServerError, Unavailable) as error:
            self.error = error if isinstance(error, ServerError) else error.__cause__
        finally:
            self.seconds = time.monotonic() - began
            self.is_connected.set()

    @property
    def code(self):
        self.join()
        return getattr(self.error, "code", None)


def test_an_analyst_sees_what_was_stored_just_before(settings, owner):
    with analyst(settings) as client:
        for count in (1, 2, 3):
            owner.insert("numbers_kept", {"n": [1_000_000 + count]})
            assert client.query("SELECT count() FROM events WHERE n > 1000000") == [(count,)]
        owner.execute("ALTER TABLE numbers_kept DROP PARTITION 1")
        assert client.query("SELECT count() FROM events WHERE n > 1000000") == [(0,)]
        owner.execute("CREATE OR REPLACE VIEW repeats AS SELECT n + 1 AS more FROM numbers_kept")
        assert client.query("SELECT max(more) FROM repeats") == [(0,)]


@pytest.mark.long
def test_counts_are_right_while_the_owner_inserts_merges_and_changes(settings, owner):
    stored, stop = [0], threading.Event()

    def insert():
        with connect(settings) as client:
            while not stop.is_set():
                client.insert("numbers_kept", {"n": list(range(stored[0], stored[0] + 50))})
                stored[0] += 50

    def rewrite():
        with connect(settings) as client:
            while not stop.is_set():
                client.execute("ALTER TABLE numbers_kept UPDATE changes = changes + 1 WHERE n % 7 = 1")
                client.execute("OPTIMIZE TABLE numbers_kept FINAL")

    threads = [threading.Thread(target=insert), threading.Thread(target=rewrite)]
    for thread in threads:
        thread.start()
    try:
        with analyst(settings) as client:
            for _ in range(6):
                known = stored[0]
                rows = client.query(f"SELECT count(), sum(n), uniqExact(n) FROM events WHERE n < {known}")
                assert rows == [(known, known * (known - 1) // 2, known)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        owner.execute("TRUNCATE TABLE numbers_kept")


@pytest.mark.long
def test_what_does_not_let_itself_be_interrupted_ends_with_its_replica_and_nobody_else_notices(
    process, settings, owner
):
    stopped(process, settings)
    asked = [Asked(settings, "SELECT 1", "an") for _ in range(2)]
    owner.insert("numbers_kept", {"n": [1]})
    assert owner.query("SELECT count() FROM numbers_kept WHERE n = 1") == [(1,)]
    assert [one.code for one in asked] == [TIME_LIMIT] * 2
    assert "4 giây" in str(asked[0].error)
    for one in replicas(process):
        with suppress(psutil.NoSuchProcess):
            one.resume()
    assert Asked(settings, "SELECT 1", "an").code is None


@pytest.mark.faults  # four queries have to meet halted replicas within their time limit
def test_four_of_them_lock_nobody_out_for_longer(process, settings):
    halted = stopped(process, settings)
    asked = [Asked(settings, "SELECT 1", person) for person in ("an", "an", "binh", "chi")]
    assert_no_place(settings, "an", asked)
    assert_no_place(settings, "chi", asked)
    fifth = Asked(settings, "SELECT 1", "mai")
    assert fifth.code == TOO_MANY
    assert "Try again later" in str(fifth.error)
    assert [one.code for one in asked] == [TIME_LIMIT] * 4
    assert {Asked(settings, "SELECT 1", person).code for person in ("an", "an", "binh", "chi", "mai")} == {None}
    assert not any(map(is_there, halted))


@pytest.mark.long
def test_linux_ends_replicas_first_when_the_pc_is_out_of_memory(process, settings):
    assert Asked(settings, "SELECT 1").code is None
    scores = [int(Path(f"/proc/{one.pid}/oom_score_adj").read_text()) for one in replicas(process)]
    assert scores
    assert set(scores) == {1000}
    assert int(Path(f"/proc/{process.pid}/oom_score_adj").read_text()) < 1000


@pytest.mark.faults  # two queries have to meet halted replicas within their time limit
def test_a_replica_that_is_killed_costs_its_query_alone(process, settings):
    halted = stopped(process, settings)
    asked = [Asked(settings, "SELECT 1", "an") for _ in range(2)]
    assert_no_place(settings, "an", asked)
    for one in halted:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    assert {one.code for one in asked} == {NETWORK}
    assert "Run it again" in str(asked[0].error)
    assert Asked(settings, "SELECT 1", "an").code is None


@pytest.mark.long
def test_a_client_that_is_gone_frees_its_place_and_keeps_its_replica(process, settings):
    with analyst(settings) as client, client.stream("SELECT number FROM numbers(1000000000)") as stream:
        next(iter(stream))
    with analyst(settings) as client, client.stream("SELECT number FROM numbers(1000000000)") as stream:
        next(iter(stream))
    assert Asked(settings, "SELECT 1").code is None


def assert_bombs_end(process, settings, bombs):
    """Each ends; while it runs the owner's inserts are stored, and another analyst gets answers.

    How long that takes is the machine's: when the front ends a query and its replica, by its clock, is tested in `test_ending`.
    """
    stop, waits, inserted, running = threading.Event(), [], [0], [0]
    beside = set()

    def select():
        with analyst(settings, "mai") as client:
            while not stop.is_set():
                began, bomb = time.monotonic(), running[0]
                assert client.query("SELECT 1") == [(1,)]
                waits.append(time.monotonic() - began)
                if bomb and bomb == running[0]:
                    beside.add(bomb)
                stop.wait(0.05)

    def insert():
        with connect(settings) as client:
            while not stop.is_set():
                client.insert("numbers_kept", {"n": [2_000_000 + inserted[0]]})
                inserted[0] += 1
                stop.wait(0.05)

    with analyst(settings, "mai") as client:
        client.query("SELECT 1")
    others = [threading.Thread(target=select), threading.Thread(target=insert)]
    for other in others:
        other.start()
    held_up, slowest, most = [], 0.0, 0
    for number, bomb in enumerate(bombs, start=1):
        before = inserted[0]
        asked = Asked(settings, bomb.replace("open_numbers", "events"), "an")
        running[0] = number
        while asked.is_alive():
            most = max(most, memory(process))
            asked.join(0.2)
        running[0] = 0
        slowest = max(slowest, asked.seconds)
        # Two: the first may have been on its way before.
        if asked.code == TIME_LIMIT and inserted[0] < before + 2:
            held_up.append(bomb[:200])
    stop.set()
    for other in others:
        other.join()
    late = statistics.quantiles(waits, n=100)[98]
    print(
        f"{len(bombs)} bombs: the slowest {slowest:.1f} s, SELECT 1 p99 {late * 1000:.0f} ms of {len(waits)}, "
        f"{len(beside)} times during a bomb, {inserted[0]} inserts, peak {most >> 20} MB"
    )
    assert held_up == []
    assert beside
    with connect(settings) as client:
        assert client.query("SELECT count() FROM numbers_kept WHERE n >= 2000000") == [(inserted[0],)]
    assert most < 2_500_000_000
    for person in ("an", "an", "binh", "binh"):
        assert Asked(settings, "SELECT 1", person).code is None


def memory(process):
    """Of the warehouse with its replicas, in bytes, as far as nobody else shares it."""
    size = 0
    for one in [psutil.Process(process.pid), *replicas(process)]:
        try:
            size += one.memory_full_info().pss
        except psutil.Error:
            continue
    return size


@pytest.mark.long
def test_bombs_end_and_nobody_else_notices(process, settings):
    assert_bombs_end(process, settings, SAMPLE)


@pytest.mark.faults
def test_all_bombs_end_and_nobody_else_notices(process, settings):
    assert_bombs_end(process, settings, BOMBS)


def test_replicas_end_with_the_warehouse_even_if_it_is_killed(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings)
    warehouse_server.wait_for(settings, process)
    assert Asked(settings, "SELECT 1").code is None
    asked, there = Asked(settings, ENDLESS), replicas(process)
    assert asked.is_connected.wait(60)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    asked.join()
    assert not psutil.wait_procs(there, timeout=20)[1]
    assert not [one for one in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(one.info["cmdline"] or ())]


WITHOUT_GATE = """
import os, socket, threading
from pathlib import Path
from warehouse.server.sql_gate import gate
from warehouse.server.replicas import process
from warehouse.server.replicas.peak_memory import peak_memory

def fit(size):
    if peak_memory() > size:
        raise OSError

def attempt(self, sql, ask):
    kind, _, what = sql.partition(" ")
    tries = {
        "read": lambda: Path(what).read_bytes(),
        "list": lambda: os.listdir(what),
        "write": lambda: Path(what).write_text("x"),
        "connect": lambda: socket.create_connection(("127.0.0.1", int(what)), 1),
        "bind": lambda: socket.socket().bind(("127.0.0.1", 0)),
        "start": lambda: os.waitpid(os.posix_spawn(what, [what, "--version"], {}), 0),
        "kill": lambda: os.kill(int(what), 0),
        "fit": lambda: fit(int(what)),
    }
    if kind not in tries:
        return sql
    try:
        tries[kind]()
    except OSError as error:
        return f"SELECT 'refused'"
    return "SELECT 'done'"

gate.SqlGate.check = attempt
process.main()
"""
"""A replica whose gate lets everything pass, and does for whoever asks what code inside of it could do."""


def test_the_kernel_confines_even_a_replica_without_gate(settings, process, owner, tmp_path):
    with asking_as_owner(settings) as engine:
        data = open_data.read_open_data(engine, "ioc", frozenset({"events"}))
    ((secret,),) = owner.query("SELECT data_paths[1] FROM system.tables WHERE name = 'secret'")
    (kept,) = (Path(path) for path in data.folders)
    run, store = config.engine_home(settings), config.engine_store(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener, replica_without_gate(tmp_path, settings, data) as say:
        port = listener.getsockname()[1]
        assert say("SELECT count() >= 0 FROM events") == "1"
        assert say(f"read {kept / 'format_version.txt'}") == say(f"write {tmp_path / 'own' / 'x'}") == "done"
        for refused in (
            f"read {run / 'server.xml'}", f"read {run / 'users.xml'}", f"list {run}", f"list {store}", f"list {secret}",
            f"read {secret}format_version.txt", "read /etc/passwd", f"read {store / 'metadata' / 'ioc.sql'}",
            f"write {kept / 'x'}", f"write {tmp_path / 'x'}", f"write {run / 'x'}", f"connect {settings.port}",
            f"connect {port}", "bind", f"start {sys.executable}", f"kill {process.pid}",
        ):  # fmt: skip
            assert say(refused) == "refused", refused
        for query in (
            f"SELECT file('{run}/server.xml')",
            "SELECT * FROM file('/etc/passwd', 'LineAsString')",
            f"SELECT * FROM url('http://127.0.0.1:{port}/', 'LineAsString')",
            "SELECT * FROM ioc.secret",
            "SELECT * FROM executable('id', 'TSV', 'x String')",
            f"INSERT INTO FUNCTION file('{tmp_path}/out', 'CSV', 'x String') SELECT 'x'",
            f"SELECT 1 INTO OUTFILE '{tmp_path}/out'",
            "INSERT INTO ioc.numbers_kept (n) VALUES (1)",
            "DROP TABLE ioc.numbers_kept",
        ):
            assert say(query).startswith("error"), query
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ward"]


@contextmanager
def asking_as_owner(settings):
    """What reads the open data as the owner's engine would, over a client."""

    class OverClient:
        def __init__(self, client):
            self.client = client

        def rows(self, sql):
            return [list(map(plain, row)) for row in self.client.query(sql)]

    def plain(value):
        return value if isinstance(value, list | str) else str(value)

    with connect(settings) as client:
        yield OverClient(client)


@contextmanager
def replica_without_gate(folder, settings, data):
    replica = Replica(folder / "own", settings, data, ["-c", WITHOUT_GATE])

    def say(sql):
        ours, theirs = socket.socketpair()
        limits = {"max_execution_time": "5", "max_result_bytes": "1000000"}
        with ours, theirs:
            try:
                replica.answer(ReplicaQuestion(sql, limits, 5.0), SocketReader(ours, 1), SocketWriter(theirs))
            except EngineError as error:
                return f"error {error.text}"
            theirs.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: ours.recv(65536), b""))
        return told(answer)

    try:
        yield say
    finally:
        replica.end()


def told(answer):
    """The one value of an answer, as far as these tests tell them apart."""
    return "refused" if b"refused" in answer.partition(b"String")[2] else "done" if b"\x04done" in answer else "1"


def test_a_replica_s_peak_of_memory_is_its_own(settings, process, tmp_path):
    with asking_as_owner(settings) as engine:
        data = open_data.read_open_data(engine, "ioc", frozenset({"events"}))
    assert len(b"x" * 800_000_000) > 0  # the process that starts it had more than that
    with replica_without_gate(tmp_path, settings, data) as say:
        assert say("fit 700000000") == "done"
        assert say("fit 1000000") == "refused"


@pytest.mark.long
def test_without_landlock_ad_hoc_sql_is_off_until_an_administrator_says_otherwise(tmp_path):
    settings = warehouse_server.settings_for(tmp_path)
    process = warehouse_server.launch(settings, program=("-c", NO_LANDLOCK))
    try:
        warehouse_server.wait_for(settings, process)
        with pytest.raises(QueryRefused) as refusal:
            Adhoc(settings, ["events"]).run("SELECT 1", "mai")
        assert refusal.value.rule == "off"
        for said in ("IOC_WAREHOUSE_ANALYST_WITHOUT_LANDLOCK=true", "đang tắt", "is off"):
            assert said in str(refusal.value)
        assert not replicas(process)
    finally:
        warehouse_server.end(process)
    willing = settings.model_copy(update={"analyst_without_landlock": True})
    process = warehouse_server.launch(willing, program=("-c", NO_LANDLOCK))
    try:
        warehouse_server.wait_for(willing, process)
        assert Adhoc(willing, ["events"]).run("SELECT count() FROM events", "mai").rows == [(0,)]
    finally:
        warehouse_server.end(process)


NO_LANDLOCK = """
import sys
from warehouse.server import sandbox
sandbox.landlock_version = lambda: 0
from warehouse import __main__
sys.exit(__main__.main())
"""


@pytest.mark.long
def test_a_column_without_a_name_may_be_long_and_bytes_that_are_no_text_are_refused(settings, owner):
    long = "x" * 5000
    with analyst(settings) as client:
        assert client.query(f"SELECT '{long}'") == [(long,)]
        for sql in (r"SELECT '\xff'", r"SELECT 1 AS `a\xff`"):
            with pytest.raises(ServerError, match="UTF-8"):
                client.query(sql)
        assert client.query("SELECT 1") == [(1,)]
    with pytest.raises(ServerError, match="UTF-8"):
        owner.query(r"SELECT 1 AS `a\xff`")
    assert owner.query(f"SELECT '{long}'") == [(long,)]
