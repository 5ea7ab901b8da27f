"""How the simulated security server behaves."""

from enum import StrEnum, unique
from typing import Annotated

from msgspec import Meta

from schema.wire import WireStruct


@unique
class Spelling(StrEnum):
    """The two spellings of fault types in use."""

    DOCUMENT = "document"
    """`Server.ServerProxy.NetworkError`, as the protocol document prints it."""
    CODE = "code"
    """`server.serverproxy.network_error`, as present code builds it."""


class Switches(WireStruct, frozen=True):
    """What differs from a good day."""

    spelling: Spelling = Spelling.CODE
    maintenance: bool = False
    """The health address answers 503; traffic goes on."""
    timestamping_failed: bool = False
    """All traffic is refused, because evidence cannot be kept."""
    global_conf_outdated: bool = False
    service_disabled: bool = False
    wrong_hash: bool = False
    """The request hash of answers is that of another request."""
    no_hash: bool = False
    wrong_message_id: bool = False
    """Answers carry another message id than their request."""
    camel_case: bool = False
    """Metaservices answer in camel case."""
    timeout_seconds: Annotated[float, Meta(gt=0)] = 30.0
    """How long the service behind is waited for."""
