"""`itmo-hub demo`: the command, its table and its exit code."""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.progress import Progress
from rich.table import Table

from connectors.driving.process import NotStartedError
from hub.cli.console import Exit, console, errors
from hub.cli.demo.story import QUERY, STEPS, Break, StepFailedError, Telling, tell_step
from hub.cli.demo.world import HubDownError, running_world


def demo(
    *,
    keep_running: Annotated[
        bool, Parameter(negative="", help="Leave everything running at the end, for a look.")
    ] = False,
    folder: Annotated[
        Path | None, Parameter(help="Keep the demo's data here; else it is thrown away.")
    ] = None,
    planted: Annotated[Break | None, Parameter(name="--break", show=False)] = None,
) -> Exit:
    """Tell one story with real processes: three registries, the hub and its database.

    Exit code 0 only if every step did what it says; else 1, and the step is named.
    """
    with _folder(folder) as place:
        return asyncio.run(_tell(place, keep_running=keep_running, planted=planted))


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    place = Path(tempfile.mkdtemp(prefix="itmo-demo-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def _tell(place: Path, *, keep_running: bool, planted: Break | None) -> Exit:
    started = time.monotonic()
    table = Table(title="What happened", show_lines=False)
    for column in ("step", "seconds", "what"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    step = "start"
    try:
        async with running_world(place) as world:
            telling = Telling(world=world, planted=planted)
            table.add_row(
                "start", f"{time.monotonic() - started:.1f}", "3 registries, hub, database"
            )
            with Progress(console=errors, transient=True) as progress:
                shown = progress.add_task("the story", total=len(STEPS))
                for step, tell in STEPS:
                    console.print(f"[dim]{(tell.__doc__ or step).splitlines()[0]}[/]")
                    begun = time.monotonic()
                    what = await tell_step(tell, telling)
                    table.add_row(step, f"{time.monotonic() - begun:.1f}", what)
                    progress.advance(shown)
            console.print(table)
            console.print(f"[bold]One query[/]{QUERY}", highlight=False)
            console.print(json.dumps(telling.answer, indent=2), highlight=False)
            console.print(f"All {len(STEPS)} steps held, {time.monotonic() - started:.0f} s.")
            if keep_running:
                console.print(f"Open {world.hub.url}/graphql (Ctrl-C ends everything).")
                await asyncio.Event().wait()
    except (StepFailedError, HubDownError, NotStartedError) as cause:
        console.print(table)
        errors.print(f"[bold red]step {step!r} failed:[/] {cause}", highlight=False)
        return Exit.ANSWER_IS_NO
    return Exit.DONE
