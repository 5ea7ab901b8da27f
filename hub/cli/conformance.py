"""`itmo-hub conformance KIND URL`: does an endpoint do what its connector relies on?"""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter
from yarl import URL

from connectors.conformance.expectation import Expectation, Result, Verdict, examine
from connectors.conformance.kinds import KINDS
from connectors.conformance.subject import EXAMINING_LIMITS, Access, Subject
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint
from hub.cli.console import AsJson, CannotError, Exit, console, print_json, told

_STYLE: Final = {
    Verdict.HOLDS: "green",
    Verdict.FAILS: "bold red",
    Verdict.NOT_TESTED: "yellow",
}


def conformance(
    kind: str,
    url: str,
    *,
    write: Annotated[
        bool, Parameter(negative="", help="Look also where looking changes something there.")
    ] = False,
    access: Annotated[
        Path | None,
        Parameter(help="TOML file: headers, username, password, patience_seconds."),
    ] = None,
    plain_http: Annotated[
        bool, Parameter(negative="", help="Allow http beyond this machine.")
    ] = False,
    json: AsJson = False,
) -> Exit:
    """Print which expectations of a KIND of registry hold at URL; exit 1 when one fails.

    Only reads, unless --write is given.
    """
    expectations = KINDS.get(kind)
    if expectations is None:
        raise CannotError(f"no kind {kind!r}; known are {', '.join(KINDS)}")
    with told(ValueError, OSError, msgspec.MsgspecError):
        shown = (
            Access() if access is None else msgspec.toml.decode(access.read_bytes(), type=Access)
        )
        endpoint = Endpoint(registry=kind, base_url=URL(url), allow_plain_http=plain_http)
        results = asyncio.run(_examine(expectations, endpoint, shown, write=write))
    if json:
        print_json(results)
    else:
        _print(results)
    failed = any(result.verdict is Verdict.FAILS for result in results)
    return Exit.ANSWER_IS_NO if failed else Exit.DONE


async def _examine(
    expectations: tuple[Expectation, ...], endpoint: Endpoint, access: Access, *, write: bool
) -> list[Result]:
    async with RegistryHttp(endpoint, limits=EXAMINING_LIMITS) as http:
        return await examine(expectations, Subject(http, access), writing=write)


def _print(results: list[Result]) -> None:
    for result in results:
        style = _STYLE[result.verdict]
        console.print(f"[{style}]{result.verdict:>10}[/]  {result.name}: {result.rule}")
        if result.words:
            console.print(f"            {result.words}", markup=False)
    counts = {verdict: sum(each.verdict is verdict for each in results) for verdict in Verdict}
    console.print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
