"""The demo as a user runs it: it holds, it notices every planted break, it survives kill -9."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STEP_OF_BREAK = {
    "database": "use towards NDC",
    "signature": "accounts",
    "delivery": "transfer, route (b)",
    "reconciliation": "reconciliation",
    "proof": "offline proof",
}


def run_demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", "demo", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=400,
    )


def test_every_step_of_the_demo_holds_though_the_hub_is_killed_in_the_middle() -> None:
    done = run_demo()
    assert done.returncode == 0, done.stdout + done.stderr
    told = " ".join(done.stdout.replace("│", " ").split())
    assert "kill -9 of the hub, accepted, completed once" in told


@pytest.mark.parametrize(("planted", "step"), STEP_OF_BREAK.items(), ids=STEP_OF_BREAK.keys())
def test_a_planted_break_ends_the_demo_by_the_name_of_its_step(planted: str, step: str) -> None:
    done = run_demo("--break", planted)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"step '{step}' failed" in done.stderr
