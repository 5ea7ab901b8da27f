"""What the registry's officers do: change the books and queue the message that says so, in one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from connectors.contract import StatementScope
from connectors.driving import orders
from connectors.driving.answers import Side
from connectors.simulator.booking import put_account
from connectors.simulator.holding import CannotBookError, Cause, Holding
from connectors.simulator.mailbox import post
from connectors.simulator.records import (
    KnownTransfer,
    first_at_issuance,
    put_authorization,
    put_transfer,
)
from connectors.simulator.registry import Registry
from connectors.simulator.serials import CannotDoError, Serials
from connectors.simulator.stating import Statements
from connectors.simulator.store import from_ticks
from connectors.simulator.transfers import answer_request
from schema.codec import decode_body
from schema.codes import Metric, TransferState, UnitStatus
from schema.messages import (
    AccountNotice,
    ActionNotice,
    AuthorizationNotice,
    IssuanceNotice,
    IssuedBlock,
    KeyAnnouncement,
    Message,
    MessageKind,
    TransferProposal,
    TransferWithdrawal,
)
from schema.refusals import Refusal

NEW_BOOKS: Final = "load"


class Desk:
    """Each method carries out one order and returns the messages that it has queued."""

    def __init__(self, registry: Registry) -> None:
        """Work on the books of `registry`."""
        self._registry = registry
        self._serials = Serials(registry)

    def announce_accounts(self, order: orders.AnnounceAccounts) -> Sequence[Message]:
        """Announce accounts as they are."""
        accounts = self._registry.book.accounts()
        unknown = set(order.accounts) - set(accounts)
        if unknown:
            raise CannotDoError(f"no account {', '.join(sorted(unknown))}")
        return self._post([self._notice(key) for key in order.accounts or accounts])

    def set_account(self, order: orders.SetAccount) -> Sequence[Message]:
        """Change an account's status and announce it."""
        account = self._registry.book.accounts().get(order.account)
        if account is None:
            raise CannotDoError(f"no account {order.account}")
        with self._registry.store.transaction() as connection:
            put_account(connection, replace(account, status=order.status))
            return self._post([self._notice(order.account)])

    def authorize(self, order: orders.Authorize) -> Sequence[Message]:
        """Keep and send an authorization."""
        message = AuthorizationNotice(message_id=uuid4(), authorization=order.authorization)
        cause = Cause(message_id=message.message_id, kind=MessageKind.AUTHORIZATION)
        with self._registry.entry(cause) as entry:
            put_authorization(entry.connection, order.authorization, entry.ticks)
            return self._post([message])

    def learn(self, order: orders.Learn) -> Sequence[Message]:
        """Keep an authorization of another Party."""
        with self._registry.entry(Cause(message_id=uuid4(), kind=NEW_BOOKS)) as entry:
            put_authorization(entry.connection, order.authorization, entry.ticks)
        return ()

    def issue(self, order: orders.Issue) -> Sequence[Message]:
        """Bring new units into the books and tell the hub."""
        registry = self._registry
        record = None
        if order.authorization_party is not None and order.authorization_id is not None:
            record = registry.records.authorization(
                order.authorization_party, order.authorization_id
            )
        message_id = order.message_id or uuid4()
        with registry.entry(Cause(message_id=message_id, kind=MessageKind.ISSUANCE)) as entry:
            blocks = self._serials.new(order.blocks)
            entry.book.add(
                Holding.of(
                    block,
                    account=order.account,
                    first_transferred=first_at_issuance(record, registry.profile.party),
                    authorization=(order.authorization_party, order.authorization_id),
                    origin=str(message_id),
                )
                for block in blocks
            )
            message = IssuanceNotice(
                message_id=message_id,
                account=order.account,
                activity=order.activity,
                decision=order.decision,
                authorization_party=order.authorization_party,
                authorization_id=order.authorization_id,
                mitigation_type=order.mitigation_type,
                issued_at=self._told(entry.ticks),
                blocks=tuple(IssuedBlock(block=block, underlying=None) for block in blocks),
            )
            return self._post([message])

    def load(self, order: orders.Load) -> Sequence[Message]:
        """Bring units into the books silently."""
        with self._registry.entry(Cause(message_id=uuid4(), kind=NEW_BOOKS)) as entry:
            entry.book.add(
                Holding.of(
                    block,
                    account=order.account,
                    status=order.status,
                    first_transferred=order.first_transferred,
                    authorization=(order.authorization_party, order.authorization_id),
                )
                for block in self._serials.new(order.blocks)
            )
        return ()

    def propose(self, order: orders.Propose) -> Sequence[Message]:
        """Reserve units and propose their transfer."""
        message_id, transfer_id = order.message_id or uuid4(), order.transfer_id or uuid4()
        cause = Cause(
            message_id=message_id,
            kind=MessageKind.TRANSFER_PROPOSAL,
            transfer_id=transfer_id,
            counterparty=order.to.registry,
        )
        with self._registry.entry(cause) as entry:
            blocks = self._serials.held(order.blocks, order.from_account)
            if not order.unchecked:
                taken = entry.book.take(blocks, order.from_account)
                entry.book.keep(_reserved(taken, transfer_id), moved_from=None)
            message = TransferProposal(
                message_id=message_id,
                transfer_id=transfer_id,
                from_account=order.from_account,
                to=order.to,
                purpose=order.purpose,
                authorization_party=order.authorization_party,
                authorization_id=order.authorization_id,
                acquiring_entity=order.acquiring_entity,
                proposed_at=self._told(entry.ticks),
                blocks=tuple(blocks),
            )
            put_transfer(
                entry.connection,
                KnownTransfer(
                    transfer_id=transfer_id,
                    side=Side.OUT,
                    counterparty=order.to.registry,
                    state=TransferState.PROPOSED,
                    proposal=message,
                    reason="",
                ),
            )
            return self._post([message])

    def withdraw(self, order: orders.Withdraw) -> Sequence[Message]:
        """Withdraw a proposal; the units stay reserved until the hub has said so."""
        return self._post(
            [
                TransferWithdrawal(
                    message_id=uuid4(), transfer_id=order.transfer_id, reason=order.reason
                )
            ]
        )

    def answer(self, order: orders.AnswerRequest) -> Sequence[Message]:
        """Answer a transfer request."""
        transfer = self._registry.records.transfer(order.transfer_id)
        if transfer is None or transfer.side is not Side.IN:
            raise CannotDoError(f"no request {order.transfer_id}")
        with self._registry.store.transaction() as connection:
            return [answer_request(connection, transfer, order.answer, order.reason)]

    def act(self, order: orders.Act) -> Sequence[Message]:
        """Claim units and tell the hub what is done with them; booked when the hub agrees."""
        message_id = order.message_id or uuid4()
        with self._registry.entry(Cause(message_id=message_id, kind=MessageKind.ACTION)) as entry:
            blocks = self._serials.held(order.blocks, order.account)
            if not order.unchecked:
                taken = entry.book.take(blocks, order.account)
                entry.book.keep(_reserved(taken, message_id), moved_from=None)
            message = ActionNotice(
                message_id=message_id,
                action=order.action,
                account=order.account,
                to_account=order.to_account,
                authorization_party=order.authorization_party,
                authorization_id=order.authorization_id,
                purpose=order.purpose,
                using_party=order.using_party,
                using_entity=order.using_entity,
                year_of_use=order.year_of_use,
                acted_at=self._told(entry.ticks),
                blocks=tuple(blocks),
            )
            return self._post([message])

    def send(self, order: orders.Send) -> Sequence[Message]:
        """Queue any message of the contract."""
        message = decode_body(order.kind, bytes(order.body))
        if isinstance(message, Refusal):
            raise CannotDoError(f"{message.code}: {message.detail}")
        return self._post([message])

    def rotate_key(self, order: orders.RotateKey) -> Sequence[Message]:
        """Make a key and announce it; `use_newest` follows when the hub has taken it."""
        registry = self._registry
        key = registry.keys.make(order.algorithm)
        return self._post(
            [
                KeyAnnouncement(
                    message_id=uuid4(),
                    registry=registry.profile.registry,
                    jwk=key.public.to_jwk(),
                    valid_from=order.valid_from or registry.clock.told_now(),
                    valid_until=None,
                )
            ]
        )

    def resplit(self, order: orders.Resplit) -> Sequence[Message]:
        """Cut the live rows anew."""
        live = self._registry.book.live()
        with self._registry.entry(Cause(message_id=uuid4(), kind=NEW_BOOKS)) as entry:
            for row in live:
                for taken in entry.book.take([row.as_block()], row.account):
                    entry.book.keep(_pieces(taken, order.rows_of), moved_from=None)
        return ()

    def state(self, order: orders.State) -> Sequence[Message]:
        """State the books of this instant, page by page."""
        statements = Statements(self._registry)
        first = statements.page(StatementScope(level=order.level), 1)
        at = first.statement.stated_at
        scope = StatementScope(level=order.level, at=at)
        rest = [statements.page(scope, page) for page in range(2, first.statement.pages + 1)]
        return self._post([first, *rest])

    def _post(self, messages: Sequence[Message]) -> Sequence[Message]:
        with self._registry.store.transaction() as connection:
            post(connection, messages)
        return messages

    def _told(self, ticks: int) -> datetime:
        return self._registry.told(from_ticks(ticks))

    def _notice(self, key: str) -> AccountNotice:
        account = self._registry.book.accounts()[key]
        return AccountNotice(
            message_id=uuid4(),
            account=account.account,
            account_kind=account.account_kind,
            status=account.status,
            holder_party=account.holder_party,
            holder_entity=account.holder_entity,
        )


def _reserved(holdings: Sequence[Holding], claim: UUID) -> list[Holding]:
    taken = [each for each in holdings if each.status is not UnitStatus.HELD]
    if taken:
        raise CannotBookError(f"serials {taken[0].first} onwards are {taken[0].status}")
    return [replace(each, status=UnitStatus.RESERVED, reserved_for=str(claim)) for each in holdings]


def _pieces(row: Holding, rows_of: int) -> list[Holding]:
    if row.metric is not Metric.GHG:
        return [row]
    starts = range(row.first, row.last + 1, rows_of)
    return [row.part(first, min(first + rows_of - 1, row.last)) for first in starts]
