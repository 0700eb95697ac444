"""Declarations: the files of declared connectors, with who saved which version when, and the way back to an earlier one.

The file that runs is `<data folder>/connectors/<id>.toml`; its versions lie beside it in `<id>.versions.json`. A version is kept before
it runs. A file that somebody changed by hand becomes a version of its own before it is replaced.
"""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from connectors.declared.declaration import InvalidDeclaration
from connectors.declared.load import MOST_FILES, load_text
from connectors.declared.ready import standing_text
from ingest.administration.message import SourceRefused, SourceVersion
from ingest.contract.connector import Connector
from ingest.contract.label import Label
from ingest.runtime.durable import replace_file

MOST_VERSIONS = 50
"""Versions of a source that are kept."""

BY_HAND = "./"
"""Who saved a version that came as a file."""

NOT_HERE = Label(
    "Phường không có khai báo riêng nào cho nguồn này.", "The ward has no declaration of its own for this source."
)


class _Version(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    at: datetime
    by: str
    text: str | None
    """`None`: it was taken away."""


_VERSIONS = TypeAdapter(list[_Version])


class DeclarationFiles:
    """Those of one install.

    Args:
        data_folder: the install's.
    """

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / "connectors"

    def text(self, id_: str, version: int | None = None) -> str:
        """The text of a declaration: that of today, which may be the product's, or an earlier version.

        Raises:
            SourceRefused: there is none.
        """
        if version is None:
            found = self._live(id_) or standing_text(id_)
        else:
            found = next((one.text for one in self._versions(id_) if one.number == version), None)
        if found is None:
            raise SourceRefused(Label("Không có khai báo này.", "There is no such declaration."))
        return found

    def versions(self, id_: str) -> tuple[SourceVersion, ...]:
        """The versions of a source, newest first."""
        return tuple(
            SourceVersion(number=one.number, at=one.at, by=one.by) for one in reversed(self._versions(id_)) if one.text
        )

    def save(self, id_: str, text: str, by: str) -> Connector:
        """Keep a declaration; it is the one that runs from now on.

        Raises:
            SourceRefused: it declares no connector, or there are too many.
        """
        try:
            made = load_text(id_, text)
        except InvalidDeclaration as error:
            raise SourceRefused(error.label) from None
        if not self._path(id_).exists() and len(list(self._folder.glob("*.toml"))) >= MOST_FILES:
            raise SourceRefused(
                Label(f"Đã có {MOST_FILES} khai báo: hãy xóa bớt.", f"There are {MOST_FILES} already: remove some.")
            )
        self._keep(id_, text, by)
        replace_file(self._path(id_), text)
        return made

    def remove(self, id_: str, by: str) -> None:
        """Take a declaration away; its versions stay, and where it stood in the place of the product's own, that one runs again.

        Raises:
            SourceRefused: there is none.
        """
        if self._live(id_) is None:
            raise SourceRefused(NOT_HERE)
        self._keep(id_, None, by)
        self._path(id_).unlink(missing_ok=True)

    def _path(self, id_: str) -> Path:
        return self._folder / f"{id_}.toml"

    def _live(self, id_: str) -> str | None:
        try:
            return self._path(id_).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise SourceRefused(
                Label(f"Không đọc được {id_}.toml: {error}", f"{id_}.toml cannot be read: {error}")
            ) from None

    def _keep(self, id_: str, text: str | None, by: str) -> None:
        known, live = self._versions(id_), self._live(id_)
        if live is not None and (not known or known[-1].text != live):
            known.append(self._made(known, live, BY_HAND))
        if not known or known[-1].text != text:
            known.append(self._made(known, text, by))
        replace_file(self._versions_path(id_), _VERSIONS.dump_json(known[-MOST_VERSIONS:]).decode())

    def _made(self, known: list[_Version], text: str | None, by: str) -> _Version:
        return _Version(number=known[-1].number + 1 if known else 1, at=datetime.now(UTC), by=by, text=text)

    def _versions(self, id_: str) -> list[_Version]:
        try:
            return _VERSIONS.validate_json(self._versions_path(id_).read_bytes())
        except FileNotFoundError:
            return []
        except ValidationError:
            raise SourceRefused(
                Label(
                    f"{self._versions_path(id_)} bị hỏng: hãy chuyển tệp đó đi nơi khác.",
                    f"{self._versions_path(id_)} is damaged: move it away.",
                )
            ) from None

    def _versions_path(self, id_: str) -> Path:
        return self._folder / f"{id_}.versions.json"
