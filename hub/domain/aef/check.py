"""The whole check of one submission, by itself and beside others."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from hub.domain.aef import consistency, overlap, plausibility
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.findings import FINDINGS_MAX, Finding
from hub.domain.aef.replay import check_replay
from hub.domain.aef.validate import validate
from hub.domain.aef.world import Filed, World

CHECKS: tuple[Callable[[World], Iterator[Finding]], ...] = (
    consistency.check_approaches,
    overlap.check_repetition,
    overlap.check_sectors,
    overlap.check_metrics,
    overlap.check_underlying,
    consistency.check_users,
    consistency.check_identifiers,
    consistency.check_years,
    consistency.check_purposes,
    consistency.check_periods,
    consistency.check_first_transfers,
    check_replay,
    consistency.check_registries,
    plausibility.check_serial_counts,
    plausibility.check_authorized_quantities,
    plausibility.check_vintages,
    plausibility.check_changed_sectors,
    overlap.check_double_use,
    overlap.check_single_first_transfer,
    overlap.check_held_once,
)
"""Every consistency check, in the order of the findings."""


def check(subject: Filed, rules: FieldRules, others: Iterable[Filed] = ()) -> tuple[Finding, ...]:
    """Return everything that is wrong with a submission, at most `FINDINGS_MAX` findings.

    `others` are the current versions of earlier years of the same Party and of other Parties.
    """
    world = World.of(subject, others)
    found = chain(
        validate(subject.report, rules, subject.submission),
        chain.from_iterable(one(world) for one in CHECKS),
    )
    return tuple(islice(found, FINDINGS_MAX))
