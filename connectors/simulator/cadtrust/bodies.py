"""Which bodies a node takes, and what it adds to them."""

from collections.abc import Iterator, Mapping

from connectors.cadtrust.resources import V1_UNIT, V2_UNIT, DataModel, Resource
from connectors.simulator.cadtrust import texts
from connectors.simulator.cadtrust.refusals import InvalidError
from connectors.simulator.cadtrust.state import Fields, new_id
from connectors.simulator.cadtrust.switches import NodeSwitches

_CHILD_REQUIRED = {
    "issuance": "startDate endDate verificationApproach verificationReportDate",
    "labels": "label labelType creditingPeriodStartDate creditingPeriodEndDate"
    " validityPeriodStartDate validityPeriodEndDate unitQuantity labelLink",
    "issuances": "startDate endDate verificationApproach verificationReportDate",
    "projectLocations": "country geographicIdentifier",
    "coBenefits": "cobenefit",
    "relatedProjects": "relatedProjectId",
    "projectRatings": "ratingType ratingRangeLowest ratingRangeHighest rating ratingLink",
    "estimations": "creditingPeriodStart creditingPeriodEnd unitCount",
}
_YEARS = {"vintageYear": (1900, 3000), "unitVintageYear": (1900, 3000)}
_AEF_YEARS = (1900, 2100)


def spelling(resource: Resource, switches: NodeSwitches) -> Mapping[str, str]:
    """Return how this build spells the fields that have two spellings, by the usual one."""
    usual_is_misspelt = {key for key in resource.aliases if "Authozied" in key}
    return {
        key: alias
        for key, alias in resource.aliases.items()
        if (
            not switches.entity_misspelt
            if key in usual_is_misspelt
            else switches.cooperative_misspelt
        )
    }


def checked(resource: Resource, body: Mapping[str, object], switches: NodeSwitches) -> Fields:
    """Return the body if this build takes it.

    Raises:
        InvalidError: it does not.
    """
    errors = list(_faults(resource, body, spelling(resource, switches)))
    if errors:
        raise InvalidError(errors)
    return dict(body)


def _faults(
    resource: Resource, body: Mapping[str, object], spelt: Mapping[str, str]
) -> Iterator[str]:
    required = [spelt.get(name, name) for name in resource.required]
    known = {*required, *(spelt.get(name, name) for name in resource.optional)}
    for name in required:
        if body.get(name) is None:
            yield f'"{name}" is required'
        elif body[name] == "":
            yield f'"{name}" is not allowed to be empty'
    for name, value in body.items():
        if name not in known:
            yield f'"{name}" is not allowed'
        elif value is not None:
            yield from _value_faults(resource, name, value)


def _value_faults(resource: Resource, name: str, value: object) -> Iterator[str]:
    if name in _CHILD_REQUIRED:
        yield from _child_faults(name, value)
        return
    if name in resource.integers or (name.endswith("VintageYear") and name.startswith("aef")):
        low, high = _YEARS.get(name, (0, 2**53) if name in resource.integers else _AEF_YEARS)
        if not isinstance(value, int) or isinstance(value, bool):
            yield f'"{name}" must be a number'
        elif not low <= value <= high:
            yield f'"{name}" must be between {low} and {high}'
    elif name in resource.lists:
        if not isinstance(value, list) or not value:
            yield f'"{name}" must be an array'
    elif isinstance(value, dict | list):
        yield f'"{name}" must be a string'
    elif (choice := resource.picks.get(name)) is not None and value not in choice:
        yield texts.NOT_IN_LIST.format(name, ", ".join(choice), value)


def _child_faults(name: str, value: object) -> Iterator[str]:
    children = [value] if name == "issuance" else value
    if not isinstance(children, list) or not children:
        yield f'"{name}" must contain at least 1 items'
        return
    for child in children:
        if not isinstance(child, dict):
            yield f'"{name}" must be of type object'
        elif "id" not in child:
            for needed in _CHILD_REQUIRED[name].split():
                if child.get(needed) in {None, ""}:
                    yield f'"{name}.{needed}" is required'


def completed(
    resource: Resource, body: Fields, spelt: Mapping[str, str], record_id: str, org_uid: str
) -> Fields:
    """Return the record that a body becomes; fields that were not given are null."""
    record: Fields = dict.fromkeys(spelt.get(name, name) for name in resource.fields) | body
    record |= {resource.id_field: record_id, "orgUid": org_uid}
    if resource is V1_UNIT:
        record["serialNumberBlock"] = f"{body['unitBlockStart']}-{body['unitBlockEnd']}"
        record["serialNumberPattern"] = "[.*\\D]+([0-9]+)+[-][.*\\D]+([0-9]+)$"
    if resource is V2_UNIT:
        record["unitCount"] = _count(body)
    if resource.model is DataModel.V1:
        _number_children(record)
    return record


def _number_children(record: Fields) -> None:
    for name in _CHILD_REQUIRED:
        children = record.get(name)
        if isinstance(children, dict):
            record[name] = {"id": new_id()} | children
        elif isinstance(children, list):
            record[name] = [{"id": new_id()} | child for child in children]
    if "issuance" in record:
        issuance = record["issuance"]
        record["issuanceId"] = issuance["id"] if isinstance(issuance, dict) else None


def _count(body: Fields) -> int | None:
    start, end = str(body["unitStartBlock"]), str(body["unitEndBlock"])
    return int(end) - int(start) + 1 if start.isdigit() and end.isdigit() else None
