"""`itmo-hub keys`: create and show the hub's keys; tell what a lost key has signed."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from config.settings import Settings, SettingsError, load
from hub.bootstrap import running_database, signed_by
from hub.cli.console import AsJson, ConfigFile, Exit, console, print_json, told
from hub.storage.embedded import EmbeddedPostgresError
from hub.storage.errors import StorageError
from signing.jwk import Algorithm
from signing.keys import KeyFileError, PrivateKey, create_key_file, load_key_file
from signing.purposes import KeyPurpose

keys_app = App(name="keys", help="Create and show the hub's keys; private halves are never shown.")


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of a key, for those who must trust it."""

    purpose: KeyPurpose
    file: str
    key_id: str
    jwk: dict[str, str]


def _settings(config: ConfigFile) -> Settings:
    with told(SettingsError):
        return load(os.environ, config)


@keys_app.command
def create(*, config: ConfigFile = None) -> Exit:
    """Create the key files that the settings name; a file that exists is left as it is."""
    settings = _settings(config)
    wanted = {
        settings.path(settings.keys.message): (Algorithm.ES256, KeyPurpose.MESSAGES),
        settings.path(settings.keys.checkpoint): (Algorithm.ED25519, KeyPurpose.CHECKPOINTS),
    }
    for path, (algorithm, purpose) in wanted.items():
        if path.exists():
            console.print(f"kept: {path}")
            continue
        with told(KeyFileError, OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            create_key_file(path, PrivateKey.generate(algorithm, purpose))
        console.print(f"created: {path} ({algorithm}, for {purpose})")
    return Exit.DONE


@keys_app.command
def show(*, config: ConfigFile = None, json: AsJson = False) -> Exit:
    """Show the public halves of the hub's keys."""
    settings = _settings(config)
    shown = []
    for name, purpose in (
        (settings.keys.message, KeyPurpose.MESSAGES),
        (settings.keys.checkpoint, KeyPurpose.CHECKPOINTS),
    ):
        with told(KeyFileError):
            public = load_key_file(settings.path(name), purpose).public
        shown.append(
            ShownKey(purpose=purpose, file=str(name), key_id=public.key_id, jwk=public.to_jwk())
        )
    if json:
        print_json(shown)
    else:
        for key in shown:
            console.print(f"{key.purpose}: {key.key_id} ({key.file})")
    return Exit.DONE


@keys_app.command
def compromised(
    key: Annotated[str, Parameter(help="The key id (RFC 7638 thumbprint, `kid`).")],
    *,
    since: Annotated[datetime, Parameter(help="When it was lost; UTC unless it says otherwise.")],
    config: ConfigFile = None,
    json: AsJson = False,
) -> Exit:
    """List what a lost key has signed since, in the order of the journal; exit code 1 if any.

    The hub's clock at receipt decides: what a message says about its own age does not help
    whoever found the key.
    """
    moment = since if since.tzinfo else since.replace(tzinfo=UTC)
    settings = _settings(config)
    with told(EmbeddedPostgresError, StorageError), running_database(settings) as dsn:
        found = asyncio.run(signed_by(settings, dsn, key, moment))
    if json:
        print_json(found)
    else:
        for one in found:
            console.print(
                f"{one.leaf_index:>9}  {one.received_at:%Y-%m-%d %H:%M:%S}  {one.sender}  "
                f"{one.kind}  {one.message_id}  {one.outcome}",
                highlight=False,
                markup=False,
            )
        console.print(f"{len(found)} messages signed by {key} since {moment.isoformat()}")
    return Exit.ANSWER_IS_NO if found else Exit.DONE
