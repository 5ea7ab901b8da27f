"""Names, faults and hashes of X-Road, without any server."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Retry
from connectors.xroad.faults import (
    FaultPlace,
    SecurityServerFailed,
    WayRefused,
    error_of,
    parse_fault,
)
from connectors.xroad.hashing import is_hash, request_hash
from connectors.xroad.identifiers import (
    XRoadName,
    XRoadNameError,
    parse_client,
    parse_security_server,
    parse_service_owner,
)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        pytest.param("SIM/GOV/123/hub", "SIM/GOV/123/hub", id="a subsystem"),
        pytest.param("SIM/GOV/123", "SIM/GOV/123", id="a member"),
        pytest.param("SIM/GOV/12?3/ä", "SIM/GOV/12%3F3/%C3%A4", id="encoded part by part"),
        pytest.param("SIM/GOV/12%3F3/%C3%A4", "SIM/GOV/12%3F3/%C3%A4", id="already encoded"),
    ],
)
def test_a_client_is_encoded_part_by_part(text: str, encoded: str) -> None:
    assert parse_client(text).encoded == encoded


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SIM",
        "SIM/GOV",
        "SIM/GOV/1/2/3",
        "SIM//1",
        "SIM/../1",
        "SIM/GOV/a%2Fb",
        "SIM/GOV/a b\n",
        "SIM/GOV/%FF",
        "SIM/GOV/" + "x" * 300,
        "SIM/GOV/a;b",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(XRoadNameError):
        parse_client(text)


def test_services_and_servers_need_all_parts() -> None:
    for parse in (parse_service_owner, parse_security_server):
        assert parse("SIM/GOV/1/s").parts[-1] == "s"
        with pytest.raises(XRoadNameError):
            parse("SIM/GOV/1")


@given(st.lists(st.text(min_size=1, max_size=20), min_size=3, max_size=4))
def test_every_name_survives_its_encoding(parts: list[str]) -> None:
    try:
        name = XRoadName(tuple(parts))
    except XRoadNameError:
        return
    assert name.encoded.isascii()
    assert parse_client(name.encoded) == name


def test_unusual_characters_are_known_as_such() -> None:
    assert parse_client("SIM/GOV/1/a-b").is_usual
    assert not parse_client("SIM/GOV/1/a_b").is_usual


@pytest.mark.parametrize(
    ("spelled", "place", "code"),
    [
        ("Client.BadRequest", FaultPlace.CLIENT, "bad_request"),
        ("client.bad_request", FaultPlace.CLIENT, "bad_request"),
        ("Server.ServerProxy.NetworkError", FaultPlace.SERVER_PROXY, "network_error"),
        ("server.serverproxy.network_error", FaultPlace.SERVER_PROXY, "network_error"),
        ("Server.ServerProxy.DatabaseError", FaultPlace.SERVER_PROXY, "database_error"),
        ("Server.ClientProxy.OutdatedGlobalConf", FaultPlace.CLIENT_PROXY, "global_conf_outdated"),
        (
            "server.clientproxy.global_conf_outdated",
            FaultPlace.CLIENT_PROXY,
            "global_conf_outdated",
        ),
        ("signer.hsm_non_operational", FaultPlace.SIGNER, "hsm_non_operational"),
        ("something_else", FaultPlace.OTHER, "something_else"),
    ],
)
def test_both_spellings_are_one_fault(spelled: str, place: FaultPlace, code: str) -> None:
    fault = parse_fault({"X-Road-Error": spelled}, b'{"message":"m","detail":"d"}')
    assert fault is not None
    assert (fault.place, fault.code, fault.raw_type) == (place, code, spelled)


def test_without_the_header_it_is_the_registry_s_own_answer() -> None:
    assert parse_fault({}, b'{"type":"Client.BadRequest"}') is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[]"])
def test_a_fault_with_another_body_is_still_a_fault(body: bytes) -> None:
    fault = parse_fault({"X-Road-Error": "server.clientproxy.io_error"}, body)
    assert fault is not None
    assert fault.code == "io_error"


@pytest.mark.parametrize(
    ("spelled", "error", "retry"),
    [
        ("client.bad_request", WayRefused, Retry.NEVER),
        ("server.serverproxy.access_denied", WayRefused, Retry.NEVER),
        ("server.clientproxy.timestamping_failed", SecurityServerFailed, Retry.LATER),
        ("signer.hsm_non_operational", SecurityServerFailed, Retry.LATER),
        ("something.new", SecurityServerFailed, Retry.LATER),
    ],
)
def test_a_fault_says_when_to_try_again(spelled: str, error: type, retry: Retry) -> None:
    fault = parse_fault({"X-Road-Error": spelled}, b"{}")
    assert fault is not None
    found = error_of("MNG01", 500, fault)
    assert isinstance(found, error)
    assert found.retry is retry


def test_the_hash_is_that_of_headers_and_body() -> None:
    head = b"POST\r\n/r1/a/b/c/d/s/x?q=1\r\nAccept:*/*\r\nx-road-request-id:id\r\n"
    digest = hashlib.sha512(head).digest()
    headers = [("Host", "h"), ("Accept", "*/*"), ("User-Agent", "u"), ("Content-Length", "2")]
    target = "/r1/a/b/c/d/s/x?q=1"
    bare = request_hash("POST", target, headers, b"", "id")
    assert bare == base64.b64encode(digest).decode()
    full = hashlib.sha512(digest + hashlib.sha512(b"{}").digest()).digest()
    assert request_hash("POST", target, headers, b"{}", "id") == base64.b64encode(full).decode()
    assert is_hash(bare)
    assert not is_hash("f92591a3-6bf0-49b1-987b-0dd78c034cc3")
