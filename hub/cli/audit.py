"""`itmo-hub audit`: derive everything that is stored again, and name the first difference."""

import asyncio
import os
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from config.settings import SettingsError, load
from hub.bootstrap import audit_of, running_database
from hub.cli.console import AsJson, ConfigFile, Exit, console, errors, print_json, told
from hub.services.audit.report import AuditReport
from hub.storage.embedded import EmbeddedPostgresError
from hub.storage.errors import StorageError
from signing.keys import KeyFileError


def audit(
    *,
    tree_only: Annotated[
        bool,
        Parameter(negative="", help="The journal alone: entries, envelope digests, checkpoints."),
    ] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> Exit:
    """Derive the journal and the whole state again from the messages as they were received.

    Every signature, receipt and checkpoint is verified, and every message goes through the rules
    once more into a database of its own, which must come out equal. Running hubs go on meanwhile.
    Exit code 1 names the first difference.
    """
    with told(SettingsError, EmbeddedPostgresError, KeyFileError, StorageError):
        settings = load(os.environ, config)
        with running_database(settings) as dsn, _shown() as shown:
            task = shown.add_task("auditing", total=None, entries=0)

            def progress(entries: int) -> None:
                shown.update(task, entries=entries)

            report = asyncio.run(audit_of(settings, dsn, tree_only=tree_only, progress=progress))
    if as_json:
        print_json(report)
    else:
        _print(report)
    return Exit.DONE if report.is_clean else Exit.ANSWER_IS_NO


def _shown() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}: {task.fields[entries]} entries"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=errors, transient=True)


def _print(report: AuditReport) -> None:
    console.print(
        f"{report.entries} journal entries, {report.envelopes} envelopes, "
        f"{report.messages_replayed} messages through the rules, "
        f"{report.rows_compared} rows compared, in {report.seconds:.1f} s",
        highlight=False,
    )
    if report.finding is None:
        console.print("clean: everything follows from the messages as they were received")
        return
    found = report.finding
    console.print(
        f"DIFFERENCE in the {found.step}, {found.subject}: {found.words}",
        highlight=False,
        markup=False,
    )
