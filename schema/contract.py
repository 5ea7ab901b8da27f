"""The published contract, generated from the code: JSON Schemas and canonical sample messages.

`itmo-hub export-contract` writes these files; a test fails when they are stale; nobody edits them.
"""

from hashlib import sha256
from typing import Any, Final

import msgspec

from schema.codec import encode_body
from schema.messages import MESSAGE_TYPES
from schema.refusal_rules import REFUSAL_RULES
from schema.samples import samples

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"


def contract_files() -> dict[str, str]:
    """Return the generated files of this package: path below `schema/` to text."""
    return {
        **{
            f"json/{kind}.schema.json": _json({"$schema": _DRAFT} | _schema_of(structure))
            for kind, structure in MESSAGE_TYPES.items()
        },
        "json/refusals.json": _json([msgspec.to_builtins(rule) for rule in REFUSAL_RULES.values()]),
        "vectors/messages.json": _json(_vectors()),
    }


def _schema_of(structure: type[msgspec.Struct]) -> dict[str, Any]:
    return msgspec.json.schema(structure)


def _vectors() -> list[dict[str, str]]:
    """Per kind the canonical body and its SHA-256: a counterparty's codec must give these bytes."""
    return [
        {
            "kind": kind,
            "body": encode_body(message).decode(),
            "sha256": sha256(encode_body(message)).hexdigest(),
        }
        for kind, message in samples().items()
    ]


def _json(value: object) -> str:
    text = msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=2)
    return text.decode() + "\n"
