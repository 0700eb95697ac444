import asyncio
import fcntl
import multiprocessing
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError as AioKafkaError
from aiokafka.errors import UnknownTopicOrPartitionError
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError
from pydantic import SecretStr

from commands.install.ports import free_ports
from ingest import __main__ as entry
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka import admin as kafka_admin
from ingest.kafka.broker import archive, fetch, jars
from ingest.kafka.broker import folder as folders
from ingest.kafka.broker import server as server_module
from ingest.kafka.broker.folder import Folder, broker_properties
from ingest.kafka.broker.server import MAIN, Server, running_java
from ingest.kafka.client import check_reachable, client_options, ping_kafka
from ingest.kafka.lag import records_behind
from ingest.kafka.offsets import topic_sizes
from ingest.network.sockets import is_listening
from tests.support import broker
from tests.support.broker import SECRET

ROOT = Path(__file__).parents[2]
CACHE = IngestSettings(_env_file=None).cache_folder


@pytest.fixture(scope="module")
def kafka(tmp_path_factory):
    # The folder has a name that neither Latin-1 nor a careless command line can carry.
    with broker.running(tmp_path_factory.mktemp("kafka") / "dữ liệu của phường, 100% \\ ok") as settings:
        yield settings


# -- Jars


def test_lock_pins_every_jar_of_one_version():
    locked = jars.locked_jars()
    assert len(locked) == 46
    assert len({jar.file_name for jar in locked}) == len(locked)
    assert all(len(jar.sha256) == 64 for jar in locked)
    kafka = {jar.coordinate.split(":")[2] for jar in locked if jar.coordinate.startswith("org.apache.kafka:")}
    assert kafka == {jars.KAFKA}


@pytest.fixture
def small_lock(tmp_path, monkeypatch):
    """A lock of two small files, with a cache where both are right."""
    cache = tmp_path / "cache"
    place = jars.jars_folder(cache)
    place.mkdir(parents=True)
    locked = []
    for artifact in ("one", "two"):
        path = place / f"{artifact}-1.jar"
        path.write_bytes(artifact.encode())
        locked.append(f"org.example:{artifact}:1 {jars.checksum(path)} 3\n")
    monkeypatch.setattr(jars, "LOCK", tmp_path / "jars.lock")
    jars.LOCK.write_text("# comment\n" + "".join(locked))
    return cache


def test_missing_and_falsified_jars_are_wrong(small_lock):
    assert jars.wrong_jars(small_lock) == []
    (jars.jars_folder(small_lock) / "one-1.jar").write_bytes(b"onE")
    (jars.jars_folder(small_lock) / "two-1.jar").unlink()
    assert [jar.file_name for jar in jars.wrong_jars(small_lock)] == ["one-1.jar", "two-1.jar"]


def test_classpath_holds_only_recorded_jars(small_lock):
    (jars.jars_folder(small_lock) / "intruder.jar").write_bytes(b"x")
    assert [Path(entry).name for entry in jars.classpath(small_lock).split(":")] == ["one-1.jar", "two-1.jar"]


def test_server_refuses_a_falsified_jar(small_lock, tmp_path):
    (jars.jars_folder(small_lock) / "one-1.jar").write_bytes(b"onE")
    server = Server(IngestSettings(_env_file=None, data_folder=tmp_path / "data", cache_folder=small_lock))
    with pytest.raises(ConfigurationError, match=r"one-1\.jar"):
        server.start()


# -- Fetching, from a store of our own that holds the real jars


class StoreServer(ThreadingHTTPServer):
    """A folder of jars, and what was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Store)
        self.folder = folder
        self.asked: list[str] = []


class Store(SimpleHTTPRequestHandler):
    """Maven's layout over a flat folder of jars; counts what is asked for."""

    server: StoreServer

    def translate_path(self, path):
        return str(self.server.folder / path.rsplit("/", 1)[1])

    def do_GET(self):
        if self.path.endswith(".jar"):
            self.server.asked.append(self.path.rsplit("/", 1)[1])
        super().do_GET()

    def log_message(self, *_):
        pass


@contextmanager
def store(folder, tmp_path, monkeypatch):
    server = StoreServer(folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = tmp_path / "jgo.conf"
    config.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(config))
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _ensure(cache):
    fetch.ensure_jars(cache, lambda there, in_all, megabytes: None)


@pytest.mark.processes
def test_two_installs_fetch_at_once_and_each_jar_comes_once(tmp_path, monkeypatch):
    fetch.ensure_jars(CACHE, lambda there, in_all, megabytes: None)
    with store(jars.jars_folder(CACHE), tmp_path, monkeypatch) as server:
        context = multiprocessing.get_context("spawn")
        both = [context.Process(target=_ensure, args=(tmp_path / "cache",)) for _ in range(2)]
        for process in both:
            process.start()
        for process in both:
            process.join(240)
        assert [process.exitcode for process in both] == [0, 0]
        assert len(server.asked) == len(set(server.asked)) == 46
    assert jars.wrong_jars(tmp_path / "cache") == []
    assert sorted(path.name for path in jars.jars_folder(tmp_path / "cache").iterdir()) == sorted(
        jar.file_name for jar in jars.locked_jars()
    )
    _ensure(tmp_path / "cache")  # The store is gone: nothing more is asked for.


def test_a_falsified_store_is_refused_and_what_was_right_stays(small_lock, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "ATTEMPTS", 1)
    falsified = tmp_path / "store"
    shutil.copytree(jars.jars_folder(small_lock), falsified)
    (falsified / "two-1.jar").write_bytes(b"twO")
    (jars.jars_folder(small_lock) / "two-1.jar").unlink()
    with store(falsified, tmp_path, monkeypatch), pytest.raises(Unavailable, match="another checksum"):
        _ensure(small_lock)
    assert [jar.file_name for jar in jars.wrong_jars(small_lock)] == ["two-1.jar"]


def test_without_network_the_message_says_what_to_do(small_lock, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "ATTEMPTS", 1)
    (jars.jars_folder(small_lock) / "two-1.jar").unlink()
    with store(tmp_path, tmp_path, monkeypatch):
        pass
    with pytest.raises(Unavailable, match="Connect this PC to the internet, or copy that folder"):
        _ensure(small_lock)


# -- Java's archive and the folder


@pytest.mark.long
@pytest.mark.embedded
def test_the_archive_is_written_once_for_these_jars_and_kafka_starts_without_one_too(tmp_path):
    fetch.ensure_jars(CACHE, lambda there, in_all, megabytes: None)
    cache = tmp_path / "Kho của phường"
    shutil.copytree(
        jars.jars_folder(CACHE), jars.jars_folder(cache), ignore=shutil.ignore_patterns("*.aot", "fetching-*")
    )
    settings = IngestSettings(_env_file=None, cache_folder=cache)
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=archive.ensure_archive, args=(settings,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    written = jars.archive_path(cache)
    assert written.stat().st_size > 10_000_000
    assert not list(written.parent.glob("*.new*"))
    jar = jars.jars_folder(cache) / jars.locked_jars()[0].file_name
    os.utime(jar, (time.time() + 60,) * 2)
    assert not archive.is_made(cache)
    written.write_bytes(b"")
    os.utime(jar, (0, 0))
    with broker.running(tmp_path / "data", cache_folder=cache) as unprepared:
        ping_kafka(unprepared)
    assert written.stat().st_size == 0


@pytest.fixture
def not_jars(tmp_path):
    """A cache of files that have the jars' names."""
    jars.jars_folder(tmp_path).mkdir()
    for jar in jars.locked_jars():
        (jars.jars_folder(tmp_path) / jar.file_name).write_bytes(b"no jar")
    return IngestSettings(_env_file=None, cache_folder=tmp_path)


def test_an_archive_that_kafka_could_not_write_is_not_tried_again(not_jars, caplog):
    archive.ensure_archive(not_jars)
    assert "jars are missing or not as recorded" in caplog.text
    caplog.clear()
    archive.ensure_archive(not_jars)
    assert caplog.text == ""


def test_a_cache_that_takes_nothing_is_no_reason_to_stay_away(not_jars, caplog):
    (not_jars.cache_folder / f"kafka-{jars.KAFKA}.lock").mkdir()
    archive.ensure_archive(not_jars)
    assert "Kafka starts without its class archive" in caplog.text


def test_a_damaged_folder_is_named(tmp_path):
    settings = IngestSettings(_env_file=None, data_folder=tmp_path)
    folder = Folder(settings)
    (folder.data / "ioc.queue.v1-0").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="damaged"):
        folder.format()


def test_everything_listens_on_loopback_only():
    configured = broker_properties(IngestSettings(_env_file=None, kafka_own_secret=SECRET), "data")
    for name in ("listeners", "advertised.listeners"):
        assert all("//127.0.0.1:" in listener for listener in configured[name].split(","))


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        settings = IngestSettings(
            _env_file=None,
            data_folder=tmp_path,
            kafka_port=taken,
            kafka_controller_port=free_ports(1)[0],
            kafka_own_secret=SECRET,
        )
        fetch.ensure_jars(settings.cache_folder, lambda there, in_all, megabytes: None)
        with pytest.raises(ConfigurationError, match=f"Port {taken}.*IOC_KAFKA_PORT"):
            Server(settings).start()


# -- Topics


@pytest.mark.embedded
def test_topics_are_made_once_and_events_are_flushed_to_disk(kafka):
    assert kafka_admin.missing_topics(kafka) == []
    assert kafka_admin.make_topics(kafka) == []
    with kafka_admin.connect_admin(kafka) as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, "ioc.queue.v1")
        found = admin.describe_configs([resource], config_filter="all")["topic"]["ioc.queue.v1"]
    assert found["flush.messages"]["value"] == "1"


@pytest.mark.embedded
def test_differing_topics_are_reported_and_left_alone(kafka, caplog):
    changed = kafka.model_copy(update={"kafka_partitions": 9, "kafka_retention": 2 * kafka.kafka_retention})
    kafka_admin.make_topics(changed)
    assert "ioc.queue.v1 has 4 partitions, IOC_KAFKA_PARTITIONS is 9" in caplog.text
    assert "ioc.queue.v1 has retention.ms=" in caplog.text
    caplog.clear()
    kafka_admin.make_topics(kafka)
    assert [record for record in caplog.records if record.name == kafka_admin.log.name] == []


@pytest.mark.embedded
async def test_no_topic_is_made_by_writing_to_it(kafka):
    async with AIOKafkaProducer(**client_options(kafka), request_timeout_ms=1500) as producer:
        with pytest.raises((UnknownTopicOrPartitionError, TimeoutError)):
            await asyncio.wait_for(producer.send_and_wait("ioc.mistyped.v1", b"x"), 3)
    with kafka_admin.connect_admin(kafka) as admin:
        assert "ioc.mistyped.v1" not in admin.list_topics()


@pytest.mark.embedded
async def test_lag_counts_what_a_group_has_not_committed(kafka):
    async with AIOKafkaProducer(**client_options(kafka)) as producer:
        for number in range(5):
            await producer.send_and_wait(DEAD_LETTERS, b"%d" % number)
    consumer = AIOKafkaConsumer(
        DEAD_LETTERS, **client_options(kafka), group_id="reader", auto_offset_reset="earliest", enable_auto_commit=False
    )
    async with consumer:
        seen = 0
        while seen < 3:
            for batch in (await consumer.getmany(max_records=3 - seen, timeout_ms=500)).values():
                seen += len(batch)
        await consumer.commit()
        assert await asyncio.to_thread(kafka_admin.group_members, kafka, "reader") == 1
    assert records_behind(kafka, "reader") == {DEAD_LETTERS: 2}
    assert topic_sizes(kafka)[DEAD_LETTERS] == 5
    assert kafka_admin.group_members(kafka, "nobody") == 0


# -- The process


def own_settings(folder, port, controller):
    return IngestSettings(
        _env_file=None, data_folder=folder, kafka_port=port, kafka_controller_port=controller, kafka_own_secret=SECRET
    )


@contextmanager
def process(folder, **environment):
    port, controller = free_ports(2)
    variables = {
        **os.environ,
        "IOC_DATA_FOLDER": str(folder),
        "IOC_KAFKA_PORT": str(port),
        "IOC_KAFKA_CONTROLLER_PORT": str(controller),
        "IOC_KAFKA_OWN_SECRET": SECRET.get_secret_value(),
        **environment,
    }
    settings = own_settings(folder, port, controller)
    started = []

    def begin():
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "ingest"], cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True
            )
        )
        return started[-1]

    try:
        yield settings, begin
    finally:
        for one in started:
            one.kill()
            one.wait()
            one.stderr.close()


def read_until(running, text):
    for line in running.stderr:
        if text in line:
            return line
    raise AssertionError(f"ended with {running.wait()} before {text!r}")


def java_of(running):
    return next(child for child in psutil.Process(running.pid).children() if child.name() == "java")


def ended_without_java(running):
    """The exit code of a process whose Java is killed; on a slow PC the first may have run long enough to be started again."""
    give_up = time.monotonic() + 120
    while running.poll() is None:
        assert time.monotonic() < give_up
        with suppress(StopIteration, psutil.NoSuchProcess):
            java_of(running).kill()
        time.sleep(0.1)
    return running.returncode


@pytest.mark.embedded
async def test_killed_java_ends_the_process_and_nothing_acknowledged_is_lost(tmp_path):
    with process(tmp_path) as (settings, begin):
        first = begin()
        read_until(first, "Kafka ready")
        async with AIOKafkaProducer(**client_options(settings), acks="all") as producer:
            await producer.send_and_wait(DEAD_LETTERS, b"acknowledged", partition=0)
        assert ended_without_java(first) == 1

        second = begin()
        read_until(second, "Kafka ready")
        assert topic_sizes(settings)[DEAD_LETTERS] == 1
        child = java_of(second)
        second.terminate()
        assert second.wait(60) == 0
        assert ended(child)
        assert not is_listening(settings.kafka_port)


@pytest.mark.embedded
def test_two_never_run_on_one_folder(tmp_path):
    """Killed in the moment in which Java begins: the next one waits for its end, or ends it, though nothing was written down of it."""
    with process(tmp_path) as (settings, begin):
        first = begin()
        left: list[psutil.Process] = []
        while not left:
            left = list(running_java(Folder(settings)))
        first.kill()
        first.wait()
        read_until(begin(), "Kafka ready")
        assert [ended(java) for java in left] == [True]
        assert len(list(running_java(Folder(settings)))) == 1


def test_a_folder_that_somebody_else_holds_is_refused(tmp_path, monkeypatch):
    port, controller = free_ports(2)
    settings = own_settings(tmp_path, port, controller)
    fetch.ensure_jars(settings.cache_folder, lambda there, in_all, megabytes: None)
    monkeypatch.setattr(server_module, "LEFT_OVER_ENDS_WITHIN", timedelta())
    folder = Folder(settings)
    folder.path.mkdir(parents=True)
    with folder.lock.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match="another process holds"):
            Server(settings).start()


@pytest.mark.long
@pytest.mark.embedded
def test_java_that_dies_after_a_while_is_started_again_by_the_same_process(tmp_path, monkeypatch, caplog):
    caplog.set_level("INFO")
    port, controller = free_ports(2)
    settings = own_settings(tmp_path, port, controller)
    monkeypatch.setattr(entry, "LEAST_RUN", timedelta(0))
    codes = []
    serving = threading.Thread(target=lambda: codes.append(entry.run_broker(settings, entry.BrokerState())))
    serving.start()

    def until_started(times):
        while caplog.text.count("Kafka ready") < times:
            assert serving.is_alive()
            time.sleep(0.05)
        assert kafka_admin.missing_topics(settings) == []

    until_started(1)
    next(running_java(Folder(settings))).kill()
    until_started(2)
    monkeypatch.setattr(entry, "LEAST_RUN", timedelta(hours=1))
    next(running_java(Folder(settings))).kill()
    serving.join(30)
    assert codes == [1]


def ended(child: psutil.Process) -> bool:
    """Whether it runs no more; what nobody has collected yet is still listed, as a zombie."""
    try:
        return child.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.long
@pytest.mark.embedded
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_killed_process_leaves_no_java_and_the_next_one_starts(tmp_path):
    with process(tmp_path) as (_, begin):
        first = begin()
        read_until(first, "Kafka ready")
        child = java_of(first)
        first.kill()
        second = begin()
        read_until(second, "Kafka ready")
        assert ended(child)


# -- Who may enter

STRANGERS = {
    "no log-in": {"security_protocol": "PLAINTEXT"},
    "wrong password": {"sasl_plain_password": "0" * 64},
    "wrong password, shown": {"sasl_mechanism": "PLAIN", "sasl_plain_password": "0" * 64},
    "unknown user": {"sasl_plain_username": "admin"},
}


@pytest.mark.embedded
@pytest.mark.parametrize("log_in", STRANGERS.values(), ids=STRANGERS)
async def test_kafka_takes_nobody_without_its_account(kafka, log_in):
    """Neither topics, records nor the quorum: each of these works with the account, in the other tests."""
    options = {**client_options(kafka), **log_in}
    if log_in.get("security_protocol") == "PLAINTEXT":
        options = {"bootstrap_servers": options["bootstrap_servers"], **log_in}
    before = topic_sizes(kafka)
    with pytest.raises(KafkaError):
        KafkaAdminClient(**options, request_timeout_ms=1000, bootstrap_timeout_ms=1000)
    producer = AIOKafkaProducer(**options, request_timeout_ms=1000)
    with pytest.raises(AioKafkaError):
        await producer.start()
    await producer.stop()
    consumer = AIOKafkaConsumer(DEAD_LETTERS, **options, request_timeout_ms=1000)
    with pytest.raises(AioKafkaError):
        await consumer.start()
    await consumer.stop()
    assert topic_sizes(kafka) == before


@pytest.mark.embedded
@pytest.mark.parametrize("listener", ["kafka_port", "kafka_controller_port"])
@pytest.mark.parametrize(
    "request_",
    {
        "metadata": (3, 1),
        "vote": (52, 0),
        "fetch of the quorum's log": (1, 12),
        "new broker": (62, 0),
        "new topic": (19, 5),
    }.values(),
)
def test_whoever_does_not_log_in_is_cut_off_at_the_first_request(kafka, listener, request_):
    api, version = request_
    with socket.create_connection(("127.0.0.1", getattr(kafka, listener)), timeout=10) as stranger:
        body = struct.pack(">hhih", api, version, 1, -1) + bytes(64)
        stranger.sendall(struct.pack(">i", len(body)) + body)
        assert stranger.recv(1) == b""


@pytest.mark.long
@pytest.mark.embedded
def test_a_folder_from_before_the_account_gets_it_and_keeps_its_records(tmp_path, monkeypatch):
    port, controller = free_ports(2)
    settings = own_settings(tmp_path, port, controller)
    plain = {"CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT"}
    with monkeypatch.context() as patch:
        patch.setattr(
            folders, "broker_properties", lambda *of: {k: plain.get(v, v) for k, v in broker_properties(*of).items()}
        )
        patch.setattr(server_module, "make_account", lambda settings: None)
        old = Server(settings)
        old.start()
        old.wait()
        with closing(KafkaAdminClient(bootstrap_servers=settings.bootstrap)) as admin:
            admin.create_topics(["from-before"])
        open_to_all = KafkaProducer(bootstrap_servers=settings.bootstrap)
        open_to_all.send("from-before", b"kept").get(timeout=10)
        open_to_all.close()
        old.stop()
    new = Server(settings)
    try:
        new.start()
        new.wait()
        consumer = KafkaConsumer("from-before", **client_options(settings), auto_offset_reset="earliest")
        assert next(consumer).value == b"kept"
        consumer.close()
        assert new.folder.properties.stat().st_mode & 0o077 == 0
    finally:
        new.stop()


# -- An outside cluster


PASSWORD = "mat-khau-cua-cum"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Kafka that asks for TLS and a SCRAM log-in, as a city's would; yields settings that fit."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    place = tmp_path_factory.mktemp("cluster")
    key, certificate = place / "key.pem", place / "certificate.pem"
    subject = ["-subj", "/CN=kafka", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *subject,
        "-keyout",
        key,
        "-out",
        certificate,
    ]
    subprocess.run(command, check=True, capture_output=True)
    both = place / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())

    port, controller = free_ports(2)
    own = own_settings(place, port, controller)
    fetch.ensure_jars(own.cache_folder, lambda there, in_all, megabytes: None)
    folder = Folder(own)
    folder.configure()
    folder.properties.write_text(
        folder.properties.read_text().replace("CLIENT://127.0.0.1", "OUTSIDE://127.0.0.1")
        + "listener.security.protocol.map=OUTSIDE:SASL_SSL,CONTROLLER:SASL_PLAINTEXT\n"
        "inter.broker.listener.name=OUTSIDE\n"
        "sasl.enabled.mechanisms=SCRAM-SHA-512\n"
        "sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\n"
        "listener.name.outside.scram-sha-512.sasl.jaas.config="
        "org.apache.kafka.common.security.scram.ScramLoginModule required;\n"
        f"ssl.keystore.type=PEM\nssl.keystore.location={both}\n"
        f"ssl.truststore.type=PEM\nssl.truststore.location={certificate}\n"
    )
    scram = f"SCRAM-SHA-512=[name=ioc,password={PASSWORD}]"
    command = [
        *folder.java(),
        "kafka.tools.StorageTool",
        "format",
        "-t",
        "AAAAAAAAQAAAAAAAAAAAAA",
        "-c",
        folder.properties.name,
    ]
    subprocess.run([*command, "--add-scram", scram], cwd=folder.path, check=True, capture_output=True)
    running = subprocess.Popen([*folder.java(), MAIN, folder.properties.name], cwd=folder.path)
    try:
        yield IngestSettings(
            _env_file=None,
            kafka_bootstrap=f"127.0.0.1:{port}",
            kafka_security_protocol="SASL_SSL",
            kafka_username="ioc",
            kafka_password=SecretStr(PASSWORD),
            kafka_ca_file=certificate,
        )
    finally:
        running.kill()
        running.wait()


def variables_of(settings):
    return {
        "IOC_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "IOC_KAFKA_SECURITY_PROTOCOL": settings.kafka_security_protocol,
        "IOC_KAFKA_USERNAME": settings.kafka_username,
        "IOC_KAFKA_PASSWORD": settings.kafka_password.get_secret_value(),
        "IOC_KAFKA_CA_FILE": str(settings.kafka_ca_file),
    }


@pytest.mark.long
@pytest.mark.embedded
async def test_outside_cluster_with_tls_and_log_in(cluster, tmp_path):
    with process(tmp_path, **variables_of(cluster)) as (_, begin):
        watching = begin()
        assert "topics created" in read_until(watching, "Kafka ready")
        assert kafka_admin.missing_topics(cluster) == []
        async with AIOKafkaProducer(**client_options(cluster)) as producer:
            await producer.send_and_wait(DEAD_LETTERS, b"x")
        assert not (tmp_path / "kafka").exists()
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(60) == 0


@pytest.mark.long
@pytest.mark.embedded
def test_wrong_log_in_and_strange_certificate_are_told_as_such(cluster, monkeypatch):
    monkeypatch.setattr(kafka_admin, "PATIENCE", timedelta(seconds=2))
    with pytest.raises(Unavailable, match="IOC_KAFKA_USERNAME, _PASSWORD and _SASL_MECHANISM"):
        kafka_admin.missing_topics(IngestSettings(**{**dict(cluster), "kafka_password": "wrong"}))
    with pytest.raises(ConfigurationError, match="IOC_KAFKA_CA_FILE"):
        kafka_admin.missing_topics(cluster.model_copy(update={"kafka_ca_file": None}))


def test_settings_that_cannot_work_are_named(tmp_path):
    def settings(**values):
        return IngestSettings(_env_file=None, kafka_bootstrap="127.0.0.1:1", **values)

    with pytest.raises(ConfigurationError, match="IOC_KAFKA_USERNAME"):
        client_options(settings(kafka_security_protocol="SASL_SSL"))
    with pytest.raises(ConfigurationError, match="IOC_KAFKA_CA_FILE"):
        client_options(settings(kafka_security_protocol="SSL", kafka_ca_file=tmp_path / "none.pem"))
    with pytest.raises(ConfigurationError, match="IOC_KAFKA_BOOTSTRAP"):
        check_reachable(IngestSettings(_env_file=None, kafka_bootstrap="kafka"))
    with pytest.raises(Unavailable):
        check_reachable(settings())


def test_our_own_kafka_is_entered_by_its_own_account_whatever_is_set_for_an_outside_one():
    options = client_options(
        IngestSettings(_env_file=None, kafka_own_secret=SECRET, kafka_security_protocol="SASL_SSL")
    )
    assert (options["security_protocol"], options["sasl_plain_username"]) == ("SASL_PLAINTEXT", "ioc")
    with pytest.raises(ConfigurationError, match="IOC_KAFKA_OWN_SECRET"):
        client_options(IngestSettings(_env_file=None))


@pytest.mark.embedded
def test_waits_for_a_cluster_that_is_away(tmp_path):
    port = free_ports(1)[0]
    with process(tmp_path, IOC_KAFKA_BOOTSTRAP=f"127.0.0.1:{port}") as (_, begin):
        waiting = begin()
        read_until(waiting, "waiting: Kafka is away")
        waiting.terminate()
        assert waiting.wait(60) == 0
