"""GraphQL over HTTP: what the specification demands, and what keeps a public address safe."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from hub.gateway.building import build_gateway
from hub.gateway.errors import NotAdmittedError
from hub.gateway.limits import GatewayLimits
from hub.gateway.viewer import ANONYMOUS, Viewer
from hub.storage.database import Database
from tests.gateway.conftest import NOW, Asker

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


class Answered:
    def __init__(self, messages: list[dict[str, Any]]) -> None:
        start, body = messages
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body: bytes = body["body"]

    @property
    def media(self) -> str:
        return self.headers["content-type"].split(";")[0]

    @property
    def told(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks ASGI to a view."""

    def __init__(self, view: Any) -> None:
        self._view = view

    async def send(
        self,
        method: str,
        *,
        body: bytes = b"",
        query_string: bytes = b"",
        **headers: str,
    ) -> Answered:
        scope = {
            "type": "http",
            "method": method,
            "path": "/graphql",
            "query_string": query_string,
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
            ],
        }
        parts = [body[at : at + 100] for at in range(0, len(body), 100)] or [b""]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._view(scope, receive, send)
        return Answered(sent)

    async def post(self, body: Any, *, accept: str = GRAPHQL, kind: str = JSON) -> Answered:
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.send("POST", body=octets, accept=accept, content_type=kind)

    async def get(self, *, accept: str = GRAPHQL, **parameters: str) -> Answered:
        encoded = urlencode(parameters).encode()
        return await self.send("GET", query_string=encoded, accept=accept)


@pytest.fixture
async def client(ask: Asker, database: Database) -> Client:
    assert ask
    return Client(build_gateway(database, GatewayLimits(body_bytes_max=2_000), lambda: NOW).view)


async def test_a_query_is_answered_by_post_and_by_get(client: Client) -> None:
    query = "query ($code: ID!) { party(code: $code) { name } }"
    expected = {"data": {"party": {"name": "Mongolia"}}}
    posted = await client.post({"query": query, "variables": {"code": "MNG"}})
    assert (posted.status, posted.media, posted.told) == (200, GRAPHQL, expected)
    got = await client.get(query=query, variables='{"code": "MNG"}')
    assert (got.status, got.media, got.told) == (200, GRAPHQL, expected)


REQUEST_ERRORS = {
    "a syntax error": ("{", "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "a missing variable": ("query ($c: ID!) { party(code: $c) { name } }", "BAD_USER_INPUT"),
    "no such operation": ("query A { __typename } query B { __typename }",
                          "OPERATION_RESOLUTION_FAILURE"),
    "too deep": ('{ party(code: "x") ' + "{ registries { nodes { party " * 5 + "{ code }"
                 + "}}}" * 5 + "}", "QUERY_TOO_COMPLEX"),
    "too many aliases": ("{" + " ".join(f"a{n}: __typename" for n in range(31)) + "}",
                         "QUERY_TOO_COMPLEX"),
    "too many tokens": ("{" + "__typename " * 140 + "}", "GRAPHQL_PARSE_FAILED"),
    "a cycle of fragments": ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
}  # fmt: skip


@pytest.mark.parametrize(("query", "code"), REQUEST_ERRORS.values(), ids=REQUEST_ERRORS)
async def test_a_request_error_has_no_data_and_a_stable_code(
    ask: Asker, database: Database, query: str, code: str
) -> None:
    assert ask
    limits = GatewayLimits(tokens_max=120)
    client = Client(build_gateway(database, limits, lambda: NOW).view)
    strict = await client.post({"query": query})
    assert strict.status == 400
    assert "data" not in strict.told
    assert {fault["extensions"]["code"] for fault in strict.told["errors"]} == {code}
    lenient = await client.post({"query": query}, accept=JSON)
    assert (lenient.status, lenient.media) == (200, JSON)
    assert lenient.told == strict.told


async def test_an_error_in_a_field_is_no_request_error(client: Client) -> None:
    answered = await client.post({"query": '{ node(id: "x") { id } }'})
    assert answered.status == 200
    assert answered.told["data"] == {"node": None}


MALFORMED = {
    "no JSON": (b"{", JSON, 400),
    "no object": (b"[]", JSON, 400),
    "no query": (b"{}", JSON, 400),
    "a query that is no text": (b'{"query": 1}', JSON, 400),
    "variables that are a text": (b'{"query": "{a}", "variables": "{}"}', JSON, 400),
    "an operation name that is a number": (b'{"query": "{a}", "operationName": 1}', JSON, 400),
    "a form, as foreign pages send it": (b"query={a}", "application/x-www-form-urlencoded", 415),
    "plain text, as foreign pages send it": (b'{"query": "{a}"}', "text/plain", 415),
    "too large a body": (b'{"query": "' + b" " * 2_000 + b'"}', JSON, 413),
}


@pytest.mark.parametrize(("body", "kind", "status"), MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_request_is_refused_to_all(
    client: Client, body: bytes, kind: str, status: int
) -> None:
    for accept in (GRAPHQL, JSON):
        answered = await client.post(body, accept=accept, kind=kind)
        assert (answered.status, answered.media) == (status, accept)
        assert answered.told["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_other_methods_are_told_which_are_allowed(client: Client) -> None:
    answered = await client.send("PUT")
    assert answered.status == 405
    assert answered.headers["allow"] == "GET, POST"


async def test_nothing_is_changed_by_get(client: Client) -> None:
    mutation = 'mutation { submitMessage(envelope: "x") { __typename } }'
    answered = await client.get(query=mutation)
    assert answered.status == 405


async def test_what_costs_too_much_is_refused_before_it_runs(ask: Asker) -> None:
    query = """{ registries(first: 1000) { nodes { accounts(first: 1000) { nodes {
        blocks(first: 1000) { nodes { count } } } } } } }"""
    assert await ask.codes(query) == ["COST_ESTIMATED_TOO_EXPENSIVE"]


async def test_the_page_for_people_asks_no_address_but_the_hub(client: Client) -> None:
    answered = await client.send("GET", accept="text/html")
    assert (answered.status, answered.media) == (200, "text/html")
    assert b"//" not in answered.body.split(b'id="examples"')[0]
    assert "default-src 'none'" in answered.headers["content-security-policy"]


async def test_pages_and_introspection_are_offered_only_if_the_operator_says_so(
    database: Database,
) -> None:
    limits = GatewayLimits(graphiql=False, introspection=False)
    client = Client(build_gateway(database, limits, lambda: NOW).view)
    assert (await client.send("GET", accept="text/html")).status == 400
    answered = await client.post({"query": "{ __schema { queryType { name } } }"})
    assert answered.status == 400


async def test_who_may_not_ask_gets_no_answer(database: Database) -> None:
    async def nobody(_: object) -> Viewer:
        raise NotAdmittedError("a token is needed")

    gateway = build_gateway(database, GatewayLimits(), lambda: NOW, viewer_of=nobody)
    answered = await Client(gateway.view).post({"query": "{ __typename }"})
    assert answered.status == 401
    assert answered.headers["www-authenticate"] == "Bearer"
    assert answered.told["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_database_that_is_away_is_told_without_details() -> None:
    gateway = build_gateway(Database("postgresql://127.0.0.1:1/none"), GatewayLimits(), lambda: NOW)
    answered = await Client(gateway.view).post({"query": '{ party(code: "MNG") { name } }'})
    (fault,) = answered.told["errors"]
    assert fault["extensions"]["code"] == "UNAVAILABLE"
    assert "127.0.0.1" not in answered.body.decode()
    assert fault["extensions"]["correlationId"]


async def test_an_answer_that_takes_too_long_is_cut_off(database: Database) -> None:
    gateway = build_gateway(database, GatewayLimits(timeout_seconds=0.1), lambda: NOW)
    async with database.reading() as blocking, blocking.transaction():
        await blocking.execute("LOCK TABLE holding IN ACCESS EXCLUSIVE MODE")
        told = json.loads((await gateway.execute("{ itmoBlocks { nodes { count } } }")).body)
    assert told["errors"][0]["extensions"]["code"] == "TIMEOUT"
    again = json.loads((await gateway.execute("{ itmoBlocks { nodes { count } } }")).body)
    assert len(again["data"]["itmoBlocks"]["nodes"]) == 3


async def test_the_anonymous_reader_is_the_default() -> None:
    assert ANONYMOUS.name is None
    assert not ANONYMOUS.scopes
