"""Builders of the connectors that read files and plain interfaces.

A registry that publishes files may exchange envelopes by another way: the option `carrier` names
the kind (`federation`, `file_exchange` or `xroad`), and the options of that kind stand beside it.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from connectors.contract import Connector
from connectors.declarative.connector import DeclarativeConnector, DeclarativePeer, FileSource
from connectors.declarative.limits import FILE_BYTES_MAX
from connectors.declarative.profile import ProfileError, SourceProfile, parse_profile
from connectors.declarative.rest import RestSource, Source, parse_rest
from connectors.drop_folder import DropFolder
from connectors.factory_carriers import federation, file_exchange, xroad
from connectors.factory_parts import (
    Builder,
    ConnectorSettingsError,
    ConnectorSpec,
    HubSide,
    Options,
    http_of,
)
from connectors.international.connector import InternationalConnector, InternationalPeer
from connectors.international.custody import CustodyRules
from connectors.international.incoming import IncomingFiles
from connectors.international.outgoing import OutgoingWorkbooks, prepare
from connectors.jcm.accounts import AccountMap, parse_account_map
from connectors.jcm.connector import JcmConnector, JcmPeer
from connectors.jcm.tables import PublishedTables
from schema.identifiers import IdentifierError, parse_party_id

CARRIERS: Final[Mapping[str, Builder]] = {
    "federation": federation,
    "file_exchange": file_exchange,
    "xroad": xroad,
}
JCM_TABLES: Final = ("jcm-projects", "jcm-methodologies", "jcm-issuances")
CARP_LISTS: Final = ("carp-approaches", "carp-authorizations")
_KEY_BYTES_MAX: Final = 8 * 1024

_Made = TypeVar("_Made")


def declarative(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Read a plain source.

    Options: `profile` (a name, or a file that ends in .toml), `file` (else the address is asked),
    `api_key_header` and `api_key_file`.
    """
    name = options.needed("profile")
    profile = _profile(spec, side, name)
    path = options.path("file")
    source: Source
    if path is not None:
        source = FileSource(registry=spec.registry, path=path)
    elif not spec.endpoint:
        raise ConnectorSettingsError(f"{spec.registry}: name an endpoint, or the option file")
    else:
        source = RestSource(
            http=http_of(spec, side, options),
            reading=_made(spec, lambda: parse_rest(profile.rest)),
            headers=_key(spec, options),
        )
    peer = DeclarativePeer(
        registry=spec.registry,
        kind=spec.kind,
        profile=profile,
        profile_name=name,
        now=side.now,
        maintenance=spec.maintenance,
    )
    return DeclarativeConnector(peer, source)


def jcm(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Read published tables.

    Options: `tables` (a folder for them), `accounts` (a TOML file that says what accounts mean),
    `carrier`.
    """
    path = options.path("accounts")
    accounts = AccountMap(registry=spec.registry)
    if path is not None:
        accounts = _made(spec, lambda: parse_account_map(tomllib.loads(path.read_text("utf-8"))))
    if accounts.registry != spec.registry:
        words = f"{spec.registry}: the accounts are those of {accounts.registry}"
        raise ConnectorSettingsError(words)
    peer = JcmPeer(
        registry=spec.registry, accounts=accounts, now=side.now, maintenance=spec.maintenance
    )
    tables = PublishedTables(
        folder=_drop_folder(spec, options, "tables"),
        profiles={name: _profile(spec, side, name) for name in JCM_TABLES},
    )
    return JcmConnector(peer, tables, _carrier(spec, side, options))


def international(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Exchange files with the UNFCCC side.

    Options: `to_carp` and `from_carp` (folders), `template` (the official workbook),
    `custody_users` (Parties, with blanks between), `carrier`.
    """
    users = options.text("custody_users").split()
    folder = options.path("to_carp")
    template = options.path("template")
    if folder is None:
        raise ConnectorSettingsError(f"{spec.registry}: the option to_carp is missing")
    out = folder
    custody = _made(
        spec,
        lambda: CustodyRules(
            international=spec.registry, users=frozenset(parse_party_id(each) for each in users)
        ),
    )
    _made(spec, lambda: prepare(out))
    return InternationalConnector(
        InternationalPeer(
            registry=spec.registry,
            kind=spec.kind,
            custody=custody,
            now=side.now,
            maintenance=spec.maintenance,
        ),
        OutgoingWorkbooks(
            folder=out,
            template=None if template is None else _made(spec, template.read_bytes),
        ),
        IncomingFiles(
            folder=_drop_folder(spec, options, "from_carp"),
            profiles={name: _profile(spec, side, name) for name in CARP_LISTS},
        ),
        _carrier(spec, side, options),
    )


def _carrier(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector | None:
    name = options.text("carrier")
    if not name:
        return None
    builder = CARRIERS.get(name)
    if builder is None:
        raise ConnectorSettingsError(
            f"{spec.registry}: carrier {name!r}, not {', '.join(CARRIERS)}"
        )
    return builder(spec, side, options)


def _drop_folder(spec: ConnectorSpec, options: Options, name: str) -> DropFolder:
    root = options.path(name)
    if root is None:
        raise ConnectorSettingsError(f"{spec.registry}: the option {name} is missing")
    folder = DropFolder(root=root, size_bytes_max=FILE_BYTES_MAX)
    _made(spec, folder.prepare)
    return folder


def _profile(spec: ConnectorSpec, side: HubSide, name: str) -> SourceProfile:
    written = str(spec.folder / name) if name.endswith(".toml") else name
    return _made(spec, lambda: parse_profile(side.read_source(written), name=name))


def _key(spec: ConnectorSpec, options: Options) -> tuple[tuple[str, str], ...]:
    """Return the header with the key; the key itself is in a file and never in the settings."""
    header, path = options.text("api_key_header"), options.path("api_key_file")
    if not header and path is None:
        return ()
    if not header or path is None:
        words = f"{spec.registry}: api_key_header and api_key_file belong together"
        raise ConnectorSettingsError(words)
    return ((header, _made(spec, lambda: _secret(path))),)


def _secret(path: Path) -> str:
    text = path.read_bytes()[:_KEY_BYTES_MAX].decode("ascii").strip()
    if not text.isprintable() or not text:
        raise ValueError(f"{path} holds no key")
    return text


def _made(spec: ConnectorSpec, make: Callable[[], _Made]) -> _Made:
    """Make a thing, or name the registry whose settings do not allow it."""
    try:
        return make()
    except (ValueError, OSError, LookupError, ProfileError, IdentifierError) as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {cause}") from cause
