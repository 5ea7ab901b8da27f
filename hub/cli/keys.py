"""`itmo-hub keys`: create the hub's key files, and show their public halves."""

import os

import msgspec
from cyclopts import App

from config.settings import Settings, SettingsError, load
from hub.cli.console import AsJson, ConfigFile, Exit, console, print_json, told
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
