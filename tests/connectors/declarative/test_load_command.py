"""`itmo-hub load` prints the report and answers by its exit code."""

import json
from pathlib import Path

import pytest

from hub.cli.app import main
from hub.cli.console import Exit

PROFILE = """
title = "Small"
record = "issuance"
[fields.project]
columns = ["Project"]
required = true
[fields.notified]
columns = ["Notified"]
required = true
[[measures]]
field = "notified"
"""


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    code = ended.value.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def profile(tmp_path: Path) -> str:
    path = tmp_path / "small.toml"
    path.write_text(PROFILE, encoding="utf-8")
    return str(path)


def test_a_file_that_is_taken_whole_ends_with_0(
    tmp_path: Path, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "good.csv"
    file.write_text("Project,Notified\nMN001,10\n", encoding="utf-8")
    assert run(["load", "--profile", profile, str(file)]) == Exit.DONE
    assert "good.csv" in capsys.readouterr().out


def test_refused_rows_are_named_and_end_with_1(
    tmp_path: Path, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "half.csv"
    file.write_text("Project,Notified\nMN001,10\nMN002,many\n", encoding="utf-8")
    assert run(["load", "--profile", profile, str(file), "--json"]) == Exit.ANSWER_IS_NO
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == {"in_file": 2, "taken": 1, "refused": 1}
    assert report["refused"][0]["fault"] == "not_a_number"
    assert report["amounts"][0]["taken"] == "10"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["--profile", "no-such", "x.csv"], "jcm-issuances", id="an unknown source"),
        pytest.param(["--profile", "jcm-issuances", "no-such.csv"], "no-such.csv", id="no file"),
    ],
)
def test_what_cannot_be_done_is_said(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["load", *arguments]) == Exit.CANNOT
    assert words in capsys.readouterr().err
