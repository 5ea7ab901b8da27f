"""The authorization as it travels: three components, elements (a) to (n), steps and versions.

Source: decision 4/CMA.6 paras. 2-5 (elements), and Japan's form for the JCM (steps 1, 2a, 2b).
"""

from schema.codes import (
    AuthorizationStatus,
    AuthorizationStep,
    AuthorizedUse,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Metric,
)
from schema.wire import Code, Day, Digest, Few, Name, Reference, Text, Tonnes, WireStruct, Year


class AuthorizedEntity(WireStruct, frozen=True):
    """An entity that a Party authorizes (AEF Table 5)."""

    entity_id: Reference
    """Identification number in the country of incorporation."""
    name: Name
    country: Code
    """Alpha-3."""
    conditions: Text
    change_conditions: Text


class ChangeGround(WireStruct, frozen=True):
    """A circumstance, named in advance, in which even first transferred units may be touched."""

    ground: Reference
    words: Text


class Dates(WireStruct, frozen=True):
    """Element (c): date and duration, with the last dates linked to the OIMP first transfer."""

    authorized_on: Day
    from_day: Day | None
    until_day: Day | None
    last_issuance: Day | None
    last_use: Day | None
    last_cancellation: Day | None


class FirstTransferDefinition(WireStruct, frozen=True):
    """Element (d): which event is the first transfer, chosen per authorization."""

    for_ndc: FirstTransferForNdc | None
    for_oimp: FirstTransferForOimp | None


class Elements(WireStruct, frozen=True):
    """Elements (a) to (n) of decision 4/CMA.6 para. 5; the letter stands before each."""

    approach: Code  # (a)
    parties: Few[Code]  # (b) authorized to acquire or use; empty = any Party
    entities: Few[AuthorizedEntity]  # (b)
    dates: Dates  # (c)
    first_transfer: FirstTransferDefinition  # (d)
    uses: AuthorizedUse | None  # (e); None where only the approach is authorized (step 1)
    rules: Few[Name]  # (f) underlying rules, standards, methodologies
    change_terms: Text  # (g)
    change_grounds: Few[ChangeGround]  # (g)
    quantity: Tonnes | None  # (h)
    tracking_registry: Code | None  # (i)
    underlying_registry: Name | None  # (j)
    vintages: Few[Year]  # (k); empty = any vintage from 2021
    metric: Metric  # (l)
    non_ghg_unit: Name | None  # (l)
    gwp_values: Name | None  # (l)
    sectors: Few[Name]  # (m); empty = any
    activity_types: Few[Name]  # (n); empty = any


class Approval(WireStruct, frozen=True):
    """Why an authorization in force changes, and who approved it."""

    reason: Text
    ground: Reference | None
    """One of the grounds declared in element (g), where first transferred units are touched."""
    approvers: Few[Name]


class AuthorizationRecord(WireStruct, frozen=True):
    """One version of one Party's authorization."""

    authorization_id: Reference
    party: Code
    """The Party that authorizes, alpha-3."""
    version: int
    step: AuthorizationStep
    status: AuthorizationStatus
    activity: Reference | None
    """The project, for steps 2a and 2b."""
    confirms: Reference | None
    """Step 2b: the id of the 2a authorization whose estimate it confirms."""
    decision: Reference | None
    """Step 2b: the Joint Committee's own id of its decision on issuance."""
    elements: Elements
    document_digest: Digest | None
    """SHA-256 of the copy of the authorization document."""
    approval: Approval | None
    """Needed from the second version on."""
