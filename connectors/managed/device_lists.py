"""Device lists: the list of devices of a source that asks them, as an administrator types or pastes it.

It is the file that somebody could also have copied there, `<data folder>/inventory/<id>.csv`. An address in it may lead only where one that
is set in the browser may.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingest.administration.message import SourceRefused
from ingest.administration.reach import ForbiddenAddress, Network, check_host
from ingest.contract.connector import ASKED, host_and_port
from ingest.contract.errors import InvalidEvent
from ingest.contract.label import Label
from ingest.probe.device_list import ADDRESS, BY, CATEGORY, CODE, PLACE, list_file, read_devices
from ingest.runtime.durable import replace_file

EMPTY = ";".join((CODE, CATEGORY, PLACE, BY, ADDRESS)) + "\n"
"""What a new list begins with."""


class DeviceLists:
    """Those of one install.

    Args:
        data_folder: the install's.
        reachable: the networks that may be asked; none: all but this PC and reserved addresses.
    """

    def __init__(self, data_folder: Path, reachable: Sequence[Network]) -> None:
        self._folder = data_folder / "inventory"
        self._reachable = reachable

    def text(self, id_: str) -> str:
        """A source's list; one that is begun where there is none.

        Raises:
            SourceRefused: it is a workbook.
        """
        file = list_file(self._folder, id_)
        if file is not None and file.suffix == ".xlsx":
            raise SourceRefused(
                Label(
                    f"Danh sách đang là tệp inventory/{file.name}: sửa ở đó, hoặc xóa tệp để nhập ở đây.",
                    f"The list is the file inventory/{file.name}: change it there, or remove it to type one in.",
                )
            )
        return EMPTY if file is None else file.read_text(encoding="utf-8-sig")

    def save(self, id_: str, text: str) -> None:
        """Keep a list; it counts within a round.

        Raises:
            SourceRefused: it is none, a row of it is wrong, or an address may not be asked.
        """
        self.text(id_)
        try:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "list.csv"
                file.write_text(text, encoding="utf-8")
                devices = read_devices(file)
            for device in devices:
                for address in device.addresses if device.by in ASKED else ():
                    check_host(host_and_port(address, device.by)[0], self._reachable)
        except InvalidEvent as error:
            raise SourceRefused(
                Label(f"Danh sách chưa đúng: {error.detail}", f"The list is wrong: {error.detail}")
            ) from None
        except ForbiddenAddress as error:
            raise SourceRefused(error.label) from None
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_file(self._folder / f"{id_}.csv", text)
