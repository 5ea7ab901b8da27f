"""The syntax test of the known checker, cell by cell, as it was published in code.

Each expression must match the whole text of the cell. Two modules of that tool differ in places:
`variant` is the form of the other one. The last field of every table is never tested, and fields
without an expression are free. Nothing here says what is right; see `hub.domain.aef.fields`.
"""

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hub.domain.aef.findings import Locus, locate
from hub.domain.aef.known_verdicts import Prediction, Verdict
from schema.aef.fields import CARP_PLACEHOLDER, Field, Table
from schema.aef.rows import Report
from schema.aef.tables import SHEETS, SPEC, TABLES
from schema.aef.values import Value, print_value

IDENTIFIER = r"CA\d{4}-[A-Z]{3}\d{2}-[A-Z]{3}-[1-9]\d{0,2}((\d*)|(,\d{3})*)-\d{4}"
_NAME = r"[A-Z][A-Za-z \(\)\']+"
_METRIC = r"GHG|non\-GHG"
_ENTITY = r"[A-Za-z0-9 \-\.\(\)]+"
_MOMENT = r"(\d{4}|\d{2}/\d{4}|\d{2}/\d{2}/\d{4})"
_SPAN = rf"from {_MOMENT} to {_MOMENT}"
_TIMEFRAME = rf"Occurred: {_SPAN}|Use: {_SPAN}|Occurred: {_SPAN}\. Use: {_SPAN}"


@dataclass(frozen=True, slots=True)
class CellTest:
    """What one cell must match. `is_date` asks for a real date cell instead of a text."""

    expression: str = ""
    blankable: bool = False
    is_date: bool = False
    variant: str | None = None


def _blank(expression: str, variant: str | None = None) -> CellTest:
    return CellTest(expression, blankable=True, variant=variant)


_DATE = CellTest(is_date=True)
TESTS: dict[Table, dict[str, CellTest]] = {
    Table.SUBMISSION: {
        "party": CellTest(_NAME),
        "version": CellTest(r"[0-9]+\.[0-9]+"),
        "reported_year": CellTest(r"\d{4}"),
        "submitted_on": _DATE,
        "review_status": CellTest(re.escape(CARP_PLACEHOLDER)),
        "check_result": CellTest(re.escape(CARP_PLACEHOLDER)),
        "ndc_first_year": CellTest(r"\d{4}"),
        "ndc_last_year": CellTest(r"\d{4}"),
    },
    Table.AUTHORIZATIONS: {
        "authorization_id": CellTest(r"[A-Za-z0-9 \-]+"),
        "authorized_on": _DATE,
        "approach_id": CellTest(r"CA\d{4}"),
        "version": CellTest(r"\d+"),
        "quantity": CellTest(r"\d+"),
        "metric": CellTest(_METRIC),
        "sectors": CellTest(r"[A-Za-z0-9 ]+"),
        "activity_types": CellTest(r"[A-Za-z0-9 \+]+"),
        "purposes": CellTest("NDC|OIMP|IMP|OP|NDC and OIMP|NDC and IMP|NDC and OP"),
        "authorized_parties": CellTest(r"[A-Z]{3}( *, *[A-Z]{3})*"),
        "authorized_entities": CellTest(rf"{_ENTITY}( *, *{_ENTITY})*"),
        "timeframe": _blank(_TIMEFRAME),
        "first_transfer_definition": _blank("NA|Authorization|Issuance|Use of cancellation"),
    },
    Table.ACTIONS: {
        "date": _DATE,
        "type": CellTest("Acquisition|Transfer|Use|Cancellation|First transfer"),
        "approach_id": CellTest(r"CA\d{4}"),
        "authorization_id": CellTest(r"[A-Za-z0-9 \-]+", variant=r"[A-Za-z0-9 \-\/\.]+"),
        "first_transferring_party": CellTest("[A-Z]{3}"),
        "registry_id": CellTest(r"[A-Z]{3}\d{2}"),
        "first_id": CellTest(IDENTIFIER),
        "last_id": CellTest(IDENTIFIER),
        "metric": CellTest(_METRIC),
        "quantity_tco2e": _blank(r"\d+", variant=r"NA|\d+"),
        "quantity_non_ghg": _blank(r"\d*", variant=r"NA|\d*"),
        "vintage": _blank(r"\d{4}", variant=r"NA|\d{4}"),
        "transferring_party": _blank("[A-Z]{3}", variant="NA|[A-Z]{3}"),
        "acquiring_party": _blank("[A-Z]{3}", variant="NA|[A-Z]{3}"),
        "using_party": _blank("[A-Z]{3}", variant="NA|[A-Z]{3}"),
        "ndc_use_year": _blank(r"\d{4}", variant=r"NA|\d{4}"),
    },
    Table.HOLDINGS: {
        "approach_id": CellTest(r"CA\d{4}"),
        "authorization_id": CellTest(r"[A-Za-z0-9 \-]+"),
        "first_transferring_party": CellTest("[A-Z]{3}"),
        "registry_id": CellTest(r"[A-Z]{3}\d{2}"),
        "first_id": CellTest(IDENTIFIER),
        "last_id": CellTest(IDENTIFIER),
        "metric": CellTest(_METRIC),
        "quantity_tco2e": _blank(r"NA|\d+"),
        "quantity_non_ghg": _blank(r"NA|\d+"),
    },
    Table.ENTITIES: {
        "authorized_on": CellTest(blankable=True, is_date=True),
        "country": _blank(_NAME),
        "approach_id": _blank(r"CA\d{4}"),
    },
}
"""Every test of the tool by table and field."""


def predict_syntax(report: Report) -> Iterator[Prediction]:
    """Yield the cells that the tool is predicted to reject, or to accept in one module only."""
    for spec in TABLES:
        tests = [(spec[name], test) for name, test in TESTS[spec.table].items()]
        for row_index, row in enumerate(report.rows(spec.table)):
            for field, test in tests:
                verdict = judge_cell(test, row.values[field.index])
                if verdict is not Verdict.PASSES:
                    locus = locate(report, spec.table, row_index, field)
                    yield _prediction(field, test, verdict, locus)


def judge_cell(test: CellTest, value: Value) -> Verdict:
    """Judge one cell as the tool does."""
    if value is None or value == "":
        return Verdict.PASSES if test.blankable else Verdict.FAILS
    if test.is_date:
        return Verdict.PASSES if isinstance(value, dt.date) else Verdict.FAILS
    text = print_value(value)
    if not isinstance(value, dt.date) and re.fullmatch(test.expression, text):
        return Verdict.PASSES
    if test.variant is not None and re.fullmatch(test.variant, text):
        return Verdict.DEPENDS
    return Verdict.FAILS


def _prediction(field: Field, test: CellTest, verdict: Verdict, locus: Locus) -> Prediction:
    wanted = "a date cell" if test.is_date else test.expression
    message = f"{field.header}: {locus.value or 'an empty cell'} against {wanted}"
    return Prediction(check="syntax", verdict=verdict, message=message, locus=locus)


def predict_structure(report: Report, sheets: Sequence[str]) -> Iterator[Prediction]:
    """Yield what is wrong with sheets, their names and the number of fields, as the tool counts."""
    if tuple(sheets) != SHEETS:
        message = f"the tool expects the sheets {', '.join(SHEETS)}"
        yield Prediction(check="structure", verdict=Verdict.FAILS, message=message)
    for table, place in report.places.items():
        count = len(SPEC[table].fields)
        if len(place.columns) != count:
            message = f"{SPEC[table].title} has {len(place.columns)} of {count} fields"
            yield Prediction(check="structure", verdict=Verdict.FAILS, message=message)


@dataclass(frozen=True, slots=True)
class FileName:
    """What the tool reads from the name of a file."""

    party: str
    year: str
    version: str


def read_file_name(name: str) -> FileName | None:
    """Read Party, year and version where the tool looks: characters 0-2, 4-7, 9 and 11.

    None when a part is not what the tool can use. A version of two digits is cut there.
    """
    party, year, major, minor = name[:3], name[4:8], name[9:10], name[11:12]
    if not re.fullmatch("[A-Z]{3}", party) or not re.fullmatch("[0-9]{4}", year):
        return None
    if not re.fullmatch("[0-9]{2}", major + minor):
        return None
    return FileName(party, year, f"{major}.{minor}")
