"""Quantity: the numbers and times that events carry, each with the range that its meaning gives.

A number outside its range did not happen: a loudspeaker does not play for longer than a day, and no hall holds 2^63 people. Such an
event is a dead letter, wherever it comes from. The ranges are far wider than anything a ward has seen, and narrow enough that
no sum of the warehouse can overflow (`warehouse.model.aggregate`).
"""

from datetime import UTC, datetime
from typing import Annotated

from annotated_types import Ge, Le, Lt
from pydantic import AwareDatetime, Field

EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
"""The ward began in July 2025, and what it took over is a few years old. Devices that have lost their clock begin in 1970, 2000 or 2010."""

LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""No date that anybody gives today is later; the warehouse takes this one for "never"."""

Moment = Annotated[AwareDatetime, Ge(EARLIEST), Lt(LATEST)]
"""A point in time with its zone, from `EARLIEST` until before `LATEST`."""

SecondsWithinDay = Annotated[int, Ge(0), Le(86_400)]
"""How long a broadcast plays: at most one day, after which the schedule begins anew."""

SecondsBehind = Annotated[float, Field(ge=0, le=3_200_000_000, allow_inf_nan=False)]
"""Age of the newest event of a source: at most a century, which is more than lies between `EARLIEST` and `LATEST`."""

People = Annotated[int, Ge(0), Le(10_000)]
"""How many people one camera sees in one zone; a full market square is about 2,000."""

Devices = Annotated[int, Ge(0), Le(10_000)]
"""How many loudspeakers one broadcast is meant for; the ward has 70, and a whole city some thousands."""

Repetitions = Annotated[int, Ge(0), Le(1_000)]
"""How often something was done to one ticket or dossier: a number called, a supplement asked for."""

LimitUnits = Annotated[int, Ge(0), Le(3_650)]
"""A legal limit in hours, days or working days: ten years of days. The longest that a ward has are some months."""

EventCount = Annotated[int, Ge(0), Le(1_000_000_000)]
"""How many events there were within a day, or how many dead letters wait: a day of a whole city at its peak rate."""

EventsSinceStart = Annotated[int, Ge(0), Le(1_000_000_000_000)]
"""How many events a process has sent since its start, however long ago that was; no figure is made of it."""

RowCount = Annotated[int, Ge(0), Le(10_000_000)]
"""Rows of one delivery to the city: one for each figure, window and member of a day."""

Score = Annotated[int, Ge(1), Le(5)]
"""A mark from 1 (worst) to 5 that a citizen gives."""

Percent = Annotated[int, Ge(0), Le(100)]
"""A share, for example the volume of a loudspeaker."""

Milliseconds = Annotated[int, Ge(0), Le(60_000)]
"""How long an answer took: what takes longer than a minute is no answer."""

Decibels = Annotated[int, Ge(-150), Le(0)]
"""Strength of a radio signal in dBm."""

Certainty = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""How sure a camera is of what it sees."""

Measurement = Annotated[float, Field(ge=-1_000_000_000_000, le=1_000_000_000_000, allow_inf_nan=False)]
"""What an alarm's rule measured, in the unit of the rule: an indicator's value, seconds of silence, hours until a deadline."""

DecisionNumber = Annotated[int, Ge(0), Le(1_000_000_000)]
"""How many decisions there were before about the same rule and subject: one a second for thirty years."""

ChecklistStep = Annotated[int, Ge(0), Le(99)]
"""A step of an alarm's checklist, from 0; the longest checklist has six."""

Amount = Annotated[int, Ge(-200_000_000_000), Le(200_000_000_000)]
"""What somebody enters for a period, in the smallest unit of its kind: 200,000 tỷ đồng in millions, far more than a city's budget."""

ChangesBefore = Annotated[int, Ge(0), Le(1_000_000)]
"""How often people had changed something before."""
