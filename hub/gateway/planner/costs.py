"""What a read may cost, estimated before it runs: the objects it may have to tell, and count."""

from collections.abc import Sequence
from typing import Final, assert_never

from hub.gateway.planner.prepared import Prepared
from hub.storage.queries.graph import plan
from hub.storage.queries.graph.plan import Ask

LISTING_COST: Final = 5
"""A short list in full."""
COUNTED_PER_COST: Final = 100
"""Rows are counted faster than they are told."""
PAGE_COST: Final = 1
TOTALS_COST: Final = 100


def cost_of(prepared: Prepared) -> int:
    """Return the estimated cost of a root field."""
    return sum(_read(planned.read.read, asks) for planned, asks in prepared.reads)


def _read(read: plan.Read, asks: Sequence[Ask]) -> int:
    match read:
        case plan.ReadOne(parts=parts):
            return 1 + _parts(parts, asks)
        case plan.ReadMany(parts=parts, slot=slot):
            return len(asks[slot].key[0]) * (1 + _parts(parts, asks))
        case plan.ReadPage(parts=parts, slot=slot):
            return _page(parts, slot, asks)
        case plan.ReadTotals():
            return TOTALS_COST
        case _:
            assert_never(read)


def _parts(parts: plan.Parts, asks: Sequence[Ask]) -> int:
    cost = 0
    for part in parts:
        match part:
            case plan.Fixed() | plan.Leaf():
                pass
            case plan.Inner():
                cost += _parts(part.parts, asks)
            case plan.One():
                cost += 1 + _parts(part.parts, asks)
            case plan.Listing():
                cost += LISTING_COST * (1 + _parts(part.parts, asks))
            case plan.Page():
                cost += _page(part.parts, part.slot, asks)
            case _:
                assert_never(part)
    return cost


def _page(parts: Sequence[plan.PagePart], slot: int, asks: Sequence[Ask]) -> int:
    each = cost = PAGE_COST
    for part in parts:
        match part:
            case plan.Nodes():
                each += _parts(part.parts, asks)
            case plan.Edges():
                each += sum(
                    _parts(field.parts, asks)
                    for field in part.parts
                    if isinstance(field, plan.EdgeNode)
                )
            case plan.TotalCount():
                cost += asks[part.slot].at_most // COUNTED_PER_COST
            case plan.Fixed() | plan.PageFacts():
                pass
            case _:
                assert_never(part)
    return cost + each * asks[slot].limit
