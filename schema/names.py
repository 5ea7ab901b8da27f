"""Names that others give: registries, cooperative approaches, accounts, authorizations."""

import re
from functools import lru_cache
from typing import Final, NewType

from schema.faults import IdentifierError, IdentifierFault
from schema.parties import PartyId, parse_party_id

RegistryId = NewType("RegistryId", str)
"""A registry in which ITMOs originate: alpha-3 of its Party and two digits, such as `CHE01`."""
ApproachId = NewType("ApproachId", str)
"""A cooperative approach: `CA` and four digits, given out by the UNFCCC platform."""
AccountId = NewType("AccountId", str)
"""An account inside one registry: opaque, and meaningless without the registry beside it."""
AuthorizationId = NewType("AuthorizationId", str)
"""An authorization, by the identifier that its Party gave it."""

MECHANISM_REGISTRY: Final = RegistryId("UN01")
"""The Article 6.4 mechanism registry. Unverified: it does not fit the published registry form."""

ACCOUNT_CHARS_MAX: Final = 64
AUTHORIZATION_CHARS_MAX: Final = 128
KNOWN_PARTS_CACHED_MAX: Final = 4096

_REGISTRY = re.compile(r"[A-Z]{3}[0-9]{2}")
_APPROACH = re.compile(r"CA[0-9]{4}")
_ACCOUNT = re.compile(r"[!-~](?:[ -~]*[!-~])?")
# Two published checks differ: one allows letters, digits, space and hyphen, the other "/" and "."
# as well. Both are read.
_AUTHORIZATION = re.compile(r"[A-Za-z0-9./-](?:[A-Za-z0-9 ./-]*[A-Za-z0-9./-])?")
_AUTHORIZATION_NARROW = re.compile(r"[A-Za-z0-9 -]+")


@lru_cache(maxsize=KNOWN_PARTS_CACHED_MAX)
def parse_registry_id(text: str) -> RegistryId:
    """Read a registry id; its first three letters must be a known Party (or all be `UN01`).

    Raises:
        IdentifierError: `registry_form` or `party_unknown`.
    """
    if text == MECHANISM_REGISTRY:
        return MECHANISM_REGISTRY
    if not _REGISTRY.fullmatch(text):
        raise IdentifierError(IdentifierFault.REGISTRY_FORM, text)
    try:
        parse_party_id(text[:3])
    except IdentifierError as cause:
        raise IdentifierError(cause.code, text) from cause
    return RegistryId(text)


def registry_party(registry: RegistryId) -> PartyId | None:
    """Return the Party whose registry this is; None for the mechanism registry."""
    return None if registry == MECHANISM_REGISTRY else PartyId(registry[:3])


def is_verified_registry(registry: RegistryId) -> bool:
    """Tell whether the id has the published form; `UN01` is known from a secondary source only."""
    return registry != MECHANISM_REGISTRY


@lru_cache(maxsize=KNOWN_PARTS_CACHED_MAX)
def parse_approach_id(text: str) -> ApproachId:
    """Read a cooperative approach id; which of them exist is data, not form.

    Raises:
        IdentifierError: `approach_form`.
    """
    if not _APPROACH.fullmatch(text):
        raise IdentifierError(IdentifierFault.APPROACH_FORM, text)
    return ApproachId(text)


def parse_account_id(text: str) -> AccountId:
    """Read an account id: 1 to 64 printable ASCII characters, no space at either end.

    Raises:
        IdentifierError: `account_form`.
    """
    if len(text) > ACCOUNT_CHARS_MAX or not _ACCOUNT.fullmatch(text):
        raise IdentifierError(IdentifierFault.ACCOUNT_FORM, text)
    return AccountId(text)


def parse_authorization_id(text: str) -> AuthorizationId:
    """Read an authorization id in the wider of the two published forms.

    Raises:
        IdentifierError: `authorization_form`.
    """
    if len(text) > AUTHORIZATION_CHARS_MAX or not _AUTHORIZATION.fullmatch(text):
        raise IdentifierError(IdentifierFault.AUTHORIZATION_FORM, text)
    return AuthorizationId(text)


def fits_narrow_authorization_form(authorization: AuthorizationId) -> bool:
    """Tell whether targets that refuse `/` and `.` in an authorization id take this one."""
    return _AUTHORIZATION_NARROW.fullmatch(authorization) is not None
