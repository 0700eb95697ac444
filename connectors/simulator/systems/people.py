"""People: invented ones, so that the pretend systems send the personal fields that real systems send.

None of it may be found again behind the connectors; `tests/declarations` look for it.
"""

from random import Random
from typing import NamedTuple

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô")
MIDDLE = ("Văn", "Thị", "Minh", "Ngọc", "Đức", "Thu", "Quang", "Hải", "Thanh", "Hồng")
GIVEN = (
    "An",
    "Bình",
    "Chi",
    "Dũng",
    "Giang",
    "Hà",
    "Hùng",
    "Lan",
    "Linh",
    "Mai",
    "Nam",
    "Phương",
    "Quân",
    "Sơn",
    "Yến",
)
STREETS = (
    "Điện Biên Phủ",
    "Hoàng Văn Thụ",
    "Quang Trung",
    "Trần Hưng Đạo",
    "Minh Khai",
    "Phan Bội Châu",
    "Cù Chính Lan",
)


class Person(NamedTuple):
    """Somebody who does not exist."""

    name: str
    phone: str
    identity: str
    born: str
    address: str

    @property
    def email(self) -> str:
        """An address in a domain that cannot exist."""
        return f"cd{self.identity[-6:]}@example.invalid"


def person(chance: Random) -> Person:
    """Invent somebody."""
    return Person(
        name=f"{chance.choice(FAMILY)} {chance.choice(MIDDLE)} {chance.choice(GIVEN)}",
        phone=f"09{chance.randrange(10**8):08}",
        identity=f"031{chance.randrange(10**9):09}",
        born=f"{chance.randrange(1945, 2006)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}",
        address=f"{chance.randrange(1, 200)} {chance.choice(STREETS)}",
    )
