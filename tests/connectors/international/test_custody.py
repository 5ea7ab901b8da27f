"""At first transfer, units of users of the international registry change their keeper."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.international.custody import CustodyRules
from schema.codes import ActionKind, TransferState
from schema.messages import ActionNotice, TransferOutcome
from tests import builders

AT = datetime(2026, 5, 6, tzinfo=UTC)
RULES = CustodyRules(
    international="INT01", users=frozenset({"JPN", "MNG"}), underlying={"MNG01": "VCS"}
)
BLOCKS = (builders.unit_block(1, 100), builders.unit_block(201, 250, vintage=2022))


def declared(**fields: Any) -> ActionNotice:
    return builders.action_notice(
        **({"action": ActionKind.FIRST_TRANSFER, "blocks": BLOCKS} | fields)
    )


def completed(**fields: Any) -> TransferOutcome:
    return builders.transfer_outcome(
        **({"state": TransferState.COMPLETED, "first_transfer_blocks": BLOCKS} | fields)
    )


@pytest.mark.parametrize("message", [declared(), completed()], ids=["declared", "by transfer"])
def test_a_first_transfer_moves_custody(message: ActionNotice | TransferOutcome) -> None:
    moves = RULES.moves(message, holder="JPN", at=AT)
    assert [move.block for move in moves] == list(BLOCKS)
    assert {(move.from_registry, move.to_registry) for move in moves} == {("VCS", "INT01")}
    assert {move.cause for move in moves} == {message.message_id}
    assert RULES.moves(message, holder="JPN", at=AT) == moves, "worked out again, it is the same"


@pytest.mark.parametrize(
    ("message", "holder"),
    [
        pytest.param(declared(), "CHE", id="a Party with a registry of its own"),
        pytest.param(declared(action=ActionKind.USE_TOWARDS_NDC), "JPN", id="a later use"),
        pytest.param(completed(first_transfer_blocks=()), "JPN", id="a later transfer"),
        pytest.param(completed(state=TransferState.REJECTED), "JPN", id="a transfer that was none"),
        pytest.param(
            declared(blocks=(builders.unit_block(1, 5, registry="INT01"),)),
            "JPN",
            id="units that are there already",
        ),
    ],
)
def test_nothing_else_does(message: ActionNotice | TransferOutcome, holder: str) -> None:
    assert RULES.moves(message, holder=holder, at=AT) == ()


def test_units_of_the_mechanism_move_over_from_its_registry() -> None:
    block = builders.unit_block(1, 5, registry="UN01")
    (move,) = RULES.moves(declared(blocks=(block,)), holder="MNG", at=AT)
    assert (move.from_registry, move.to_registry) == ("UN01", "INT01")
