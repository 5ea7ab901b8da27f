"""What comes back when a signed message is submitted: what was done with it, or a refusal."""

from typing import Annotated

import strawberry
from strawberry import ID

from schema.codes import ReceiptResult
from schema.graphql.declaring import published
from schema.graphql.exchange import RefusalReason
from schema.graphql.names import AMessage
from schema.graphql.scalars import Serial


@published
class MessageResult:
    """What the hub did with one message of the envelope."""

    message_id: ID
    """The id in its body."""
    outcome: ReceiptResult
    """Applied, or refused."""
    refusals: list[RefusalReason]
    """Why it was refused, every reason, in order of precedence."""
    leaf_index: Serial
    """The place of its entry in the journal."""
    message: AMessage | None
    """The message as the hub has recorded it."""


@published
class EnvelopeReceived:
    """The envelope was taken: everything in it is recorded for ever, and answered."""

    receipt: str
    """The signed receipt, a JWS in compact form; keep it."""
    results: list[MessageResult]
    """One entry, or one per message of a batch, in its order."""


@published
class EnvelopeRefused:
    """The envelope was refused before the journal: nothing is recorded."""

    refusal: RefusalReason
    """Why."""


@published
class TryAgainLater:
    """More waits than the hub can take; nothing was done, send the same envelope again."""

    words: str
    """What is the matter."""


SubmitMessageResult = Annotated[
    EnvelopeReceived | EnvelopeRefused | TryAgainLater,
    strawberry.union(
        "SubmitMessageResult",
        description="A receipt, a refusal, or the advice to try again.",
    ),
]
