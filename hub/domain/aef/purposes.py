"""What an authorization covers and what an action uses an ITMO for (4/CMA.6, para 5(e))."""

from typing import Final

from schema.aef.records import ActionRecord

IMP, OP, NDC = "IMP", "OP", "NDC"
COVERED: Final = {
    "NDC": frozenset({NDC}),
    "OIMP": frozenset({IMP, OP}),
    "IMP": frozenset({IMP}),
    "OP": frozenset({OP}),
    "NDC and OIMP": frozenset({NDC, IMP, OP}),
    "NDC and IMP": frozenset({NDC, IMP}),
    "NDC and OP": frozenset({NDC, OP}),
}
"""The single purposes that each value of the code list stands for; OIMP is IMP or OP."""

_WORDS: Final = {"ndc": frozenset({NDC}), "corsia": frozenset({IMP})}
_LISTED: Final = {name.casefold(): purposes for name, purposes in COVERED.items()}


def covered_by(purposes: str | None) -> frozenset[str]:
    """Return the single purposes of an authorization; empty when the cell is not understood."""
    return COVERED.get(purposes or "", frozenset())


def purposes_of(action: ActionRecord) -> frozenset[str] | None:
    """Return what an action uses the ITMOs for, any one of which must be authorized.

    None when the row does not say: a cancellation for the atmosphere or a share of proceeds needs
    no purpose. A year of NDC use makes a use one towards the NDC.
    """
    text = (action.oimp_purpose or "").strip().casefold()
    stated = _LISTED.get(text) or _WORDS.get(text)
    if stated is not None:
        return stated
    if text:
        return frozenset({IMP, OP})
    if action.type == "Use" and action.ndc_use_year is not None:
        return frozenset({NDC})
    return None


def fits(used: frozenset[str], authorized: frozenset[str]) -> bool:
    """Say whether an authorization covers a use. `OIMP` is covered by either of IMP and OP."""
    if NDC in used and NDC not in authorized:
        return False
    others = used - {NDC}
    return not others or bool(others & authorized)
