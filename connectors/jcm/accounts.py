"""What an account of a JCM registry means: decided by the account, never by its name.

Japan's registry says that credits in its cancellation account are used for Japan's target, so that
a local "cancellation" is use towards the NDC. Whoever mapped by the name would count them as
cancelled. The map is configuration of each registry; an account that it does not name keeps what
the registry says, and is reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from schema.codes import AccountKind, ActionKind, UnitStatus
from schema.identifiers import parse_account_id
from schema.statements import StatedBlock, StatedTotal, Statement

STATUS_OF: Final[Mapping[AccountKind, UnitStatus]] = MappingProxyType(
    {
        AccountKind.PENDING: UnitStatus.HELD,
        AccountKind.HOLDING: UnitStatus.HELD,
        AccountKind.RETIREMENT_NDC: UnitStatus.USED_NDC,
        AccountKind.RETIREMENT_OIMP: UnitStatus.USED_OIMP,
        AccountKind.CANCELLATION_VOLUNTARY: UnitStatus.CANCELLED,
        AccountKind.CANCELLATION_OMGE: UnitStatus.CANCELLED_OMGE,
        AccountKind.CANCELLATION_ADAPTATION: UnitStatus.CANCELLED_ADAPTATION,
    }
)
ACTION_OF: Final[Mapping[AccountKind, ActionKind]] = MappingProxyType(
    {
        AccountKind.RETIREMENT_NDC: ActionKind.USE_TOWARDS_NDC,
        AccountKind.RETIREMENT_OIMP: ActionKind.USE_FOR_OIMP,
        AccountKind.CANCELLATION_VOLUNTARY: ActionKind.VOLUNTARY_CANCELLATION,
        AccountKind.CANCELLATION_OMGE: ActionKind.CANCELLATION_FOR_OMGE,
        AccountKind.CANCELLATION_ADAPTATION: ActionKind.ADAPTATION_SHARE,
    }
)
"""What moving units into an account of a kind is; moving them into a holding account is none."""


class MappedAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one account is for, and where that is said."""

    kind: AccountKind
    local_name: Annotated[str, Meta(max_length=200)] = ""
    """What the registry calls it; for people only."""
    source: Annotated[str, Meta(max_length=400)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinterpreted:
    """A row whose account means something else than the registry's word for it."""

    account: str
    stated: AccountKind
    means: AccountKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """A statement as the accounts mean it; the registry's bytes beside it stay what they are."""

    statement: Statement
    reinterpreted: tuple[Reinterpreted, ...] = ()
    unmapped: tuple[str, ...] = ()
    """Accounts that the map does not name: taken at the registry's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMap:
    """The accounts of one registry that need an explanation."""

    registry: str
    accounts: Mapping[str, MappedAccount] = field(default_factory=dict)

    def kind_of(self, account: str) -> AccountKind | None:
        """Return what an account is for; None when the map does not name it."""
        mapped = self.accounts.get(account)
        return None if mapped is None else mapped.kind

    def action_into(self, account: str) -> ActionKind | None:
        """Return what it is to move units into this account; None for a plain transfer."""
        kind = self.kind_of(account)
        return None if kind is None else ACTION_OF.get(kind)

    def interpret(self, statement: Statement) -> Interpreted:
        """Give every row the kind and status that its account means."""
        found: dict[str, Reinterpreted] = {}
        unmapped: dict[str, None] = {}
        totals = tuple(self._total(row, found, unmapped) for row in statement.totals)
        blocks = tuple(self._block(row, found, unmapped) for row in statement.blocks)
        return Interpreted(
            statement=msgspec.structs.replace(statement, totals=totals, blocks=blocks),
            reinterpreted=tuple(found.values()),
            unmapped=tuple(unmapped),
        )

    def _means(
        self,
        row: StatedTotal | StatedBlock,
        found: dict[str, Reinterpreted],
        unmapped: dict[str, None],
    ) -> AccountKind:
        kind = self.kind_of(row.account)
        if kind is None:
            unmapped[row.account] = None
            return row.account_kind
        if kind is not row.account_kind:
            found[row.account] = Reinterpreted(
                account=row.account, stated=row.account_kind, means=kind
            )
        return kind

    def _total(
        self, row: StatedTotal, found: dict[str, Reinterpreted], unmapped: dict[str, None]
    ) -> StatedTotal:
        return msgspec.structs.replace(row, account_kind=self._means(row, found, unmapped))

    def _block(
        self, row: StatedBlock, found: dict[str, Reinterpreted], unmapped: dict[str, None]
    ) -> StatedBlock:
        kind = self._means(row, found, unmapped)
        if kind is row.account_kind:
            return row
        # A reservation is not a matter of the account, and stays.
        status = row.status if row.status is UnitStatus.RESERVED else STATUS_OF[kind]
        return msgspec.structs.replace(row, account_kind=kind, status=status)


class _MapFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    registry: str
    accounts: dict[str, MappedAccount]


def parse_account_map(data: object) -> AccountMap:
    """Check a map that was read from TOML: `registry`, and a table for each of its `accounts`.

    Raises:
        ValueError: an unknown name, a kind that is none, or an account id that cannot be one.
    """
    try:
        read = msgspec.convert(data, _MapFile)
    except msgspec.ValidationError as cause:
        raise ValueError(f"account map: {cause}") from cause
    for account in read.accounts:
        parse_account_id(account)
    return AccountMap(registry=read.registry, accounts=MappingProxyType(read.accounts))
