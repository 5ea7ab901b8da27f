"""What admission itself means for discrepancies: the cases it opens, the answers it takes.

Both happen in the transaction of the message: a disagreement that came up is never lost, and an
answer counts when its receipt says so.
"""

from collections.abc import Sequence

import msgspec

from hub.domain.reconciliation.admission_cases import discrepancies_of
from hub.domain.reconciliation.discrepancy import (
    Discrepancy,
    DiscrepancyEvent,
    accept,
    acknowledge,
)
from hub.domain.state import Case, DiscrepancyReply
from hub.services.reconcile_cases import OPENED, CaseChange, CaseDesk
from hub.storage.json_text import json_text
from hub.storage.queries.reconciliation_cases import (
    StoredFacts,
    load_discrepancies,
    lock_cases,
)
from hub.storage.slice.writing_units import write_series
from schema.refusals import Refusal, RefusalCode, refuse


async def open_cases(desk: CaseDesk, cases: Sequence[Case]) -> None:
    """Open the discrepancies that came up while messages were admitted, each once."""
    if not cases:
        return
    connection = desk.work.connection
    found = {
        one.discrepancy_id: (case, one)
        for case in cases
        for one in discrepancies_of(case, at=desk.now)
    }
    series = {one.dispute.series for _, one in found.values()} - {None}
    await write_series(connection, desk.work.ids, [one for one in series if one is not None])
    await lock_cases(connection)
    known = await load_discrepancies(connection, desk.work.ids, found.keys())
    for one in known:
        del found[one.discrepancy_id]
    await desk.carry_out([_opened(desk, case, one) for case, one in found.values()])


class TakenReplies(msgspec.Struct, frozen=True, kw_only=True):
    """What answers to discrepancies come to; nothing is carried out yet."""

    refusals: tuple[Refusal | None, ...] = ()
    """Per reply, why it changes nothing."""
    changes: tuple[CaseChange, ...] = ()


async def take_replies(desk: CaseDesk, replies: Sequence[DiscrepancyReply]) -> TakenReplies:
    """Let registries acknowledge or accept; the changes are to be carried out one by one."""
    if not replies:
        return TakenReplies()
    connection = desk.work.connection
    await lock_cases(connection)
    wanted = {reply.discrepancy_id for reply in replies}
    known = {
        one.discrepancy_id: one
        for one in await load_discrepancies(connection, desk.work.ids, wanted)
    }
    refusals: list[Refusal | None] = []
    changes: list[CaseChange] = []
    for reply in replies:
        before = known.get(reply.discrepancy_id)
        after = _answered(before, reply, desk)
        refusals.append(after if isinstance(after, Refusal) else None)
        if before is None or isinstance(after, Refusal):
            continue
        known[reply.discrepancy_id] = after
        changes.append(_change(before, after, reply))
    return TakenReplies(refusals=tuple(refusals), changes=tuple(changes))


def _answered(
    before: Discrepancy | None, reply: DiscrepancyReply, desk: CaseDesk
) -> Discrepancy | Refusal:
    if before is None:
        return refuse(RefusalCode.RECORD_UNKNOWN, f"no discrepancy {reply.discrepancy_id}")
    answer = accept if reply.accepts else acknowledge
    return answer(before, reply.registry, at=desk.now)


def _change(before: Discrepancy, after: Discrepancy, reply: DiscrepancyReply) -> CaseChange:
    event = DiscrepancyEvent.ACKNOWLEDGED
    if after.is_closed:
        event = DiscrepancyEvent.ACCEPTED_BY_ALL
    said = "accepts" if reply.accepts else "acknowledges"
    return CaseChange(
        before=before,
        after=after,
        event=event,
        actor=reply.registry,
        words=f"{reply.registry} {said}: {reply.words}",
        message_id=reply.message_id,
    )


def _opened(desk: CaseDesk, case: Case, one: Discrepancy) -> CaseChange:
    facts = StoredFacts(
        words=case.words,
        ours="[]",
        theirs=json_text([{"source": name, "words": case.words} for name in case.registries]),
        tonnes=one.serials.count,
        due_at=desk.now + desk.policy.answer_within[one.severity],
        transfer_id=case.transfer_id,
        message_id=case.message_id,
    )
    return CaseChange(
        before=None,
        after=one,
        event=OPENED,
        actor=desk.identity.hub_id,
        words=case.words,
        facts=facts,
        message_id=case.message_id,
    )
