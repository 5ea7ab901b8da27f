"""From notices of issuance to the decisions of the Joint Committee that they report.

A decision allots amounts to registries by vintage. It gives nobody units: no serial numbers are
published, and none are made here. A row that contradicts itself is set aside with its tonnes, so
that decided plus set aside is what was notified.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid5

import msgspec

from connectors.jcm.published import Notice, Remark
from connectors.jcm.vintages import Basis, VintageSplit, split_by_days
from schema.codec import encode_body
from schema.codes import DecisionKind
from schema.messages import Allotment, JointCommitteeDecision

NAMESPACE: Final = UUID("5f0b6c86-6d0b-5f0e-9a51-3f6d4b0c1a2e")
"""The same published decision gets the same id, however often it is read; a changed one another."""

Split = Callable[[Notice], VintageSplit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """What the tables do not say: the approach, and which registry keeps each Party's share."""

    approach: str
    registries: Mapping[str, str]
    """Party to registry, such as `JPN` to `JPN01`."""
    hosts: Mapping[str, str]
    """Project number to its host Party."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A notice that no decision was made of, and why."""

    notice: Notice
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What was understood; `tonnes` of the decisions plus those set aside is what was notified."""

    decisions: tuple[JointCommitteeDecision, ...]
    set_aside: tuple[SetAside, ...]
    remarks: tuple[Remark, ...]

    @property
    def tonnes_decided(self) -> int:
        """Whole tonnes in all allotments."""
        return sum(
            allotment.tonnes for decision in self.decisions for allotment in decision.allotments
        )

    @property
    def tonnes_set_aside(self) -> int:
        """Whole tonnes of the notices set aside."""
        return sum(each.notice.notified for each in self.set_aside)


def by_days(notice: Notice) -> VintageSplit:
    """Split a notice over its years by days: our reading, where the scheme states no split."""
    return split_by_days(notice.notified, notice.monitored.first, notice.monitored.last)


def decisions_of(notices: Sequence[Notice], scheme: Scheme, *, split: Split = by_days) -> Decisions:
    """Put the notices of one decision together."""
    groups: dict[tuple[str, date, date, date], list[Notice]] = defaultdict(list)
    set_aside: list[SetAside] = []
    for notice in notices:
        words = _doubt(notice, scheme)
        if words is not None or notice.decided_on is None:
            set_aside.append(SetAside(notice=notice, words=words or "no date of decision"))
            continue
        key = (notice.project, notice.decided_on, *notice.monitored)
        groups[key].append(notice)
    return Decisions(
        decisions=tuple(_decision(group, scheme, split) for group in groups.values()),
        set_aside=tuple(set_aside),
        remarks=tuple(_remarks(notices, split)),
    )


def _doubt(notice: Notice, scheme: Scheme) -> str | None:
    if notice.issued_before_decided:
        return f"issued on {notice.issued_on}, decided on {notice.decided_on}: of another decision"
    if notice.party not in scheme.registries:
        return f"no registry is known for {notice.party}"
    if notice.project not in scheme.hosts:
        return f"the host of {notice.project} is not known"
    return None


def _decision(notices: Sequence[Notice], scheme: Scheme, split: Split) -> JointCommitteeDecision:
    first = notices[0]
    assert first.decided_on is not None, "others were set aside"
    period = f"{first.monitored.first.isoformat()}/{first.monitored.last.isoformat()}"
    decision_id = f"{first.project}-{first.decided_on.isoformat()}-{period}"
    allotted: dict[tuple[str, int], int] = defaultdict(int)
    for notice in notices:
        for share in split(notice).shares:
            allotted[scheme.registries[notice.party], share.vintage] += share.tonnes
    decision = JointCommitteeDecision(
        message_id=NAMESPACE,
        decision_id=decision_id,
        decision=DecisionKind.ISSUANCE,
        approach=scheme.approach,
        first_party=scheme.hosts[first.project],
        activity=first.project,
        activity_title=first.title or first.project,
        sectors=(),
        activity_types=(),
        decided_on=first.decided_on,
        period_from=first.monitored.first,
        period_to=first.monitored.last,
        allotments=tuple(
            Allotment(registry=registry, vintage=vintage, tonnes=tonnes)
            for (registry, vintage), tonnes in sorted(allotted.items())
            if tonnes
        ),
        source=first.source,
    )
    told = encode_body(decision).decode()
    return msgspec.structs.replace(decision, message_id=uuid5(NAMESPACE, told))


def _remarks(notices: Iterable[Notice], split: Split) -> Iterable[Remark]:
    totals: dict[str, set[int]] = defaultdict(set)
    sums: dict[str, int] = defaultdict(int)
    for notice in notices:
        sums[notice.project] += notice.notified
        if notice.project_total is not None:
            totals[notice.project].add(notice.project_total)
        if notice.issued is None:
            words = f"{notice.party} has not published its issuance of {notice.notified} t"
            yield Remark(about=notice.project, words=words)
        elif notice.issued != notice.notified:
            words = f"{notice.party}: {notice.notified} t notified, {notice.issued} t issued"
            yield Remark(about=notice.project, words=words)
        if split(notice).basis is Basis.DAYS:
            words = f"{notice.party}: {notice.notified} t are spread over years by days"
            yield Remark(about=notice.project, words=words)
    for project, stated in totals.items():
        if stated != {sums[project]}:
            words = f"the notices add up to {sums[project]} t, the total stated is {sorted(stated)}"
            yield Remark(about=project, words=words)
