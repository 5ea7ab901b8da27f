"""The shape of the repository is fixed: what stands at the root, and who owns the package names."""

import subprocess
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "hub", "connectors", "schema", "signing", "config", "tests",
    "docker-compose.yml", "pyproject.toml", "README.md", "LICENSE",
}  # fmt: skip
PACKAGES = ("hub", "connectors", "schema", "signing", "config")


def tracked_files() -> list[str]:
    listing = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: there is no list of tracked files")
    return listing.stdout.splitlines()


def test_nothing_but_the_agreed_entries_and_dot_files_stands_at_the_root() -> None:
    top = {name.split("/")[0] for name in tracked_files()}
    surplus = {name for name in top if name not in ALLOWED and not name.startswith(".")}
    assert not surplus, f"move these below one of {sorted(ALLOWED)}: {sorted(surplus)}"
    assert top >= ALLOWED, f"missing at the root: {sorted(ALLOWED - top)}"


def test_no_lock_file_with_download_addresses_is_tracked() -> None:
    assert not [name for name in tracked_files() if name.endswith("uv.lock")]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_owns_the_name_of_one_of_our_packages(package: str) -> None:
    owners = set(packages_distributions().get(package, []))
    assert owners <= {"itmo-federation-hub"}, (
        f"{owners} also install {package!r}: uninstall them, or imports are mixed up"
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_has_a_readme_of_at_most_40_lines(package: str) -> None:
    readme = ROOT / package / "README.md"
    assert readme.exists(), f"write {package}/README.md: purpose, allowed imports, how to add one"
    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 40
