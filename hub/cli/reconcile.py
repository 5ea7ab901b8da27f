"""`itmo-hub reconcile`: compare what registries state with the hub's record."""

import asyncio
import os
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.table import Table

from config.settings import Settings, SettingsError, load
from hub.bootstrap import open_hub, prepare_database, running_database
from hub.cli.console import AsJson, ConfigFile, Exit, console, print_json, told
from hub.services.reconcile import RegistryResult, RunReport, UnknownRegistryError
from hub.storage.embedded import EmbeddedPostgresError
from hub.storage.errors import StorageError
from hub.storage.queries.reconciliation_runs import OpenCase, open_cases
from signing.keys import KeyFileError

SHOWN_MAX = 10_000


class ShownCase(msgspec.Struct, frozen=True, kw_only=True):
    """A discrepancy that is open, as scripts read it."""

    discrepancy_id: str
    code: str
    severity: str
    state: str
    tonnes: int
    units: int
    words: str
    registries: list[str]
    blocks: list[dict[str, str | int]]
    opened_at: str
    due_at: str | None


class ShownRun(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON of the command."""

    run: RunReport
    registries: tuple[RegistryResult, ...]
    discrepancies: list[ShownCase]


def reconcile(
    *,
    registries: Annotated[
        list[str] | None,
        Parameter(name="--with", negative="", help="A registry to reconcile with; else all."),
    ] = None,
    config: ConfigFile = None,
    json: AsJson = False,
) -> Exit:
    """Ask registries what they hold, compare it, and follow every disagreement.

    Exit code 0 when no discrepancy is open and every registry could be compared, else 1.
    """
    with told(
        SettingsError, EmbeddedPostgresError, KeyFileError, StorageError, UnknownRegistryError,
        OSError,
    ):  # fmt: skip
        settings = load(os.environ, config)
        with running_database(settings) as dsn:
            prepare_database(dsn)
            report, cases = asyncio.run(_run(settings, dsn, registries or []))
    if json:
        shown = [_shown(case) for case in cases]
        print_json(ShownRun(run=report, registries=report.registries, discrepancies=shown))
    else:
        _show(report, cases)
    return Exit.ANSWER_IS_NO if cases or not report.is_whole else Exit.DONE


async def _run(
    settings: Settings, dsn: str, registries: list[str]
) -> tuple[RunReport, list[OpenCase]]:
    async with open_hub(settings, dsn) as hub:
        report = await hub.reconciler.run(registries)
        async with hub.database.reading() as connection:
            return report, await open_cases(connection, limit=SHOWN_MAX)


def _shown(case: OpenCase) -> ShownCase:
    names = ("approach", "registry", "first_party", "vintage", "first", "last")
    numbers = {"vintage", "first", "last"}
    return ShownCase(
        discrepancy_id=str(case.discrepancy_id),
        code=case.code,
        severity=case.severity,
        state=case.state,
        tonnes=case.tonnes,
        units=case.units,
        words=case.words,
        registries=case.registries,
        blocks=[
            {
                name: int(value) if name in numbers else value
                for name, value in zip(names, block, strict=True)
            }
            for block in case.blocks
        ],
        opened_at=case.opened_at.isoformat(),
        due_at=None if case.due_at is None else case.due_at.isoformat(),
    )


def _show(report: RunReport, cases: list[OpenCase]) -> None:
    table = Table("registry", "result", "units", "what", title="Reconciliation")
    for one in report.registries:
        table.add_row(one.registry, one.result, f"{one.units:,}", one.words)
    console.print(table)
    console.print(
        f"opened {report.opened}, reopened {report.reopened}, resolved {report.resolved}; "
        f"open now: {len(cases)}"
    )
    for case in cases:
        console.print(
            f"{case.severity} {case.code} {case.discrepancy_id}: {case.words}",
            markup=False,
            highlight=False,
        )
