"""Bodies of requests, read no further than their limit."""

from starlette.requests import Request


async def read_body(request: Request, limit_bytes: int) -> bytes | None:
    """Read the body up to a limit; None when it is longer."""
    chunks: list[bytes] = []
    size_bytes = 0
    async for chunk in request.stream():
        size_bytes += len(chunk)
        if size_bytes > limit_bytes:
            return None
        chunks.append(chunk)
    return b"".join(chunks)
