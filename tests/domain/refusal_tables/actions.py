"""Use, cancellation, retirement and declared first transfers: every reason to refuse them."""

from datetime import date, timedelta
from typing import Any

from schema.codes import (
    AccountStatus,
    ActionKind,
    AuthorizationStatus,
    AuthorizedUse,
    FirstTransferForOimp,
    Purpose,
    RegistryKind,
)
from schema.refusals import RefusalCode as C
from tests.builders import (
    ACQUIRER_REGISTRY,
    HOST_REGISTRY,
    NOW,
    account_ref,
    action_notice,
    authorization_notice,
    authorization_record,
    dates,
    elements,
    first_transfer_definition,
    issuance_notice,
    issued_block,
    transfer_proposal,
    unit_block,
)
from tests.domain.federation import Federation, ready_federation
from tests.domain.refusal_tables.row import (
    Prepare,
    Table,
    account,
    applied,
    frozen,
    policy,
    registry,
    transferred_federation,
)
from tests.domain.refusal_tables.transfers import amended

USE = Table(good=lambda _: action_notice(), sender=ACQUIRER_REGISTRY, world=transferred_federation)


def own(action: ActionKind, to_account: str, **fields: Any) -> Table:
    """An action of the host on its own serials 61 to 70, which are no ITMOs yet."""
    defaults: dict[str, Any] = {
        "account": "MN-100",
        "purpose": None,
        "using_party": None,
        "year_of_use": None,
        "blocks": (unit_block(61, 70),),
    }
    return Table(
        good=lambda _: action_notice(action=action, to_account=to_account, **(defaults | fields)),
        world=transferred_federation,
    )


OWN_USE = own(ActionKind.USE_TOWARDS_NDC, "MN-300", purpose=Purpose.NDC, year_of_use=2025)
CANCELLATION = own(ActionKind.VOLUNTARY_CANCELLATION, "MN-230")
OIMP_USE = own(ActionKind.USE_FOR_OIMP, "MN-310", purpose=Purpose.OIMP)
PLAIN: dict[str, Any] = {"authorization_party": None, "authorization_id": None}


def oimp_by(event: FirstTransferForOimp) -> Prepare:
    """The units 201 to 300 were issued before this authorization of them."""

    def prepare(world: Federation) -> None:
        world.apply(
            HOST_REGISTRY,
            issuance_notice(**PLAIN, blocks=(issued_block(201, 300),)),
            authorization_notice(
                authorization=authorization_record(
                    authorization_id="OTHER",
                    elements=elements(
                        uses=AuthorizedUse.OIMP,
                        first_transfer=first_transfer_definition(for_ndc=None, for_oimp=event),
                    ),
                )
            ),
        )

    return prepare


DECLARATION = Table(
    good=lambda _: action_notice(
        action=ActionKind.FIRST_TRANSFER,
        account="MN-100",
        to_account=None,
        authorization_id="OTHER",
        purpose=Purpose.OIMP,
        using_party=None,
        year_of_use=None,
        blocks=(unit_block(201, 210),),
    ),
    world=ready_federation,
)

USES = (
    USE.fine("ITMOs are used towards the NDC of their holder"),
    USE.fine("the user is left to the account", using_party=None),
    USE.fine("a use in the year of the mitigation", year_of_use=2021),
    # sender
    USE.row(
        "a registry states the use of another Party",
        (
            C.SENDER_NOT_ENTITLED,
            C.COUNTERPARTY_NOT_AUTHORIZED,
            C.USING_PARTY_APPROACH_NOT_AUTHORIZED,
        ),
        using_party="GHA",
    ),
    USE.fine(
        "in a registry of many Parties the holder of the account uses",
        registry(ACQUIRER_REGISTRY, kind=RegistryKind.INTERNATIONAL, party="JPN"),
    ),
    # identifiers
    USE.row("nothing is used", C.NO_BLOCKS, blocks=()),
    USE.row(
        "more serials than tonnes are used",
        C.QUANTITY_MISMATCH,
        blocks=(unit_block(1, 40, quantity="39"),),
    ),
    # holdings
    USE.row(
        "serials that were never issued are used",
        C.UNITS_UNKNOWN,
        blocks=(unit_block(1_001, 1_002),),
    ),
    USE.row(
        "another's units are used",
        (C.UNITS_NOT_HELD, C.UNITS_NOT_FIRST_TRANSFERRED),
        blocks=(unit_block(60, 61),),
    ),
    USE.row(
        "units on their way are used",
        C.UNITS_RESERVED,
        applied(
            ACQUIRER_REGISTRY,
            lambda: transfer_proposal(
                from_account="JP-100",
                to=account_ref(registry=HOST_REGISTRY, account="MN-100"),
                blocks=(unit_block(40, 41),),
            ),
        ),
    ),
    USE.row("disputed units are used", C.UNITS_FROZEN, frozen),
    USE.row(
        "units are used twice",
        C.UNITS_ALREADY_USED,
        applied(ACQUIRER_REGISTRY, lambda: action_notice(blocks=(unit_block(40, 41),))),
    ),
    Table(good=OIMP_USE.good).row(
        "units are used that neither were nor thereby are first transferred",
        C.UNITS_NOT_FIRST_TRANSFERRED,
        amended(
            uses=AuthorizedUse.NDC_AND_OIMP,
            first_transfer=first_transfer_definition(for_oimp=None),
        ),
    ),
    OIMP_USE.fine("the use for other purposes is itself the first transfer"),
    # accounts
    USE.row("the using account is unknown", (C.UNITS_NOT_HELD, C.ACCOUNT_UNKNOWN), account="NONE"),
    USE.row("the account for used units is missing", C.ACCOUNT_UNKNOWN, to_account=None),
    USE.row("the account for used units is unknown", C.ACCOUNT_UNKNOWN, to_account="NONE"),
    USE.row("the account for used units is for OIMP", C.ACCOUNT_KIND_WRONG, to_account="JP-310"),
    USE.row("units are used into their own account", C.ACCOUNTS_MUST_DIFFER, to_account="JP-100"),
    USE.row(
        "the using account is restricted",
        C.ACCOUNT_RESTRICTED,
        account(ACQUIRER_REGISTRY, "JP-100", AccountStatus.RESTRICTED),
    ),
    # authorization
    USE.row(
        "the use names no authorization",
        (C.AUTHORIZATION_UNKNOWN, C.AUTHORIZATION_DIFFERS),
        **PLAIN,
    ),
    USE.row(
        "the use names its authorization by halves",
        (C.AUTHORIZATION_UNKNOWN, C.AUTHORIZATION_DIFFERS),
        authorization_party=None,
    ),
    USE.row(
        "a use towards the NDC has another purpose", C.PURPOSE_NOT_AUTHORIZED, purpose=Purpose.OIMP
    ),
    USE.row("a use towards the NDC has no purpose", C.PURPOSE_NOT_AUTHORIZED, purpose=None),
    USE.fine(
        "the authorization was suspended after the first transfer",
        applied(
            HOST_REGISTRY,
            lambda: authorization_notice(
                authorization=authorization_record(authorization_id="OTHER")
            ),
        ),
        amended(status=AuthorizationStatus.SUSPENDED),
    ),
    USE.row(
        "the year of use lies outside the NDC period",
        C.OUTSIDE_NDC_PERIOD,
        policy(ndc_periods={"JPN": (2021, 2024)}),
    ),
    USE.fine(
        "the last date of use is for other purposes only",
        amended(dates=dates(last_use=date(2026, 3, 1))),
    ),
    OIMP_USE.row(
        "the last date of use has passed",
        C.LAST_DATE_PASSED,
        amended(dates=dates(last_use=date(2026, 3, 1))),
    ),
    USE.row("an unknown entity uses", C.ENTITY_NOT_AUTHORIZED, using_entity="JPN-9999"),
    # policy
    USE.row("the year of use is missing", C.YEAR_OF_USE_IMPLAUSIBLE, year_of_use=None),
    USE.row("the year of use is next year", C.YEAR_OF_USE_IMPLAUSIBLE, year_of_use=2027),
    USE.row(
        "the use came before the mitigation",
        (C.OUTSIDE_NDC_PERIOD, C.YEAR_OF_USE_IMPLAUSIBLE),
        year_of_use=2020,
    ),
    USE.row(
        "the use lies in the future", C.EVENT_FROM_THE_FUTURE, acted_at=NOW + timedelta(hours=1)
    ),
    # own mitigation
    OWN_USE.fine("a Party uses its own mitigation, which is no transfer"),
)
OTHERS = (
    CANCELLATION.fine("units are cancelled voluntarily, which is their first transfer"),
    CANCELLATION.row("a cancellation is for an NDC", C.PURPOSE_NOT_AUTHORIZED, purpose=Purpose.NDC),
    CANCELLATION.row(
        "units are cancelled into a holding account", C.ACCOUNT_KIND_WRONG, to_account="MN-110"
    ),
    CANCELLATION.row(
        "the last date of cancellation has passed",
        C.LAST_DATE_PASSED,
        amended(dates=dates(last_cancellation=date(2026, 3, 1))),
    ),
    CANCELLATION.row(
        "authorized units are cancelled as if they were not", C.AUTHORIZATION_DIFFERS, **PLAIN
    ),
    CANCELLATION.fine(
        "credits that no Party authorized are cancelled",
        applied(
            HOST_REGISTRY,
            lambda: issuance_notice(
                **PLAIN, blocks=(issued_block(block=unit_block(1, 9, vintage=2017)),)
            ),
        ),
        **PLAIN,
        blocks=(unit_block(1, 9, vintage=2017),),
    ),
    own(ActionKind.CANCELLATION_FOR_OMGE, "MN-240").fine(
        "units are cancelled for overall mitigation"
    ),
    own(ActionKind.CANCELLATION_FOR_OMGE, "MN-230").row(
        "units for overall mitigation go to another account", C.ACCOUNT_KIND_WRONG
    ),
    own(ActionKind.ADAPTATION_SHARE, "MN-250").fine("a share goes to adaptation"),
    own(ActionKind.RETIREMENT, "MN-300").fine("units are retired into the account for the NDC"),
    own(ActionKind.RETIREMENT, "MN-310").fine(
        "units are retired into the account for other purposes"
    ),
    own(ActionKind.RETIREMENT, "MN-230").row(
        "units are retired into a cancellation account", C.ACCOUNT_KIND_WRONG
    ),
    # declarations
    DECLARATION.fine(
        "the authorization made them ITMOs", oimp_by(FirstTransferForOimp.AUTHORIZATION)
    ),
    DECLARATION.fine("the issuance made them ITMOs", oimp_by(FirstTransferForOimp.ISSUANCE)),
    DECLARATION.row(
        "only a use would make them ITMOs",
        C.FIRST_TRANSFER_EVENT_DIFFERS,
        oimp_by(FirstTransferForOimp.USE_OR_CANCELLATION),
    ),
    DECLARATION.row(
        "a first transfer is declared under no authorization",
        C.AUTHORIZATION_UNKNOWN,
        oimp_by(FirstTransferForOimp.ISSUANCE),
        **PLAIN,
    ),
    DECLARATION.row(
        "a first transfer is declared twice",
        C.ALREADY_FIRST_TRANSFERRED,
        oimp_by(FirstTransferForOimp.ISSUANCE),
        lambda world: world.apply(HOST_REGISTRY, DECLARATION.good(world)),
        blocks=(unit_block(210, 220),),
        build=lambda _: action_notice(
            action=ActionKind.FIRST_TRANSFER,
            account="MN-100",
            to_account=None,
            authorization_id="OTHER",
            purpose=Purpose.OIMP,
            using_party=None,
        ),
    ),
    DECLARATION.row(
        "a declared first transfer moves units",
        C.ACCOUNT_KIND_WRONG,
        oimp_by(FirstTransferForOimp.ISSUANCE),
        to_account="MN-310",
    ),
)
ROWS = (*USES, *OTHERS)
