"""Alarm: what the alarm process decided, what people did about it on the board, and whom it has told.

A decision is made by one process; its `number` counts the decisions about one rule and subject, and its id follows from the three, so
that two processes that decide at once write the same id. Who reads them in the order of the log knows what every alarm is.
"""

from typing import Annotated, ClassVar, Literal

from annotated_types import Len

from ingest.contract.code import AccountName, AlarmRef, Assignee, Comment, DeviceName, Reference, Word
from ingest.contract.event import Event
from ingest.contract.label import Label
from ingest.contract.quantity import ChecklistStep, DecisionNumber, Measurement, Moment


class _Alarm(Event):
    """What every event of an alarm carries."""

    stream: ClassVar[str] = "alarm"
    about: ClassVar[str] = "alarm_ref"

    alarm_ref: AlarmRef
    """The id of the event that raised it."""
    rule: Word
    member: Reference | None = None
    """What the rule is about: a source, a service, a stream; none where it has one subject."""
    severity: Literal["warning", "critical"]
    """Of a decision: what the alarm is after it. Of what people do: what they saw."""
    at: Moment


class _Decision(_Alarm):
    """What every decision carries."""

    number: DecisionNumber
    value: Measurement
    """What was measured; 0 where it is not known."""


class AlarmRaised(_Decision):
    """A value was beyond a limit for long enough."""

    kind: ClassVar[str] = "alarm.raised"
    label: ClassVar[Label] = Label("Cảnh báo phát sinh", "Alarm raised")

    names: Annotated[list[DeviceName], Len(max_length=64)] = []  # noqa: RUF012 - pydantic copies it
    """The members behind the value that are named, for example areas."""


class AlarmRisen(_Decision):
    """It got worse."""

    kind: ClassVar[str] = "alarm.risen"
    label: ClassVar[Label] = Label("Cảnh báo tăng mức", "Alarm got worse")

    names: Annotated[list[DeviceName], Len(max_length=64)] = []  # noqa: RUF012 - pydantic copies it


class AlarmEscalated(_Decision):
    """Nobody has acknowledged it in time."""

    kind: ClassVar[str] = "alarm.escalated"
    label: ClassVar[Label] = Label("Cảnh báo chuyển cấp trên", "Alarm escalated")


class AlarmCleared(_Decision):
    """The value has been back for long enough, or the rule is gone."""

    kind: ClassVar[str] = "alarm.cleared"
    label: ClassVar[Label] = Label("Cảnh báo kết thúc", "Alarm cleared")

    cause_code: Literal["value", "superseded"] = "value"


class _Act(_Alarm):
    """What everything carries that people do."""

    who: AccountName


class AlarmAcknowledged(_Act):
    """Somebody has seen it."""

    kind: ClassVar[str] = "alarm.acknowledged"
    label: ClassVar[Label] = Label("Nhận cảnh báo", "Alarm acknowledged")


class AlarmAssigned(_Act):
    """It was given to a team or a person."""

    kind: ClassVar[str] = "alarm.assigned"
    label: ClassVar[Label] = Label("Giao cảnh báo", "Alarm assigned")

    to: Assignee


class AlarmCommented(_Act):
    """Somebody wrote a comment; it stays in the ward."""

    kind: ClassVar[str] = "alarm.commented"
    label: ClassVar[Label] = Label("Ghi chú vào cảnh báo", "Alarm commented")

    comment: Comment


class AlarmStepTicked(_Act):
    """A step of the checklist is done."""

    kind: ClassVar[str] = "alarm.ticked"
    label: ClassVar[Label] = Label("Xong một bước xử lý cảnh báo", "Step of an alarm done")

    step: ChecklistStep


class AlarmStepUnticked(_Act):
    """A step is not done after all."""

    kind: ClassVar[str] = "alarm.unticked"
    label: ClassVar[Label] = Label("Bỏ đánh dấu một bước xử lý cảnh báo", "Step of an alarm not done after all")

    step: ChecklistStep


class _Delivery(_Alarm):
    """What came of one message by one channel."""

    act_ref: AlarmRef
    """The event that was told; with the channel it is the message's id, which the receiver gets."""
    channel: Word


class AlarmTold(_Delivery):
    """The receiver has it."""

    kind: ClassVar[str] = "alarm.told"
    label: ClassVar[Label] = Label("Đã gửi tin cảnh báo", "Alarm message delivered")


class AlarmNotTold(_Delivery):
    """It is not sent any more."""

    kind: ClassVar[str] = "alarm.not_told"
    label: ClassVar[Label] = Label("Thôi gửi tin cảnh báo", "Alarm message given up")

    cause_code: Word


class _Channel(Event):
    """What both ends of a channel's fault carry."""

    stream: ClassVar[str] = "alarm"
    about: ClassVar[str] = "channel"

    channel: Word
    at: Moment


class ChannelFailed(_Channel):
    """Messages do not get through by a channel."""

    kind: ClassVar[str] = "channel.failed"
    label: ClassVar[Label] = Label("Kênh nhận tin hỏng", "Message channel failed")

    cause_code: Word


class ChannelRestored(_Channel):
    """They do again."""

    kind: ClassVar[str] = "channel.restored"
    label: ClassVar[Label] = Label("Kênh nhận tin hoạt động lại", "Message channel restored")
