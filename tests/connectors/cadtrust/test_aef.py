"""The AEF on a CAD Trust node: written in its spelling, read back in the AEF's own form."""

import datetime as dt
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.aef import latest_nomenclature, load_profiles
from connectors.cadtrust.aef import AefDrafts, AefWriter, Spelling, read_submissions
from connectors.cadtrust.answers import Record
from connectors.cadtrust.publisher import Finality
from connectors.cadtrust.resources import AEF_RESOURCES, AUTHORIZATION_REFERENCE, DataModel
from connectors.errors import NotSupported
from schema.aef.fields import Table
from schema.aef.interpret import Interpreter
from schema.aef.records import (
    ActionRecord,
    AuthorizationRecord,
    EntityRecord,
    HoldingRecord,
    Submission,
    SubmissionRecord,
)
from tests.aef import strategies
from tests.connectors.cadtrust.test_stories import NOTE, connector
from tests.connectors.simulators import Simulator

PROFILE = load_profiles()["cadtrust-v2"]
BLOCK = {
    "approach_id": "CA0007",
    "authorization_id": "MNG-2024-1",
    "first_transferring_party": "MNG",
    "registry_id": "MNG01",
    "first_id": 1,
    "last_id": 600,
    "metric": "GHG",
    "quantity_tco2e": Decimal(600),
    "mitigation_type": "Emission reductions",
    "vintage": 2023,
}
SUBMISSION = Submission(
    submission=SubmissionRecord(
        party="MNG",
        version="1.0",
        reported_year=2024,
        submitted_on=dt.date(2025, 4, 15),
        ndc_first_year=2021,
        ndc_last_year=2030,
    ),
    entities=(
        EntityRecord(
            authorized_on=dt.date(2024, 1, 15),
            name="Trading House",
            country="JPN",
            entity_id="JP-77",
            approach_id="CA0007",
        ),
    ),
    authorizations=(
        AuthorizationRecord(
            authorization_id="MNG-2024-1",
            authorized_on=dt.date(2024, 1, 15),
            approach_id="CA0007",
            version=1,
            quantity=1000,
            metric="GHG",
            sectors=("Energy",),
            purposes="NDC",
        ),
    ),
    actions=(
        ActionRecord(
            **BLOCK,
            date=dt.datetime(2024, 6, 1, 12, 30, tzinfo=dt.UTC),
            type="First transfer",
            acquiring_party="JPN",
        ),
    ),
    holdings=(HoldingRecord(**BLOCK),),
)


def meaning(node: list[Record] | dict[Table, list[Record]]) -> list[Submission]:
    assert isinstance(node, dict)
    interpreter = Interpreter(latest_nomenclature())
    return [interpreter.submission(each.report) for each in read_submissions(node, PROFILE)]


def on_a_node(submission: Submission, spelling: Spelling) -> dict[Table, list[Record]]:
    """What a node would hold, without any node."""
    writer = AefWriter(submission, PROFILE, spelling)
    records: dict[Table, list[Record]] = {table: [] for table in AEF_RESOURCES}
    tables = {resource.name: table for table, resource in AEF_RESOURCES.items()}

    def keep(drafts: AefDrafts) -> None:
        for number, draft in enumerate(drafts.drafts):
            record_id = f"{draft.resource.name}-{number}"
            references = dict.fromkeys(draft.references, "somewhere")
            own = {draft.resource.id_field: record_id, "orgUid": "home"}
            records[tables[draft.resource.name]].append({**draft.body, **references, **own})

    keep(writer.heading())
    submission_id = records[Table.SUBMISSION][0]["cadTrustAefT1SubmissionId"]
    keep(writer.rows(str(submission_id)))
    return records


@given(
    st.builds(
        Submission,
        submission=strategies.submissions,
        entities=st.lists(strategies.entities, max_size=2).map(tuple),
    )
)
def test_entities_and_headings_come_back_equal(submission: Submission) -> None:
    assert meaning(on_a_node(submission, Spelling())) == [submission]


@pytest.mark.parametrize("misspelt", [False, True], ids=["usual spelling", "other spelling"])
@given(
    st.builds(
        Submission,
        submission=strategies.submissions,
        authorizations=st.lists(strategies.authorizations, max_size=2).map(tuple),
    )
)
def test_authorizations_come_back_equal(misspelt: bool, submission: Submission) -> None:
    spelling = Spelling()
    if misspelt:
        spelling.learn_from_refusal('"aefT2AuthorizationsAuthoziedEntityId" is not allowed')
    assert meaning(on_a_node(submission, spelling)) == [submission]


def test_an_action_without_its_authorization_is_left_out_and_counted() -> None:
    writer = AefWriter(msgspec.structs.replace(SUBMISSION, authorizations=()), PROFILE, Spelling())
    written = writer.rows("1")
    assert [draft.resource.name for draft in written.drafts] == ["aef-t4-holdings"]
    losses = {(loss.table, loss.reason): count for loss, count in written.losses.items()}
    reason = "the node holds no action without a row of Table 2 for its authorization"
    assert losses[Table.ACTIONS, reason] == 1


@pytest.mark.parametrize(
    "switches",
    [
        {"cooperative_misspelt": False, "entity_misspelt": True},
        {"cooperative_misspelt": True, "entity_misspelt": True},
        {"cooperative_misspelt": True, "entity_misspelt": False},
    ],
    ids=["usual keys", "an old build", "a build with the other spelling throughout"],
)
async def test_a_submission_goes_to_a_node_of_any_spelling_and_comes_back(
    node: Simulator, switches: dict[str, bool]
) -> None:
    await node.switch(**switches)
    async with connector(node, DataModel.V2) as one:
        published = await one.publish_aef(SUBMISSION, PROFILE, NOTE)
        again = await one.publish_aef(SUBMISSION, PROFILE, NOTE)
        (there,) = await one.read_aef(PROFILE)
    assert published.rows is not None
    assert published.rows.finality is Finality.FINAL
    assert again.rows is not None
    assert (again.heading.committed, again.rows.committed) == (0, 0)
    assert Interpreter(latest_nomenclature()).submission(there.report) == SUBMISSION
    (action,) = there.originals[Table.ACTIONS]
    (authorization,) = there.originals[Table.AUTHORIZATIONS]
    assert action[AUTHORIZATION_REFERENCE] == authorization[AUTHORIZATION_REFERENCE]
    # What the node needs and the AEF does not say is written as NA, and counted.
    assert action["aefT3ActionsTransferringPartyId"] == "NA"
    assert sum(published.losses.values()) == 8


async def test_v1_has_no_aef(node: Simulator) -> None:
    async with connector(node, DataModel.V1) as one:
        with pytest.raises(NotSupported):
            await one.publish_aef(SUBMISSION, PROFILE, NOTE)
