from decimal import Decimal

from hub.domain.reconciliation.codes import FindingCode, Severity
from hub.domain.reconciliation.comparison import compare
from hub.domain.reconciliation.findings import Evidence, Finding, Statement
from hub.domain.reconciliation.vocabulary import Vocabulary
from hub.domain.reconciliation.words import PARTS_TOLD_MAX, lines
from schema.identifiers import SerialRange
from tests.domain.reconciliation.test_comparison import HELD
from tests.domain.reconciliation.test_quantities import IN_MWH
from tests.domain.reconciliation.worlds import SERIES, snapshot_of, units


def test_a_finding_tells_how_much_where_and_what_each_side_states() -> None:
    vocabulary = Vocabulary()
    here = snapshot_of(dict.fromkeys(units(SERIES[1], 1, 2_000), HELD), vocabulary=vocabulary)
    there = snapshot_of(
        dict.fromkeys(units(SERIES[1], 1, 500), HELD), vocabulary=vocabulary, source="JPN01"
    )
    (finding,) = compare(here, there)
    assert lines(finding) == [
        (
            "1,500 t, CA0007-MNG01-MNG-501-2000-2022: This side knows serials that the other side "
            "does not state."
        ),
        (
            "501-2000: hub states held, in holding account A-1 of JPN01, authorization MNG-7 "
            "for NDC (transferring Party: in force, acquiring Party: in force), "
            "not first transferred; JPN01 states nothing"
        ),
    ]


def test_other_metrics_are_told_in_their_unit() -> None:
    finding = Finding(
        code=FindingCode.OTHER_QUANTITY,
        severity=Severity.HIGH,
        sources=("hub",),
        series=SERIES[0],
        serials=SerialRange(1, 9),
        evidence=tuple(
            Evidence(
                serials=SerialRange(serial, serial),
                statements=(Statement(source="hub", state=IN_MWH, quantity=Decimal("1.5")),),
            )
            for serial in range(1, 10)
        ),
    )
    told = lines(finding)
    assert told[0].startswith("9 units, ")
    assert told[1] == (
        "1-1: hub states 1.5 MWh, held, in holding account A-1 of JPN01, not first transferred, "
        "measured in MWh"
    )
    assert told[-1] == f"and {9 - PARTS_TOLD_MAX} more parts"
