"""Records that move no unit: accounts, authorizations, decisions and initial reports.

Rules: decision 4/CMA.6 paras. 2-5 (authorization, its versions), decision 2/CMA.3 annex para. 18
(initial report), JCM rules of implementation (decisions of the Joint Committee).
"""

from collections import Counter
from collections.abc import Iterator

import msgspec

from hub.domain.admission import Admission, Desk, refused
from hub.domain.ledger import Ledger
from hub.domain.state import (
    Account,
    AccountKey,
    Authorization,
    AuthorizationKey,
    Decision,
    InitialReport,
)
from schema.authorization import AuthorizationRecord
from schema.codes import (
    AccountStatus,
    AuthorizationStatus,
    AuthorizationStep,
    DecisionKind,
)
from schema.identifiers import IdentifierError, parse_approach_id, parse_party_id
from schema.messages import (
    AccountNotice,
    AuthorizationNotice,
    InitialReportNotice,
    JointCommitteeDecision,
)
from schema.refusals import Refusal, RefusalCode, refuse


def announce_account(desk: Desk, message: AccountNotice) -> Admission:
    """Record an account of the sender, or its new status; its kind never changes."""
    key = AccountKey(desk.moment.sender, message.account)
    known = desk.ledger.accounts.get(key)
    if known is not None and known.status is AccountStatus.CLOSED:
        return refused([refuse(RefusalCode.ACCOUNT_CLOSED, f"account {key.account} is closed")])
    if known is not None and known.kind is not message.account_kind:
        words = f"account {key.account} is a {known.kind} account"
        return refused([refuse(RefusalCode.ACCOUNT_KIND_WRONG, words)])
    malformed = list(_party_refusals(message.holder_party))
    if malformed:
        return refused(malformed)
    desk.ledger.accounts[key] = Account(
        key=key,
        kind=message.account_kind,
        status=message.status,
        holder_party=message.holder_party,
        holder_entity=message.holder_entity,
    )
    return Admission()


def _party_refusals(*parties: str) -> Iterator[Refusal]:
    for party in parties:
        try:
            parse_party_id(party)
        except IdentifierError as error:
            yield refuse(RefusalCode.PARTY_UNKNOWN, str(error))


def _approach_refusals(desk: Desk, approach: str) -> Iterator[Refusal]:
    try:
        parse_approach_id(approach)
    except IdentifierError as error:
        yield refuse(RefusalCode.IDENTIFIER_MALFORMED, str(error))
        return
    known = desk.policy.known_approaches
    if known is not None and approach not in known:
        yield refuse(RefusalCode.APPROACH_UNKNOWN, f"{approach} is not on the operator's list")


def authorize(desk: Desk, message: AuthorizationNotice) -> Admission:
    """Record a version of an authorization of the sender's Party."""
    record = message.authorization
    key = AuthorizationKey(record.party, record.authorization_id)
    known = desk.ledger.authorizations.get(key)
    refusals = [
        *_party_refusals(record.party, *record.elements.parties),
        *_approach_refusals(desk, record.elements.approach),
        *_entitlement(desk, record),
        *_sequence(known, record),
        *_confirmation(desk.ledger, record),
        *_change_refusals(known, record),
    ]
    if refusals:
        return refused(refusals)
    authorization = Authorization(
        key=key,
        record=record,
        message_id=message.message_id,
        recorded_at=desk.moment.received_at,
    )
    if known is not None:
        authorization = msgspec.structs.replace(
            authorization,
            issued=known.issued,
            first_transferred=known.first_transferred,
            first_transfer_reserved=known.first_transfer_reserved,
            used=known.used,
        )
    desk.ledger.authorizations[key] = authorization
    _point_to_approach(desk.ledger, authorization)
    return Admission()


def authorizes_approach(record: AuthorizationRecord) -> bool:
    """Tell whether this record is the authorization of the cooperative approach itself."""
    return record.status is AuthorizationStatus.IN_FORCE and record.step in {
        AuthorizationStep.APPROACH,
        AuthorizationStep.CONSOLIDATED,
    }


def _point_to_approach(ledger: Ledger, authorization: Authorization) -> None:
    place = (authorization.record.party, authorization.record.elements.approach)
    if authorizes_approach(authorization.record):
        ledger.approach_authorizations[place] = authorization.key
    elif ledger.approach_authorizations.get(place) == authorization.key:
        del ledger.approach_authorizations[place]


def _entitlement(desk: Desk, record: AuthorizationRecord) -> Iterator[Refusal]:
    party = desk.ledger.registries[desk.moment.sender].party
    if party != record.party:
        words = f"{desk.moment.sender} speaks for {party}, not for {record.party}"
        yield refuse(RefusalCode.SENDER_NOT_ENTITLED, words)


def _sequence(known: Authorization | None, record: AuthorizationRecord) -> Iterator[Refusal]:
    expected = 1 if known is None else known.record.version + 1
    if record.version != expected:
        words = f"version {record.version}, expected {expected}"
        yield refuse(RefusalCode.VERSION_OUT_OF_SEQUENCE, words)


def _confirmation(ledger: Ledger, record: AuthorizationRecord) -> Iterator[Refusal]:
    """Step 2b confirms the estimate of a 2a and cites the decision on issuance."""
    if record.step is not AuthorizationStep.ACTUAL_QUANTITY:
        return
    estimate = (
        None
        if record.confirms is None
        else ledger.authorizations.get(AuthorizationKey(record.party, record.confirms))
    )
    if estimate is None or estimate.record.step is not AuthorizationStep.ESTIMATED_QUANTITY:
        yield refuse(RefusalCode.AUTHORIZATION_UNKNOWN, f"no step 2a {record.confirms!r}")
    else:
        ceiling = estimate.record.elements.quantity
        quantity = record.elements.quantity
        if ceiling is not None and (quantity is None or quantity > ceiling):
            words = f"2b authorizes {quantity} t, the estimate of 2a was {ceiling} t"
            yield refuse(RefusalCode.AUTHORIZED_QUANTITY_EXCEEDED, words)
    decision = None if record.decision is None else ledger.decisions.get(record.decision)
    if record.decision is not None and decision is None:
        yield refuse(RefusalCode.DECISION_UNKNOWN, f"no decision {record.decision}")


def _change_refusals(known: Authorization | None, record: AuthorizationRecord) -> Iterator[Refusal]:
    """A change needs a reason; one that touches first transferred units a declared ground too."""
    if known is None:
        return
    touched = known.first_transferred > 0 and _touches_first_transferred(known, record)
    if record.approval is None or not record.approval.reason:
        yield refuse(RefusalCode.SECOND_APPROVER_MISSING, "a new version needs a reason")
        return
    approvers = record.approval.approvers
    if len(set(approvers)) != len(approvers):
        yield refuse(RefusalCode.APPROVERS_NOT_DISTINCT, "an approver is named twice")
    if not touched:
        return
    declared = {ground.ground for ground in known.record.elements.change_grounds}
    if record.approval.ground is None:
        words = f"{known.first_transferred} t were first transferred under this authorization"
        yield refuse(RefusalCode.CHANGE_TOUCHES_FIRST_TRANSFERRED, words)
    elif record.approval.ground not in declared:
        words = f"ground {record.approval.ground!r} was not declared in element (g)"
        yield refuse(RefusalCode.CHANGE_GROUND_NOT_DECLARED, words)
    if len(set(approvers)) < 2:  # noqa: PLR2004 - two approvers
        yield refuse(RefusalCode.SECOND_APPROVER_MISSING, "two approvers are needed")


def _touches_first_transferred(known: Authorization, record: AuthorizationRecord) -> bool:
    """Tell whether less than what was first transferred would remain authorized."""
    quantity = record.elements.quantity
    narrower = quantity is not None and quantity < known.first_transferred
    return record.status is AuthorizationStatus.REVOKED or narrower


def decide(desk: Desk, message: JointCommitteeDecision) -> Admission:
    """Record a decision of a Joint Committee; either side's registry may send it, once."""
    if message.message_id in desk.ledger.decisions:
        return Admission()
    refusals = [
        *_party_refusals(message.first_party),
        *_approach_refusals(desk, message.approach),
    ]
    if refusals:
        return refused(refusals)
    allotted: Counter[tuple[str, int]] = Counter()
    if message.decision is DecisionKind.ISSUANCE:
        for allotment in message.allotments:
            allotted[allotment.registry, allotment.vintage] += allotment.tonnes
    desk.ledger.decisions[message.message_id] = Decision(
        message_id=message.message_id,
        decision_id=message.decision_id,
        kind=message.decision,
        approach=message.approach,
        first_party=message.first_party,
        activity=message.activity,
        allotted=dict(allotted),
        issued={},
    )
    return Admission()


def report_initially(desk: Desk, message: InitialReportNotice) -> Admission:
    """Record that the sender's Party has submitted its initial report on an approach."""
    party = desk.ledger.registries[desk.moment.sender].party
    if party != message.party:
        words = f"{desk.moment.sender} speaks for {party}, not for {message.party}"
        return refused([refuse(RefusalCode.SENDER_NOT_ENTITLED, words)])
    malformed = list(_approach_refusals(desk, message.approach))
    if malformed:
        return refused(malformed)
    desk.ledger.initial_reports[message.party, message.approach] = InitialReport(
        party=message.party,
        approach=message.approach,
        submitted_on=message.submitted_on.isoformat(),
    )
    return Admission()
