from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hub.domain.reconciliation import double_claims as engine
from hub.domain.reconciliation.attributes import UnitState
from hub.domain.reconciliation.codes import FindingCode, Severity
from hub.domain.reconciliation.double_claims import double_claims
from hub.domain.reconciliation.findings import Finding
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, UnitStatus
from schema.identifiers import AccountId, ItmoSeries, RegistryId, SerialRange
from tests.domain.reconciliation.naive import World
from tests.domain.reconciliation.worlds import JPN, MNG, SERIES, snapshot_of, units, worlds

REGISTRIES = (JPN, MNG, RegistryId("GHA01"), RegistryId("CHE01"), RegistryId("SWE01"))
HELD = UnitState(
    registry=JPN,
    account=AccountId("A-1"),
    account_kind=AccountKind.HOLDING,
    status=UnitStatus.HELD,
)
USED = replace(HELD, status=UnitStatus.USED_NDC)

several_worlds = st.lists(worlds(), min_size=1, max_size=len(REGISTRIES))


def claimed(*given_worlds: World, seed: int = 0) -> list[Finding]:
    """Let each registry state a world as its own."""
    vocabulary = Vocabulary()
    return double_claims(
        [
            snapshot_of(
                {unit: replace(state, registry=registry) for unit, state in world.items()},
                vocabulary=vocabulary,
                source=registry,
                seed=seed,
            )
            for registry, world in zip(REGISTRIES, given_worlds, strict=False)
        ]
    )


def naive_claims(given_worlds: list[World]) -> set[tuple[object, ...]]:
    """Ask every registry about every serial."""
    told: dict[tuple[ItmoSeries, int], tuple[object, ...]] = {}
    for unit in {unit for world in given_worlds for unit in world}:
        claims = [
            (registry, replace(world[unit], registry=registry))
            for registry, world in zip(REGISTRIES, given_worlds, strict=False)
            if unit in world
        ]
        if len(claims) > 1:
            mixed = len({state.spent for _, state in claims}) > 1
            code = FindingCode.USED_AND_STILL_HELD if mixed else FindingCode.DOUBLE_CLAIM
            told[unit] = (code, tuple(registry for registry, _ in claims), tuple(claims))
    findings = set()
    for unit in sorted(told):
        series, serial = unit
        before = told.get((series, serial - 1))
        if before is not None and before[:2] == told[unit][:2]:
            continue
        last = serial
        while (series, last + 1) in told and told[series, last + 1][:2] == told[unit][:2]:
            last += 1
        claims = tuple(told[series, one][2] for one in range(serial, last + 1))
        findings.add((*told[unit][:2], series, serial, last, claims))
    return findings


def serial_by_serial(findings: list[Finding]) -> set[tuple[object, ...]]:
    return {
        (
            one.code,
            one.sources,
            one.series,
            one.serials.first,
            one.serials.last,
            tuple(
                tuple((claim.source, claim.state) for claim in part.statements)
                for part in one.evidence
                for _ in range(part.serials.count)
            ),
        )
        for one in findings
    }


@given(several_worlds, st.integers(0, 9))
def test_claims_are_those_found_by_asking_every_registry_about_every_serial(
    given_worlds: list[World], seed: int
) -> None:
    found = claimed(*given_worlds, seed=seed)
    assert serial_by_serial(found) == naive_claims(given_worlds)
    assert len(serial_by_serial(found)) == len(found)


@given(several_worlds, st.integers(1, 6))
def test_windows_of_any_size_find_the_same_claims(given_worlds: list[World], window: int) -> None:
    with patch.object(engine, "WINDOW_CLAIMS", window):
        small = claimed(*given_worlds)
    assert small == claimed(*given_worlds)


@given(several_worlds)
def test_evidence_changes_where_a_claim_changes_and_nowhere_else(
    given_worlds: list[World],
) -> None:
    for finding in claimed(*given_worlds):
        for part, following in zip(finding.evidence, finding.evidence[1:], strict=False):
            assert part.serials.last + 1 == following.serials.first
            assert part.statements != following.statements


def test_three_registries_with_one_block_are_one_finding() -> None:
    (found,) = claimed(*[dict.fromkeys(units(SERIES[0], 5, 9), HELD)] * 3)
    assert (found.code, found.severity) == (FindingCode.DOUBLE_CLAIM, Severity.CRITICAL)
    assert found.sources == REGISTRIES[:3]
    assert (found.serials, found.tonnes) == (SerialRange(5, 9), 5)


def test_what_is_used_in_one_registry_and_held_in_another_is_named_so() -> None:
    here = dict.fromkeys(units(SERIES[0], 1, 9), HELD)
    there = dict.fromkeys(units(SERIES[0], 5, 20), USED)
    (found,) = claimed(here, there)
    assert (found.code, found.serials) == (FindingCode.USED_AND_STILL_HELD, SerialRange(5, 9))


def test_one_used_twice_is_a_double_claim() -> None:
    world = dict.fromkeys(units(SERIES[0], 1, 9), USED)
    (found,) = claimed(world, world)
    assert found.code is FindingCode.DOUBLE_CLAIM


def test_what_a_registry_states_about_another_is_no_claim() -> None:
    vocabulary = Vocabulary()
    world = dict.fromkeys(units(SERIES[0], 1, 9), HELD)
    statements = [snapshot_of(world, vocabulary=vocabulary, source=source) for source in (JPN, MNG)]
    assert double_claims(statements) == []


def test_no_statement_makes_no_claim() -> None:
    assert double_claims([]) == []


def test_a_registry_has_one_statement() -> None:
    vocabulary = Vocabulary()
    with pytest.raises(ValueError, match="one statement"):
        double_claims([snapshot_of({}, vocabulary=vocabulary, source=JPN)] * 2)
