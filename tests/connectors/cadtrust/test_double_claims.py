"""Claims of organisations on a node go to the double-claim finder of the hub as they are."""

from pathlib import Path

from connectors.cadtrust.resources import DataModel
from hub.domain.reconciliation.attributes import GHG
from hub.domain.reconciliation.codes import FindingCode
from hub.domain.reconciliation.columns import Snapshot
from hub.domain.reconciliation.double_claims import double_claims
from hub.domain.reconciliation.stated import read_statement
from hub.domain.reconciliation.vocabulary import Vocabulary
from tests.connectors.cadtrust.test_stories import NOTE, connector, held
from tests.connectors.simulators import Simulator, simulator


async def test_serials_of_two_organisations_are_found_with_both_claims(
    node: Simulator,
) -> None:
    async with connector(node) as one:
        await one.publish([held(1, 100), held(201, 300)], NOTE)
        copied = (await one.claims()).pages[0].claims[0].original
        order = {"model": "v1", "resource": "units", "organisation": "Elsewhere"}
        stolen = {**copied, "warehouseUnitId": "stolen"}
        told = await node.control("POST", "foreign", {**order, "body": stolen})
        codes = dict.fromkeys((await one.claims()).organisations, "MNG01")
        codes[told["orgUid"]] = "JPN01"
        statements = (await one.claims()).statements(codes)
    vocabulary = Vocabulary()
    snapshots = [
        Snapshot.of_rows(
            vocabulary, code, read_statement([each], measure_of=lambda _, __: GHG).rows
        )
        for code, each in statements.items()
    ]
    (finding,) = double_claims(snapshots)
    assert finding.code is FindingCode.DOUBLE_CLAIM
    assert set(finding.sources) == {"MNG01", "JPN01"}
    assert (finding.serials.first, finding.serials.last) in {(1, 100), (201, 300)}


async def test_another_node_sees_the_same_records_under_another_home(tmp_path: Path) -> None:
    async with simulator("cadtrust", tmp_path / "other", "--organisation", "") as reader:
        order = {"model": "v1", "resource": "units", "organisation": "Elsewhere"}
        unit = {
            "warehouseUnitId": "u1",
            "unitBlockStart": "CA0007-MNG01-MNG-1-2023",
            "unitBlockEnd": "CA0007-MNG01-MNG-10-2023",
            "unitCount": 10,
            "unitStatus": "Held",
        }
        await reader.control("POST", "foreign", {**order, "body": unit})
        # A node without an organisation of its own can be read all the same.
        async with connector(reader, DataModel.V1) as one:
            claims = await one.claims()
    assert [each.block.count for page in claims.pages for each in page.claims] == [10]
