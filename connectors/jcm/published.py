"""What the scheme publishes, as typed values: projects, methodologies, notices of issuance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from connectors.declarative.dates import Period
from connectors.declarative.load import Loaded
from connectors.declarative.records import Record, RecordKind, Value
from schema.formats.parsed import ParsedIdentifier

_Type = TypeVar("_Type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project as published."""

    number: str
    host: str
    """Alpha-3, as the AEF needs it."""
    title: str
    status: str
    """Registered, in validation, withdrawn; another word is kept as it is published."""
    registered_on: date | None
    host_participants: tuple[str, ...]
    japanese_participants: tuple[str, ...]
    methodologies: tuple[str, ...]
    """With version, as published: `VN_AM007 Ver1.0`."""
    location: tuple[str, ...]
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Methodology:
    """A methodology as published."""

    number: str
    host: str
    title: str
    status: str
    version: str
    approved_on: date | None
    proposals: tuple[str, ...]
    sectoral_scope: str
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notified amount, and what was issued of it: a statement, for nobody's account."""

    project: str
    title: str
    monitored: Period
    decided_on: date | None
    party: str
    notified: int
    """Whole tonnes."""
    issued: int | None
    """None: not published, which is not zero."""
    issued_on: date | None
    project_total: int | None
    """Of the whole project over all time; never to be added up over rows."""
    source: str
    row: int

    @property
    def issued_before_decided(self) -> bool:
        """Whether the row contradicts itself: issued before there was a decision to issue."""
        known = self.issued_on is not None and self.decided_on is not None
        return known and self.issued_on < self.decided_on  # type: ignore[operator]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that two published tables say differently, or that one alone cannot tell."""

    about: str
    words: str


def projects_of(loaded: Loaded) -> tuple[Project, ...]:
    """Return the projects of a loaded table."""
    return tuple(
        Project(
            number=_number(record, "project"),
            host=_text(record, "host_party"),
            title=_text(record, "title"),
            status=_text(record, "status"),
            registered_on=_one(record, "registered_on", date),
            host_participants=_texts(record, "host_participants"),
            japanese_participants=_texts(record, "other_participants"),
            methodologies=_texts(record, "methodologies"),
            location=_texts(record, "location"),
            row=record.row,
        )
        for record in _of_kind(loaded, RecordKind.PROJECT)
    )


def methodologies_of(loaded: Loaded) -> tuple[Methodology, ...]:
    """Return the methodologies of a loaded table."""
    return tuple(
        Methodology(
            number=_number(record, "methodology"),
            host=_text(record, "host_party"),
            title=_text(record, "title"),
            status=_text(record, "status"),
            version=_text(record, "version"),
            approved_on=_one(record, "approved_on", date),
            proposals=_texts(record, "proposals"),
            sectoral_scope=_text(record, "sectoral_scope"),
            row=record.row,
        )
        for record in _of_kind(loaded, RecordKind.METHODOLOGY)
    )


def notices_of(loaded: Loaded) -> tuple[Notice, ...]:
    """Return the notices of issuance of a loaded table."""
    notices: list[Notice] = []
    for record in _of_kind(loaded, RecordKind.ISSUANCE):
        monitored = _one(record, "monitored", Period)
        notified = _one(record, "notified", int)
        assert monitored is not None, "the description requires it"
        assert notified is not None, "the description requires it"
        notices.append(
            Notice(
                project=_number(record, "project"),
                title=_text(record, "title"),
                monitored=monitored,
                decided_on=_one(record, "decided_on", date),
                party=_text(record, "party"),
                notified=notified,
                issued=_one(record, "issued", int),
                issued_on=_one(record, "issued_on", date),
                project_total=_one(record, "project_total", int),
                source=_text(record, "source"),
                row=record.row,
            )
        )
    return tuple(notices)


def compare_tables(
    projects: Iterable[Project], methodologies: Iterable[Methodology], notices: Iterable[Notice]
) -> tuple[Remark, ...]:
    """Say what one table names and another does not have, and where they differ."""
    by_number: Mapping[str, Project] = {project.number: project for project in projects}
    known = {methodology.number for methodology in methodologies}
    remarks: list[Remark] = []
    for project in by_number.values():
        for named in project.methodologies:
            number = named.partition(" ")[0]
            if number not in known:
                remarks.append(Remark(about=project.number, words=f"{number} is not in the table"))
        if project.status == "registered" and project.registered_on is None:
            remarks.append(Remark(about=project.number, words="registered, without a date"))
    for notice in notices:
        issuing = by_number.get(notice.project)
        if issuing is None:
            remarks.append(Remark(about=notice.project, words="issuance of an unknown project"))
        elif issuing.title.casefold() != notice.title.casefold():
            remarks.append(Remark(about=notice.project, words="two titles"))
    return tuple(dict.fromkeys(remarks))


def _of_kind(loaded: Loaded, kind: RecordKind) -> Iterable[Record]:
    assert loaded.report.record == kind, f"a table of {kind} is wanted"
    return loaded.records


def _one(record: Record, name: str, wanted: type[_Type]) -> _Type | None:
    value = record.values.get(name)
    if value is None:
        return None
    assert isinstance(value, wanted), f"{name} is of the type that its field has"
    return value


def _number(record: Record, name: str) -> str:
    value = record.values.get(name)
    assert isinstance(value, ParsedIdentifier), "the description requires it"
    return value.raw.strip()


def _text(record: Record, name: str) -> str:
    return _plain(record.values.get(name))


def _texts(record: Record, name: str) -> tuple[str, ...]:
    value = record.values.get(name)
    return tuple(_plain(each) for each in value) if isinstance(value, tuple) else ()


def _plain(value: Value) -> str:
    if isinstance(value, ParsedIdentifier):
        return value.raw.strip()
    return "" if value is None else str(value)
