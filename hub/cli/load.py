"""`itmo-hub load`: read a foreign file through a description, and account for every row of it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from config.sources import UnknownSourceError, read_source
from connectors.declarative.faults import SourceRefusedError
from connectors.declarative.load import load as load_source
from connectors.declarative.profile import ProfileError, parse_profile
from connectors.declarative.report import LoadReport, Remark
from hub.cli.console import AsJson, Exit, console, print_json, told

REMARKS_SHOWN_MAX = 20


def load(
    file: Annotated[Path, Parameter(help="A CSV, JSON or XLSX file.")],
    *,
    profile: Annotated[str, Parameter(help="A known source, or a file NAME.toml.")],
    json: AsJson = False,
) -> Exit:
    """Read a file through a description of its source; report what was taken and refused, and why.

    Exit code 0 when every row was taken, 1 when rows were refused.
    """
    with told(UnknownSourceError, ProfileError, SourceRefusedError, OSError):
        described = parse_profile(read_source(profile), name=profile)
        loaded = load_source(file.read_bytes(), described, source=file.name, name=profile)
    report = loaded.report
    assert report.balanced, "taken plus refused is the file, or the loader has a fault"
    if json:
        print_json(report)
    else:
        _show(report)
    return Exit.ANSWER_IS_NO if report.rows.refused else Exit.DONE


def _show(report: LoadReport) -> None:
    table = Table("", "in the file", "taken", "refused", "blank", title=report.source)
    rows = report.rows
    table.add_row("rows", f"{rows.in_file:,}", f"{rows.taken:,}", f"{rows.refused:,}", "")
    for amounts in report.amounts:
        figures = (amounts.in_file, amounts.taken, amounts.refused)
        table.add_row(
            f"{amounts.words or amounts.field}, tCO2e",
            *(f"{figure:,f}" for figure in figures),
            str(amounts.blank),
        )
    console.print(table)
    console.print(f"{report.encoding}, {report.found_in}, header in row {report.header_row}")
    for field, counted in report.counts.items():
        words = ", ".join(f"{value} {rows:,}" for value, rows in counted.items())
        console.print(f"{field} ({len(counted)}): {words}", markup=False, highlight=False)
    _show_remarks("refused", report.refused)
    _show_remarks("to be looked at", report.findings)
    if report.columns_unknown:
        words = ", ".join(report.columns_unknown)
        console.print(f"columns kept unread: {words}", markup=False, highlight=False)
    for note in report.notes:
        console.print(f"note: {note}", markup=False, highlight=False)


def _show_remarks(title: str, remarks: tuple[Remark, ...]) -> None:
    for remark in remarks[:REMARKS_SHOWN_MAX]:
        place = f"row {remark.row}" + (f", {remark.field}" if remark.field else "")
        line = f"{title}: {place}: {remark.fault}: {remark.words}"
        console.print(line, markup=False, highlight=False)
    if len(remarks) > REMARKS_SHOWN_MAX:
        console.print(f"{title}: {len(remarks) - REMARKS_SHOWN_MAX} more; --json shows them")
