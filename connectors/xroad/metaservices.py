"""What a registry offers through X-Road, and what of it is open to us."""

from typing import NamedTuple

import msgspec

from connectors.errors import AnswerMalformed
from connectors.http_answers import HttpRequest
from connectors.xroad.http import XRoadHttp


class Offered(NamedTuple):
    """The service codes of the registry's subsystem."""

    listed: frozenset[str]
    allowed: frozenset[str]
    """Those that our subsystem has a right to call."""


class _Service(msgspec.Struct):
    # Both spellings are in use: snake case in examples, camel case in the schema.
    service_code: str = ""
    serviceCode: str = ""  # noqa: N815 (theirs)


class _Methods(msgspec.Struct):
    service: tuple[_Service, ...]


async def ask_offered(http: XRoadHttp) -> Offered:
    """Ask which services the registry has, and which of them we may call.

    Raises:
        RegistryError: X-Road or the registry's security server refuses or does not answer.
    """
    return Offered(
        listed=await _codes(http, "listMethods"), allowed=await _codes(http, "allowedMethods")
    )


async def _codes(http: XRoadHttp, method: str) -> frozenset[str]:
    answer = await http.ask_metaservice(
        HttpRequest(method="GET", path=method, accept="application/json")
    )
    try:
        told = msgspec.json.decode(answer.body, type=_Methods)
    except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
        raise AnswerMalformed(http.endpoint.registry, f"{method}: {cause}") from cause
    return frozenset(each.service_code or each.serviceCode for each in told.service)
