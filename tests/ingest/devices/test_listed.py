"""Which devices a source has: a list, and passwords in files of their own."""

from pathlib import Path

import pytest

from ingest.contract.errors import ConfigurationError
from ingest.devices.listed import device_list, listed_devices, password_file

LIST = """
[tdp017-cong-cho]
url = "http://10.20.0.17/"
user = "ioc"

[dau-ghi-1]
url = "https://dau-ghi:8443"
cameras = {1 = "tdp018-ngo-5"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "devices").mkdir()
    (tmp_path / "secrets").mkdir()
    return tmp_path


def test_a_list_with_a_password_of_its_own_for_each(folder: Path) -> None:
    assert listed_devices(folder, "isapi") == []
    device_list(folder, "isapi").write_text(LIST, encoding="utf-8")
    password_file(folder, "tdp017-cong-cho").write_text("mật khẩu\n", encoding="utf-8")
    camera, recorder = listed_devices(folder, "isapi")
    assert (camera.name, camera.url, camera.user) == ("tdp017-cong-cho", "http://10.20.0.17", "ioc")
    assert camera.password.get_secret_value() == "mật khẩu"
    assert (recorder.url, recorder.cameras) == ("https://dau-ghi:8443", {"1": "tdp018-ngo-5"})
    assert recorder.password.get_secret_value() == ""
    assert "mật khẩu" not in repr(camera)


@pytest.mark.parametrize(
    "text",
    [
        "[a", "a = 1", "[a]", '[a]\nurl = "ftp://x"', '[a]\nurl = "http://u:p@x"', '[a]\nurl = "http://x/path"', '[a]\nurl = "http://"',
        '[a]\nurl = "http://x"\npassword = "x"', '["a/../b"]\nurl = "http://x"', '[a]\nurl = "http://x"\nchannel = 1', "\udcff",
        '[a]\nurl = "http://x"\nname = "b"',
        "\n".join(f'[c{number}]\nurl = "http://x"' for number in range(201)),
    ],
)  # fmt: skip
def test_a_list_that_makes_no_sense_is_refused_with_its_place(folder: Path, text: str) -> None:
    device_list(folder, "isapi").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ConfigurationError, match=r"isapi\.toml"):
        listed_devices(folder, "isapi")
