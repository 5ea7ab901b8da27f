"""`itmo-hub evidence`: write one file that proves what became of a transfer or a message."""

import asyncio
import os
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import Parameter

from config.settings import SettingsError, load
from hub.bootstrap import evidence_of, running_database
from hub.cli.console import CannotError, ConfigFile, Exit, console, told
from hub.services.evidence import NotCoveredYetError, encode_evidence
from hub.storage.embedded import EmbeddedPostgresError
from hub.storage.errors import StorageError
from signing.keys import KeyFileError


def evidence(
    subject: Annotated[UUID, Parameter(help="The id of a transfer, or of a message.")],
    *,
    out: Annotated[Path, Parameter(help="The file to write.")],
    config: ConfigFile = None,
) -> Exit:
    """Write all envelopes, receipts, proofs and public keys about a transfer or message."""
    with told(SettingsError, EmbeddedPostgresError, KeyFileError, StorageError, NotCoveredYetError):
        settings = load(os.environ, config)
        with running_database(settings) as dsn:
            found = asyncio.run(evidence_of(settings, dsn, subject))
    if found is None:
        raise CannotError(f"nothing is known about {subject}")
    with told(OSError):
        out.write_bytes(encode_evidence(found))
    console.print(f"{found.subject}: {len(found.items)} envelopes, written to {out}")
    return Exit.DONE
