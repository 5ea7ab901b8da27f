"""What would happen, and why, without doing it: every rule that an intended message meets.

The same rules as in admission, asked in the same way; those that admission tells only when they
fail are told here when they pass as well.
"""

from typing import Final, assert_never

from hub.domain import actions, issuance, proposals
from hub.domain.action_effects import ActionPlan
from hub.domain.admission import Desk, Moment
from hub.domain.gates import gates_for
from hub.domain.intents import Gate, Verdict
from hub.domain.ledger import Ledger
from hub.domain.state import Interval, Policy, State
from schema.messages import ActionNotice, IssuanceNotice, TransferProposal
from schema.refusals import Refusal, precedence
from schema.refusals import RefusalCode as C

Intended = TransferProposal | ActionNotice | IssuanceNotice
"""The messages that move units or bring them about."""


class Explanation(State, frozen=True):
    """The verdict of every rule, in precedence order."""

    gates: tuple[Gate, ...]
    first_transfer: tuple[Interval, ...]
    """The serials whose first transfer it would be."""

    @property
    def would_be_applied(self) -> bool:
        """Tell whether no rule stands against it."""
        return all(gate.verdict is not Verdict.FAILED for gate in self.gates)


def explain(ledger: Ledger, message: Intended, moment: Moment, policy: Policy) -> Explanation:
    """Return what every rule says about `message` now, and change nothing."""
    unheard = _unheard(ledger, moment)
    if unheard:
        return Explanation(gates=unheard, first_transfer=())
    desk = Desk(ledger=ledger, moment=moment, policy=policy)
    plan: proposals.Plan | ActionPlan | issuance.IssuancePlan
    match message:
        case TransferProposal():
            plan, asked = proposals.plan_of(desk, message), _OF_PROPOSALS
        case ActionNotice():
            plan, asked = actions.plan_of(desk, message), _OF_ACTIONS
        case IssuanceNotice():
            plan, asked = issuance.plan_of(desk, message), _OF_ISSUANCES
        case _:
            assert_never(message)
    gates = [] if plan.intent is None else gates_for(plan.intent, ledger, policy)
    told = [*gates, *map(_failed, plan.refusals)]
    heard = {gate.rule for gate in told}
    told.extend(_passed(code) for code in _SENDER | asked if code not in heard)
    ordered = sorted(told, key=lambda gate: precedence(gate.rule))
    return Explanation(gates=tuple(ordered), first_transfer=plan.first)


def _unheard(ledger: Ledger, moment: Moment) -> tuple[Gate, ...]:
    """Return why the sender is not listened to at all."""
    registry = ledger.registries.get(moment.sender)
    if registry is None:
        words = f"{moment.sender} is not registered"
        return (Gate(rule=C.REGISTRY_UNKNOWN, verdict=Verdict.FAILED, explanation=words),)
    if registry.suspended:
        words = f"{moment.sender} is suspended"
        return (Gate(rule=C.REGISTRY_SUSPENDED, verdict=Verdict.FAILED, explanation=words),)
    return ()


def _failed(refusal: Refusal) -> Gate:
    words = refusal.detail
    if refusal.block is not None:
        block = refusal.block
        words = f"{block.registry} {block.vintage} {block.first}-{block.last}: {words}"
    return Gate(rule=refusal.code, verdict=Verdict.FAILED, explanation=words)


def _passed(code: C) -> Gate:
    return Gate(rule=code, verdict=Verdict.PASSED, explanation=_WHEN_PASSED[code])


_WHEN_PASSED: Final[dict[C, str]] = {
    C.REGISTRY_UNKNOWN: "the registries are registered",
    C.REGISTRY_SUSPENDED: "no registry concerned is suspended",
    C.SENDER_NOT_ENTITLED: "the sender may state this",
    C.TRANSFER_ID_REUSED: "the transfer id is new",
    C.NO_BLOCKS: "at least one block is named",
    C.TOO_MANY_BLOCKS: "the number of blocks is within the limit",
    C.IDENTIFIER_MALFORMED: "all identifiers are well formed",
    C.PARTY_UNKNOWN: "all Parties are known",
    C.SERIAL_OUT_OF_RANGE: "all serials are within the limits",
    C.BLOCK_RANGE_INVERTED: "every block begins before it ends",
    C.BLOCKS_OVERLAP_IN_MESSAGE: "every serial is named once",
    C.QUANTITY_MISMATCH: "quantities agree with serials",
    C.METRIC_UNIT_MISSING: "every quantity has the unit of its metric",
    C.VINTAGE_IMPLAUSIBLE: "all vintages are plausible",
    C.REGISTRY_PREFIX_FOREIGN: "the registry issues under its own code",
    C.SERIALS_ALREADY_ISSUED: "none of the serials exists",
    C.UNITS_UNKNOWN: "all serials were issued",
    C.UNITS_NOT_HELD: "the account holds all serials",
    C.UNITS_RESERVED: "no transfer has reserved any of the serials",
    C.UNITS_FROZEN: "none of the serials is disputed",
    C.UNITS_ALREADY_USED: "none of the serials was used, cancelled or retired",
    C.UNITS_NOT_FIRST_TRANSFERRED: "all serials are first transferred, by now or by this",
    C.ALREADY_FIRST_TRANSFERRED: "none of the serials was first transferred before",
    C.METRIC_DIFFERS: "the metric is that of the issuance",
    C.QUANTITY_EXCEEDS_HOLDING: "the serials carry the quantity",
    C.ACCOUNT_UNKNOWN: "the accounts are known",
    C.ACCOUNT_CLOSED: "the accounts are not closed",
    C.ACCOUNT_RESTRICTED: "the accounts are not restricted",
    C.ACCOUNT_KIND_WRONG: "the accounts are of the right kinds",
    C.ACCOUNTS_MUST_DIFFER: "the accounts differ",
    C.REGISTRIES_MUST_DIFFER: "the registries differ",
    C.COUNTERPARTY_UNKNOWN: "the other registry is registered",
    C.FIRST_TRANSFER_EVENT_DIFFERS: "the event is the one that the authorization names",
    C.DECISION_UNKNOWN: "the decision, where one is named, is recorded",
    C.DECISION_ALLOCATION_EXCEEDED: "the decision's allotment is not exceeded",
    C.YEAR_OF_USE_IMPLAUSIBLE: "the year of use is plausible",
    C.EVENT_FROM_THE_FUTURE: "the event is not dated in the future",
}
_SENDER: Final = frozenset({C.REGISTRY_UNKNOWN, C.REGISTRY_SUSPENDED})
_BLOCKS: Final = frozenset(
    {
        C.NO_BLOCKS,
        C.TOO_MANY_BLOCKS,
        C.IDENTIFIER_MALFORMED,
        C.PARTY_UNKNOWN,
        C.SERIAL_OUT_OF_RANGE,
        C.BLOCK_RANGE_INVERTED,
        C.BLOCKS_OVERLAP_IN_MESSAGE,
        C.QUANTITY_MISMATCH,
        C.METRIC_UNIT_MISSING,
        C.VINTAGE_IMPLAUSIBLE,
    }
)
_ACCOUNTS: Final = frozenset(
    {C.ACCOUNT_UNKNOWN, C.ACCOUNT_CLOSED, C.ACCOUNT_RESTRICTED, C.ACCOUNT_KIND_WRONG}
)
_UNITS: Final = frozenset(
    {
        C.UNITS_UNKNOWN,
        C.UNITS_NOT_HELD,
        C.UNITS_RESERVED,
        C.UNITS_FROZEN,
        C.UNITS_ALREADY_USED,
        C.METRIC_DIFFERS,
        C.QUANTITY_EXCEEDS_HOLDING,
    }
)
_OF_PROPOSALS: Final = (
    _BLOCKS
    | _ACCOUNTS
    | _UNITS
    | {C.TRANSFER_ID_REUSED, C.REGISTRIES_MUST_DIFFER, C.COUNTERPARTY_UNKNOWN}
)
_OF_ACTIONS: Final = (
    _BLOCKS
    | _ACCOUNTS
    | _UNITS
    | {
        C.SENDER_NOT_ENTITLED,
        C.UNITS_NOT_FIRST_TRANSFERRED,
        C.ALREADY_FIRST_TRANSFERRED,
        C.ACCOUNTS_MUST_DIFFER,
        C.FIRST_TRANSFER_EVENT_DIFFERS,
        C.YEAR_OF_USE_IMPLAUSIBLE,
        C.EVENT_FROM_THE_FUTURE,
    }
)
_OF_ISSUANCES: Final = (
    _BLOCKS
    | _ACCOUNTS
    | {
        C.SENDER_NOT_ENTITLED,
        C.REGISTRY_PREFIX_FOREIGN,
        C.SERIALS_ALREADY_ISSUED,
        C.DECISION_UNKNOWN,
        C.DECISION_ALLOCATION_EXCEEDED,
        C.EVENT_FROM_THE_FUTURE,
    }
)
