"""A file is read by what it is, whatever it is called."""

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.aef_files.content import content_of
from connectors.aef_files.formats import FileFormat, format_of, read_submission, write_submission
from connectors.aef_files.refusals import FileFault, FileRefusedError
from tests.aef.samples import LIBRARY, build


@pytest.mark.parametrize("file_format", FileFormat)
def test_every_format_is_known_by_its_bytes(file_format: FileFormat, tmp_path: Path) -> None:
    path = tmp_path / "no-ending"
    write_submission(path, content_of(build()), file_format, LIBRARY)
    assert format_of(path.read_bytes()) is file_format
    read = read_submission(path.read_bytes(), source="a file")
    assert read.report.actions[0].values == build().actions[0].values
    assert read.report.source == "a file"


def test_an_old_office_file_is_refused_as_no_workbook() -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_submission(b"\xd0\xcf\x11\xe0" + bytes(600))
    assert refused.value.fault is FileFault.NOT_A_WORKBOOK


def test_misspelt_keys_are_written_for_a_target_that_has_them_and_read_by_everybody(
    tmp_path: Path,
) -> None:
    path = tmp_path / "aef.json"
    spelt = {
        "aefT3ActionsCooperativeApproachId": "aefT3ActionsCoopoerativeApproachId",
        "aefT4HoldingsCooperativeApproachId": "aefT4HoldingsCoopoerativeApproachId",
    }
    old_build = replace(LIBRARY, key_spellings=spelt)
    write_submission(path, content_of(build()), FileFormat.JSON, old_build)
    text = path.read_text("utf-8")
    assert all(key in text for key in spelt.values())
    assert not any(f'"{key}"' in text for key in spelt)
    assert "aefT2AuthorizationsPurposesForAuthorization" in text
    read = read_submission(path.read_bytes()).report
    assert read.actions[0].values == build().actions[0].values
