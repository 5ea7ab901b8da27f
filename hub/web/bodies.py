"""Reading request bodies that may be hostile: never more bytes than the limit, never for ever."""

import asyncio

from starlette.requests import ClientDisconnect, Request


class BodyTooLargeError(Exception):
    """The body is larger than the limit; the rest was not read."""


class BodyTooSlowError(Exception):
    """The body did not arrive in time, or the client went away."""


async def read_body(request: Request, *, bytes_max: int, seconds_max: float) -> bytes:
    """Return the body of `request`.

    Raises:
        BodyTooLargeError: announced or really more than `bytes_max` bytes.
        BodyTooSlowError: not complete after `seconds_max` seconds, or cut off.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > bytes_max:
        raise BodyTooLargeError(f"{announced} bytes are announced, the limit is {bytes_max}")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds_max):
            async for chunk in request.stream():
                body += chunk
                if len(body) > bytes_max:
                    raise BodyTooLargeError(f"more than {bytes_max} bytes")
    except (TimeoutError, ClientDisconnect) as cause:
        raise BodyTooSlowError(f"incomplete after {seconds_max} s") from cause
    return bytes(body)
