"""Issuance: every reason to refuse it."""

from datetime import date, timedelta
from typing import Any

from schema.codes import (
    AccountKind,
    AccountStatus,
    AuthorizationStep,
    DecisionKind,
    FirstTransferForOimp,
    Metric,
    RegistryKind,
)
from schema.messages import IssuedBlock
from schema.refusals import RefusalCode as C
from schema.wire import MAX_BLOCKS
from tests.builders import (
    HOST_REGISTRY,
    NOW,
    account_notice,
    authorization_notice,
    authorization_record,
    dates,
    elements,
    first_transfer_definition,
    issuance_notice,
    issued_block,
    joint_committee_decision,
    unit_block,
)
from tests.domain.federation import OPERATOR, THIRD_REGISTRY
from tests.domain.refusal_tables.row import Prepare, Table, account, applied, policy, registry

TABLE = Table(good=lambda _: issuance_notice(blocks=(issued_block(101, 200),)))
PLAIN: dict[str, Any] = {"authorization_party": None, "authorization_id": None}
MEGAWATT_HOURS: dict[str, Any] = {"metric": Metric.NON_GHG, "unit": "MWh"}


def block(first: int = 101, last: int = 200, **fields: Any) -> tuple[IssuedBlock, ...]:
    return (issued_block(block=unit_block(first, last, **fields)),)


def authorized(**fields: Any) -> tuple[Prepare, dict[str, Any]]:
    """A second authorization with other elements, and the fields that name it."""
    record = {name: fields.pop(name) for name in ("step", "activity") if name in fields}
    notice = authorization_notice(
        authorization=authorization_record(
            authorization_id="OTHER", elements=elements(**fields), **record
        )
    )
    return applied(HOST_REGISTRY, lambda: notice), {"authorization_id": "OTHER"}


def decided(**fields: Any) -> Prepare:
    return applied(HOST_REGISTRY, lambda: joint_committee_decision(**fields))


DECISION: dict[str, Any] = {"decision": "JC-MN-2025-01"}
_too_late, _named_late = authorized(dates=dates(last_issuance=date(2026, 3, 1)))
_energy, _named_energy = authorized(sectors=("Transport",))
_type, _named_type = authorized(activity_types=("Biogas",))
_small, _named_small = authorized(quantity=99)
_old, _named_old = authorized(vintages=(2022,))
_power, _named_power = authorized(metric=Metric.NON_GHG, non_ghg_unit="kWh")
_approach, _named_approach = authorized(step=AuthorizationStep.APPROACH, uses=None)
_project, _named_project = authorized(activity="MN001")
_at_issuance, _named_at_issuance = authorized(
    first_transfer=first_transfer_definition(for_oimp=FirstTransferForOimp.ISSUANCE)
)

ROWS = (
    TABLE.fine("units are issued under an authorization"),
    TABLE.fine("credits are issued without an authorization", **PLAIN),
    TABLE.fine(
        "credits of 2017 are issued that can never be ITMOs", **PLAIN, blocks=block(vintage=2017)
    ),
    TABLE.fine(
        "a share of a decision is issued, and no more than the share",
        decided(),
        **DECISION,
        blocks=block(1_001, 2_000),
    ),
    # sender
    TABLE.row("an unknown registry issues", C.REGISTRY_UNKNOWN, sender="KEN02"),
    TABLE.row(
        "a suspended registry issues",
        C.REGISTRY_SUSPENDED,
        registry(HOST_REGISTRY, suspended=True),
    ),
    TABLE.row(
        "another Party's mitigation is issued without its authorization",
        C.SENDER_NOT_ENTITLED,
        **PLAIN,
        blocks=block(first_party="KEN"),
    ),
    TABLE.fine(
        "the mechanism registry issues for any host",
        registry(HOST_REGISTRY, kind=RegistryKind.MECHANISM),
        **PLAIN,
        blocks=block(first_party="KEN"),
    ),
    # identifiers
    TABLE.row("no block is named", C.NO_BLOCKS, blocks=()),
    TABLE.row(
        "more blocks are named than allowed",
        C.TOO_MANY_BLOCKS,
        blocks=tuple(issued_block(n, n) for n in range(101, 102 + MAX_BLOCKS)),
    ),
    TABLE.row(
        "the approach has five digits", C.IDENTIFIER_MALFORMED, blocks=block(approach="CA00071")
    ),
    TABLE.row(
        "the registry is no registry id", C.IDENTIFIER_MALFORMED, blocks=block(registry="MNG1")
    ),
    TABLE.row(
        "the Party is written in lower case",
        C.IDENTIFIER_MALFORMED,
        blocks=block(first_party="mng"),
    ),
    TABLE.row("the Party is unknown", C.PARTY_UNKNOWN, blocks=block(first_party="MNX")),
    TABLE.row("a serial is zero", C.SERIAL_OUT_OF_RANGE, blocks=block(0, 5)),
    TABLE.row("a serial is 2^40", C.SERIAL_OUT_OF_RANGE, blocks=block(101, 2**40)),
    TABLE.row("the last serial is below the first", C.BLOCK_RANGE_INVERTED, blocks=block(200, 101)),
    TABLE.row(
        "two blocks share a serial",
        C.BLOCKS_OVERLAP_IN_MESSAGE,
        blocks=(*block(101, 150), *block(150, 200)),
    ),
    TABLE.row(
        "a block lies inside an earlier, longer one",
        C.BLOCKS_OVERLAP_IN_MESSAGE,
        blocks=(*block(101, 200), *block(120, 130)),
    ),
    TABLE.fine("equal serials of two vintages", blocks=(*block(), *block(vintage=2022))),
    TABLE.row(
        "the quantity is not the number of serials",
        C.QUANTITY_MISMATCH,
        blocks=block(quantity="99"),
    ),
    TABLE.row(
        "a non-GHG quantity is zero",
        (C.QUANTITY_MISMATCH),
        **PLAIN,
        blocks=block(**MEGAWATT_HOURS, quantity="0"),
    ),
    TABLE.row(
        "a non-GHG quantity leaves a remainder when it is shared out",
        C.QUANTITY_MISMATCH,
        **PLAIN,
        blocks=block(101, 103, **MEGAWATT_HOURS, quantity="1"),
    ),
    TABLE.fine(
        "a non-GHG quantity comes out even",
        **PLAIN,
        blocks=block(101, 104, **MEGAWATT_HOURS, quantity="1.5"),
    ),
    TABLE.row("a GHG block has another unit", C.METRIC_UNIT_MISSING, blocks=block(unit="MWh")),
    TABLE.row(
        "a non-GHG block has no unit",
        C.METRIC_UNIT_MISSING,
        blocks=block(metric=Metric.NON_GHG, unit=""),
    ),
    TABLE.row(
        "a non-GHG block is in tCO2e", C.METRIC_UNIT_MISSING, blocks=block(metric=Metric.NON_GHG)
    ),
    TABLE.row("the vintage lies in the future", C.VINTAGE_IMPLAUSIBLE, blocks=block(vintage=2027)),
    TABLE.row("the vintage lies before 1990", C.VINTAGE_IMPLAUSIBLE, blocks=block(vintage=1989)),
    TABLE.row("the vintage has three digits", C.VINTAGE_IMPLAUSIBLE, blocks=block(vintage=202)),
    TABLE.row(
        "a registry issues under another registry's code",
        C.REGISTRY_PREFIX_FOREIGN,
        blocks=block(registry="JPN01"),
    ),
    # holdings
    TABLE.row("the serials exist", C.SERIALS_ALREADY_ISSUED, blocks=block(100, 200)),
    # accounts
    TABLE.row("the account is unknown", C.ACCOUNT_UNKNOWN, account="MN-999"),
    TABLE.row(
        "the account is closed",
        C.ACCOUNT_CLOSED,
        account(HOST_REGISTRY, "MN-100", AccountStatus.CLOSED),
    ),
    TABLE.row(
        "the account is restricted",
        C.ACCOUNT_RESTRICTED,
        account(HOST_REGISTRY, "MN-100", AccountStatus.RESTRICTED),
    ),
    TABLE.fine(
        "the account may only receive",
        account(HOST_REGISTRY, "MN-100", AccountStatus.RECEIVE_ONLY),
    ),
    TABLE.row("units are born into a cancellation account", C.ACCOUNT_KIND_WRONG, account="MN-230"),
    TABLE.fine("units are born into a pending account", account="MN-110"),
    # authorization
    TABLE.row(
        "mitigation of 2020 is authorized as an ITMO",
        (C.VINTAGE_BEFORE_2021, C.VINTAGE_NOT_AUTHORIZED),
        blocks=block(vintage=2020),
    ),
    TABLE.row("the authorization is unknown", C.AUTHORIZATION_UNKNOWN, authorization_id="NONE"),
    TABLE.row(
        "the authorization is named by halves", C.AUTHORIZATION_UNKNOWN, authorization_party=None
    ),
    TABLE.row(
        "the authorization is of the approach alone",
        C.PURPOSE_NOT_AUTHORIZED,
        _approach,
        **_named_approach,
    ),
    TABLE.row("the vintage is not authorized", C.VINTAGE_NOT_AUTHORIZED, _old, **_named_old),
    TABLE.row(
        "the authorization is for another metric", C.METRIC_NOT_AUTHORIZED, _power, **_named_power
    ),
    TABLE.row(
        "the authorization is for another unit",
        C.METRIC_NOT_AUTHORIZED,
        _power,
        **_named_power,
        blocks=block(**MEGAWATT_HOURS),
    ),
    TABLE.row(
        "the sector is not authorized", C.SECTOR_NOT_AUTHORIZED, _energy, decided(), **_named_energy
    ),
    TABLE.fine("the sector is not known", _energy, **_named_energy),
    TABLE.row(
        "the type of activity is not authorized",
        C.ACTIVITY_TYPE_NOT_AUTHORIZED,
        _type,
        decided(),
        **_named_type,
    ),
    TABLE.row(
        "the authorization is about another activity",
        C.AUTHORIZATION_DIFFERS,
        _project,
        **_named_project,
    ),
    TABLE.row(
        "more is issued than authorized", C.AUTHORIZED_QUANTITY_EXCEEDED, _small, **_named_small
    ),
    TABLE.row(
        "the last date for issuance has passed", C.LAST_DATE_PASSED, _too_late, **_named_late
    ),
    TABLE.row("the decision is unknown", C.DECISION_UNKNOWN, **DECISION),
    TABLE.row(
        "the decision was on registration",
        C.DECISION_UNKNOWN,
        decided(decision=DecisionKind.REGISTRATION),
        **DECISION,
    ),
    TABLE.row(
        "the decision was on another activity",
        C.DECISION_UNKNOWN,
        decided(activity="MN001"),
        **DECISION,
    ),
    TABLE.row(
        "more is issued than the decision allots",
        C.DECISION_ALLOCATION_EXCEEDED,
        decided(),
        **DECISION,
        blocks=block(1_001, 2_001),
    ),
    TABLE.row(
        "the decision allots nothing of this vintage",
        C.DECISION_ALLOCATION_EXCEEDED,
        decided(),
        **DECISION,
        blocks=block(vintage=2022),
    ),
    # policy
    TABLE.row(
        "first transfers at issuance wait for the initial report",
        C.INITIAL_REPORT_MISSING,
        _at_issuance,
        policy(initial_report_required=frozenset({"MNG"})),
        **_named_at_issuance,
    ),
    TABLE.fine(
        "the initial report is missing, which is only a warning", _at_issuance, **_named_at_issuance
    ),
    TABLE.row(
        "the issuance lies in the future",
        C.EVENT_FROM_THE_FUTURE,
        issued_at=NOW + timedelta(minutes=5, seconds=1),
    ),
    TABLE.fine("the sender's clock is a little fast", issued_at=NOW + timedelta(minutes=5)),
    # precedence
    TABLE.row(
        "identifiers, accounts and policy are told at once",
        (C.QUANTITY_MISMATCH, C.ACCOUNT_UNKNOWN, C.EVENT_FROM_THE_FUTURE),
        account="MN-999",
        blocks=block(quantity="99"),
        issued_at=NOW + timedelta(days=1),
    ),
    TABLE.row(
        "each block is told by itself",
        (C.SERIALS_ALREADY_ISSUED, C.SERIALS_ALREADY_ISSUED, C.ACCOUNT_KIND_WRONG),
        account="MN-230",
        blocks=(*block(1, 10), *block(20, 30), *block(101, 110)),
    ),
    Table(good=lambda _: account_notice(), sender=THIRD_REGISTRY).row(
        "a holder is of no known Party", C.PARTY_UNKNOWN, holder_party="KEX"
    ),
    Table(good=lambda _: account_notice()).row(
        "an account changes its kind and reopens",
        (C.ACCOUNT_CLOSED, C.ACCOUNT_KIND_WRONG),
        account(HOST_REGISTRY, "MN-100", AccountStatus.CLOSED),
        account_kind=AccountKind.PENDING,
    ),
    Table(good=lambda _: account_notice(), sender=OPERATOR).fine("an account is announced"),
)
