"""What the X-Road connector relies on, seen from the consumer's side of a security server.

Of the access file: the header `X-Road-Client` (our subsystem), and as `username` the provider's
subsystem whose metaservices may be asked. Sources: Message Protocol for REST 1.0, Service Metadata
Protocol for REST; where published code differs from them, both are accepted.
"""

import io
import zipfile
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from uuid import UUID, uuid4

from connectors.conformance.expectation import CannotTellError, Expectation, require
from connectors.conformance.subject import Reply, Subject
from connectors.errors import NO_HEADERS, RegistryFailed
from connectors.http_answers import HttpRequest, headers_of
from connectors.xroad.faults import ERROR_HEADER, FaultPlace, XRoadFault, parse_fault
from connectors.xroad.hashing import (
    HASH_HEADER,
    MESSAGE_ID_HEADER,
    REQUEST_ID_HEADER,
    is_hash,
    request_hash,
)
from connectors.xroad.identifiers import XRoadNameError, parse_service_owner

CLIENT_HEADER: Final = "X-Road-Client"
_META: Final = "allowedMethods"


async def _call(
    subject: Subject, path: str, *, headers: Mapping[str, str] = NO_HEADERS
) -> tuple[int, Mapping[str, str], bytes]:
    try:
        reply: Reply = await subject.call("GET", path, headers=headers)
    except RegistryFailed as failed:
        return HTTPStatus.INTERNAL_SERVER_ERROR, failed.headers, failed.body
    return reply.status, reply.headers, reply.body


async def _fault(
    subject: Subject, path: str, *, headers: Mapping[str, str] = NO_HEADERS
) -> XRoadFault:
    status, told, body = await _call(subject, path, headers=headers)
    require(ERROR_HEADER in told, f"answered {status} without the header {ERROR_HEADER}")
    fault = parse_fault(told, body)
    assert fault is not None, "the header is there"
    require(fault.place is not FaultPlace.OTHER, f"the type {fault.raw_type!r} is of no place")
    wanted = 400 if fault.place is FaultPlace.CLIENT else 500
    require(status == wanted, f"answered {status} to {fault.raw_type}")
    return fault


def _provider(subject: Subject) -> str:
    try:
        return parse_service_owner(subject.access.username).plain
    except XRoadNameError as cause:
        raise CannotTellError(f"username names no subsystem of a provider: {cause}") from cause


def _needs_client(subject: Subject) -> None:
    known = {name.lower() for name in subject.access.headers}
    if CLIENT_HEADER.lower() not in known:
        raise CannotTellError(f"no {CLIENT_HEADER} among the headers of the access file")


async def _good(subject: Subject, headers: Mapping[str, str] = NO_HEADERS) -> Mapping[str, str]:
    _needs_client(subject)
    path = f"r1/{_provider(subject)}/{_META}"
    status, told, body = await _call(subject, path, headers=headers)
    require(status == HTTPStatus.OK, f"{_META} answered {status}: {body[:120]!r}")
    return told


async def _bad_request(subject: Subject) -> None:
    path = f"r1/{_provider(subject)}/{_META}"
    fault = await _fault(subject, path, headers={CLIENT_HEADER: "not-a-client"})
    require(fault.place is FaultPlace.CLIENT, f"said {fault.raw_type}")


async def _unknown_member(subject: Subject) -> None:
    _needs_client(subject)
    fault = await _fault(subject, f"r1/NO/SUCH/{uuid4().hex[:8]}/member/service/path")
    require(fault.code.startswith("unknown") or fault.code.endswith("denied"), fault.raw_type)


async def _unknown_service(subject: Subject) -> None:
    _needs_client(subject)
    fault = await _fault(subject, f"r1/{_provider(subject)}/no-such-service/path")
    require(fault.code in {"unknown_service", "access_denied"}, fault.raw_type)


async def _fault_body(subject: Subject) -> None:
    _needs_client(subject)
    path = f"r1/{_provider(subject)}/no-such-service/path"
    _, told, body = await _call(subject, path)
    reply = Reply(status=0, headers=told, body=body)
    wanted = {"type", "message", "detail"}
    require(wanted <= reply.members.keys(), f"a body with {sorted(reply.members)}")
    require(reply.members["type"] == told[ERROR_HEADER], "type and header differ")
    kind = told.get("Content-Type", "").replace(" ", "").lower()
    require(kind == "application/json;charset=utf-8", f"Content-Type {kind!r}")


async def _message_id(subject: Subject) -> None:
    ours = str(uuid4())
    told = (await _good(subject, {MESSAGE_ID_HEADER: ours})).get(MESSAGE_ID_HEADER)
    require(told == ours, f"sent {ours}, came back {told}")


async def _made_id(subject: Subject) -> None:
    told = (await _good(subject)).get(MESSAGE_ID_HEADER, "")
    if not told:
        raise CannotTellError("metaservices of this server carry no message id")
    try:
        UUID(told)
    except ValueError:
        require(truth=False, words=f"{told!r} is no UUID")


async def _hash_form(subject: Subject) -> None:
    told = (await _good(subject)).get(HASH_HEADER)
    if told is None:
        raise CannotTellError("metaservices of this server carry no request hash")
    require(is_hash(told), f"{told!r} is not base64 of 64 bytes")


async def _hash_reading(subject: Subject) -> None:
    shown = {MESSAGE_ID_HEADER: str(uuid4())}
    told = await _good(subject, shown)
    if HASH_HEADER not in told:
        raise CannotTellError("metaservices of this server carry no request hash")
    path = f"r1/{_provider(subject)}/{_META}"
    sent = headers_of(
        HttpRequest(
            method="GET",
            path=path,
            accept="application/json",
            headers=tuple({**subject.access.headers, **shown}.items()),
        )
    )
    spelled = (sent, {name.lower(): value for name, value in sent.items()})
    ours = {
        request_hash("GET", f"/{path}", each.items(), b"", told.get(REQUEST_ID_HEADER, ""))
        for each in spelled
    }
    require(told[HASH_HEADER] in ours, "another hash than ours: leave request_hash_required off")


async def _services(subject: Subject) -> None:
    _needs_client(subject)
    for name in ("listMethods", _META):
        reply = await subject.call("GET", f"r1/{_provider(subject)}/{name}")
        services = reply.members.get("service")
        require(isinstance(services, list), f"{name}: no list of services")
        assert isinstance(services, list), "just required"
        for each in services:
            known = isinstance(each, dict) and {"service_code", "serviceCode"} & each.keys()
            require(known, f"{name}: a service without a code")


async def _container(subject: Subject) -> None:
    shown = str(uuid4())
    await _good(subject, {MESSAGE_ID_HEADER: shown})
    reply = await subject.call("GET", "asic", query={"queryId": shown})
    if reply.status != HTTPStatus.OK:
        raise CannotTellError(f"answered {reply.status}; metaservices may leave no container")
    with zipfile.ZipFile(io.BytesIO(reply.body)) as container:
        require("mimetype" in container.namelist(), str(container.namelist()))


async def _no_container(subject: Subject) -> None:
    reply = await subject.call("GET", "asic", query={"queryId": str(uuid4())})
    require(reply.status in {400, 401, 404}, f"answered {reply.status}")


async def _clients(subject: Subject) -> None:
    reply = await subject.call("GET", "listClients")
    require(isinstance(reply.members.get("member"), list), "no list of members")


EXPECTATIONS: Final = tuple(
    Expectation(name=name, rule=rule, check=check)
    for name, rule, check in (
        ("faults.client", "A malformed X-Road-Client is a client fault with 400.", _bad_request),
        ("faults.member", "A member that nobody knows is a fault of X-Road.", _unknown_member),
        ("faults.service", "A service that is not there is a fault of X-Road.", _unknown_service),
        ("faults.body", "A fault has type, message and detail, as JSON in UTF-8.", _fault_body),
        ("reply.message-id", "The message id that we send comes back.", _message_id),
        ("reply.made-id", "Without one, the server makes a UUID.", _made_id),
        ("reply.hash-form", "The request hash is base64 of SHA-512.", _hash_form),
        ("reply.hash-reading", "The request hash is the one that we compute.", _hash_reading),
        ("meta.services", "The services of a subsystem are listed.", _services),
        ("meta.clients", "The members of the instance are listed.", _clients),
        ("evidence.container", "A container is kept for an exchange.", _container),
        ("evidence.unknown", "An id that nobody knows has no container.", _no_container),
    )
)
