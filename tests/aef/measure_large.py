"""Measures a submission of many actions: time and peak memory of writing, reading and checking.

A plain script, not a test: `uv run python -m tests.aef.measure_large [ROWS] [STEP ...]`. Each step
runs in a process of its own, so that its peak memory is its own.
"""

import datetime as dt
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl

from config.aef import latest_nomenclature, load_profiles
from connectors.aef_files.content import Content
from connectors.aef_files.csv_files import read_csv, write_csv
from connectors.aef_files.gate import admit_workbook
from connectors.aef_files.json_files import read_json, write_json
from connectors.aef_files.reading import ReadFile
from connectors.aef_files.workbook_reader import read_workbook
from connectors.aef_files.workbook_writer import write_workbook
from hub.domain.aef.check import check
from hub.domain.aef.compare import compare
from hub.domain.aef.fields import FieldRules
from hub.domain.aef.known_checker import predict
from hub.domain.aef.world import file_report
from schema.aef.fields import Table
from schema.aef.records import ActionRecord
from schema.aef.render import Renderer
from schema.aef.rows import Row
from tests.aef.bilateral import SERIES, mongolia

Step = Callable[[Path, int], object]
UNITS_A_ROW = 10


def actions(count: int) -> Iterator[ActionRecord]:
    for index in range(count):
        first = index * UNITS_A_ROW + 1
        yield ActionRecord(
            approach_id="CA0007", authorization_id="MNG 1", first_transferring_party="MNG",
            registry_id="MNG01", series=SERIES, first_id=first, last_id=first + UNITS_A_ROW - 1,
            unit_registry_id="JCM", first_unit_id=f"MN-{first + 10**7}",
            last_unit_id=f"MN-{first + 10**7 + UNITS_A_ROW - 1}", metric="GHG",
            quantity_tco2e=Decimal(UNITS_A_ROW), mitigation_type="Emission reductions",
            vintage=2024, date=dt.datetime(2025, 5, 6, 9, 30, tzinfo=dt.UTC),
            type="First transfer", subtype="First transfer to another Party",
            acquiring_party="JPN",
        )  # fmt: skip


def content(count: int) -> Content:
    renderer = Renderer(load_profiles()["carp"])
    submission = mongolia()
    return Content(
        heading=renderer.row(submission.submission),
        rows={
            Table.AUTHORIZATIONS: map(renderer.row, submission.authorizations),
            Table.ACTIONS: map(renderer.row, actions(count)),
        },
    )


def openpyxl_plain(folder: Path, count: int) -> None:
    book = openpyxl.Workbook()
    _append_rows(book.active, count)
    book.save(folder / "plain.xlsx")


def openpyxl_write_only(folder: Path, count: int) -> None:
    book = openpyxl.Workbook(write_only=True)
    _append_rows(book.create_sheet(), count)
    book.save(folder / "plain.xlsx")


def _append_rows(sheet: object, count: int) -> None:
    rows: Iterator[Row] = iter(content(count).rows[Table.ACTIONS])
    for row in rows:
        sheet.append(list(row.values))  # type: ignore[attr-defined]


def openpyxl_read(folder: Path, _: int) -> int:
    book = openpyxl.load_workbook(folder / "aef.xlsx", read_only=True)
    return sum(1 for _ in book["Table 3 Actions"].iter_rows(values_only=True))


def _read(folder: Path) -> ReadFile:
    return read_workbook((folder / "aef.xlsx").read_bytes())


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _check(folder: Path, _: int) -> int:
    filed = file_report(_read(folder).report, latest_nomenclature())
    rules = FieldRules(nomenclature=latest_nomenclature(), profile=load_profiles()["carp"])
    start = time.perf_counter()
    found = check(filed, rules)
    _tell(f"  check alone {time.perf_counter() - start:.1f} s, {len(found)} findings")
    start = time.perf_counter()
    compare([filed])
    _tell(f"  compare alone {time.perf_counter() - start:.1f} s")
    start = time.perf_counter()
    predict(filed.report)
    _tell(f"  prediction alone {time.perf_counter() - start:.1f} s")
    return len(found)


STEPS: dict[str, Step] = {
    "write": lambda folder, count: write_workbook(folder / "aef.xlsx", content(count)),
    "write-csv": lambda folder, count: write_csv(folder / "aef.csv", content(count)),
    "write-json": lambda folder, count: write_json(folder / "aef.json", content(count)),
    "openpyxl": openpyxl_plain,
    "openpyxl-write-only": openpyxl_write_only,
    "gate": lambda folder, _: admit_workbook((folder / "aef.xlsx").read_bytes()),
    "read": lambda folder, _: _read(folder),
    "read-csv": lambda folder, _: read_csv((folder / "aef.csv").read_bytes()),
    "read-json": lambda folder, _: read_json((folder / "aef.json").read_bytes()),
    "openpyxl-read": openpyxl_read,
    "check": _check,
}


def main(arguments: list[str]) -> None:
    if len(arguments) == 3 and arguments[0] == "--step":
        name, _, count = arguments[1].partition(":")
        start = time.perf_counter()
        STEPS[name](Path(arguments[2]), int(count))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        _tell(f"{name:20} {time.perf_counter() - start:7.1f} s {peak:6} MiB")
        return
    count = arguments[0] if arguments else "200000"
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments[1:] or STEPS:
            step = [sys.executable, "-m", __spec__.name, "--step", f"{name}:{count}", folder]
            subprocess.run(step, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
