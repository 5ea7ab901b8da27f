"""`itmo-hub export-contract`: write the generated parts of the published contract."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from hub.cli.console import Exit, console
from hub.gateway.schema import sdl
from schema.contract import contract_files

SCHEMA_FOLDER = Path(__file__).parents[2] / "schema"


def export_contract(
    *,
    folder: Annotated[Path, Parameter(help="Where to write.")] = SCHEMA_FOLDER,
    check: Annotated[
        bool, Parameter(negative="", help="Write nothing; exit 1 if a file is stale.")
    ] = False,
) -> Exit:
    """Write the JSON Schemas, sample messages, refusals and SDL, or check that they are fresh."""
    files = contract_files() | {"hub.graphql": sdl()}
    stale = [name for name, text in files.items() if _read(folder / name) != text]
    if not check:
        for name in stale:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[name], encoding="utf-8")
    for name in stale:
        console.print(f"{'stale' if check else 'written'}: {name}")
    console.print(f"{len(files)} files, {len(stale)} {'stale' if check else 'written'}")
    return Exit.ANSWER_IS_NO if check and stale else Exit.DONE


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None
