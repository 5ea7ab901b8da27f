"""The calls of a CAD Trust node, typed; what they are used for is decided elsewhere."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import msgspec

from connectors.cadtrust.answers import (
    PAGE_ROWS_MAX,
    Answered,
    AuditPage,
    JsonValue,
    Organisation,
    Page,
    Pending,
    Record,
    Staged,
    StagingRow,
    StagingState,
)
from connectors.cadtrust.readiness import Readiness
from connectors.cadtrust.refusals import NodeRefusal, translated
from connectors.cadtrust.resources import DataModel, Resource
from connectors.errors import AnswerMalformed, RegistryRefused
from connectors.http_client import HttpAnswer, HttpRequest, RegistryHttp

JSON: Final = "application/json"
PAGE_BYTES_MAX: Final = 64 * 1024 * 1024
_PENDING_PATH: Final = {
    DataModel.V1: "staging/hasPendingTransactions",
    DataModel.V2: "staging/pending",
}
_EVERY_ORGANISATION: Final = "all"

Decoded = TypeVar("Decoded")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAccess:
    """How a node is spoken to."""

    model: DataModel
    now: Callable[[], datetime]
    api_key: str = ""


class CadTrustNode:
    """One node by one of its data models; owns its client.

    Every method raises `RegistryError`: `RegistryBusy` while the node syncs or commits pend,
    `NotSupported` when it is read-only, `RegistryRefused` with a `NodeRefusal` otherwise.
    """

    def __init__(self, http: RegistryHttp, access: NodeAccess) -> None:
        """Take the client that leads to the node; its base address is above `/v1`."""
        self._http = http
        self._access = access
        self._headers = (("x-api-key", access.api_key),) if access.api_key else ()

    @property
    def registry(self) -> str:
        """The code of the node in the hub."""
        return self._http.endpoint.registry

    @property
    def model(self) -> DataModel:
        """The data model that is spoken."""
        return self._access.model

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def health(self) -> Readiness:
        """Ask whether the node is there, and how far behind."""
        answer = await self._send(HttpRequest(method="GET", path="health", headers=self._headers))
        return self._readiness(answer)

    async def organisations(self) -> Answered[dict[str, Organisation]]:
        """Return all organisations by their ids."""
        return await self._get("organizations", {}, dict[str, Organisation])

    async def records(
        self, resource: Resource, *, organisation: str = _EVERY_ORGANISATION
    ) -> AsyncIterator[Answered[Page]]:
        """Return all records page by page, of one organisation or of all."""
        async for page in self._pages(resource.name, {"orgUid": organisation}, Page):
            yield page

    async def newest(self, resource: Resource) -> Record | None:
        """Return any one record as the node writes it; None when there is none."""
        page = await self._get(resource.name, {"page": "1", "limit": "1"}, Page)
        return page.value.data[0] if page.value.data else None

    async def audit(self, organisation: str) -> AsyncIterator[Answered[AuditPage]]:
        """Return the audit of an organisation page by page, newest first."""
        async for page in self._pages("audit", {"orgUid": organisation}, AuditPage):
            yield page

    async def staging(self) -> list[StagingRow]:
        """Return the whole staging table: private, and emptied by every confirmation."""
        return (await self._get("staging", {}, list[StagingRow])).value

    async def commits_pend(self) -> bool:
        """Tell whether a commit is on its way; False says nothing about how it ended."""
        return not (await self._get(_PENDING_PATH[self.model], {}, Pending)).value.confirmed

    async def stage_new(self, resource: Resource, body: Mapping[str, JsonValue]) -> str:
        """Stage a new record and return its id. Not repeatable: look into staging instead."""
        answer = await self._write("POST", resource.name, body, repeatable=False)
        return self._decode(answer, Staged).uuid

    async def stage_change(
        self, resource: Resource, record_id: str, body: Mapping[str, JsonValue]
    ) -> None:
        """Stage a new version of a record; the body must carry every field that is to stay."""
        if self.model is DataModel.V1:
            await self._write("PUT", resource.name, {**body, resource.id_field: record_id})
        else:
            await self._write("PUT", f"{resource.name}/{record_id}", body)

    async def unstage(self, record_id: str) -> None:
        """Drop a row of staging; it is no error when it is gone."""
        try:
            await self._write("DELETE", "staging", {"uuid": record_id})
        except RegistryRefused as refused:
            if refused.code != NodeRefusal.UNKNOWN_RECORD:
                raise

    async def restage(self, record_id: str) -> None:
        """Make a failed row of staging a staged one again; commit it anew afterwards."""
        await self._write("POST", "staging/retry", {"uuid": record_id})

    async def commit(self, ids: list[str], *, author: str, comment: str) -> None:
        """Send staged rows to the ledger. Not final, and not repeatable: look at the node."""
        # Documents show the ids in the query; the node reads them from the body.
        body: dict[str, JsonValue] = {"ids": [*ids], "author": author, "comment": comment}
        await self._write("POST", "staging/commit", body, repeatable=False)

    async def _pages(
        self, path: str, query: Mapping[str, str], page_type: type[Decoded]
    ) -> AsyncIterator[Answered[Decoded]]:
        number, count = 1, 1
        while number <= count:
            place = {"page": str(number), "limit": str(PAGE_ROWS_MAX)}
            page = await self._get(path, {**query, **place}, page_type)
            assert isinstance(page.value, Page | AuditPage), "both have a number of pages"
            count = page.value.page_count
            yield page
            number += 1

    async def _get(
        self, path: str, query: Mapping[str, str], decoded: type[Decoded]
    ) -> Answered[Decoded]:
        answer = await self._send(
            HttpRequest(
                method="GET",
                path=f"{self.model}/{path}",
                query=tuple(query.items()),
                accept=JSON,
                headers=self._headers,
                answer_bytes_max=PAGE_BYTES_MAX,
            )
        )
        return Answered(
            value=self._decode(answer, decoded),
            readiness=self._readiness(answer),
            content=answer.body,
        )

    async def _write(
        self, method: str, path: str, body: Mapping[str, JsonValue], *, repeatable: bool = True
    ) -> HttpAnswer:
        return await self._send(
            HttpRequest(
                method=method,
                path=f"{self.model}/{path}",
                body=msgspec.json.encode(body),
                content_type=JSON,
                accept=JSON,
                headers=self._headers,
                repeatable=repeatable,
            )
        )

    async def _send(self, request: HttpRequest) -> HttpAnswer:
        try:
            return await self._http.send(request)
        except RegistryRefused as refused:
            raise translated(refused) from refused

    def _readiness(self, answer: HttpAnswer) -> Readiness:
        return Readiness.of(self.registry, answer.headers, self._access.now())

    def _decode(self, answer: HttpAnswer, decoded: type[Decoded]) -> Decoded:
        try:
            return msgspec.json.decode(answer.body, type=decoded)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
            raise AnswerMalformed(self.registry, str(cause)) from cause


__all__ = ["CadTrustNode", "NodeAccess", "StagingState"]
