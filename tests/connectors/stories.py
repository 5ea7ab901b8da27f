"""Short stories that tests of the registries begin with."""

from typing import Any

from connectors.contract import StatementPage, StatementScope
from connectors.driving.process import SimulatedRegistry
from connectors.federation import FederationConnector
from schema.codes import StatementLevel
from schema.messages import TransferProposal
from schema.statements import Statement
from tests.builders import AUTHORIZATION_ID, HOST, transfer_outcome, transfer_request
from tests.connectors.conftest import World

AUTHORIZED: dict[str, Any] = {"authorization_party": HOST, "authorization_id": AUTHORIZATION_ID}
FROM, TO = "MN-100", "JP-100"


async def issued(registry: SimulatedRegistry, tonnes: int = 1_000, vintage: int = 2021) -> None:
    """The registry issues units with the next serials."""
    blocks = [{"vintage": vintage, "tonnes": tonnes}]
    await registry.applied("issue", account=FROM, activity="MN099", blocks=blocks, **AUTHORIZED)


async def proposed(world: World, tonnes: int = 300, **fields: Any) -> TransferProposal:
    """Mongolia proposes a transfer to Japan; the message as the hub got it."""
    order = {
        "from_account": FROM,
        "to": {"registry": "JPN01", "account": TO},
        "purpose": "NDC",
        "blocks": [{"vintage": 2021, "tonnes": tonnes}],
        **AUTHORIZED,
    }
    sent = await world.mongolia.applied("propose", **(order | fields))
    proposals: list[TransferProposal] = world.hub.messages(TransferProposal)
    return next(each for each in proposals if each.message_id == sent.message_id)


async def requested(world: World, proposal: TransferProposal) -> None:
    """The hub asks the acquirer, whose answer has arrived when this returns."""
    await world.to_japan.deliver(world.hub.seal(transfer_request(proposal=proposal), "JPN01"))
    await world.japan.settled()


async def completed(world: World, proposal: TransferProposal) -> None:
    """The hub tells both sides that the transfer is complete; both have answered."""
    for connector, registry in ((world.to_japan, "JPN01"), (world.to_mongolia, "MNG01")):
        outcome = transfer_outcome(
            transfer_id=proposal.transfer_id, first_transfer_blocks=proposal.blocks
        )
        await connector.deliver(world.hub.seal(outcome, registry))
    await world.japan.settled()
    await world.mongolia.settled()


async def pages(
    connector: FederationConnector, level: StatementLevel, **scope: Any
) -> list[StatementPage]:
    return [page async for page in connector.statement(StatementScope(level=level, **scope))]


async def stated(connector: FederationConnector, level: StatementLevel, **scope: Any) -> Statement:
    """The statement of a registry that fits one page."""
    (page,) = await pages(connector, level, **scope)
    return page.statement
