"""The demo's story, step by step. A step that does not do what it says ends the demo by name."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from connectors.driving.misbehaviour import Misbehaviour, Target
from connectors.driving.process import OrderError, SimulatedRegistry
from hub.cli.demo import records
from hub.cli.demo.world import World
from schema.codec import encode_body
from schema.codes import AuthorizationStep, FirstTransferForNdc, TransferState
from schema.messages import RegistryMessage, kind_of
from schema.refusal_rules import REFUSAL_RULES
from schema.refusals import RefusalCode

COVERED_SECONDS_MAX: Final = 20.0
COMPLETED_SECONDS_MAX: Final = 30.0
LIED_ABOUT: Final = (1, 400)
"""The serials about which Japan's registry is told to lie."""


@unique
class Break(StrEnum):
    """Breaks that a test plants, to see that the demo notices and names the step."""

    DATABASE = "database"
    SIGNATURE = "signature"
    DELIVERY = "delivery"
    RECONCILIATION = "reconciliation"
    PROOF = "proof"


class StepFailedError(Exception):
    """A step did not do what it says."""


@dataclass(kw_only=True)
class Telling:
    """What the story carries from step to step."""

    world: World
    planted: Break | None = None
    transfer_id: UUID | None = None
    answer: dict[str, Any] = field(default_factory=dict)


Tell = Callable[[Telling], Awaitable[str]]


def _require(condition: object, words: str) -> None:
    if not condition:
        raise StepFailedError(words)


async def _send(registry: SimulatedRegistry, message: RegistryMessage) -> None:
    body = msgspec.Raw(encode_body(message))
    await registry.applied("send", kind=kind_of(message), body=body)


async def open_accounts(telling: Telling) -> str:
    """All three registries announce their accounts."""
    count = 0
    for registry in telling.world.registries:
        if telling.planted is Break.SIGNATURE:
            await registry.misbehave(Misbehaviour.BAD_SIGNATURE)
        sent = await registry.order("announce-accounts")
        _require(all(one.result == "applied" for one in sent), f"{registry.registry}: {sent[0]}")
        count += len(sent)
    return f"{count} accounts are known"


async def refuse_old_credits(telling: Telling) -> str:
    """Real figures of MN004: credits of 2017 are recorded, but cannot become ITMOs."""
    mongolia = telling.world.mongolia
    await _send(mongolia, records.REAL_DECISION)
    (sent,) = await mongolia.order(
        "propose",
        from_account="MN-100",
        to={"registry": "JPN01", "account": "JP-100"},
        purpose="NDC",
        authorization_party="MNG",
        authorization_id="none",
        blocks=[{"vintage": 2017, "first": 1, "last": 1_789}],
        unchecked=True,
    )
    codes = [refusal.code for refusal in sent.refusals]
    _require(RefusalCode.VINTAGE_BEFORE_2021 in codes, f"expected a refusal, got {sent}")
    rule = REFUSAL_RULES[RefusalCode.VINTAGE_BEFORE_2021]
    return f"7,158 t + 1,789 t recorded; first transfer refused: {rule.what} {rule.rule}"


async def authorize_approach(telling: Telling) -> str:
    """Step 1: both Parties authorize the JCM as cooperative approach, and report initially."""
    for registry, party in ((telling.world.mongolia, "MNG"), (telling.world.japan, "JPN")):
        record = records.authorization(party, f"{party}-STEP-1", AuthorizationStep.APPROACH)
        await registry.applied("authorize", authorization=record)
        await _send(registry, records.initial_report(party))
    return "CA0007 authorized by Mongolia and Japan"


async def register_project(telling: Telling) -> str:
    """The Joint Committee registers the project; Mongolia estimates in step 2a."""
    mongolia = telling.world.mongolia
    await _send(mongolia, records.REGISTRATION)
    record = records.authorization(
        "MNG", "MNG-STEP-2A", AuthorizationStep.ESTIMATED_QUANTITY, tonnes=12_000
    )
    await mongolia.applied("authorize", authorization=record)
    return "MN901 registered; 12,000 t estimated (step 2a)"


async def decide_issuance(telling: Telling) -> str:
    """The Joint Committee decides on issuance; Mongolia confirms the quantity in step 2b."""
    world = telling.world
    await _send(world.mongolia, records.ISSUANCE)
    for name, tonnes, event in (
        ("MNG-STEP-2B-JPN", 6_000, FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY),
        ("MNG-STEP-2B-MNG", 4_500, FirstTransferForNdc.INTERNATIONAL_TRANSFER),
    ):
        record = records.authorization(
            "MNG",
            name,
            AuthorizationStep.ACTUAL_QUANTITY,
            tonnes=tonnes,
            first_transfer=event,
            confirms="MNG-STEP-2A",
        )
        await world.mongolia.applied("authorize", authorization=record)
        await world.japan.order("learn", authorization=record)
    return "6,000 t for Japan, 4,500 t for Mongolia, vintages 2021 and 2022 (step 2b)"


async def issue_both_shares(telling: Telling) -> str:
    """Route (a): each government issues its share in its own registry; no unit moves."""
    for registry, account, name, shares in (
        (telling.world.japan, "JP-100", "MNG-STEP-2B-JPN", {2021: 2_000, 2022: 4_000}),
        (telling.world.mongolia, "MN-100", "MNG-STEP-2B-MNG", {2021: 1_500, 2022: 3_000}),
    ):
        await registry.applied(
            "issue",
            account=account,
            activity=records.PROJECT,
            decision=records.ISSUANCE.decision_id,
            authorization_party="MNG",
            authorization_id=name,
            blocks=[
                {"vintage": vintage, "tonnes": tonnes, "first_party": "MNG"}
                for vintage, tonnes in shares.items()
            ],
        )
    return "CA0007-JPN01-MNG-… 6,000 t, first transferred by issuance (our reading); MNG01 4,500 t"


async def transfer(telling: Telling) -> str:
    """Route (b): Mongolia transfers 1,000 t; the hub is killed meanwhile and comes back."""
    world = telling.world
    await world.japan.order("answers", automatic=False)
    if telling.planted is Break.DELIVERY:
        await world.japan.misbehave(Misbehaviour.NO_ANSWER)
    sent = await world.mongolia.applied(
        "propose",
        from_account="MN-100",
        to={"registry": "JPN01", "account": "JP-100"},
        purpose="NDC",
        authorization_party="MNG",
        authorization_id="MNG-STEP-2B-MNG",
        blocks=[{"vintage": 2021, "tonnes": 1_000}],
    )
    telling.transfer_id = sent.transfer_id
    await world.hub.kill()
    await _until(world.japan, telling.transfer_id, TransferState.CHECKED)
    await world.japan.order("answer", transfer_id=str(telling.transfer_id), answer="accept")
    await _until(world.japan, telling.transfer_id, TransferState.COMPLETED)
    await _until(world.mongolia, telling.transfer_id, TransferState.COMPLETED)
    await world.japan.order("answers", automatic=True)
    return "1,000 t of MNG01 are Japan's: proposed, kill -9 of the hub, accepted, completed once"


async def _until(
    registry: SimulatedRegistry, transfer_id: UUID | None, state: TransferState
) -> None:
    seen = "unknown"
    try:
        async with asyncio.timeout(COMPLETED_SECONDS_MAX):
            while seen != state:
                known = await registry.state()
                seen = next(
                    (one.state for one in known.transfers if one.transfer_id == transfer_id), seen
                )
                await asyncio.sleep(0.05)
    except TimeoutError as cause:
        words = f"the transfer is {seen} at {registry.registry}, expected {state}"
        raise StepFailedError(words) from cause


async def use_towards_ndc(telling: Telling) -> str:
    """Japan uses a part of its own share towards its NDC."""
    if telling.planted is Break.DATABASE:
        telling.world.lose_database()
    await telling.world.japan.applied(
        "act",
        action="use towards NDC",
        account="JP-100",
        to_account="JP-300",
        authorization_party="MNG",
        authorization_id="MNG-STEP-2B-JPN",
        purpose="NDC",
        using_party="JPN",
        year_of_use=2023,
        blocks=[{"vintage": 2021, "tonnes": 500, "first_party": "MNG"}],
    )
    return "500 t used towards Japan's NDC, calendar year 2023"


async def reconcile_honestly(telling: Telling) -> str:
    """The hub compares both registries' signed statements with its record: they agree."""
    if telling.planted is Break.RECONCILIATION:
        await telling.world.mongolia.misbehave(Misbehaviour.MISSING_BLOCK)
    found = await _reconcile(telling)
    _require(not found, f"expected no discrepancy, found {found}")
    return "0 discrepancies over 10,500 t"


async def reconcile_a_lie(telling: Telling) -> str:
    """Japan's registry is told to lie; reconciliation finds exactly that, with the evidence."""
    first, last = LIED_ABOUT
    await telling.world.japan.misbehave(
        Misbehaviour.USED_INSTEAD_OF_HELD,
        target=Target(registry="JPN01", vintage=2022, first=first, last=last),
    )
    found = await _reconcile(telling)
    _require(len(found) == 1, f"expected one discrepancy, found {found}")
    lie = found[0]
    _require(lie["tonnes"] == last - first + 1, f"expected {last - first + 1} t, found {lie}")
    await telling.world.japan.behave()
    return f"{lie['code']}: {lie['tonnes']} t, {lie['words']}"


async def _reconcile(telling: Telling) -> list[dict[str, Any]]:
    code, output = await telling.world.command(
        "reconcile", "--config", str(telling.world.config), "--json"
    )
    _require(code in {0, 1} and output.startswith("{"), output)
    found: list[dict[str, Any]] = json.loads(output)["discrepancies"]
    return found


async def ask(telling: Telling) -> str:
    """One GraphQL query over all registries."""
    world = telling.world
    code, output = await world.command(
        "query", QUERY, "--config", str(world.config), "--format", "json"
    )
    _require(code == 0, output)
    answer = json.loads(output)
    _require("errors" not in answer, output)
    nodes = answer["data"]["registries"]["nodes"]
    _require(len(nodes) == len(world.registries), f"expected three registries, got {output}")
    telling.answer = answer
    blocks = sum(node["blocks"]["totalCount"] for node in nodes)
    return f"{blocks} blocks over {len(nodes)} registries, see below"


QUERY: Final = """
{
  registries(first: 10) {
    nodes {
      code
      party { name }
      blocks(first: 2) {
        totalCount
        nodes { firstId lastId count status firstTransferred account { accountId } }
      }
    }
  }
}
"""


async def verify_offline(telling: Telling) -> str:
    """The transfer's receipts and proofs are verified offline, with the public keys alone."""
    world = telling.world
    file = world.folder / "evidence.json"
    subject, config = str(telling.transfer_id), str(world.config)
    async with asyncio.timeout(COVERED_SECONDS_MAX):
        while True:
            code, output = await world.command(
                "evidence", subject, "--out", str(file), "--config", config
            )
            if code == 0:
                break
            await asyncio.sleep(0.5)
    if telling.planted is Break.PROOF:
        _flip_one_byte(file)
    code, output = await world.command("verify", str(file))
    _require(code == 0, output)
    steps = output.strip().splitlines()
    return f"{len(steps)} steps hold; the last: {steps[-1].split('holds')[-1].strip()}"


def _flip_one_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    place = data.index(b'"leaf_hash"') + 20
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    file.write_bytes(bytes(data))


STEPS: Final[tuple[tuple[str, Tell], ...]] = (
    ("accounts", open_accounts),
    ("credits before 2021", refuse_old_credits),
    ("step 1", authorize_approach),
    ("registration, 2a", register_project),
    ("decision, 2b", decide_issuance),
    ("issuance, route (a)", issue_both_shares),
    ("transfer, route (b)", transfer),
    ("use towards NDC", use_towards_ndc),
    ("reconciliation", reconcile_honestly),
    ("a lie is found", reconcile_a_lie),
    ("GraphQL", ask),
    ("offline proof", verify_offline),
)


async def tell_step(tell: Tell, telling: Telling) -> str:
    """Tell one step.

    Raises:
        StepFailedError: it did not do what it says.
    """
    try:
        return await tell(telling)
    except (OrderError, TimeoutError, OSError) as cause:
        raise StepFailedError(f"{type(cause).__name__}: {cause}") from cause
