"""The types by name, so that modules which know each other need not import each other."""

from typing import TYPE_CHECKING, Annotated

from strawberry import lazy

if TYPE_CHECKING:
    from schema.graphql.authorizations import Authorization, Entity
    from schema.graphql.cases import Discrepancy, ReconciliationRun
    from schema.graphql.exchange import Action, Message, Transfer
    from schema.graphql.journal import JournalEntry
    from schema.graphql.participants import Account, Party, Registry
    from schema.graphql.programme import Activity, CooperativeApproach, Issuance
    from schema.graphql.reports import AefSubmission
    from schema.graphql.units import ItmoBlock

AParty = Annotated["Party", lazy("schema.graphql.participants")]
ARegistry = Annotated["Registry", lazy("schema.graphql.participants")]
AnAccount = Annotated["Account", lazy("schema.graphql.participants")]
AnApproach = Annotated["CooperativeApproach", lazy("schema.graphql.programme")]
AnActivity = Annotated["Activity", lazy("schema.graphql.programme")]
AnIssuance = Annotated["Issuance", lazy("schema.graphql.programme")]
AnAuthorization = Annotated["Authorization", lazy("schema.graphql.authorizations")]
AnEntity = Annotated["Entity", lazy("schema.graphql.authorizations")]
AnItmoBlock = Annotated["ItmoBlock", lazy("schema.graphql.units")]
AnAction = Annotated["Action", lazy("schema.graphql.exchange")]
ATransfer = Annotated["Transfer", lazy("schema.graphql.exchange")]
AMessage = Annotated["Message", lazy("schema.graphql.exchange")]
ADiscrepancy = Annotated["Discrepancy", lazy("schema.graphql.cases")]
ARun = Annotated["ReconciliationRun", lazy("schema.graphql.cases")]
ASubmission = Annotated["AefSubmission", lazy("schema.graphql.reports")]
AnEntry = Annotated["JournalEntry", lazy("schema.graphql.journal")]
