"""Which event is the first transfer of a unit (decision 2/CMA.3 annex para. 2).

The choice is made per authorization, never for a registry as a whole. For use towards an NDC it is
the first international transfer (para. 2(a)); for other purposes the event that the first
transferring Party has named: authorization, issuance, or use or cancellation (para. 2(b)). Where an
authorization covers both, the earlier event counts; no decision says so, hence a setting.
"""

from enum import StrEnum, unique
from typing import Final

from hub.domain.state import Policy
from schema.authorization import AuthorizationRecord
from schema.codes import (
    AuthorizationStep,
    FirstTransferForNdc,
    FirstTransferForOimp,
    Purpose,
    purposes_covered,
)
from schema.identifiers import RegistryId, registry_party

OIMP: Final = frozenset({Purpose.OIMP, Purpose.IMP, Purpose.OP})
"""The purposes other than a Party's NDC."""


@unique
class Trigger(StrEnum):
    """An event that can be a first transfer."""

    AUTHORIZATION = "the authorization"
    ISSUANCE = "the issuance"
    FOREIGN_ISSUANCE = "the issuance in another Party's registry"
    INTERNATIONAL_TRANSFER = "the international transfer"
    USE_TOWARDS_NDC = "the use towards the NDC"
    USE_OR_CANCELLATION = "the use or cancellation"


_FOR_NDC: Final = {
    FirstTransferForNdc.INTERNATIONAL_TRANSFER: Trigger.INTERNATIONAL_TRANSFER,
    FirstTransferForNdc.ISSUANCE_TO_ACQUIRING_PARTY: Trigger.FOREIGN_ISSUANCE,
    FirstTransferForNdc.USE: Trigger.USE_TOWARDS_NDC,
}
_FOR_OIMP: Final = {
    FirstTransferForOimp.AUTHORIZATION: Trigger.AUTHORIZATION,
    FirstTransferForOimp.ISSUANCE: Trigger.ISSUANCE,
    FirstTransferForOimp.USE_OR_CANCELLATION: Trigger.USE_OR_CANCELLATION,
}


def triggers(
    record: AuthorizationRecord, purpose: Purpose | None, policy: Policy
) -> frozenset[Trigger]:
    """Return the events that are the first transfer of units under `record`.

    `purpose` is that of the act; None (a cancellation) stands for other purposes than the NDC.
    """
    uses, named = record.elements.uses, record.elements.first_transfer
    covered = frozenset() if uses is None else purposes_covered(uses)
    for_ndc = named.for_ndc if Purpose.NDC in covered else None
    for_oimp = named.for_oimp if covered & OIMP else None
    if for_ndc is not None and for_oimp is not None and not policy.earlier_event_counts:
        if purpose is Purpose.NDC:
            for_oimp = None
        else:
            for_ndc = None
    return frozenset(
        trigger
        for trigger in (
            None if for_ndc is None else _FOR_NDC[for_ndc],
            None if for_oimp is None else _FOR_OIMP[for_oimp],
        )
        if trigger is not None
    )


def fired_at_issuance(record: AuthorizationRecord, registry: RegistryId) -> frozenset[Trigger]:
    """Return what the birth of units under `record` in `registry` fires.

    Units born under an authorization exist only after it, so that both events of para. 2(b) have
    happened; the same holds when existing units come under it later. Issuance in the registry of
    another Party counts for para. 2(a) only where the authorization says so: this project's
    reading for schemes in which each Party issues its share.
    """
    foreign = registry_party(registry) not in {None, record.party}
    return _BORN_ABROAD if foreign else _BORN


_BORN: Final = frozenset({Trigger.AUTHORIZATION, Trigger.ISSUANCE})
_BORN_ABROAD: Final = _BORN | {Trigger.FOREIGN_ISSUANCE}


def is_first_transfer_at_issuance(
    record: AuthorizationRecord, registry: RegistryId, policy: Policy
) -> bool:
    """Tell whether units come under `record` as first transferred ones.

    The estimate of step 2a authorizes no first transfer; step 2b does, when it takes them in.
    """
    if record.step is AuthorizationStep.ESTIMATED_QUANTITY:
        return False
    fired = fired_at_issuance(record, registry)
    return bool(fired & triggers(record, Purpose.NDC, policy))
