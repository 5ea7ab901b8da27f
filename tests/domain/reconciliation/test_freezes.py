from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace

from hub.domain.reconciliation.discrepancy import DiscrepancyState
from hub.domain.reconciliation.freezes import (
    LIMITS,
    OPERATOR,
    ClaimantKind,
    FreezeLimits,
    SerialFreeze,
    follow,
    freeze,
    frozen_serials,
)
from schema.identifiers import MECHANISM_REGISTRY, RegistryId, SerialRange
from schema.refusals import Refusal, RefusalCode
from schema.serials import SerialSet
from tests.domain.reconciliation.test_discrepancy import DISCREPANCY
from tests.domain.reconciliation.worlds import GHA, JPN, MNG, SERIES

NOW = datetime(2031, 7, 2, tzinfo=UTC)
HOLDERS = frozenset({JPN})
TIGHT = {
    kind: FreezeLimits(freezes=2, units=25, lasts=timedelta(days=3), times_per_discrepancy=2)
    for kind in ClaimantKind
}


def frozen_by(
    claimant: str,
    *earlier: SerialFreeze,
    at: datetime = NOW,
    discrepancy: object = DISCREPANCY,
) -> SerialFreeze | Refusal:
    return freeze(
        discrepancy,  # type: ignore[arg-type]
        claimant,
        holders=HOLDERS,
        earlier=earlier,
        at=at,
        limits=TIGHT,
    )


def granted(claimant: str = JPN, **how: object) -> SerialFreeze:
    result = frozen_by(claimant, **how)  # type: ignore[arg-type]
    assert isinstance(result, SerialFreeze)
    return result


@pytest.mark.parametrize(
    "claimant",
    [
        pytest.param(JPN, id="the registry of the holder"),
        pytest.param(MNG, id="a registry of the first transferring Party"),
        pytest.param(OPERATOR, id="the operator"),
    ],
)
def test_who_holds_first_transferred_or_operates_may_freeze(claimant: str) -> None:
    result = granted(claimant)
    assert (result.serials, result.until) == (DISCREPANCY.serials, NOW + timedelta(days=3))


@pytest.mark.parametrize(
    "claimant",
    [
        pytest.param(GHA, id="a registry of a third Party"),
        pytest.param(MECHANISM_REGISTRY, id="a registry of no Party"),
        pytest.param("hub", id="a name that is no registry"),
    ],
)
def test_a_mere_claim_freezes_nothing(claimant: RegistryId) -> None:
    refused = frozen_by(claimant)
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.FREEZE_NOT_ENTITLED


def test_a_closed_discrepancy_freezes_nothing() -> None:
    refused = frozen_by(JPN, discrepancy=replace(DISCREPANCY, state=DiscrepancyState.RESOLVED))
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.NOT_ALLOWED_IN_STATE


def test_an_expired_freeze_lifts_by_itself_while_the_discrepancy_stays_open() -> None:
    standing = granted()
    just_before = standing.until - timedelta(seconds=1)
    assert frozen_serials([standing], SERIES[0], at=just_before) == DISCREPANCY.serials
    assert not frozen_serials([standing], SERIES[0], at=standing.until)
    assert not frozen_serials([standing], SERIES[1], at=NOW)
    assert not DISCREPANCY.is_closed


def test_a_freeze_is_renewed_only_so_often() -> None:
    first = granted()
    second = frozen_by(JPN, first, at=first.until)
    assert isinstance(second, SerialFreeze)
    third = frozen_by(JPN, first, second, at=second.until)
    assert isinstance(third, Refusal)
    assert third.code is RefusalCode.FREEZE_LIMIT_REACHED


def other_freeze(number: int, count: int, claimant: str = JPN) -> SerialFreeze:
    return replace(
        granted(),
        claimant=claimant,
        discrepancy_id=UUID(int=100 + number),
        serials=SerialSet((SerialRange(1, count),)),
    )


@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        pytest.param([granted()], "frozen these serials already", id="the same serials again"),
        pytest.param([other_freeze(1, 1), other_freeze(2, 1)], "2 freezes", id="too many"),
        pytest.param([other_freeze(1, 16)], "26 serials", id="too many tonnes"),
    ],
)
def test_a_claimant_freezes_within_limits(earlier: list[SerialFreeze], words: str) -> None:
    refused = frozen_by(JPN, *earlier)
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.FREEZE_LIMIT_REACHED
    assert words in refused.detail


def test_limits_count_what_the_claimant_itself_has_in_force() -> None:
    others = [other_freeze(number, 9, MNG) for number in range(5)]
    expired = [
        replace(other_freeze(number, 9), frozen_at=NOW - timedelta(9), until=NOW)
        for number in range(5)
    ]
    lifted = [replace(other_freeze(number, 9), lifted_at=NOW) for number in range(5)]
    assert isinstance(frozen_by(JPN, *others, *expired, *lifted), SerialFreeze)


def test_closing_lifts_every_freeze_of_the_discrepancy() -> None:
    standing, other = granted(), other_freeze(1, 5)
    closed = replace(DISCREPANCY, state=DiscrepancyState.RESOLVED)
    (lifted,) = follow([standing, other], closed, at=NOW)
    assert lifted == replace(standing, lifted_at=NOW)
    assert not lifted.in_force(NOW)


def test_a_freeze_follows_a_dispute_that_shrinks_and_grows_up_to_the_same_end() -> None:
    standing = granted()
    other = replace(DISCREPANCY, serials=SerialSet((SerialRange(12, 40),)))
    (followed,) = follow([standing], other, at=NOW)
    assert followed == replace(standing, serials=other.serials)
    assert follow([followed], other, at=NOW) == []


def test_nobody_freezes_without_limits() -> None:
    assert set(LIMITS) == set(ClaimantKind)
