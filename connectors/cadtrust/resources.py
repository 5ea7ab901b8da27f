"""The records of a CAD Trust node: which fields each resource has, in v1 and in v2.

The vocabulary of the wire, for both sides of it. Where published sources disagree a field is
optional here, so that neither reading is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from connectors.cadtrust import picklists as lists
from schema.aef.fields import Obligation, Table
from schema.aef.tables import SPEC


@unique
class DataModel(StrEnum):
    """The two data models; each has its own paths, tables and staging on a node."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resource:
    """One kind of record; fields are named as on the wire."""

    model: DataModel
    name: str
    """Path below the data model, and in v2 the name of the table in staging."""
    id_field: str
    """Given by the node; a body must not carry it when a record is made."""
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    integers: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    picks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)
    """Fields that hold the id of a record of another resource."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other spellings that some builds use, by the usual one."""

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that a body may carry, in their usual spelling."""
        return (*self.required, *self.optional)

    @property
    def table(self) -> str:
        """The name of the table in staging and audit."""
        return {"units": "Units", "projects": "Projects"}.get(self.name, self.name)


def _v1(name: str, id_field: str, required: str, optional: str, **more: object) -> Resource:
    return _resource(DataModel.V1, name, id_field, (required, optional), more)


def _v2(name: str, required: str, optional: str = "", **more: object) -> Resource:
    words = "".join(word.capitalize() for word in name.split("-"))
    return _resource(DataModel.V2, name, f"cadTrust{words}Id", (required, optional), more)


def _resource(
    model: DataModel,
    name: str,
    id_field: str,
    names: tuple[str, str],
    more: Mapping[str, object],
) -> Resource:
    required, optional = names
    details = dict(more)
    for key in ("integers", "lists"):
        details[key] = frozenset(str(details.get(key, "")).split())
    return Resource(
        model=model,
        name=name,
        id_field=id_field,
        required=tuple(required.split()),
        optional=tuple(optional.split()),
        **details,  # type: ignore[arg-type]
    )


V1_UNIT: Final = _v1(
    "units",
    "warehouseUnitId",
    "unitBlockStart unitBlockEnd unitCount vintageYear countryJurisdictionOfOwner unitType"
    " unitStatus unitRegistryLink correspondingAdjustmentDeclaration correspondingAdjustmentStatus",
    "unitStatusReason projectLocationId unitOwner inCountryJurisdictionOfOwner marketplace"
    " marketplaceLink marketplaceIdentifier unitTags issuance labels",
    integers="unitCount vintageYear",
    picks={
        "unitType": lists.V1_UNIT_TYPES,
        "unitStatus": lists.V1_UNIT_STATUSES,
        "correspondingAdjustmentDeclaration": lists.V1_ADJUSTMENT_DECLARATIONS,
        "correspondingAdjustmentStatus": lists.V1_ADJUSTMENT_STATUSES,
    },
)
V1_PROJECT: Final = _v1(
    "projects",
    "warehouseProjectId",
    "projectId originProjectId registryOfOrigin projectName projectLink projectDeveloper sector"
    " projectType coveredByNDC projectStatus projectStatusDate unitMetric methodology",
    "currentRegistry program projectTags ndcInformation methodology2 validationBody validationDate"
    " description projectLocations labels issuances coBenefits relatedProjects projectRatings"
    " estimations",
    picks={
        "coveredByNDC": lists.V1_NDC_COVERAGE,
        "projectStatus": lists.V1_PROJECT_STATUSES,
        "unitMetric": ("tCO2e",),
    },
)

V2_UNIT: Final = _v2(
    "unit",
    "unitSerialId unitStartBlock unitEndBlock unitVintageYear cadTrustIssuanceId",
    "unitType unitStatus unitStatusReason unitStatusDate unitRetirementDetail"
    " unitRetirementBeneficiary unitRetirementBeneficiaryId unitLink unitMetric unitCurrentOwner"
    " unitItmosReferenceId marketplace",
    integers="unitVintageYear",
    picks={"unitType": lists.V2_UNIT_TYPES, "unitStatus": lists.V2_UNIT_STATUSES},
    references={"cadTrustIssuanceId": "issuance"},
)

_AEF_OPTIONAL: Final = {
    Table.AUTHORIZATIONS: {"sectors", "metric", "purposes", "version"},
    Table.ACTIONS: {"type", "mitigation_type"},
    Table.ENTITIES: {"country"},
}
_AEF_REQUIRED: Final = {
    Table.AUTHORIZATIONS: {"authorized_parties"},
    Table.ACTIONS: {
        "unit_registry_id",
        "first_unit_id",
        "last_unit_id",
        "transferring_party",
        "acquiring_party",
    },
    Table.HOLDINGS: {"unit_registry_id", "first_unit_id", "last_unit_id"},
}
_AEF_NAMES: Final = {
    Table.ENTITIES: "aef-t5-authorized-entities",
    Table.SUBMISSION: "aef-t1-submission",
    Table.AUTHORIZATIONS: "aef-t2-authorizations",
    Table.ACTIONS: "aef-t3-actions",
    Table.HOLDINGS: "aef-t4-holdings",
}
SUBMISSION_REFERENCE: Final = "cadTrustAefT1SubmissionId"
AUTHORIZATION_REFERENCE: Final = "cadTrustAefT2AuthorizationsId"
_AEF_REFERENCES: Final[dict[Table, dict[str, bool]]] = {
    # The value tells whether the reference is required.
    Table.AUTHORIZATIONS: {SUBMISSION_REFERENCE: False},
    Table.ACTIONS: {SUBMISSION_REFERENCE: False, AUTHORIZATION_REFERENCE: True},
    Table.HOLDINGS: {SUBMISSION_REFERENCE: False, AUTHORIZATION_REFERENCE: False},
}
_AEF_TARGETS: Final = {
    SUBMISSION_REFERENCE: _AEF_NAMES[Table.SUBMISSION],
    AUTHORIZATION_REFERENCE: _AEF_NAMES[Table.AUTHORIZATIONS],
}


def _aef(table: Table) -> Resource:
    """Derive an AEF resource from the field table, with the deviations of this data model."""
    spec = SPEC[table]
    more, fewer = _AEF_REQUIRED.get(table, set()), _AEF_OPTIONAL.get(table, set())
    needed = {
        each.name
        for each in spec.fields
        if each.name in more or (each.obligation is Obligation.REQUIRED and each.name not in fewer)
    }
    references = _AEF_REFERENCES.get(table, {})
    return _v2(
        _AEF_NAMES[table],
        " ".join(
            [each.key for each in spec.fields if each.name in needed]
            + [key for key, is_required in references.items() if is_required]
        ),
        " ".join(
            [each.key for each in spec.fields if each.name not in needed]
            + [key for key, is_required in references.items() if not is_required]
        ),
        references={key: _AEF_TARGETS[key] for key in references},
        aliases={each.key: alias for each in spec.fields for alias in each.key_aliases},
    )


AEF_RESOURCES: Final = MappingProxyType({table: _aef(table) for table in _AEF_NAMES})
"""By table, in the order in which they must be written: entities, submission, authorizations,
actions, holdings."""

_V2_OTHERS: Final = (
    _v2("program", "programName programRegistry programRegistryId", "programDescription"),
    _v2(
        "methodology",
        "methodologyCode methodologyName",
        "methodologyType methodologyVersion methodologyDate methodologyLink",
    ),
    _v2(
        "project",
        "projectRegistryName projectId projectName projectLink projectSector projectType"
        " projectStatus projectStatusDate projectUnitMetric",
        "projectCreditingProgram projectDescription projectSubtype cadTrustReferenceProjectId"
        " cadTrustProgramId",
        lists="projectSector projectType",
        picks={
            "projectStatus": lists.V2_PROJECT_STATUSES,
            "projectUnitMetric": lists.V2_PROJECT_METRICS,
        },
        references={"cadTrustProgramId": "program"},
    ),
    _v2(
        "stakeholder",
        "stakeholderName stakeholderType cadTrustProjectId",
        "stakeholderLink",
        picks={"stakeholderType": lists.V2_STAKEHOLDER_TYPES},
        references={"cadTrustProjectId": "project"},
    ),
    _v2("label", "labelName labelType", "labelLink labelDate"),
    _v2(
        "project-methodology",
        "cadTrustProjectId cadTrustMethodologyId",
        "projectMethodologyDate projectMethodologyDescription",
        references={"cadTrustProjectId": "project", "cadTrustMethodologyId": "methodology"},
    ),
    _v2(
        "validation",
        "validationId validationType validationBody cadTrustProjectId",
        "validationDate validationCreditPeriodStartDate validationCreditPeriodEndDate",
        references={"cadTrustProjectId": "project"},
    ),
    _v2(
        "verification",
        "verificationId verificationBody cadTrustProjectId",
        "verificationStartDate verificationEndDate cadTrustValidationId",
        references={"cadTrustProjectId": "project", "cadTrustValidationId": "validation"},
    ),
    _v2(
        "location",
        "locationCountry cadTrustProjectId",
        "locationRegion locationGis locationMapType locationMapFileLink",
        references={"cadTrustProjectId": "project"},
    ),
    _v2(
        "estimation",
        "estimationStartDate estimationUnitCount",
        "estimationEndDate estimationReferenceNo cadTrustProjectId",
        integers="estimationUnitCount",
        references={"cadTrustProjectId": "project"},
    ),
    _v2("rating", "", "ratingType ratingName ratingValue ratingLink cadTrustProjectId"),
    _v2("co-benefit", "cobenefit", "cadTrustProjectId"),
    _v2(
        "issuance",
        "issuanceId cadTrustVerificationId cadTrustProjectMethodologyId cadTrustLocationId",
        "issuanceDate",
        references={
            "cadTrustVerificationId": "verification",
            "cadTrustProjectMethodologyId": "project-methodology",
            "cadTrustLocationId": "location",
        },
    ),
    _v2(
        "unit-label",
        "cadTrustLabelId cadTrustUnitId",
        "labelUnitDate labelUnitDescription",
        references={"cadTrustLabelId": "label", "cadTrustUnitId": "unit"},
    ),
)

_BY_NAME: Final = {each.name: each for each in (*_V2_OTHERS, V2_UNIT, *AEF_RESOURCES.values())}

_WRITTEN_BEFORE_AEF: Final = (
    "program methodology project stakeholder label project-methodology validation verification"
    " location estimation rating co-benefit issuance unit unit-label"
)

WRITE_ORDER: Final = (
    *(_BY_NAME[name] for name in _WRITTEN_BEFORE_AEF.split()),
    *AEF_RESOURCES.values(),
)
"""The v2 resources, each after those that it refers to.

The published order names `stakeholder` before `project`, yet a stakeholder must name its project;
this order satisfies the references.
"""

RESOURCES: Final[Mapping[DataModel, Mapping[str, Resource]]] = MappingProxyType(
    {
        DataModel.V1: {"projects": V1_PROJECT, "units": V1_UNIT},
        DataModel.V2: {each.name: each for each in WRITE_ORDER},
    }
)
UNITS: Final = MappingProxyType({DataModel.V1: V1_UNIT, DataModel.V2: V2_UNIT})
