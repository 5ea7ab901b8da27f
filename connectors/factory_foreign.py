"""Builders of the connectors to registries that speak interfaces of their own, live.

Secrets stand in files that the options name, never in the options.
"""

import sqlite3
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from connectors.cadtrust.connector import CadTrustConnector, CadTrustPeer
from connectors.cadtrust.node import NodeAccess
from connectors.cadtrust.resources import DataModel
from connectors.contract import Connector
from connectors.factory_parts import (
    ConnectorSettingsError,
    ConnectorSpec,
    HubSide,
    Options,
    http_of,
)
from connectors.undp.connector import UndpConnector, UndpPeer
from connectors.undp.session import ApiKey, Credentials, Password, undp_limits
from connectors.undp.sqlite_intents import SqliteIntents
from connectors.vouched import VouchedProject, VouchedSerials
from schema.identifiers import RegistryId, parse_registry_id

FILE_BYTES_MAX: Final = 1024 * 1024

_Read = TypeVar("_Read")


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what the files may hold."""


class _Login(_Strict, frozen=True):
    username: str = ""
    password: str = ""
    email: str = ""
    secret: str = ""


class _Logins(_Strict, frozen=True):
    authority: _Login
    owners: dict[str, _Login] = {}
    """By the number of the company."""


class _Project(_Strict, frozen=True):
    approach: str
    country: str
    first_party: str
    project: str
    registry: RegistryId
    serial_offset: int


class _Projects(_Strict, frozen=True):
    project: tuple[_Project, ...] = ()


class _Organisations(_Strict, frozen=True):
    organisations: dict[str, str] = {}


def cadtrust(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Publish to a CAD Trust node and read everybody's claims from it.

    Options: `model` (v1 or v2), `api_key_file`, `organisations` (a TOML file: registry codes by
    orgUid), `vouched` (a TOML file: projects whose serials are mapped to ITMOs).
    """
    model = options.needed("model")
    if model not in set(DataModel):
        raise ConnectorSettingsError(f"{spec.registry}: model is v1 or v2")
    key = options.path("api_key_file")
    organisations = options.path("organisations")
    known = _Organisations()
    if organisations is not None:
        known = _read(spec, organisations, _Organisations)
    peer = CadTrustPeer(
        access=NodeAccess(
            model=DataModel(model),
            now=side.now,
            api_key="" if key is None else _bytes(spec, key).decode("ascii", "replace").strip(),
        ),
        organisations=known.organisations,
        vouched=_vouched(spec, options),
        maintenance=spec.maintenance,
    )
    return CadTrustConnector(peer, http_of(spec, side, options))


def undp(spec: ConnectorSpec, side: HubSide, options: Options) -> Connector:
    """Read a registry of the UNDP make, and let units of completed transfers leave it.

    Options: `credentials` (a TOML file: `[authority]` and `[owners.NUMBER]`, each with `username`
    and `password`, or `email` and `secret`), `intents` (the file of our own memory), `vouched`.
    """
    file, intents = options.path("credentials"), options.path("intents")
    if file is None or intents is None:
        raise ConnectorSettingsError(f"{spec.registry}: name credentials and intents")
    logins = _read(spec, file, _Logins)
    registry = spec.registry
    if not all(number.isascii() and number.isdigit() for number in logins.owners):
        raise ConnectorSettingsError(f"{registry}: owners are named by company numbers")
    http = http_of(spec, side, options, limits=undp_limits(side.limits))
    try:
        intents.parent.mkdir(parents=True, exist_ok=True)
        store = SqliteIntents(intents)
    except (OSError, sqlite3.Error) as cause:
        raise ConnectorSettingsError(f"{registry}: {intents}: {cause}") from cause
    peer = UndpPeer(
        authority=_credentials(spec, logins.authority),
        owners={int(number): _credentials(spec, one) for number, one in logins.owners.items()},
        intents=store,
        vouched=_vouched(spec, options),
        orders_of=lambda outcome: side.orders_of(registry, outcome),
        now=side.now,
        maintenance=spec.maintenance,
    )
    return UndpConnector(peer, http)


def _credentials(spec: ConnectorSpec, login: _Login) -> Credentials:
    if login.username and login.password and not login.email:
        return Password(username=login.username, password=login.password)
    if login.email and login.secret and not login.username:
        return ApiKey(email=login.email, secret=login.secret)
    words = "a login has username and password, or email and secret"
    raise ConnectorSettingsError(f"{spec.registry}: {words}")


def _vouched(spec: ConnectorSpec, options: Options) -> VouchedSerials:
    file = options.path("vouched")
    if file is None:
        return VouchedSerials()
    projects = _read(spec, file, _Projects).project
    try:
        return VouchedSerials(
            VouchedProject(
                approach=each.approach,
                country=each.country,
                first_party=each.first_party,
                project=each.project,
                registry=parse_registry_id(each.registry),
                serial_offset=each.serial_offset,
            )
            for each in projects
        )
    except ValueError as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {file}: {cause}") from cause


def _read(spec: ConnectorSpec, file: Path, form: type[_Read]) -> _Read:
    try:
        return msgspec.toml.decode(_bytes(spec, file), type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {file}: {cause}") from cause


def _bytes(spec: ConnectorSpec, file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(FILE_BYTES_MAX)
    except OSError as cause:
        raise ConnectorSettingsError(f"{spec.registry}: {cause}") from cause
