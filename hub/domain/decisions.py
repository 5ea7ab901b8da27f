"""Decisions of Joint Committees: recorded once, whoever reports them, and never exceeded.

Rules: JCM rules of implementation. A project is registered, and credits are issued, by decision of
the committee of both sides; a decision on issuance allots tonnes to registries by vintage, and each
government issues its share.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from hub.domain.admission import (
    Admission,
    Desk,
    check_approach,
    check_parties,
    refused,
    speaks_for,
)
from hub.domain.state import (
    Activity,
    Case,
    CaseKind,
    Decision,
    DecisionKey,
    MovedBlock,
)
from schema.codes import DecisionKind
from schema.messages import IssuanceNotice, JointCommitteeDecision
from schema.refusals import Refusal, RefusalCode, refuse


def decide(desk: Desk, message: JointCommitteeDecision) -> Admission:
    """Record a decision; the other side's report of it must say the same, else a case opens."""
    decision = _decision_in(message)
    known = desk.ledger.decisions.get(decision.key)
    refusals = [
        *check_parties(message.first_party),
        *check_approach(desk, message.approach),
        *_entitlement(desk, message),
    ]
    if not refusals and known is not None:
        return _compare(desk, known, decision)
    if refusals:
        return refused(refusals)
    desk.ledger.decisions[decision.key] = decision
    desk.ledger.activities[message.approach, message.activity] = Activity(
        approach=message.approach,
        activity=message.activity,
        first_party=message.first_party,
        sectors=message.sectors,
        activity_types=message.activity_types,
    )
    return Admission()


def _decision_in(message: JointCommitteeDecision) -> Decision:
    allotted: Counter[tuple[str, int]] = Counter()
    if message.decision is DecisionKind.ISSUANCE:
        for allotment in message.allotments:
            allotted[allotment.registry, allotment.vintage] += allotment.tonnes
    return Decision(
        key=DecisionKey(message.approach, message.first_party, message.decision_id),
        message_id=message.message_id,
        kind=message.decision,
        activity=message.activity,
        allotted=dict(allotted),
        issued={},
    )


def _entitlement(desk: Desk, message: JointCommitteeDecision) -> Iterator[Refusal]:
    """The host, a Party that authorized the approach, or a registry that is allotted reports."""
    sender = desk.moment.sender
    own = desk.ledger.registries[sender].party
    takes_part = (
        speaks_for(desk, message.first_party)
        or (own, message.approach) in desk.ledger.approach_authorizations
        or any(allotment.registry == sender for allotment in message.allotments)
    )
    if not takes_part:
        words = f"{sender} has no part in {message.approach} with {message.first_party}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)


def _compare(desk: Desk, known: Decision, told: Decision) -> Admission:
    same = (known.kind, known.activity, known.allotted) == (
        told.kind,
        told.activity,
        told.allotted,
    )
    if same:
        return Admission()
    words = f"decision {known.key.decision_id} was recorded otherwise by message {known.message_id}"
    case = Case(
        kind=CaseKind.DECISION_DIFFERS,
        intervals=(),
        registries=tuple(
            sorted({desk.moment.sender, *(registry for registry, _ in known.allotted)})
        ),
        message_id=told.message_id,
        transfer_id=None,
        words=words,
    )
    return refused([refuse(RefusalCode.DECISION_DIFFERS, words)], case)


def _by_decision(decision_id: str, blocks: Sequence[MovedBlock]) -> dict[DecisionKey, Counter[int]]:
    """Return the tonnes of an issuance under each decision and vintage."""
    tonnes: dict[DecisionKey, Counter[int]] = {}
    for block in blocks:
        series = block.interval.series
        key = DecisionKey(series.approach, series.first_party, decision_id)
        tonnes.setdefault(key, Counter())[series.vintage] += block.interval.count
    return tonnes


def allotment_refusals(
    desk: Desk, message: IssuanceNotice, blocks: Sequence[MovedBlock]
) -> Iterator[Refusal]:
    """Yield why the decision that an issuance names does not allow it."""
    if message.decision is None:
        return
    for key, vintages in _by_decision(message.decision, blocks).items():
        decision = desk.ledger.decisions.get(key)
        if decision is None or decision.kind is not DecisionKind.ISSUANCE:
            words = f"no decision {key.decision_id} on issuance under {key.approach}"
            yield refuse(RefusalCode.DECISION_UNKNOWN, f"{words} with {key.first_party}")
            continue
        if decision.activity != message.activity:
            words = f"decision {key.decision_id} is about activity {decision.activity}"
            yield refuse(RefusalCode.DECISION_UNKNOWN, words)
        yield from _allotment_exceeded(desk.moment.sender, decision, vintages)


def _allotment_exceeded(
    registry: str, decision: Decision, vintages: Counter[int]
) -> Iterator[Refusal]:
    for vintage, tonnes in vintages.items():
        allotted = decision.allotted.get((registry, vintage), 0)
        issued = decision.issued.get((registry, vintage), 0)
        if issued + tonnes > allotted:
            yield refuse(
                RefusalCode.DECISION_ALLOCATION_EXCEEDED,
                f"{decision.key.decision_id}: {allotted} t of vintage {vintage} for {registry}, "
                f"issued {issued} t, {tonnes} t more",
            )


def record_allotments(desk: Desk, message: IssuanceNotice, blocks: Sequence[MovedBlock]) -> None:
    """Count an issuance under the decision that it names."""
    if message.decision is None:
        return
    for key, vintages in _by_decision(message.decision, blocks).items():
        decision = desk.ledger.decisions[key]
        issued = Counter(decision.issued)
        issued.update(
            {(desk.moment.sender, vintage): tonnes for vintage, tonnes in vintages.items()}
        )
        desk.ledger.decisions[key] = msgspec.structs.replace(decision, issued=dict(issued))
    for block in blocks:
        series = block.interval.series
        key = DecisionKey(series.approach, series.first_party, message.decision)
        desk.ledger.issued_under.setdefault(key, []).append(block.interval)
