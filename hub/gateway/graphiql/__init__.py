"""GraphiQL as this package ships it: no address outside the hub is asked for anything."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import orjson

ASSETS: Final = Path(__file__).parent / "assets"
ASSETS_PATH: Final = "/graphql/assets"

_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"font-src data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS: Final = [
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"no-referrer"),
]

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ITMO Federation Hub: GraphQL</title>
<link rel="stylesheet" href="{assets}/graphiql.min.css">
<link rel="stylesheet" href="{assets}/page.css">
</head>
<body>
<div id="graphiql">This page needs JavaScript; <code>/graphql</code> itself does not.</div>
<script type="application/json" id="examples">{examples}</script>
<script src="{assets}/react.production.min.js"></script>
<script src="{assets}/react-dom.production.min.js"></script>
<script src="{assets}/graphiql.min.js"></script>
<script src="{assets}/page.js"></script>
</body>
</html>
"""


def page(examples: Mapping[str, str]) -> bytes:
    """Return the page with example queries, by name, each in a tab of its own."""
    told = orjson.dumps(list(examples.values())).decode().replace("<", "\\u003c")
    return _PAGE.format(assets=ASSETS_PATH, examples=told).encode()
