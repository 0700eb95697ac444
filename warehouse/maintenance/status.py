"""Status: what became of the keeper's jobs, in a small file that `./ioc status`, `./ioc doctor` and the board read."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from ingest.contract.label import Label
from ingest.runtime.durable import replace_file

ALIVE_WITHIN = timedelta(seconds=60)
"""A keeper that has not written for longer does not live."""


AnnouncedMap = Annotated[Label, BeforeValidator(lambda said: (said, said) if isinstance(said, str) else said)]
"""One line for people; what is said in one language only, as an error is, stands for both."""


class JobState(BaseModel):
    """What became of one job."""

    model_config = ConfigDict(frozen=True)

    done_at: AwareDatetime | None = None
    """When it was last done, by the install's clock."""
    tried_at: AwareDatetime | None = None
    """When it was last begun, in real time."""
    said: AnnouncedMap = Label("", "")
    """Its last line: what was done, or why not."""
    failed: bool = False
    """Whether the last try was in vain."""
    alarming: bool = False
    """Whether what it found needs a person."""


class AnnouncedRetention(BaseModel):
    """A shorter retention that would delete rows: it is carried out a day after it was first said."""

    model_config = ConfigDict(frozen=True)

    days: int
    rows: int
    since: AwareDatetime
    """Real time."""


class JobOutcome(BaseModel):
    """What became of one run of a job."""

    model_config = ConfigDict(frozen=True)

    said: AnnouncedMap
    failed: bool = False
    """Whether it was not done, and is to be tried again."""
    alarming: bool = False
    """Whether it was done, and found something that a person has to look at."""
    announced: dict[str, AnnouncedRetention] | None = None
    """Only from `retention`: what will be deleted."""


class MaintenanceState(BaseModel):
    """Everything that the keeper tells."""

    model_config = ConfigDict(frozen=True)

    looked_at: AwareDatetime = datetime.fromtimestamp(0, UTC)
    """When the keeper last did anything, in real time."""
    jobs: dict[str, JobState] = {}
    announced: dict[str, AnnouncedRetention] = {}
    """By table, what will be deleted."""

    @model_validator(mode="before")
    @classmethod
    def _as_an_earlier_version_wrote_it(cls, found: Any) -> Any:
        return {**found, "jobs": found["chores"]} if isinstance(found, dict) and "chores" in found else found

    def job(self, name: str) -> JobState:
        """What became of a job; an empty one that was never tried."""
        return self.jobs.get(name, JobState())

    def is_alive(self, now: datetime) -> bool:
        """Whether the keeper lives."""
        return abs(now - self.looked_at) < ALIVE_WITHIN


def status_path(data_folder: Path) -> Path:
    """Where the state is."""
    return data_folder / "run" / "keeper.json"


def read_state(data_folder: Path) -> MaintenanceState:
    """The state as it was last written; an empty one where there is none, or none that can be read."""
    try:
        return MaintenanceState.model_validate_json(status_path(data_folder).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError, UnicodeDecodeError):
        return MaintenanceState()


def write_state(data_folder: Path, state: MaintenanceState) -> None:
    """Replace the state in one step."""
    replace_file(status_path(data_folder), state.model_dump_json(indent=1))
