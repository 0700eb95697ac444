"""To which addresses a source that was set up in the browser may lead us."""

from ipaddress import ip_network

import pytest

from ingest.administration.reach import ForbiddenAddress, check_reach

INSIDE = [ip_network("10.20.0.0/16")]


def named(*addresses: str):
    return lambda host: list(addresses)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8060/sources", "http://127.1/", "http://2130706433/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
        "http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://224.0.0.1/", "http://[64:ff9b::7f00:1]/",
        "http://user:secret@10.20.0.1/", "file:///etc/passwd", "sqlite:////etc/passwd", "sqlite:///x.db", "postgresql+psycopg:///db",
        "postgresql+psycopg://10.20.0.1/db?host=/var/run", "mysql+pymysql://10.20.0.1/db?local_infile=1", "ftp://10.20.0.1/", "", "x", "http://",
    ],
)  # fmt: skip
def test_this_pc_reserved_addresses_and_files_are_never_asked(url: str) -> None:
    with pytest.raises(ForbiddenAddress) as refused:
        check_reach(url, ())
    assert refused.value.label.vi
    assert refused.value.label.en


def test_a_name_counts_by_all_of_its_addresses() -> None:
    check_reach("https://portal.vn/api", (), named("203.0.113.9"))
    for addresses in (["203.0.113.9", "127.0.0.1"], ["fe80::1%eth0"], []):
        with pytest.raises(ForbiddenAddress):
            check_reach("https://portal.vn/api", (), named(*addresses))


def test_where_networks_are_named_only_they_are_asked_this_pc_too() -> None:
    check_reach("postgresql+psycopg://10.20.3.4/db", INSIDE)
    check_reach("http://127.0.0.1:9/", [*INSIDE, ip_network("127.0.0.1/32")])
    for url in ("http://10.21.0.1/", "https://203.0.113.9/", "http://127.0.0.1/"):
        with pytest.raises(ForbiddenAddress):
            check_reach(url, INSIDE)
