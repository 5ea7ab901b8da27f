"""An account means what the map says, whatever the registry calls it."""

import pytest

from connectors.jcm.accounts import AccountMap, MappedAccount, parse_account_map
from connectors.jcm.terms import Term, Understood, understand
from schema.codes import AccountKind, ActionKind, StatementLevel, UnitStatus
from schema.messages import MessageKind
from tests import builders

MAP = AccountMap(
    registry="JPN01",
    accounts={
        "JP-CAN-1": MappedAccount(kind=AccountKind.RETIREMENT_NDC, local_name="無効化口座"),
        "JP-CAN-2": MappedAccount(kind=AccountKind.CANCELLATION_VOLUNTARY),
    },
)


@pytest.mark.parametrize(
    ("term", "account", "understood"),
    [
        pytest.param(
            Term.CANCELLATION,
            "JP-CAN-1",
            Understood(MessageKind.ACTION, ActionKind.USE_TOWARDS_NDC, certain=True),
            id="a cancellation can be use towards the NDC",
        ),
        pytest.param(
            Term.CANCELLATION,
            "JP-CAN-2",
            Understood(MessageKind.ACTION, ActionKind.VOLUNTARY_CANCELLATION, certain=True),
            id="or what its word says",
        ),
        pytest.param(
            Term.CANCELLATION,
            "JP-CAN-9",
            Understood(MessageKind.ACTION, ActionKind.VOLUNTARY_CANCELLATION, certain=False),
            id="an unmapped account leaves a doubt",
        ),
        pytest.param(
            Term.RETIREMENT,
            "JP-RET-1",
            Understood(MessageKind.ACTION, ActionKind.USE_TOWARDS_NDC, certain=False),
            id="retirement counts for the pledge",
        ),
        pytest.param(
            Term.TRANSFER, "JP-100", Understood(None, None, certain=True), id="inside one registry"
        ),
        pytest.param(
            Term.ISSUANCE,
            "JP-100",
            Understood(MessageKind.ISSUANCE, None, certain=True),
            id="issuance",
        ),
    ],
)
def test_a_term_is_understood_by_its_account(
    term: Term, account: str, understood: Understood
) -> None:
    assert understand(term, account, MAP) == understood


def test_a_statement_is_read_by_account() -> None:
    stated = builders.statement(
        registry="JPN01",
        level=StatementLevel.BLOCKS,
        totals=(),
        blocks=(
            builders.stated_block(
                account="JP-CAN-1",
                account_kind=AccountKind.CANCELLATION_VOLUNTARY,
                status=UnitStatus.CANCELLED,
            ),
            builders.stated_block(account="JP-100", account_kind=AccountKind.HOLDING),
        ),
    )
    meant = MAP.interpret(stated)
    used, held = meant.statement.blocks
    assert (used.account_kind, used.status) == (AccountKind.RETIREMENT_NDC, UnitStatus.USED_NDC)
    assert held == stated.blocks[1]
    assert [each.account for each in meant.reinterpreted] == ["JP-CAN-1"]
    assert meant.unmapped == ("JP-100",)


def test_a_map_is_data_and_checked() -> None:
    data = {"registry": "JPN01", "accounts": {"JP-CAN-1": {"kind": "retirement NDC"}}}
    assert parse_account_map(data).kind_of("JP-CAN-1") is AccountKind.RETIREMENT_NDC
    with pytest.raises(ValueError, match="Invalid enum value"):
        parse_account_map({"registry": "JPN01", "accounts": {"A": {"kind": "cancellation"}}})
    with pytest.raises(ValueError, match="account_form"):
        parse_account_map({"registry": "JPN01", "accounts": {" ": {"kind": "holding"}}})
