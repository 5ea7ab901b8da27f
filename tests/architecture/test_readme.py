"""The README's commands are the gates, its links lead somewhere, its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CI_BLOCKS = re.findall(r"^```sh ci\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
CI_COMMANDS = [
    re.sub(r"\s+# .*$", "", line) for block in CI_BLOCKS for line in block.splitlines() if line
]
SUBCOMMANDS = sorted(set(re.findall(r"itmo-hub ([a-z][a-z-]*)", README)))
LINKS = sorted(set(re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README)))


def test_the_two_commands_of_the_readme_do_all_the_set_up() -> None:
    assert CI_COMMANDS[:2] == ["pip install uv && uv run itmo-hub demo", "uv run pytest"]


def test_the_gates_run_what_the_readme_says() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "README.md" in script
    assert "sh ci" in script


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_every_command_that_the_readme_names_exists(subcommand: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", subcommand, "--help"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"itmo-hub {subcommand}" in shown.stdout


@pytest.mark.parametrize("link", LINKS)
def test_every_link_of_the_readme_leads_somewhere(link: str) -> None:
    assert (ROOT / link).exists(), link
