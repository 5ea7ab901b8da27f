"""Installs are repeatable: exact versions in the project, hashes for the image, no addresses."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins_of_the_project() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    constraints = project["tool"]["uv"]["constraint-dependencies"]
    return {normalised(match[1]): match[2] for line in constraints if (match := PIN.match(line))}


def test_every_declared_dependency_has_an_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {normalised(re.split(r"[\s;\[<>=!~]", line)[0]) for line in declared}
    missing = names - pins_of_the_project().keys()
    assert not missing, f"add `name==version` to [tool.uv] constraint-dependencies: {missing}"


def test_the_image_installs_the_same_versions_with_hashes() -> None:
    text = (ROOT / "config/container/requirements.txt").read_text(encoding="utf-8")
    image = {normalised(name): version for name, version in PIN.findall(text)}
    pins = pins_of_the_project()
    wrong = {name: version for name, version in image.items() if pins.get(name) != version}
    assert not wrong, f"export config/container/requirements.txt again (see its README): {wrong}"
    assert text.count("==") <= text.count("--hash=sha256:")


def test_neither_list_holds_an_address() -> None:
    for name in ("config/container/requirements.txt", "pyproject.toml"):
        assert "://" not in (ROOT / name).read_text(encoding="utf-8"), name
