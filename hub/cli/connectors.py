"""`itmo-hub connectors`: what each registry of the settings can and cannot do, and how it is."""

import asyncio
import os
from typing import Annotated

import msgspec
from cyclopts import Parameter

from config.settings import Settings, SettingsError, load
from connectors.contract import CapabilitySheet, Connector, Health, HealthState
from hub.bootstrap import open_connectors
from hub.cli.console import AsJson, CannotError, ConfigFile, Exit, console, print_json, told
from signing.keys import KeyFileError


class ShownLoss(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the registry cannot hold or tell."""

    subject: str
    consequence: str


class ShownConnector(msgspec.Struct, frozen=True, kw_only=True):
    """One registry, as scripts read it."""

    registry: str
    kind: str
    connector: str
    reach: str
    holds: list[str]
    accepts: list[str]
    states: list[str]
    data_loss: list[ShownLoss]
    health: str
    words: str


def connectors(
    *,
    with_: Annotated[
        tuple[str, ...], Parameter(name="--with", help="Only these registries; else all.")
    ] = (),
    config: ConfigFile = None,
    json: AsJson = False,
) -> Exit:
    """Show what each registry can and cannot hold, and ask whether it is there.

    Exit code 1 when one of them is down.
    """
    with told(SettingsError, KeyFileError):
        settings = load(os.environ, config)
        shown = asyncio.run(_look(settings, with_))
    if json:
        print_json(shown)
    else:
        for each in shown:
            _print(each)
    down = any(each.health == HealthState.DOWN for each in shown)
    return Exit.ANSWER_IS_NO if down else Exit.DONE


async def _look(settings: Settings, chosen: tuple[str, ...]) -> list[ShownConnector]:
    async with open_connectors(settings) as known:
        unknown = set(chosen) - known.keys()
        if unknown:
            raise CannotError(f"no connector for {', '.join(sorted(unknown))}")
        wanted = {name: each for name, each in known.items() if not chosen or name in chosen}
        return list(await asyncio.gather(*(_shown(each) for each in wanted.values())))


async def _shown(connector: Connector) -> ShownConnector:
    sheet: CapabilitySheet = connector.capabilities
    health: Health = await connector.health()
    return ShownConnector(
        registry=sheet.registry,
        kind=sheet.kind,
        connector=sheet.connector,
        reach=sheet.reach,
        holds=sorted(sheet.holds),
        accepts=sorted(sheet.accepts),
        states=sorted(sheet.statement_levels),
        data_loss=[
            ShownLoss(subject=loss.subject, consequence=loss.consequence)
            for loss in sheet.data_loss
        ],
        health=health.state,
        words=health.words,
    )


def _print(shown: ShownConnector) -> None:
    plain = {"markup": False, "highlight": False}
    console.print(f"[bold]{shown.registry}[/] by {shown.connector}: {shown.health}")
    lines = {
        "says": shown.words,
        "holds": ", ".join(shown.holds) or "nothing that the hub can ask for",
        "takes": ", ".join(shown.accepts) or "no messages",
        "states": ", ".join(shown.states) or "nothing",
    }
    for name, words in lines.items():
        console.print(f"  {name}: {words}", **plain)  # type: ignore[arg-type]
    for loss in shown.data_loss:
        console.print(f"  cannot hold {loss.subject}: {loss.consequence}", **plain)  # type: ignore[arg-type]
