"""`itmo-hub sync`: read once what registries offer."""

import asyncio
import os
from typing import Annotated

from cyclopts import Parameter

from config.settings import Settings, SettingsError, load
from hub.bootstrap import open_hub, prepare_database, running_database, synchroniser_of
from hub.cli.console import AsJson, CannotError, ConfigFile, Exit, console, print_json, told
from hub.services.synchronise import Synchronised
from hub.storage.embedded import EmbeddedPostgresError
from hub.storage.errors import StorageError
from signing.keys import KeyFileError


def sync(
    *,
    with_: Annotated[
        tuple[str, ...], Parameter(name="--with", help="Only these registries; else all.")
    ] = (),
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> Exit:
    """Read the outboxes of registries once; exit code 1 when one could not be read."""
    with told(SettingsError, EmbeddedPostgresError, KeyFileError, StorageError):
        settings = load(os.environ, config)
        with running_database(settings) as dsn:
            prepare_database(dsn)
            done = asyncio.run(_sync(settings, dsn, with_))
    if as_json:
        print_json(done)
    else:
        for one in done:
            state = one.failure or ("up to date" if one.complete else "more is waiting")
            refused = f", refused: {', '.join(one.refused)}" if one.refused else ""
            console.print(f"{one.registry}: {one.taken} envelopes taken{refused}; {state}")
    return Exit.ANSWER_IS_NO if any(one.failure for one in done) else Exit.DONE


async def _sync(settings: Settings, dsn: str, chosen: tuple[str, ...]) -> list[Synchronised]:
    async with open_hub(settings, dsn) as hub:
        unknown = set(chosen) - hub.connectors.keys()
        if unknown:
            raise CannotError(f"no connector for {', '.join(sorted(unknown))}")
        return await synchroniser_of(hub).run(chosen)
