"""Who a simulated registry is: its code, Party, kind and accounts, from a TOML file."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from schema.codes import AccountKind, AccountStatus, RegistryKind
from schema.messages import AccountNotice
from schema.wire import Code, Name, Reference, WireStruct

PROFILE_FOLDER = files("connectors.simulator") / "profiles"


class ProfileError(Exception):
    """The profile cannot be read; the text says why."""


class ProfileAccount(WireStruct, frozen=True):
    """One account that the registry has from the start."""

    account: Reference
    account_kind: AccountKind
    status: AccountStatus = AccountStatus.OPEN
    holder_party: Code | None = None
    """None: the registry's own Party."""
    holder_entity: Reference | None = None


class Profile(WireStruct, frozen=True):
    """What differs between simulated registries."""

    registry: Code
    party: Code
    kind: RegistryKind
    name: Name
    approach: Code
    """The cooperative approach of blocks that do not name another."""
    accounts: tuple[ProfileAccount, ...] = ()
    answers_automatically: bool = True
    """Whether transfer requests are answered without an officer."""
    block_rows_of: Annotated[int, Meta(ge=1)] | None = None
    """Cut every block into rows of so many serials; None keeps blocks as they come."""
    statement_rows: Annotated[int, Meta(ge=1, le=2_000)] = 2_000
    """Rows on a page of a statement, so that the page fits an envelope."""
    pulls: bool = False
    """Whether it reads the hub's outbox instead of being called."""

    def notices(self) -> tuple[ProfileAccount, ...]:
        """Return the accounts with their holders filled in."""
        return tuple(
            msgspec.structs.replace(each, holder_party=each.holder_party or self.party)
            for each in self.accounts
        )


def known_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the package."""
    names = (entry.name for entry in PROFILE_FOLDER.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_profile(name: str) -> Profile:
    """Read a profile by the name of one that comes with the package, or by its file.

    Raises:
        ProfileError: there is no such profile, or it has an unknown or wrong field.
    """
    source = PROFILE_FOLDER / f"{name}.toml" if name in known_profiles() else Path(name)
    try:
        return msgspec.toml.decode(source.read_bytes(), type=Profile)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as cause:
        known = ", ".join(known_profiles())
        raise ProfileError(f"profile {name!r}: {cause}; those known are {known}") from cause


def account_of(notice: AccountNotice) -> ProfileAccount:
    """Return an announced account as the books keep it."""
    return ProfileAccount(
        account=notice.account,
        account_kind=notice.account_kind,
        status=notice.status,
        holder_party=notice.holder_party,
        holder_entity=notice.holder_entity,
    )
