"""The account of the cameras in tests, and waiting until what they say is somewhere."""

import time
from typing import Any

ACCOUNT = USER, PASSWORD = "ioc", "mật khẩu <&> của camera"


def wait(condition: Any, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)
