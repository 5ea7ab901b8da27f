"""What happens to credits: issued, transferred, reserved, retired, given back.

A part of a block is always taken from its high end: the owner keeps the low serials.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from connectors.simulator.kit.control import SwitchBoard
from connectors.simulator.undp import texts
from connectors.simulator.undp.refusals import RefusedError
from connectors.simulator.undp.state import NOBODY, Block, RegistryState, User
from connectors.simulator.undp.switches import RegistrySwitches

ISSUED, TRANSFERRED, RETIRED, SPLIT, REQUESTED = 2, 3, 5, 40, 41
ACTIVE: Final = 1
ADMIN: Final = "Admin"
NO_DETAILS: Final[Mapping[str, object]] = MappingProxyType({})


class Credits:
    """The acts of one registry."""

    def __init__(self, state: RegistryState, board: SwitchBoard[RegistrySwitches]) -> None:
        """Work on the tables, by the switches."""
        self._state = state
        self._board = board

    def issue(self, ref_id: str, vintage: int, amount: int) -> str:
        """Issue credits to a project's company; numbering runs on per project."""
        database = self._state.database
        with database.transaction():
            project = self._state.project(ref_id)
            rows = database.read("SELECT issued FROM project WHERE ref_id = ?", ref_id)
            first = int(rows[0]["issued"]) + 1
            database.write(
                "UPDATE project SET issued = issued + ? WHERE ref_id = ?", amount, ref_id
            )
            block = Block(
                id=f"{project.prefix}-{first}",
                project=ref_id,
                first=first,
                last=first + amount - 1,
                vintage=vintage,
                owner=project.company,
                previous=NOBODY,
                reserved=0,
                not_transferred=True,
                tx_type=ISSUED,
                created=self._time(),
            )
            self._keep(block)
            self._note(block, "Issued", sender=NOBODY, receiver=project.company)
        return block.id

    def transfer(self, user: User, receiver: int, block_id: str, amount: int) -> None:
        """Move credits to another company."""
        if not self._is_developer_admin(user):
            raise RefusedError(texts.MAY_NOT_TRANSFER)
        block = self._available(user, block_id, amount)
        if self._state.company(receiver) is None:
            raise RefusedError(texts.NO_RECEIVER)
        with self._state.database.transaction():
            moved = self._move(block, amount, receiver, TRANSFERRED)
            self._note(moved, "Transfered", sender=user.company, receiver=receiver)

    def request_retirement(
        self, user: User, block_id: str, amount: int, details: Mapping[str, object]
    ) -> int:
        """Reserve credits and ask the national authority to retire them."""
        if not self._is_developer_admin(user):
            raise RefusedError(texts.MAY_NOT_RETIRE)
        block = self._available(user, block_id, amount)
        with self._state.database.transaction():
            reserved = msgspec.structs.replace(
                block, reserved=block.reserved + amount, tx_type=REQUESTED
            )
            self._keep(reserved)
            more = {"amount": amount, "status": "Pending"}
            return self._note(block, "Retired", sender=user.company, details={**details, **more})

    def decide(self, user: User, number: int, action: str, remarks: str | None) -> int:
        """Accept, reject or cancel a request; return its amount."""
        request = self._state.transaction(number)
        if request is None or request.type != "Retired":
            raise RefusedError(texts.NO_REQUEST)
        company = self._state.company(user.company)
        if action == "CANCEL":
            if request.sender != user.company:
                raise RefusedError(texts.NOT_PARTICIPANT)
        elif user.role != "Root" and not (
            company is not None and company.role == "DNA" and user.role == ADMIN
        ):
            raise RefusedError(texts.MAY_NOT_DECIDE)
        if request.status != "Pending":
            raise RefusedError(texts.NOT_PENDING)
        block = self._state.block(request.block)
        assert block is not None, "a block that is asked for stays"
        freed = msgspec.structs.replace(block, reserved=block.reserved - request.amount)
        status, serial = "Completed", request.serial
        with self._state.database.transaction():
            if action == "ACCEPT":
                serial = self._state.serial(self._move(freed, request.amount, NOBODY, RETIRED))
            else:
                status = "Rejected" if action == "REJECT" else "Cancelled"
                bug = self._board.now.retire_on_reject_bug
                self._keep(msgspec.structs.replace(freed, tx_type=RETIRED if bug else ISSUED))
            forgotten = remarks is None and not self._board.now.forgets_remarks
            self._state.database.write(
                "UPDATE tx SET status = ?, serial = ?, remarks = ? WHERE id = ?",
                status,
                serial,
                request.remarks if forgotten else remarks,
                number,
            )
        return request.amount

    def _is_developer_admin(self, user: User) -> bool:
        company = self._state.company(user.company)
        return company is not None and company.role == "PD" and user.role == ADMIN

    def _available(self, user: User, block_id: str, amount: int) -> Block:
        block = self._state.block(block_id)
        if block is None:
            raise RefusedError(texts.NO_BLOCK)
        company = self._state.company(user.company)
        if company is None or company.state != ACTIVE:
            raise RefusedError(texts.DEACTIVATED)
        if block.owner != user.company:
            raise RefusedError(texts.NOT_OWNER)
        if block.amount - block.reserved < amount:
            raise RefusedError(texts.NOT_ENOUGH)
        return block

    def _move(self, block: Block, amount: int, receiver: int, tx_type: int) -> Block:
        if amount == block.amount:
            moved = msgspec.structs.replace(
                block,
                owner=receiver,
                previous=block.owner,
                tx_type=tx_type,
                not_transferred=False,
            )
            self._keep(moved)
            return moved
        prefix = self._state.project(block.project).prefix
        first = block.last - amount + 1
        keeps_flag = block.not_transferred and not self._board.now.split_flag_bug
        child = msgspec.structs.replace(
            block,
            id=f"{prefix}-{first}",
            first=first,
            owner=receiver,
            previous=block.owner,
            reserved=0,
            not_transferred=keeps_flag,
            tx_type=tx_type,
            created=self._time(),
        )
        self._keep(msgspec.structs.replace(block, last=first - 1, tx_type=SPLIT))
        self._keep(child)
        return child

    def _keep(self, block: Block) -> None:
        self._state.put("block", msgspec.structs.asdict(block))

    def _note(
        self,
        block: Block,
        kind: str,
        *,
        sender: int,
        receiver: int | None = None,
        details: Mapping[str, object] = NO_DETAILS,
    ) -> int:
        return self._state.put(
            "tx",
            {
                "sender": sender,
                "receiver": receiver,
                "type": kind,
                "status": "Completed",
                "block": block.id,
                "serial": self._state.serial(block),
                "amount": block.amount,
                "project": block.project,
                "created": self._time(),
                **details,
            },
        )

    def _time(self) -> int:
        return int(self._state.now() * 1000)
