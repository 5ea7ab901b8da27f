"""Every command of the guide is run, in its order, in an empty folder."""

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "hub/docs/add-your-registry.md").read_text(encoding="utf-8")
PORT = "8900"


class Block(NamedTuple):
    """One fenced block: a file to write, or commands to run."""

    language: str
    mark: str
    text: str


BLOCKS = [
    Block(*found)
    for found in re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
]


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def wait_for(port: str) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", int(port))) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on {port}")


def test_the_guide_is_a_true_story(tmp_path: Path) -> None:
    port = free_port()
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("ITMO_")
    } | {"PATH": programs, "COLUMNS": "200"}
    background: list[subprocess.Popen[bytes]] = []
    try:
        for block in BLOCKS:
            text = block.text.replace(PORT, port)
            if block.mark.startswith("file="):
                path = tmp_path / block.mark.removeprefix("file=")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            elif block.language == "sh" and block.mark == "background":
                (tmp_path / "public").mkdir(exist_ok=True)
                command = text.replace("python ", f"exec {sys.executable} ")
                background.append(
                    subprocess.Popen(
                        ["/bin/bash", "-c", command],
                        cwd=tmp_path,
                        env=environment,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                )
                wait_for(port)
            elif block.language == "sh":
                wanted = int(block.mark.removeprefix("exit=") or 0)
                done = subprocess.run(
                    ["/bin/bash", "-euc", text],
                    cwd=tmp_path,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=False,
                    timeout=120,
                )
                assert done.returncode == wanted, f"{text}\n{done.stdout}\n{done.stderr}"
    finally:
        for process in background:
            process.kill()
            process.wait()


def test_the_guide_says_how_every_command_ends() -> None:
    marks = {block.mark for block in BLOCKS if block.language == "sh"}
    assert marks <= {"", "exit=1", "background"}
    assert len([block for block in BLOCKS if block.language == "sh"]) >= 6
