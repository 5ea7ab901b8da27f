"""`itmo-hub query`: ask the hub's GraphQL schema from the command line, as the operator."""

import asyncio
import csv
import os
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.table import Table

from config.settings import Settings, SettingsError, load
from hub.bootstrap import ask, prepare_database, running_database
from hub.cli.console import CannotError, ConfigFile, Exit, console, told
from hub.storage.embedded import EmbeddedPostgresError
from hub.storage.errors import StorageError


@unique
class Form(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def query(
    document: Annotated[str, Parameter(help="A GraphQL query, or @FILE.")],
    *,
    variables: Annotated[str, Parameter(help="Variables as a JSON object.")] = "{}",
    form: Annotated[Form, Parameter(name="--format", help="How to print the answer.")] = Form.TABLE,
    config: ConfigFile = None,
) -> Exit:
    """Ask one query over all registries; exit code 1 when the answer has errors.

    Tables and CSV show one row a node of the first connection or list of the answer.
    """
    with told(SettingsError, EmbeddedPostgresError, StorageError, OSError):
        settings = load(os.environ, config)
        text = Path(document[1:]).read_text("utf-8") if document.startswith("@") else document
        try:
            given = msgspec.json.decode(variables, type=dict[str, Any])
        except msgspec.MsgspecError as cause:
            raise CannotError(f"--variables: {cause}") from cause
        body = _answer(settings, text, given)
    answer = msgspec.json.decode(body, type=dict[str, Any])
    if form is Form.JSON or "errors" in answer:
        console.print(msgspec.json.format(body, indent=2).decode(), highlight=False, markup=False)
    else:
        _print_rows(list(rows_of(answer.get("data") or {})), form)
    return Exit.ANSWER_IS_NO if "errors" in answer else Exit.DONE


def _answer(settings: Settings, text: str, variables: Mapping[str, Any]) -> bytes:
    with running_database(settings) as dsn:
        prepare_database(dsn)
        return asyncio.run(ask(settings, dsn, text, variables))


def rows_of(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield flat rows: one a node of the first list found, else one for the whole answer."""
    listed = _first_list(data)
    for item in [data] if listed is None else listed:
        yield dict(_flat("", item))


def _first_list(value: Any) -> list[Any] | None:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        for child in value.values():
            found = _first_list(child)
            if found is not None:
                return found
    return None


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    match value:
        case dict():
            for key, child in value.items():
                yield from _flat(f"{name}.{key}" if name else key, child)
        case list():
            yield name, "; ".join(str(dict(_flat("", child))) for child in value)
        case None:
            yield name, ""
        case _:
            yield name, str(value)


def _print_rows(rows: list[dict[str, str]], form: Form) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    if form is Form.CSV:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows([row.get(name, "") for name in names] for row in rows)
        return
    table = Table(*names)
    for row in rows:
        table.add_row(*(row.get(name, "") for name in names))
    console.print(table)
    console.print(f"{len(rows)} rows")
