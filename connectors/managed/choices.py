"""Choices: what is set of each source in the browser - whether it is off, where it is, and what it is known by.

They lie in `<data folder>/connectors/sources.json`; secrets that a source prescribes lie beside the install's other secrets, in
`<data folder>/secrets/source_<id>`, and are in no export. A secret that is made here is derived, so of it only is kept how often it was
made anew.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ingest.contract.errors import ConfigurationError
from ingest.runtime.durable import replace_file

OVERLAP = timedelta(days=1)
"""How long the secret before the last change is valid."""


class SourceChoice(BaseModel):
    """What is set of one source."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    is_off: bool = False
    url: str = ""
    generation: int = 0
    """How often its secret was made anew."""
    rotated_at: datetime | None = None

    def overlaps(self) -> bool:
        """Whether the secret before this one is still valid."""
        return self.rotated_at is not None and datetime.now(UTC) < self.rotated_at + OVERLAP


class GivenKey(BaseModel):
    """A secret that the source prescribes, and the one before it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    previous: str = ""


_CHOICES = TypeAdapter(dict[str, SourceChoice])


class SourceChoices:
    """Those of one install.

    Args:
        data_folder: the install's.
    """

    def __init__(self, data_folder: Path) -> None:
        self._file = data_folder / "connectors" / "sources.json"
        self._secrets = data_folder / "secrets"

    def all(self) -> dict[str, SourceChoice]:
        """By source, what is set.

        Raises:
            ConfigurationError: the file is damaged.
        """
        try:
            return _CHOICES.validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except ValidationError:
            raise ConfigurationError(
                f"{self._file} is damaged: restore it from a backup, or move it away and set the sources up anew."
            ) from None

    def of(self, id_: str) -> SourceChoice:
        """What is set of a source."""
        return self.all().get(id_, SourceChoice())

    def change(self, id_: str, made: Callable[[SourceChoice], SourceChoice]) -> None:
        """Keep something else of a source; afterwards it is on disk."""
        known = self.all()
        known[id_] = made(known.get(id_, SourceChoice()))
        replace_file(self._file, _CHOICES.dump_json(known, indent=1).decode())

    def given(self, id_: str) -> GivenKey | None:
        """The secret that a source prescribes."""
        try:
            return GivenKey.model_validate_json((self._secrets / f"source_{id_}").read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise ConfigurationError(f"{self._secrets / f'source_{id_}'} is damaged: set the key anew.") from None

    def give(self, id_: str, key: str) -> None:
        """Keep a secret that a source prescribes; the one before it stays for a day."""
        before = self.given(id_)
        kept = GivenKey(key=key, previous=before.key if before else "")
        replace_file(self._secrets / f"source_{id_}", kept.model_dump_json())
        self.change(id_, lambda one: one.model_copy(update={"rotated_at": datetime.now(UTC)}))

    def make_anew(self, id_: str) -> None:
        """Make the secret of a source anew; the one before it stays valid for a day."""
        self.change(
            id_,
            lambda one: one.model_copy(update={"generation": one.generation + 1, "rotated_at": datetime.now(UTC)}),
        )
