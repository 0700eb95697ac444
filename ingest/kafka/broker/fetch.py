"""Fetch Kafka's jars into the cache: each checked, put in place whole, by one process at a time.

jgo does the asking (Maven's repository, mirrors of `~/.config/jgo.conf`, proxies of the environment); it only warns of
a wrong checksum, so each jar is compared with `jars.lock` here before it takes its place.
"""

import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from pathlib import Path

from jgo.config import GlobalSettings
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext
from requests import RequestException

from ingest.contract.errors import Unavailable
from ingest.kafka.broker.jars import Jar, jars_lock, locked_jars, wrong_jars
from ingest.runtime.backoff import BackOff

ATTEMPTS = 3

Report = Callable[[int, int, float], None]
"""Called after each jar with: jars that are there, jars in all, megabytes that are there."""


def ensure_jars(cache_folder: Path, report: Report) -> None:
    """Make the cache complete and right; costs a checksum of 45 MB when it already is.

    Two processes may call this at once: the second waits, then finds everything there. What was fetched stays, so that
    a call after a failure goes on where that one stopped.

    Raises:
        Unavailable: something could not be fetched; the message says what to do.
    """
    if not wrong_jars(cache_folder):
        return
    with jars_lock(cache_folder) as place:
        missing = wrong_jars(cache_folder)
        if missing:
            _fetch_all(missing, place, report)


def maven_context(store: Path) -> MavenContext:
    """A way to Maven's repository that keeps what it gets in `store`."""
    repositories = {"central": MAVEN_CENTRAL_URL, **GlobalSettings.load().repositories}
    return MavenContext(repo_cache=store, remote_repos=repositories, timeout=30)


def _fetch_all(missing: list[Jar], place: Path, report: Report) -> None:
    everything = locked_jars()
    there = len(everything) - len(missing)
    megabytes = sum(jar.size for jar in everything if jar not in missing) / 1e6
    # On the same file system as its destination: then putting a jar in place is one atomic rename.
    store = Path(tempfile.mkdtemp(prefix="fetching-", dir=place))
    pool = ThreadPoolExecutor(max_workers=4)
    try:
        tasks = {pool.submit(_fetch, jar, store / str(number), place): jar for number, jar in enumerate(missing)}
        for task in as_completed(tasks):
            task.result()
            there += 1
            megabytes += tasks[task].size / 1e6
            report(there, len(everything), megabytes)
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(store, ignore_errors=True)


def _fetch(jar: Jar, store: Path, place: Path) -> None:
    group, artifact, version = jar.coordinate.split(":")
    backoff = BackOff(timedelta(seconds=1))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            path = maven_context(store / str(attempt)).project(group, artifact).at_version(version).artifact().resolve()
        except (RequestException, RuntimeError, OSError) as error:
            fault = f"{type(error).__name__}: {error}"
        else:
            if jar.is_right(path):
                path.replace(place / jar.file_name)
                return
            fault = "it came with another checksum than the recorded one"
        if attempt < ATTEMPTS:
            time.sleep(backoff.seconds())
    raise Unavailable(
        "Kafka's jar store",
        f"{jar.file_name} could not be fetched into {place} ({fault[:300]}). Connect this PC to the internet, or "
        "copy that folder from a PC where it is complete, and start again.",
    )
