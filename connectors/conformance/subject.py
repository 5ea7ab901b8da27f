"""The endpoint that is examined, as an HTTP client sees it: refusals are answers here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import msgspec

from connectors.breaker import BreakerRules
from connectors.errors import NO_HEADERS, RegistryRefused
from connectors.http_answers import HttpRequest
from connectors.http_client import RegistryHttp
from connectors.transport import HttpLimits

NO_QUERY: Final[Mapping[str, str | int]] = MappingProxyType({})
EXAMINING_LIMITS: Final = HttpLimits(
    attempts_max=1, breaker=BreakerRules(failures_to_open=1_000_000)
)
"""Every answer counts as it is: nothing is asked twice, and no breaker stands between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, a refusal included; header names compare without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The decoded body; None where it is not JSON."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return None

    @property
    def members(self) -> dict[str, object]:
        """The members of the JSON object in the body; empty where it is none."""
        told = self.json
        return told if isinstance(told, dict) else {}


class Access(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an endpoint wants to be shown; which of them is up to the kind."""

    headers: dict[str, str] = {}
    """Sent with every call, such as `x-api-key`."""
    username: str = ""
    password: str = ""
    patience_seconds: float = 300.0
    """How long a slow ledger is waited for."""


class Subject:
    """Calls one endpoint; owns nothing but what it was given."""

    def __init__(self, http: RegistryHttp, access: Access) -> None:
        """Take the client, built with `EXAMINING_LIMITS`, and what to show."""
        self._http = http
        self.access = access
        self.memory: dict[str, str] = {}
        """What one expectation may leave for the next, such as a login token."""

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str | int] = NO_QUERY,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Reply:
        """Make one call and return what came back.

        Raises:
            RegistryError: no whole answer came back, or one of 5xx.
        """
        shown = {**self.access.headers, **headers}
        request = HttpRequest(
            method=method,
            path=path,
            query=tuple((name, str(value)) for name, value in query.items()),
            body=b"" if body is None else msgspec.json.encode(body),
            content_type=None if body is None else "application/json",
            accept="application/json",
            headers=tuple(shown.items()),
            repeatable=False,
        )
        try:
            answer = await self._http.send(request)
        except RegistryRefused as refused:
            return Reply(status=refused.status, headers=refused.headers, body=refused.body)
        return Reply(status=answer.status, headers=answer.headers, body=answer.body)
