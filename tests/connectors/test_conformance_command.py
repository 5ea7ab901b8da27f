"""`itmo-hub conformance` against simulated endpoints, as an operator runs it."""

import asyncio
import json
from pathlib import Path

import pytest

from hub.cli.app import app
from hub.cli.console import CannotError, Exit
from tests.connectors.simulators import Simulator, simulator

ACCESS = """
username = "authority@registry.example"
password = "secret-of-authority"
patience_seconds = 10
"""


async def run(words: list[str]) -> Exit:
    """Run the command beside the test's own event loop."""
    answer = await asyncio.to_thread(app, ["conformance", *words])
    assert isinstance(answer, Exit)
    return answer


async def given(running: Simulator, kind: str) -> None:
    if kind == "undp":
        return
    await running.switch(confirm_seconds=0.1)


@pytest.mark.parametrize(
    ("kind", "module"),
    [("cadtrust-v1", "cadtrust"), ("cadtrust-v2", "cadtrust"), ("undp", "undp")],
)
async def test_nothing_fails_against_a_simulator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, module: str
) -> None:
    access = tmp_path / "access.toml"
    access.write_text(ACCESS, encoding="utf-8")
    async with simulator(module, tmp_path / "data") as running:
        await given(running, kind)
        words = [kind, str(running.url), "--access", str(access), "--json"]
        assert await run(words) is Exit.DONE
        reading = json.loads(capsys.readouterr().out)
        assert await run([*words, "--write"]) is Exit.DONE
        writing = json.loads(capsys.readouterr().out)
    assert {each["verdict"] for each in reading} == {"holds", "not tested"}
    held = [each["name"] for each in writing if each["verdict"] == "holds"]
    assert len(held) > len([each for each in reading if each["verdict"] == "holds"])


async def test_an_endpoint_that_does_otherwise_is_told_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with simulator("cadtrust", tmp_path) as running:
        await running.switch(empties_staging=False, confirm_seconds=0.1)
        answer = await run(["cadtrust-v1", str(running.url), "--write"])
    told = capsys.readouterr().out
    assert answer is Exit.ANSWER_IS_NO
    assert "fails  commit.phases" in told
    assert "1 fails" in told


def test_what_cannot_be_examined_is_said() -> None:
    with pytest.raises(CannotError, match="known are cadtrust-v1"):
        app(["conformance", "pigeon", "http://127.0.0.1:1"])
    with pytest.raises(CannotError, match="loopback"):
        app(["conformance", "undp", "http://registry.example"])
