"""The field table of the AEF (decision 4/CMA.6, annex II): 9, 19, 27, 16 and 8 fields.

Everything that reads, writes, checks or documents an AEF walks these five specifications.
"""

from schema.aef.building import column, number_fields
from schema.aef.fields import Condition, Layout, Obligation, Separator, Table, TableSpec
from schema.aef.values import Kind

R, O, C, X = (  # noqa: E741 - the letters in which the field lists of the format are written
    Obligation.REQUIRED,
    Obligation.OPTIONAL,
    Obligation.CONDITIONAL,
    Obligation.CARP,
)
TEXT, INTEGER, NUMBER, DATE = Kind.TEXT, Kind.INTEGER, Kind.NUMBER, Kind.DATE
COMMA = Separator.COMMA

PARTY = r"[A-Z]{3}"
REGISTRY = r"[A-Z]{3}[0-9]{2}"
APPROACH = r"CA[0-9]{4}"
YEAR = r"[0-9]{4}"
AUTHORIZATION = r"[A-Za-z0-9 -]+"
VERSION = r"[1-9][0-9]*\.[0-9]+"
WHOLE = r"[0-9]+"
DECIMAL = r"[0-9]+(\.[0-9]+)?"
DATE_RULE = "4/CMA.6, annex II; dates are printed dd/mm/yyyy"
IDENTIFIER_RULE = "6/CMA.4, annex I, paras 5-6"

SUBMISSION = TableSpec(
    table=Table.SUBMISSION,
    number=1,
    sheet="Table 1 Submission",
    title="Table 1: Submission",
    layout=Layout.VERTICAL,
    header_row=4,
    first_data_row=4,
    key_prefix="aefT1Submission",
    fields=number_fields(
        Table.SUBMISSION,
        "aefT1Submission",
        [
            column("party | Party | ParticipatingParty | Party", Kind.PARTY, R, pattern=PARTY),
            column("version | Version | SubmissionVersion | Version", TEXT, R, pattern=VERSION),
            column(
                "reported_year | Reported year | ReportedYear | ReportYear",
                INTEGER,
                R,
                pattern=YEAR,
            ),
            column(
                "submitted_on | Date of submission | DateOfSubmission | SubmissionDate",
                DATE,
                R,
                rule=DATE_RULE,
            ),
            column(
                "review_status | Review status of the initial report"
                " | ReviewStatusOfInitialReport | ReviewStatus",
                TEXT,
                X,
                rule="4/CMA.6, annex II, footnote citing para 57",
            ),
            column(
                "check_result | Result of the consistency check of this AEF submission"
                " | ResultOfConsistencyCheck | ResultCheck",
                TEXT,
                X,
                rule="4/CMA.6, annex II, footnote citing para 37",
            ),
            column(
                "ndc_first_year | First year of the NDC implementation period"
                " | FirstYearOfNDCPeriod | NdcFirstYear",
                INTEGER,
                R,
                pattern=YEAR,
            ),
            column(
                "ndc_last_year | Last year of the NDC implementation period"
                " | LastYearOfNDCPeriod | NdcLastYear",
                INTEGER,
                R,
                pattern=YEAR,
            ),
            column(
                "review_report | Reference to the Article 6 technical expert review report of the"
                " initial report | ReferenceToTerReport | ReferenceReviewReport",
                TEXT,
                X,
            ),
        ],
    ),
)

AUTHORIZATIONS = TableSpec(
    table=Table.AUTHORIZATIONS,
    number=2,
    sheet="Table 2 Authorizations",
    title="Table 2: Authorizations",
    layout=Layout.HORIZONTAL,
    header_row=7,
    first_data_row=8,
    key_prefix="aefT2Authorizations",
    fields=number_fields(
        Table.AUTHORIZATIONS,
        "aefT2Authorizations",
        [
            column(
                "authorization_id | Authorization ID | AuthorizationID | Id",
                TEXT,
                R,
                pattern=AUTHORIZATION,
            ),
            column(
                "authorized_on | Date of authorization | DateOfAuthorization | Date",
                DATE,
                R,
                rule=DATE_RULE,
            ),
            column(
                "approach_id | Cooperative approach ID | CooperativeApproachID"
                " | CooperativeApproachId",
                TEXT,
                R,
                pattern=APPROACH,
                code_list="cooperative_approach",
            ),
            column(
                "version | Version of the authorization | AuthorizationVersion | Version",
                INTEGER,
                R,
                pattern=WHOLE,
                spacer_after=True,
            ),
            column(
                "quantity | Authorized quantity | AuthorizedQuantity | Quantity",
                INTEGER,
                O,
                pattern=WHOLE,
            ),
            column("metric | Metric | Metric | Metric", TEXT, R, code_list="metric"),
            column("gwp_values | Applicable GWP value(s) | GWPValues | GwpValue", TEXT, O),
            column(
                "non_ghg_metric | Applicable non-GHG metric | Non-GHGMetric"
                " | ApplicableNonGhgMetric",
                TEXT,
                C,
                applies_when=Condition.NON_GHG,
                expected_when=Condition.NON_GHG,
            ),
            column(
                "sectors | Sector(s) | Sectors | Sector",
                TEXT,
                R,
                code_list="sector",
                separator=COMMA,
            ),
            column(
                "activity_types | Activity type(s) | ActivityType | ActivityType",
                TEXT,
                O,
                code_list="activity_type",
                separator=COMMA,
            ),
            column(
                "purposes | Purposes for authorization | PurposeForAuthorization"
                " | PurposesForAuthorization",
                TEXT,
                R,
                code_list="purpose",
            ),
            column(
                "authorized_parties | Authorized Party(ies) ID | AuthorizedPartyIDs"
                " | AuthorizedPartyId",
                Kind.PARTY,
                O,
                pattern=PARTY,
                separator=COMMA,
            ),
            column(
                "authorized_entities | Authorized entity(ies) ID | AuthorizedEntityIDs"
                " | AuthoziedEntityId",
                TEXT,
                O,
                separator=COMMA,
                key_aliases=("AuthorizedEntityId",),
            ),
            column(
                "oimp_authorized | OIMP authorized by the Party | OIMPAuthorized"
                " | OimpAuthorizedParty",
                TEXT,
                C,
                applies_when=Condition.PURPOSE_COVERS_OIMP,
                expected_when=Condition.PURPOSE_COVERS_OIMP,
            ),
            column(
                "timeframe | Authorized timeframe | AuthorizedTimeframe | AuthorizedTimeframe",
                TEXT,
                O,
            ),
            column(
                "terms | Authorization terms and conditions | AuthorizationT&Cs"
                " | AuthorizationTerms",
                TEXT,
                O,
            ),
            column(
                "documentation | Authorization documentation | AuthorizationDocumentation"
                " | AuthorizationDocumentation",
                TEXT,
                X,
            ),
            column(
                "first_transfer_definition | First transfer definition for OIMP"
                " | FirstTransferDefnForOIMP | FirstTransferDefinitionOimp",
                TEXT,
                C,
                rule="2/CMA.3, annex, para 2(b); 4/CMA.6, annex II",
                code_list="first_transfer_definition",
                applies_when=Condition.PURPOSE_COVERS_OIMP,
                expected_when=Condition.PURPOSE_COVERS_OIMP,
            ),
            column(
                "additional_information | Additional explanatory information"
                " | AdditionalExplanatoryInformation | AdditionalInformation",
                TEXT,
                O,
            ),
        ],
    ),
)

_BLOCK = [
    column(
        "first_transferring_party | First transferring participating Party ID"
        " | FirstTransferringPartyID | FirstTransferringPartyId",
        Kind.PARTY,
        R,
        pattern=PARTY,
    ),
    column(
        "registry_id | Party ITMO registry ID | PartyITMORegistryID | PartyItmoRegistryId",
        TEXT,
        R,
        pattern=REGISTRY,
    ),
    column("first_id | First ID | FirstID | ItmoFirstId", Kind.BLOCK_ID, R, rule=IDENTIFIER_RULE),
    column(
        "last_id | Last ID | LastID | ItmoLastId",
        Kind.BLOCK_ID,
        R,
        rule=IDENTIFIER_RULE,
        spacer_after=True,
    ),
    column(
        "unit_registry_id | Underlying unit registry ID | UnderlyingUnitRegistryID"
        " | UnitRegistryId",
        TEXT,
        O,
        code_list="unit_registry",
    ),
    column(
        "first_unit_id | First unit ID | UnderlyingUnitFirstUnitID | UnitFirstId", Kind.UNIT_ID, O
    ),
    column(
        "last_unit_id | Last unit ID | UnderlyingUnitLastUnitID | UnitLastId",
        Kind.UNIT_ID,
        O,
        spacer_after=True,
    ),
    column("metric | Metric | Metric | Metric", TEXT, R, code_list="metric"),
    column("gwp_values | Applicable GWP value(s) | GWPValues | GwpValue", TEXT, O),
    column(
        "non_ghg_metric | Applicable non-GHG metric | Non-GHGMetric | ApplicableNonGhgMetric",
        TEXT,
        C,
        applies_when=Condition.NON_GHG,
        expected_when=Condition.NON_GHG,
    ),
    column(
        "quantity_tco2e | Quantity (t CO2 eq) | QuantityCO2 | QuantityTCo2",
        NUMBER,
        R,
        pattern=DECIMAL,
    ),
    column(
        "quantity_non_ghg | Quantity (in non-GHG metric) | QuantityNon-GHG | QuantityNonGhg",
        TEXT,
        C,
        applies_when=Condition.NON_GHG,
        expected_when=Condition.NON_GHG,
        spacer_after=True,
    ),
    column(
        "mitigation_type | Mitigation type | MitigationType | MitigationType",
        TEXT,
        R,
        code_list="mitigation_type",
    ),
]
_APPROACH_AND_AUTHORIZATION = [
    column(
        "approach_id | Cooperative approach ID | CooperativeApproachID | CooperativeApproachId",
        TEXT,
        R,
        pattern=APPROACH,
        code_list="cooperative_approach",
        key_aliases=("CoopoerativeApproachId",),
    ),
    column(
        "authorization_id | Authorization ID | AuthorizationID | AuthorizationId",
        TEXT,
        R,
        pattern=AUTHORIZATION,
    ),
]
_VINTAGE_NAMES = "vintage | Vintage | Vintage | VintageYear"
_VINTAGE_RULE = "2/CMA.3, annex, para 1; 6/CMA.4, annex I, paras 5-6"

ACTIONS = TableSpec(
    table=Table.ACTIONS,
    number=3,
    sheet="Table 3 Actions",
    title="Table 3: Actions",
    layout=Layout.HORIZONTAL,
    header_row=8,
    first_data_row=9,
    key_prefix="aefT3Actions",
    fields=number_fields(
        Table.ACTIONS,
        "aefT3Actions",
        [
            column(
                "date | Action date | ActionDateTime | Date",
                Kind.ACTION_DATE,
                R,
                rule="2/CMA.3, annex, paras 20 and 29; 4/CMA.6, annex II",
            ),
            column(
                "type | Action type | ActionType | Type",
                TEXT,
                R,
                rule="2/CMA.3, annex, paras 20 and 29; 4/CMA.6, annex II",
                code_list="action_type",
            ),
            column(
                "subtype | Action subtype | ActionSubtype | Subtype",
                TEXT,
                O,
                code_list="action_subtype",
            ),
            *_APPROACH_AND_AUTHORIZATION,
            *_BLOCK,
            column(_VINTAGE_NAMES, INTEGER, R, rule=_VINTAGE_RULE, pattern=YEAR, spacer_after=True),
            column(
                "transferring_party | Transferring participating Party ID | TransferringPartyID"
                " | TransferringPartyId",
                Kind.PARTY,
                C,
                pattern=PARTY,
                applies_when=Condition.ACQUISITION,
                expected_when=Condition.ACQUISITION,
            ),
            column(
                "acquiring_party | Acquiring participating Party ID | AcquiringPartyID"
                " | AcquiringPartyId",
                Kind.PARTY,
                C,
                pattern=PARTY,
                applies_when=Condition.TRANSFER_OUT,
                expected_when=Condition.TRANSFER_TO_A_PARTY,
                spacer_after=True,
            ),
            column(
                "oimp_purpose | Purpose for which the ITMO has been used towards or cancelled for"
                " OIMP | PurposeITMOUsedForOIMP | PurposeOfUseOimp",
                TEXT,
                C,
                applies_when=Condition.USED_OR_CANCELLED,
            ),
            column(
                "using_party | Using/cancelling participating Party ID | Using/cancellingPartyID"
                " | UsingParticipatingPartyId",
                Kind.PARTY,
                C,
                pattern=PARTY,
                applies_when=Condition.USED_OR_CANCELLED,
            ),
            column(
                "using_entity | Using/cancelling authorized entity ID | Using/cancellingEntityID"
                " | UsingAuthorizedEntityId",
                TEXT,
                C,
                applies_when=Condition.USED_OR_CANCELLED,
            ),
            column(
                "ndc_use_year | Calendar year for which the ITMOs are used towards the Party's NDC"
                " | YearITMOUsedTowardsNDC | ItmoUsedYear",
                INTEGER,
                C,
                pattern=YEAR,
                applies_when=Condition.USE,
                expected_when=Condition.USE_TOWARDS_NDC,
                spacer_after=True,
            ),
            column(
                "check_result | Result of the consistency checks | ResultOfConsistencyChecks"
                " | ConsistencyCheckResult",
                TEXT,
                X,
                rule="2/CMA.3, annex, para 33(a)",
            ),
            column(
                "additional_information | Additional explanatory information"
                " | AdditionalExplanatoryInformation | AdditionalInformation",
                TEXT,
                O,
            ),
        ],
    ),
)

HOLDINGS = TableSpec(
    table=Table.HOLDINGS,
    number=4,
    sheet="Table 4 Holdings",
    title="Table 4: Holdings",
    layout=Layout.HORIZONTAL,
    header_row=7,
    first_data_row=8,
    key_prefix="aefT4Holdings",
    fields=number_fields(
        Table.HOLDINGS,
        "aefT4Holdings",
        [
            *_APPROACH_AND_AUTHORIZATION,
            *_BLOCK,
            column(_VINTAGE_NAMES, INTEGER, R, rule=_VINTAGE_RULE, pattern=YEAR),
        ],
    ),
)

ENTITIES = TableSpec(
    table=Table.ENTITIES,
    number=5,
    sheet="Table 5 Auth. entities",
    title="Table 5: Authorized entities",
    layout=Layout.HORIZONTAL,
    header_row=10,
    first_data_row=11,
    key_prefix="aefT5AuthorizedEntities",
    fields=number_fields(
        Table.ENTITIES,
        "aefT5AuthorizedEntities",
        [
            column(
                "authorized_on | Date of the authorization | DateOfAuthorization"
                " | AuthorizationDate",
                DATE,
                R,
                rule=DATE_RULE,
            ),
            column("name | Name | AuthorizedEntityName | Name", TEXT, R),
            column(
                "country | Country of incorporation | AuthorizedEntityCountryOfIncorporation"
                " | IncorporationCountry",
                Kind.PARTY,
                R,
                pattern=PARTY,
            ),
            column("entity_id | Identification number | AuthorizedEntityID | Id", TEXT, R),
            column(
                "approach_id | Cooperative approach ID | CooperativeApproachID"
                " | CooperativeApproachId",
                TEXT,
                R,
                pattern=APPROACH,
                code_list="cooperative_approach",
            ),
            column("conditions | Conditions | AuthorizedEntityConditions | Conditions", TEXT, O),
            column(
                "change_conditions | Change and revocation conditions"
                " | AuthorizedEntityChangeConditions | ChangeConditions",
                TEXT,
                O,
            ),
            column(
                "additional_information | Additional explanatory information"
                " | AdditionalExplanatoryInformation | AdditionalInformation",
                TEXT,
                O,
            ),
        ],
    ),
)

TABLES: tuple[TableSpec, ...] = (SUBMISSION, AUTHORIZATIONS, ACTIONS, HOLDINGS, ENTITIES)
"""All five tables in the order of the workbook."""

SHEETS: tuple[str, ...] = ("Index", "Summary information", *(spec.sheet for spec in TABLES))
"""The seven sheets of the official workbook, in order."""

SPEC: dict[Table, TableSpec] = {spec.table: spec for spec in TABLES}
"""The specification of each table."""
