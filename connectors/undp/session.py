"""Requests to the registry as somebody: logged in with a password, or with an API key."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from connectors.errors import (
    AnswerMalformed,
    RegistryBusy,
    RegistryError,
    RegistryRefused,
    Retry,
)
from connectors.http_client import HttpAnswer, HttpRequest, RegistryHttp
from connectors.transport import HttpLimits
from connectors.undp.budget import RequestBudget
from connectors.undp.refusals import translated

JSON: Final = "application/json"
NATIONAL: Final = "national"
EXPIRES_EARLY_SECONDS: Final = 60.0
TOKEN_SECONDS: Final = 7_200.0
READS_MAX: Final = 3

Decoded = TypeVar("Decoded")


def undp_limits(limits: HttpLimits) -> HttpLimits:
    """Return the limits for a client: repeats are made here, where each counts on the budget."""
    return replace(limits, attempts_max=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A user who logs in; the password comes from a file that the settings name."""

    username: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A machine client; sent with every request, so only ever over TLS."""

    email: str
    secret: str

    @property
    def header(self) -> str:
        """The value of the header `api_key`."""
        return base64.b64encode(f"{self.email}___{self.secret}".encode()).decode()


Credentials = Password | ApiKey


class _Login(msgspec.Struct):
    access_token: str
    refresh_token: str


class _Refreshed(msgspec.Struct):
    access_token: str


class UndpSession:
    """One user of one registry; several may share a client and its budget."""

    def __init__(
        self,
        http: RegistryHttp,
        credentials: Credentials,
        budget: RequestBudget,
        monotonic: Callable[[], float],
    ) -> None:
        """Log in with the first request, not before."""
        self._http = http
        self._credentials = credentials
        self._budget = budget
        self._monotonic = monotonic
        self._access = ""
        self._refresh = ""
        self._good_until = float("-inf")
        self._logging_in = asyncio.Lock()

    @property
    def registry(self) -> str:
        """The code of the registry."""
        return self._http.endpoint.registry

    async def read(self, path: str, body: object, decoded: type[Decoded]) -> tuple[Decoded, bytes]:
        """Ask something that changes nothing; asked again after a passing failure.

        Raises:
            RegistryError: after the last attempt.
        """
        for attempt in range(1, READS_MAX + 1):
            try:
                answer = await self._known("POST", path, body, repeatable=True)
                return self._decode(answer, decoded), answer.body
            except RegistryError as error:
                if error.retry is not Retry.NOW or attempt == READS_MAX:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def act(self, path: str, body: object, decoded: type[Decoded]) -> Decoded:
        """Ask for something to be done, once: after a failure that may have reached it, look.

        Raises:
            RegistryError: `may_have_acted` tells whether it can have been done.
        """
        answer = await self._known("POST", path, body, repeatable=False)
        return self._decode(answer, decoded)

    async def ping(self) -> None:
        """Ask whether the registry is there."""
        await self._send(HttpRequest(method="GET", path=f"{NATIONAL}/ping"))

    async def _known(self, method: str, path: str, body: object, *, repeatable: bool) -> HttpAnswer:
        request = HttpRequest(
            method=method,
            path=f"{NATIONAL}/{path}",
            body=msgspec.json.encode(body),
            content_type=JSON,
            accept=JSON,
            repeatable=repeatable,
        )
        try:
            return await self._send(replace(request, headers=(await self._header(),)))
        except RegistryRefused as refused:
            if refused.status != HTTPStatus.UNAUTHORIZED or isinstance(self._credentials, ApiKey):
                raise
        # Refused before anything was done: the token has ended early, and one more try is safe.
        self._good_until = float("-inf")
        return await self._send(replace(request, headers=(await self._header(),)))

    async def _header(self) -> tuple[str, str]:
        if isinstance(self._credentials, ApiKey):
            return "api_key", self._credentials.header
        async with self._logging_in:
            if self._monotonic() >= self._good_until:
                await self._log_in(self._credentials)
        return "Authorization", f"Bearer {self._access}"

    async def _log_in(self, password: Password) -> None:
        asked_at = self._monotonic()
        if self._refresh:
            try:
                refresh = {"refreshToken": self._refresh}
                answer = await self._send(_post("auth/login/refresh", refresh))
                self._access = self._decode(answer, _Refreshed).access_token
            except RegistryRefused:
                self._refresh = ""
        if not self._refresh:
            who = {"username": password.username, "password": password.password}
            told = self._decode(await self._send(_post("auth/login", who)), _Login)
            self._access, self._refresh = told.access_token, told.refresh_token
        self._good_until = asked_at + TOKEN_SECONDS - EXPIRES_EARLY_SECONDS

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        await self._budget.take()
        try:
            return await self._http.send(request)
        except RegistryRefused as refused:
            raise translated(refused) from refused
        except RegistryBusy:
            self._budget.spent()
            raise

    def _decode(self, answer: HttpAnswer, decoded: type[Decoded]) -> Decoded:
        try:
            return msgspec.json.decode(answer.body, type=decoded)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
            raise AnswerMalformed(self.registry, str(cause)) from cause


def _post(path: str, body: object) -> HttpRequest:
    return HttpRequest(
        method="POST",
        path=f"{NATIONAL}/{path}",
        body=msgspec.json.encode(body),
        content_type=JSON,
        accept=JSON,
    )
