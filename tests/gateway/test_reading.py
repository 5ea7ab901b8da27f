"""What a reader sees of the small world, over the compiled path."""

from typing import Any
from uuid import UUID

import pytest

from hub.gateway.viewer import OPERATOR, Viewer
from tests.gateway.conftest import Asker

SERIALS = "nodes { firstSerial lastSerial vintage }"


async def test_a_block_is_found_by_any_of_its_units(ask: Asker) -> None:
    data = await ask.data(
        """query ($id: String!) { itmoBlock(identifier: $id) {
            __typename firstId lastId count tonnes quantity unit status firstTransferred
            account { accountId kind registry { code party { code name } } }
            approach { code title parties { code } }
            originatingRegistry { code freshness { stale ageSeconds fresh: freshForSeconds } }
            issuance { issuedAt activityId }
            reservedBy { state }
            history(first: 1) { totalCount nodes { type happenedAt units { firstId } } }
        } }""",
        {"id": "CA0007-MNG01-MNG-500-2021"},
    )
    assert data["itmoBlock"] == {
        "__typename": "ItmoBlock",
        "firstId": "CA0007-MNG01-MNG-401-2021",
        "lastId": "CA0007-MNG01-MNG-1000-2021",
        "count": 600,
        "tonnes": 600,
        "quantity": "600",
        "unit": "tCO2e",
        "status": "HELD",
        "firstTransferred": False,
        "account": {
            "accountId": "JP-100",
            "kind": "HOLDING",
            "registry": {"code": "JPN01", "party": {"code": "JPN", "name": "Japan"}},
        },
        "approach": {
            "code": "CA0007",
            "title": "JCM",
            "parties": [{"code": "JPN"}, {"code": "MNG"}],
        },
        "originatingRegistry": {
            "code": "MNG01",
            "freshness": {"stale": True, "ageSeconds": None, "fresh": 60},
        },
        "issuance": {"issuedAt": "2026-01-10T00:00:00Z", "activityId": "MN099"},
        "reservedBy": None,
        "history": {
            "totalCount": 1,
            "nodes": [
                {
                    "type": "ISSUANCE",
                    "happenedAt": "2026-01-10T00:00:00Z",
                    "units": {"firstId": "CA0007-MNG01-MNG-1-2021"},
                }
            ],
        },
    }


@pytest.mark.parametrize(
    "identifier",
    ["CA0007-MNG01-MNG-1001-2021", "CA0007-MNG01-MNG-1-2023", "CA0001-MNG01-MNG-1-2021"],
    ids=["a serial that was never issued", "another vintage", "another approach"],
)
async def test_a_unit_that_nobody_holds_is_null(ask: Asker, identifier: str) -> None:
    data = await ask.data(f'{{ itmoBlock(identifier: "{identifier}") {{ count }} }}')
    assert data == {"itmoBlock": None}


@pytest.mark.parametrize(
    ("condition", "firsts"),
    [
        pytest.param("", [1, 401, 1], id="no condition"),
        pytest.param("vintage: [2022]", [1], id="one vintage"),
        pytest.param("vintages: {from: 2021, to: 2021}", [1, 401], id="a span of vintages"),
        pytest.param("vintages: {from: 2022}", [1], id="an open span of vintages"),
        pytest.param("status: [HELD]", [1, 401], id="a state"),
        pytest.param("status: []", [], id="no state at all"),
        pytest.param('registry: ["JPN01"]', [401, 1], id="the registry that holds"),
        pytest.param("accountKind: [RETIREMENT_NDC]", [1], id="the kind of account"),
        pytest.param('holderParty: ["MNG"], status: [HELD]', [1], id="two conditions"),
        pytest.param("firstTransferred: true", [], id="first transferred"),
        pytest.param("firstTransferred: false, reserved: false", [1, 401, 1], id="neither"),
        pytest.param("metric: NON_GHG", [], id="another metric"),
        pytest.param("metric: GHG", [1, 401, 1], id="tonnes of CO2"),
        pytest.param('activity: ["MN099"]', [1, 401, 1], id="the activity"),
        pytest.param("status: null", [1, 401, 1], id="a condition that is null"),
    ],
)
async def test_a_filter_keeps_what_fulfils_it(
    ask: Asker, condition: str, firsts: list[int]
) -> None:
    data = await ask.data(
        f"{{ itmoBlocks(filter: {{{condition}}}) {{ totalCount nodes {{ firstSerial }} }} }}"
    )
    assert [node["firstSerial"] for node in data["itmoBlocks"]["nodes"]] == firsts
    assert data["itmoBlocks"]["totalCount"] == len(firsts)


async def test_units_of_an_account_are_found_by_its_global_id(ask: Asker) -> None:
    data = await ask.data('{ account(registry: "JPN01", accountId: "JP-100") { id } }')
    blocks = await ask.data(
        """query ($account: ID!) { itmoBlocks(filter: {account: $account}) { nodes { firstSerial }
           } }""",
        {"account": data["account"]["id"]},
    )
    assert blocks["itmoBlocks"]["nodes"] == [{"firstSerial": 401}]


async def test_pages_follow_each_other_without_gap_or_repetition(ask: Asker) -> None:
    query = """query ($after: String) { itmoBlocks(first: 1, after: $after) {
        totalCount edges { cursor node { firstSerial vintage } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    seen: list[tuple[int, int]] = []
    after: str | None = None
    for _ in range(5):
        page = (await ask.data(query, {"after": after}))["itmoBlocks"]
        assert page["totalCount"] == 3
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        edges = page["edges"]
        seen += [(edge["node"]["vintage"], edge["node"]["firstSerial"]) for edge in edges]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        assert after == edges[-1]["cursor"] == page["pageInfo"]["startCursor"]
    assert seen == [(2021, 1), (2021, 401), (2022, 1)]


async def test_pages_go_backwards_too(ask: Asker) -> None:
    query = """query ($before: String) { itmoBlocks(last: 2, before: $before) {
        nodes { firstSerial vintage } pageInfo { hasNextPage hasPreviousPage startCursor } } }"""
    latest = (await ask.data(query))["itmoBlocks"]
    assert [node["firstSerial"] for node in latest["nodes"]] == [401, 1]
    assert latest["pageInfo"]["hasPreviousPage"] is True
    assert latest["pageInfo"]["hasNextPage"] is False
    before = latest["pageInfo"]["startCursor"]
    earlier = (await ask.data(query, {"before": before}))["itmoBlocks"]
    assert [node["firstSerial"] for node in earlier["nodes"]] == [1]
    assert earlier["pageInfo"]["hasPreviousPage"] is False
    assert earlier["pageInfo"]["hasNextPage"] is True


async def test_an_empty_page_behind_the_last_cursor_still_tells_the_total(ask: Asker) -> None:
    end = (await ask.data("{ itmoBlocks { pageInfo { endCursor } } }"))["itmoBlocks"]
    page = await ask.data(
        """query ($after: String) { itmoBlocks(after: $after) {
            totalCount nodes { firstSerial } pageInfo { hasNextPage startCursor } } }""",
        {"after": end["pageInfo"]["endCursor"]},
    )
    assert page["itmoBlocks"] == {
        "totalCount": 3,
        "nodes": [],
        "pageInfo": {"hasNextPage": False, "startCursor": None},
    }


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        ("{field: COUNT}", [400, 500, 600]),
        ("{field: COUNT, direction: DESC}", [600, 500, 400]),
        ("{field: SERIAL, direction: DESC}", [500, 600, 400]),
    ],
)
async def test_an_order_holds_across_pages(ask: Asker, order: str, counts: list[int]) -> None:
    query = f"""query ($after: String) {{ itmoBlocks(first: 2, after: $after, orderBy: {order}) {{
        nodes {{ count }} pageInfo {{ endCursor }} }} }}"""
    first = (await ask.data(query))["itmoBlocks"]
    after = first["pageInfo"]["endCursor"]
    second = (await ask.data(query, {"after": after}))["itmoBlocks"]
    assert [node["count"] for node in first["nodes"] + second["nodes"]] == counts


async def test_a_count_goes_no_further_than_asked(ask: Asker) -> None:
    data = await ask.data("{ itmoBlocks(first: 0) { few: totalCount(atMost: 2) totalCount } }")
    assert data["itmoBlocks"] == {"few": 2, "totalCount": 3}


async def test_pages_inside_pages_belong_to_their_record(ask: Asker) -> None:
    data = await ask.data(
        """{ registries { nodes { code accounts(first: 1) { totalCount nodes {
            accountId blocks { totalCount nodes { count } pageInfo { hasNextPage } } }
            pageInfo { hasNextPage } } } } }"""
    )
    japan, mongolia = data["registries"]["nodes"]
    assert japan["accounts"]["totalCount"] == 2
    assert japan["accounts"]["pageInfo"]["hasNextPage"] is True
    assert japan["accounts"]["nodes"][0]["blocks"] == {
        "totalCount": 1,
        "nodes": [{"count": 600}],
        "pageInfo": {"hasNextPage": False},
    }
    assert mongolia["accounts"]["nodes"][0]["blocks"]["nodes"] == [{"count": 400}]


NODES = {
    "Party": '{ party(code: "MNG") { id } }',
    "Registry": '{ registry(code: "JPN01") { id } }',
    "CooperativeApproach": '{ approach(code: "CA0007") { id } }',
    "Account": '{ account(registry: "JPN01", accountId: "JP-200") { id } }',
    "ItmoBlock": '{ itmoBlock(identifier: "CA0007-MNG01-MNG-500-2021") { id } }',
    "Issuance": "{ issuances { nodes { id } } }",
    "Action": "{ actions { nodes { id } } }",
}


def first_id(data: Any) -> str:
    while not isinstance(data, str):
        data = data[0] if isinstance(data, list) else next(iter(data.values()))
    return data


@pytest.mark.parametrize("kind", NODES)
async def test_every_node_is_found_again_by_its_global_id(ask: Asker, kind: str) -> None:
    identity = first_id(await ask.data(NODES[kind]))
    data = await ask.data(
        "query ($id: ID!) { node(id: $id) { __typename id provenance { signature } } }",
        {"id": identity},
    )
    assert data["node"]["__typename"] == kind
    assert data["node"]["id"] == identity


async def test_an_interface_is_asked_by_the_type_behind_the_id(ask: Asker) -> None:
    identity = first_id(await ask.data(NODES["Account"]))
    data = await ask.data(
        """query ($id: ID!) { node(id: $id) {
            ... on Account { accountId ...Holder } ... on Party { code } } }
           fragment Holder on Account { holderParty { name } }""",
        {"id": identity},
    )
    assert data["node"] == {"accountId": "JP-200", "holderParty": {"name": "Japan"}}


BAD_INPUT = {
    "a global id that is none": '{ node(id: "x") { id } }',
    "a global id of no type": '{ node(id: "Tm90aGluZzp4") { id } }',
    "a cursor that is none": '{ itmoBlocks(after: "x") { totalCount } }',
    "a cursor that is not base64": '{ itmoBlocks(after: "%%%") { totalCount } }',
    "a negative page": "{ itmoBlocks(first: -1) { totalCount } }",
    "too large a page": "{ itmoBlocks(first: 1001) { totalCount } }",
    "both ends at once": "{ itmoBlocks(first: 1, last: 1) { totalCount } }",
    "an identifier that is none": '{ itmoBlock(identifier: "CA0007") { count } }',
    "an id of the wrong type": '{ itmoBlocks(filter: {account: "UGFydHk6TU5H"}) { totalCount } }',
    "a representation of nothing": """{ _entities(representations: [{__typename: "Party"}]) {
        __typename } }""",
    "a UUID that is none": '{ transfer(transferId: "1") { state } }',
    "a null character": '{ party(code: "\\u0000") { name } }',
    "too far a count": "{ itmoBlocks { totalCount(atMost: 100000000) } }",
}


@pytest.mark.parametrize("query", BAD_INPUT.values(), ids=BAD_INPUT)
async def test_a_mistake_of_the_client_is_told_as_such(ask: Asker, query: str) -> None:
    assert await ask.codes(query) == ["BAD_USER_INPUT"]


async def test_a_cursor_of_another_order_is_refused(ask: Asker) -> None:
    end = (await ask.data("{ itmoBlocks { pageInfo { endCursor } } }"))["itmoBlocks"]
    cursor = end["pageInfo"]["endCursor"]
    query = f'{{ itmoBlocks(after: "{cursor}", orderBy: {{field: COUNT}}) {{ totalCount }} }}'
    assert await ask.codes(query) == ["BAD_USER_INPUT"]


async def test_a_mistake_in_one_field_leaves_its_neighbours_alone(ask: Asker) -> None:
    _, told = await ask.answer('{ party(code: "MNG") { name } node(id: "x") { id } }')
    assert told["data"] == {"party": {"name": "Mongolia"}, "node": None}
    assert told["errors"][0]["path"] == ["node"]


async def test_what_is_not_public_is_withheld_and_said_so(ask: Asker) -> None:
    query = '{ account(registry: "MNG01", accountId: "MN-100") { holder: holderEntity } }'
    _, told = await ask.answer(query)
    assert told == {
        "data": {"account": {"holder": None}},
        "extensions": {"withheld": ["account.holder"]},
    }
    name = 'Illustrative "Solar" LLC'
    assert await ask.data(query, viewer=OPERATOR) == {"account": {"holder": name}}
    mongolia = Viewer(name="a reader of Mongolia", parties=frozenset({"MNG"}))
    assert await ask.data(query, viewer=mongolia) == {"account": {"holder": name}}
    japan = Viewer(name="a reader of Japan", parties=frozenset({"JPN"}))
    assert await ask.data(query, viewer=japan) == {"account": {"holder": None}}


async def test_skip_and_include_decide_what_is_read(ask: Asker) -> None:
    query = """query ($name: Boolean!) { party(code: "MNG") {
        code @skip(if: $name) name @include(if: $name) } }"""
    assert await ask.data(query, {"name": True}) == {"party": {"name": "Mongolia"}}
    assert await ask.data(query, {"name": False}) == {"party": {"code": "MNG"}}


async def test_the_schema_can_be_asked_beside_data(ask: Asker) -> None:
    data = await ask.data(
        '{ __typename __schema { queryType { name } } party(code: "MNG") { code } }'
    )
    assert data == {
        "__typename": "Query",
        "__schema": {"queryType": {"name": "Query"}},
        "party": {"code": "MNG"},
    }


async def test_nodes_come_in_the_order_of_their_ids(ask: Asker) -> None:
    party, account, block = [
        first_id(await ask.data(NODES[kind])) for kind in ("Party", "Account", "ItmoBlock")
    ]
    nowhere = "UGFydHk6WFhY"
    data = await ask.data(
        """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename
            ... on Party { code } ... on ItmoBlock { count } } }""",
        {"ids": [block, nowhere, party, account, party]},
    )
    mongolia = {"__typename": "Party", "code": "MNG"}
    assert data["nodes"] == [
        {"__typename": "ItmoBlock", "count": 600},
        None,
        mongolia,
        {"__typename": "Account"},
        mongolia,
    ]
    assert await ask.data("{ nodes(ids: []) { id } }") == {"nodes": []}


async def test_holdings_are_summed_by_any_dimensions(ask: Asker) -> None:
    data = await ask.data(
        """{ everything: holdingTotals(groupBy: []) {
                 tonnes units vintage party: holderParty { code } }
             holdingTotals(groupBy: [VINTAGE, REGISTRY], filter: {approach: ["CA0007"]}) {
               vintage registry { code name } tonnes status } }"""
    )
    assert data["everything"] == [{"tonnes": 1500, "units": 1500, "vintage": None, "party": None}]
    japan, mongolia = {"code": "JPN01", "name": "Japan"}, {"code": "MNG01", "name": "Mongolia"}
    assert data["holdingTotals"] == [
        {"vintage": 2021, "registry": japan, "tonnes": 600, "status": None},
        {"vintage": 2021, "registry": mongolia, "tonnes": 400, "status": None},
        {"vintage": 2022, "registry": japan, "tonnes": 500, "status": None},
    ]


async def test_actions_are_summed_by_any_dimensions(ask: Asker) -> None:
    data = await ask.data(
        "{ actionTotals(groupBy: [TYPE, YEAR]) { type year units actions purpose } }"
    )
    assert data["actionTotals"] == [
        {"type": "ISSUANCE", "year": 2026, "units": 1000, "actions": 1, "purpose": None}
    ]


async def test_a_router_resolves_references_in_batches(ask: Asker) -> None:
    block = first_id(await ask.data(NODES["ItmoBlock"]))
    data = await ask.data(
        """query ($references: [_Any!]!) { _entities(representations: $references) {
            ... on Registry { name party { code } } ... on Party { name }
            ... on ItmoBlock { count } ... on Transfer { state } } }""",
        {
            "references": [
                {"__typename": "Registry", "code": "JPN01"},
                {"__typename": "ItmoBlock", "id": block},
                {"__typename": "Transfer", "transferId": str(UUID(int=15))},
                {"__typename": "Party", "code": "MNG"},
                {"__typename": "Registry", "code": "MNG01"},
            ]
        },
    )
    assert data["_entities"] == [
        {"name": "Japan", "party": {"code": "JPN"}},
        {"count": 600},
        None,
        {"name": "Mongolia"},
        {"name": "Mongolia", "party": {"code": "MNG"}},
    ]


async def test_a_composer_reads_the_schema_of_the_subgraph(ask: Asker) -> None:
    data = await ask.data("{ _service { sdl } }")
    assert "type ItmoBlock implements Node @key" in data["_service"]["sdl"]
