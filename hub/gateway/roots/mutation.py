"""Everything that can be done: signed messages take the same way as over `POST /messages`."""

from schema.graphql.connections import declared
from schema.graphql.declaring import published
from schema.graphql.submission import SubmitMessageResult


@published
class Mutation:
    """Everything that can be done through the gateway."""

    submit_message: SubmitMessageResult = declared(
        {"envelope": (str, "A signed envelope: a JWS in compact form.")}
    )
    """Submit a signed message, or a batch; the same envelope again gets the same receipt."""
