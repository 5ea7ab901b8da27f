"""A simulated registry: its parts, put together, and the instants at which it books."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from connectors.simulator.book import Book
from connectors.simulator.booking import BookEntry, book_ticks, put_account
from connectors.simulator.conduct import Conduct
from connectors.simulator.holding import Account, Cause
from connectors.simulator.identity import Clock, Hub, KeyBox, Signer, decode_hub, encode_hub
from connectors.simulator.mailbox import Mailbox
from connectors.simulator.profile import Profile, ProfileAccount
from connectors.simulator.records import Records
from connectors.simulator.store import Store, keep_setting, to_ticks
from signing.keyring import Keyring

STORE_FILE: Final = "registry.sqlite"
_HUB: Final = "hub"
_AUTOMATIC: Final = "answers automatically"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One booking under way: the transaction, its instant, and the pen."""

    connection: sqlite3.Connection
    ticks: int
    book: BookEntry


class Registry:
    """Everything that one simulated registry owns; touched from one event loop only."""

    def __init__(self, profile: Profile, folder: Path) -> None:
        """Open the data folder, with whatever an earlier process left in it."""
        folder.mkdir(parents=True, exist_ok=True)
        self.profile = profile
        self.store = Store(folder / STORE_FILE)
        self.book = Book(self.store)
        self.mailbox = Mailbox(self.store)
        self.records = Records(self.store)
        self.conduct = Conduct(self.store)
        self.clock = Clock(conduct=self.conduct)
        self.keys = KeyBox(folder, self.store)
        self.signer = Signer(
            registry=profile.registry, keys=self.keys, clock=self.clock, conduct=self.conduct
        )
        self.mail = asyncio.Condition()
        """Notified when letters are queued or receipted."""
        self.anomalies: list[str] = []
        """What the hub has said that it must not say; shown to the operator."""
        kept = self.store.setting(_HUB)
        self._hub: Hub | None = None if kept is None else decode_hub(kept)
        self._keyring = Keyring() if self._hub is None else self._hub.keyring()
        self._last_ticks = self.book.last_ticks()
        self._open_accounts()

    @property
    def hub(self) -> Hub | None:
        """The hub that the registry takes part in; None until it is told."""
        return self._hub

    @property
    def keyring(self) -> Keyring:
        """The keys of the hub."""
        return self._keyring

    @property
    def answers_automatically(self) -> bool:
        """Whether transfer requests are answered without an officer."""
        kept = self.store.setting(_AUTOMATIC)
        return self.profile.answers_automatically if kept is None else kept == b"yes"

    def join(self, hub: Hub) -> None:
        """Take part in `hub` from now on.

        Raises:
            KeyFormatError: one of its keys is not a key that we accept.
        """
        keyring = hub.keyring()
        with self.store.transaction() as connection:
            keep_setting(connection, _HUB, encode_hub(hub))
        self._hub, self._keyring = hub, keyring

    def answer_automatically(self, *, automatic: bool) -> None:
        """Answer transfer requests at once, or leave them to an officer."""
        with self.store.transaction() as connection:
            keep_setting(connection, _AUTOMATIC, b"yes" if automatic else b"no")

    @contextmanager
    def entry(self, cause: Cause) -> Iterator[Entry]:
        """Make one booking: all or nothing, at an instant of its own."""
        ticks = self.next_ticks()
        with self.store.transaction() as connection:
            rows_of = self.profile.block_rows_of
            pen = BookEntry(connection, ticks=ticks, cause=cause, rows_of=rows_of)
            yield Entry(connection=connection, ticks=ticks, book=pen)

    def next_ticks(self) -> int:
        """Return an instant after everything that was booked or stated before (true time)."""
        self._last_ticks = book_ticks(to_ticks(self.clock.true_now()), self._last_ticks)
        return self._last_ticks

    def told(self, instant: datetime) -> datetime:
        """Return a true instant as the registry's clock shows it."""
        return instant + self.clock.offset()

    async def announce_mail(self) -> None:
        """Wake whoever waits for letters or receipts."""
        async with self.mail:
            self.mail.notify_all()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def _open_accounts(self) -> None:
        known = self.book.accounts()
        new = [each for each in self.profile.notices() if each.account not in known]
        if new:
            with self.store.transaction() as connection:
                for each in new:
                    put_account(connection, booked(each))


def booked(account: ProfileAccount) -> Account:
    """Return an account of the profile, holder filled in, as the books keep it."""
    assert account.holder_party is not None, "the profile fills the holder in"
    return Account(
        account=account.account,
        account_kind=account.account_kind,
        status=account.status,
        holder_party=account.holder_party,
        holder_entity=account.holder_entity,
    )
