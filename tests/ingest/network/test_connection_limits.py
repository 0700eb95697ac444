from dataclasses import dataclass, field

import pytest

from ingest.network.connection_limits import ConnectionLimits, ConnectionQuota, network_of


@dataclass(eq=False)
class Visitor:
    keeps_waiting: bool = True
    dropped: list[bool] = field(default_factory=list)

    def drop(self):
        self.dropped.append(True)


def limits(**given):
    return ConnectionLimits(
        ConnectionQuota(**{"strangers": 4, "of_one_address": 3, "known": 4, "of_one_client": 3, **given})
    )


def enter(of, *addresses, waiting=True):
    came = [Visitor(waiting) for _ in addresses]
    for one, address in zip(came, addresses, strict=True):
        of.enter(one, address)
    return came


def dropped(visitors):
    return [place for place, one in enumerate(visitors) if one.dropped]


def test_the_newcomer_is_let_in_and_the_oldest_that_keeps_us_waiting_goes():
    of = limits()
    came = enter(of, *["10.0.0.1"] * 3)
    came[0].keeps_waiting = False
    enter(of, "10.0.0.1")
    assert dropped(came) == [1]
    assert len(of) == 3


def test_who_holds_most_places_loses_them_first():
    of = limits()
    quiet, *loud = enter(of, "10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.2")
    enter(of, "10.0.0.3", "10.0.0.4")
    assert not quiet.dropped
    assert dropped(loud) == [0, 1]


def test_strangers_never_take_the_place_of_who_is_known():
    of = limits()
    known = enter(of, "10.0.0.1", "10.0.0.1")
    assert all(of.know(one, "lan") for one in known)
    enter(of, *["10.0.0.1"] * 50)
    assert not dropped(known)
    assert len(of) == 2 + 3


def test_a_client_has_so_many_places_and_makes_room_for_itself():
    of = limits()
    mine = enter(of, *["10.0.0.1"] * 3)
    assert all(of.know(one, "lan") for one in mine)
    mine[0].keeps_waiting = False
    (newest,) = enter(of, "10.0.0.1")
    assert of.know(newest, "lan")
    assert dropped(mine) == [1]
    for one in (*mine, newest):
        one.keeps_waiting = False
    (refused,) = enter(of, "10.0.0.1")
    assert not of.know(refused, "lan")
    assert of.know(refused, "minh")
    (last,) = enter(of, "10.0.0.1")
    assert not of.know(last, "tu"), "all places of the known are taken"


def test_places_are_given_back():
    of = limits()
    came = enter(of, *["10.0.0.1"] * 9, "10.0.0.2")
    of.know(came[-1], "lan")
    for one in came:
        of.leave(one)
        of.leave(one)
    assert (len(of), of.all()) == (0, [])
    assert dropped(enter(of, *["10.0.0.1"] * 3)) == [], "all places of the address are free"
    assert not of.know(came[0], "lan"), "who has gone does not come back"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("x" * 1000, "x" * 64),
    ],
)
def test_what_counts_as_one_address(address, network):
    assert network_of(address) == network


def test_places_fit_into_the_open_files_that_are_allowed():
    fitted = ConnectionQuota().fitting(1024)
    assert fitted.strangers + fitted.known <= 512
    assert fitted.of_one_address < fitted.strangers
    assert ConnectionQuota().fitting(100_000) == ConnectionQuota()
