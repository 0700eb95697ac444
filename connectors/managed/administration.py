"""Administration: answers what the board asks about sources, and does what it is told, within the rules that hold for files as well."""

import base64
import binascii
import tempfile
from collections.abc import Callable, Mapping
from functools import singledispatchmethod
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from connectors.declared.declaration import InvalidDeclaration
from connectors.declared.dry_run import SampleReport, dry_run
from connectors.declared.load import load_text
from connectors.declared.mapping import declarable_events
from connectors.declared.ready import ready_texts, standing_connectors
from connectors.describe import CALENDAR, PASSWORD, SECRET, TOKEN, describe
from connectors.managed.choices import SourceChoices
from connectors.managed.declarations import DeclarationFiles
from connectors.managed.device_lists import DeviceLists
from connectors.managed.effective import key_kind
from connectors.managed.event_import import map_event_file
from connectors.managed.form import draft_form
from connectors.managed.network_scan import NetworkScan
from connectors.managed.watch import ChosenSources
from connectors.settings import SHORTEST_KEY, ConnectorsSettings, check_whsec
from ingest.administration.message import (
    AskCards,
    AskDevices,
    AskLibrary,
    AskSample,
    AskScan,
    AskText,
    DeclarationText,
    DeviceListChanges,
    DeviceTable,
    Done,
    Draft,
    DraftForm,
    FieldTrial,
    GiveDevicePassword,
    LastMessage,
    Library,
    MapFile,
    MappedFile,
    MessageTrial,
    ReadDevices,
    Redirect,
    RemoveDeclaration,
    Reveal,
    Revealed,
    Rotate,
    SampleTrial,
    SaveDeclaration,
    SaveDevices,
    ScanState,
    SetupLine,
    SourceCard,
    SourceRefused,
    SourceTrial,
    StartScan,
    Switch,
    TrySample,
    TrySource,
)
from ingest.administration.reach import ForbiddenAddress, check_reach
from ingest.contract.connector import (
    AlertStream,
    Connector,
    Context,
    DeviceProbe,
    FileDrop,
    Misdeclared,
    Poll,
    PullPoint,
    SqlTable,
    Subscription,
    Syslog,
    Webhook,
    is_asked,
)
from ingest.contract.errors import ConfigurationError, InvalidEvent, Unavailable
from ingest.contract.event import Event
from ingest.contract.events.health import SourceTested
from ingest.contract.label import Label
from ingest.mqtt.subscriber import payload_of
from ingest.probe.snmp_secret import read_secret
from ingest.runner import RunningSource
from ingest.source.mapper import MappedMessage, Mapper

EQUIPMENT = "equipment"
"""The source whose key asks by SNMP what a scan finds."""
MOST_SHOWN = 20
"""Messages of a sample that are shown one by one."""
LONGEST_SHOWN = 200
"""Characters of a value that is shown."""

_SECRETS = (SECRET, TOKEN, PASSWORD, CALENDAR)
_PLACES = ("IOC_", "<IOC_")
"""Beginnings of texts that say where a secret is to be put, and hold none."""
_WAYS: dict[type[Any], str] = {
    Webhook: "webhook", FileDrop: "files", Poll: "rest", SqlTable: "sql", Subscription: "mqtt", AlertStream: "devices",
    PullPoint: "devices", DeviceProbe: "probe", Syslog: "syslog", Misdeclared: "faulty",
}  # fmt: skip


class SourceAdministration:
    """The sources of one install.

    Args:
        data_folder: the install's.
        settings: without what is set in the browser.
        chosen: gives the sources as they are set up now.
        running: those that are read, by id.
        context: what sources are read with; an imported event is about the same dossier as theirs.
        trial: to try samples in.
        send: sends an event about a source, and returns when Kafka has it.
    """

    def __init__(
        self,
        data_folder: Path,
        settings: ConnectorsSettings,
        chosen: Callable[[], ChosenSources],
        running: Callable[[], Mapping[str, RunningSource]],
        context: Context,
        trial: Callable[[], Context],
        send: Callable[[Connector, Event], None],
    ) -> None:
        self._data_folder = data_folder
        self._settings = settings
        self._chosen = chosen
        self._running = running
        self._context = context
        self._trial = trial
        self._send = send
        self._choices = SourceChoices(data_folder)
        self._files = DeclarationFiles(data_folder)
        self._lists = DeviceLists(data_folder, settings.reachable)
        self._scan = NetworkScan(settings.reachable, lambda: chosen().settings.tokens.get(EQUIPMENT))

    def answer(self, question: BaseModel) -> Any:
        """The answer to one of `Ask`.

        Raises:
            SourceRefused: it is not done.
        """
        try:
            return self._answer(question)
        except ConfigurationError as error:
            raise SourceRefused(Label(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")) from None

    @singledispatchmethod
    def _answer(self, question: BaseModel) -> Any:
        raise TypeError(type(question).__name__)

    @_answer.register
    def _cards(self, question: AskCards) -> list[SourceCard]:
        chosen, running = self._chosen(), self._running()
        return [
            self._card(one, chosen, running.get(one.id), is_off=one in chosen.off)
            for one in (*chosen.connectors, *chosen.off)
        ]

    @_answer.register
    def _library(self, question: AskLibrary) -> Library:
        return Library(
            ready=ready_texts(), events={kind: tuple(one.model_fields) for kind, one in declarable_events().items()}
        )

    @_answer.register
    def _text(self, question: AskText) -> DeclarationText:
        return DeclarationText(text=self._files.text(question.id, question.version))

    @_answer.register
    def _sample(self, question: AskSample) -> DeclarationText:
        running = self._running().get(question.id)
        return DeclarationText(text=running.mapper.trace.sample() if running else "")

    @_answer.register
    def _revealed(self, question: Reveal) -> Revealed:
        return Revealed(setup=_setup(self._known(question.id), self._chosen().settings, with_secrets=True))

    @_answer.register
    def _rotated(self, question: Rotate) -> Done:
        connector = self._known(question.id)
        self._see_it_is_set_here(question.id, self._settings.secrets | self._settings.tokens, "SECRETS/TOKENS")
        asked = is_asked(connector.way) or isinstance(connector.way, DeviceProbe)
        if isinstance(connector.way, AlertStream | PullPoint):
            raise SourceRefused(
                Label(
                    "Mỗi thiết bị có mật khẩu riêng: hãy đặt ở thẻ Thiết bị.",
                    "Each device has a password of its own: set it under Devices.",
                )
            )
        if question.key:
            _check_given(connector, question.key)
            self._choices.give(question.id, question.key)
        elif asked or self._choices.given(question.id) is not None:
            raise SourceRefused(
                Label("Nguồn này tự đặt khóa: hãy nhập khóa của nguồn.", "This source prescribes its key: type it in.")
            )
        else:
            self._choices.make_anew(question.id)
        return Done()

    @_answer.register
    def _redirected(self, question: Redirect) -> Done:
        if not is_asked(self._known(question.id).way):
            raise SourceRefused(Label("Nguồn này không có địa chỉ để hỏi.", "This source is not asked at an address."))
        self._see_it_is_set_here(question.id, self._settings.urls, "URLS")
        url = question.url.strip()
        if url:
            _check_kind_of_url(self._known(question.id), url)
            try:
                check_reach(url, self._settings.reachable)
            except ForbiddenAddress as error:
                raise SourceRefused(error.label) from None
        self._choices.change(question.id, lambda one: one.model_copy(update={"url": url}))
        return Done()

    @_answer.register
    def _switched(self, question: Switch) -> Done:
        self._known(question.id)
        self._choices.change(question.id, lambda one: one.model_copy(update={"is_off": question.is_off}))
        return Done()

    @_answer.register
    def _tested(self, question: TrySource) -> SourceTrial:
        connector, running = self._known(question.id), self._running().get(question.id)
        last, context = running.mapper.trace.last if running else None, self._trial()
        taken = MappedMessage()
        if last is not None and last.body:
            payload = payload_of(connector.way, last.address) if isinstance(connector.way, Subscription) else None
            taken = Mapper(connector, context).take(last.body, payload=payload, address=last.address)
        made = tuple(one.data.kind for one in taken.envelopes)
        letter = taken.dead_letter
        outcome: Any = "refused" if letter else "mapped" if made else "nothing"
        mark = SourceTested(source_id=connector.id, at=context.clock.now(), outcome=outcome)
        try:
            self._send(connector, mark)
        except Unavailable:
            raise SourceRefused(
                Label("Kafka không trả lời: hãy thử lại sau.", "Kafka does not answer: try again later.")
            ) from None
        fault = f"{letter.reason_code}: {letter.error}" if letter else ""
        return SourceTrial(at=mark.at, outcome=outcome, events=made, fault=fault)

    @_answer.register
    def _draft(self, question: Draft) -> DraftForm:
        return draft_form(question)

    @_answer.register
    def _tried(self, question: TrySample) -> SampleTrial:
        try:
            connector = load_text(question.id, question.text)
            reports, is_cut = self._reports(connector, question)
        except InvalidDeclaration as error:
            raise SourceRefused(error.label) from None
        except InvalidEvent as error:
            raise SourceRefused(
                Label(f"Không đọc được tin mẫu: {error}", f"The sample cannot be read: {error}")
            ) from None
        return SampleTrial(
            messages=len(reports),
            events=sum(len(one.events) for one in reports),
            faults=sum(bool(one.fault) for one in reports),
            is_cut=is_cut,
            shown=tuple(map(_trial, reports[:MOST_SHOWN])),
        )

    @_answer.register
    def _file_mapped(self, question: MapFile) -> MappedFile:
        try:
            content = base64.b64decode(question.content, validate=True)
        except binascii.Error:
            raise SourceRefused(Label("Tệp không đến đủ.", "The file did not arrive whole.")) from None
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"events.{question.kind}"
            file.write_bytes(content)
            return map_event_file(file, self._context)

    def _reports(self, connector: Connector, question: TrySample) -> tuple[list[SampleReport], bool]:
        content = question.sample.encode()
        if question.kind == "xlsx":
            try:
                content = base64.b64decode(question.sample, validate=True)
            except binascii.Error:
                raise InvalidEvent("encoding", "the file did not arrive whole") from None
        is_table = isinstance(connector.way, FileDrop)
        with tempfile.TemporaryDirectory() as folder:
            sample = Path(folder) / f"sample.{'xlsx' if question.kind == 'xlsx' else 'csv' if is_table else 'json'}"
            sample.write_bytes(content)
            return dry_run(connector, sample, self._trial())

    @_answer.register
    def _devices(self, question: AskDevices) -> DeviceTable:
        return self._lists.table(self._known(question.id))

    @_answer.register
    def _devices_read(self, question: ReadDevices) -> DeviceTable:
        return self._lists.read(self._known(question.id), question.content, f".{question.kind}")

    @_answer.register
    def _devices_saved(self, question: SaveDevices) -> DeviceListChanges:
        connector = self._known(question.id)
        return self._lists.save(connector, question.rows, question.digest, is_trial=question.is_trial)

    @_answer.register
    def _device_password(self, question: GiveDevicePassword) -> Done:
        self._lists.give_password(self._known(question.id), question.device, question.password)
        return Done()

    @_answer.register
    def _scan_started(self, question: StartScan) -> ScanState:
        return self._scan.start(question.network)

    @_answer.register
    def _scan_state(self, question: AskScan) -> ScanState:
        return self._scan.state()

    @_answer.register
    def _saved(self, question: SaveDeclaration) -> Done:
        self._files.save(question.id, question.text, question.by)
        return Done()

    @_answer.register
    def _removed(self, question: RemoveDeclaration) -> Done:
        self._files.remove(question.id, question.by)
        return Done()

    def _known(self, id_: str) -> Connector:
        chosen = self._chosen()
        found = next((one for one in (*chosen.connectors, *chosen.off) if one.id == id_), None)
        if found is None:
            raise SourceRefused(Label(f"Không có nguồn {id_}.", f"There is no source {id_}."))
        return found

    def _see_it_is_set_here(self, id_: str, outside: Mapping[str, Any], kind: str) -> None:
        """What a variable sets is not set here: it would go before what is set here.

        Raises:
            SourceRefused: a variable sets it.
        """
        if id_ in outside:
            name = f"IOC_CONNECTORS_{kind}__{id_.upper()}"
            raise SourceRefused(
                Label(f"{name} đang đặt giá trị này: hãy đổi ở đó.", f"{name} sets it: change it there.")
            )

    def _card(
        self, connector: Connector, chosen: ChosenSources, running: RunningSource | None, *, is_off: bool
    ) -> SourceCard:
        choice, way = self._choices.of(connector.id), connector.way
        trace = running.mapper.trace if running else None
        last = trace.last if trace else None
        messages, dead_letters = trace.per_hour() if trace else (0, 0)
        status = running.source_status if running else None
        return SourceCard(
            id=connector.id,
            label=connector.label,
            guide=connector.guide,
            way=cast(Any, _WAYS.get(type(way), "other")),
            is_declared=connector.reads is not None and connector not in standing_connectors(),
            is_off=is_off,
            is_read=running is not None and not isinstance(way, Misdeclared),
            light="none" if status is None or not status.is_known else "up" if status.reachable else "down",
            cause=status.cause if status else "",
            since=status.since if status else None,
            last=LastMessage(at=last.at, events=last.events, fault=last.fault) if last else None,
            messages_per_hour=messages,
            dead_letters_per_hour=dead_letters,
            counts=dict(running.mapper.counts) if running else {},
            setup=_setup(connector, chosen.settings, with_secrets=False),
            fault=way.fault if isinstance(way, Misdeclared) else None,
            events=tuple(one.kind for one in connector.events),
            has_list=self._lists.has_list(connector),
            key=cast(Any, key_kind(connector, self._choices, self._settings)),
            rotated_at=choice.rotated_at,
            versions=self._files.versions(connector.id) if connector.reads is not None else (),
        )


def _setup(connector: Connector, settings: ConnectorsSettings, *, with_secrets: bool) -> tuple[SetupLine, ...]:
    """What the person at the device has to know; an account that a source gives is its own affair."""
    return tuple(
        SetupLine(
            label=label,
            text=text if with_secrets or label not in _SECRETS or text.startswith(_PLACES) else "",
            is_secret=label in _SECRETS and not text.startswith(_PLACES),
        )
        for label, text in describe(connector, settings)
    )


def _check_given(connector: Connector, key: str) -> None:
    """See that a key can be one of a source.

    Raises:
        SourceRefused: it cannot.
    """
    if isinstance(connector.way, Subscription) or "," in key or not key.isprintable():
        raise SourceRefused(Label("Khóa này không dùng được cho nguồn này.", "This key is of no use for this source."))
    if isinstance(connector.way, Webhook) and len(key) < SHORTEST_KEY:
        raise SourceRefused(
            Label(
                f"Khóa phải có ít nhất {SHORTEST_KEY} ký tự ngẫu nhiên.",
                f"A key has at least {SHORTEST_KEY} random characters.",
            )
        )
    if isinstance(connector.way, Webhook) and connector.way.proof.scheme == "standard_webhooks":
        check_whsec(key, "The key")
    if isinstance(connector.way, DeviceProbe):
        read_secret(key)


def _check_kind_of_url(connector: Connector, url: str) -> None:
    """See that an address is of the kind that a source is asked at.

    Raises:
        SourceRefused: it is not.
    """
    scheme, way = url.partition("://")[0], connector.way
    kind = Poll if scheme in ("http", "https") else FileDrop if scheme == "sftp" else SqlTable
    if not isinstance(way, kind):
        raise SourceRefused(
            Label(
                "Địa chỉ không đúng loại: REST cần https://…, tệp cần sftp://…, bảng dữ liệu cần postgresql+psycopg://… hoặc mysql+pymysql://…",
                "The address is of another kind: REST needs https://…, files sftp://…, a table postgresql+psycopg://… or mysql+pymysql://…",
            )
        )


def _trial(report: SampleReport) -> MessageTrial:
    return MessageTrial(
        place=report.place,
        fields=tuple(
            FieldTrial(
                event=one.event,
                field=one.field,
                found="" if one.found is None else str(one.found)[:LONGEST_SHOWN],
                value="" if one.value is None else str(one.value)[:LONGEST_SHOWN],
            )
            for one in report.fields
        ),
        dropped=tuple(report.dropped[:100]),
        events=tuple(str(one["data"]) for one in report.events[:MOST_SHOWN]),
        fault=report.fault,
    )
