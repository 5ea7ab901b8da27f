"""The kinds of endpoint that can be examined, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from connectors.cadtrust.resources import DataModel
from connectors.conformance import cadtrust, undp, xroad
from connectors.conformance.expectation import Expectation

KINDS: Final[Mapping[str, tuple[Expectation, ...]]] = MappingProxyType(
    {
        "cadtrust-v1": cadtrust.expectations(DataModel.V1),
        "cadtrust-v2": cadtrust.expectations(DataModel.V2),
        "undp": undp.EXPECTATIONS,
        "xroad": xroad.EXPECTATIONS,
    }
)
