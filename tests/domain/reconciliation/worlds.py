"""Random worlds of units, random splits into blocks, and the strategies that draw them."""

from collections.abc import Iterable
from random import Random

from hypothesis import strategies as st

from hub.domain.reconciliation.attributes import GHG, AuthorizationView, Measure, UnitState
from hub.domain.reconciliation.columns import Snapshot, StatedRow
from hub.domain.reconciliation.vocabulary import Vocabulary
from schema.codes import AccountKind, AuthorizationStatus, AuthorizedUse, Metric, UnitStatus
from schema.identifiers import (
    AccountId,
    ApproachId,
    ItmoSeries,
    PartyId,
    RegistryId,
)
from tests.domain.reconciliation.naive import World

JPN, MNG, GHA = RegistryId("JPN01"), RegistryId("MNG01"), RegistryId("GHA01")
JCM, OTHER = ApproachId("CA0007"), ApproachId("CA0010")

SERIES = (
    ItmoSeries(JCM, MNG, PartyId("MNG"), 2021),
    ItmoSeries(JCM, MNG, PartyId("MNG"), 2022),
    ItmoSeries(JCM, JPN, PartyId("MNG"), 2022),
    ItmoSeries(OTHER, GHA, PartyId("GHA"), 2022),
)
SERIAL_MAX = 24

LETTER = AuthorizationView(
    reference="MNG-7",
    use=AuthorizedUse.NDC,
    transferring=AuthorizationStatus.IN_FORCE,
    acquiring=AuthorizationStatus.IN_FORCE,
)
WIDER_LETTER = AuthorizationView(
    reference="MNG-7",
    use=AuthorizedUse.NDC_AND_OIMP,
    transferring=AuthorizationStatus.IN_FORCE,
    acquiring=AuthorizationStatus.IN_FORCE,
)
REVOKED_LETTER = AuthorizationView(
    reference="MNG-7",
    use=AuthorizedUse.NDC,
    transferring=AuthorizationStatus.REVOKED,
    acquiring=AuthorizationStatus.IN_FORCE,
)
OTHER_LETTER = AuthorizationView(reference="MNG-8", use=AuthorizedUse.OIMP)
MEGAWATT_HOURS = Measure(metric=Metric.NON_GHG, unit="MWh")

states = st.builds(
    UnitState,
    registry=st.sampled_from((JPN, MNG)),
    account=st.sampled_from((None, AccountId("A-1"), AccountId("A-2"))),
    account_kind=st.sampled_from((None, AccountKind.HOLDING, AccountKind.RETIREMENT_NDC)),
    status=st.sampled_from((None, UnitStatus.HELD, UnitStatus.RESERVED, UnitStatus.USED_NDC)),
    authorization=st.sampled_from((None, LETTER, WIDER_LETTER, REVOKED_LETTER, OTHER_LETTER)),
    first_transferred=st.booleans(),
    measure=st.sampled_from((GHG, MEGAWATT_HOURS)),
)
"""Any state at all: the engine must not depend on which combinations make sense."""


@st.composite
def spans(draw: st.DrawFn) -> tuple[ItmoSeries, int, int]:
    first = draw(st.integers(1, SERIAL_MAX))
    last = draw(st.integers(first, min(first + 8, SERIAL_MAX)))
    return draw(st.sampled_from(SERIES)), first, last


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few spans, each in one of a few states; later ones overwrite earlier ones."""
    palette = draw(st.lists(states, min_size=1, max_size=4))
    world: World = {}
    for series, first, last in draw(st.lists(spans(), max_size=8)):
        state = draw(st.sampled_from(palette))
        world.update({(series, serial): state for serial in range(first, last + 1)})
    return world


@st.composite
def neighbouring_worlds(draw: st.DrawFn) -> tuple[World, World]:
    """A world, and the same one after a few changes."""
    world = draw(worlds())
    other = dict(world)
    for series, first, last in draw(st.lists(spans(), max_size=4)):
        units = [(series, serial) for serial in range(first, last + 1)]
        match draw(st.sampled_from(("drop", "say", "move"))):
            case "drop":
                for unit in units:
                    other.pop(unit, None)
            case "say":
                other.update(dict.fromkeys(units, draw(states)))
            case _:
                elsewhere = draw(st.sampled_from(SERIES))
                moved = {unit: other.pop(unit) for unit in units if unit in other}
                other.update({(elsewhere, serial): state for (_, serial), state in moved.items()})
    return world, other


def blocks_of(world: World, seed: int) -> list[StatedRow]:
    """State a world in blocks that are split at random and in random order."""
    random = Random(seed)  # noqa: S311 -- nothing secret
    rows: list[StatedRow] = []
    for (series, serial), state in sorted(world.items(), key=lambda item: item[0]):
        previous = rows[-1] if rows else None
        if (
            previous is not None
            and (previous.series, previous.last, previous.state) == (series, serial - 1, state)
            and random.random() < 0.6
        ):
            rows[-1] = StatedRow(series=series, first=previous.first, last=serial, state=state)
        else:
            rows.append(StatedRow(series=series, first=serial, last=serial, state=state))
    random.shuffle(rows)
    return rows


def snapshot_of(
    world: World, *, vocabulary: Vocabulary, source: str = "hub", seed: int = 0
) -> Snapshot:
    return Snapshot.of_rows(vocabulary, source, blocks_of(world, seed))


def units(series: ItmoSeries, first: int, last: int) -> Iterable[tuple[ItmoSeries, int]]:
    return [(series, serial) for serial in range(first, last + 1)]
