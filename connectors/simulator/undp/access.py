"""Who asks: a token or an API key; and how often anybody may."""

import base64
import binascii
import hmac
import json
from collections import deque
from typing import Final

import jwt
from starlette.requests import Request

from connectors.simulator.kit.control import SwitchBoard
from connectors.simulator.undp import texts
from connectors.simulator.undp.refusals import UnauthorizedError
from connectors.simulator.undp.state import RegistryState, User
from connectors.simulator.undp.switches import RegistrySwitches

ALGORITHM: Final = "HS256"
SEPARATOR: Final = "___"


class Access:
    """Logs in, knows tokens and keys, and counts requests."""

    def __init__(self, state: RegistryState, board: SwitchBoard[RegistrySwitches]) -> None:
        """Know the users of the registry."""
        self._state = state
        self._board = board
        self._asked: deque[float] = deque()

    def too_many(self) -> bool:
        """Count one request; True when it is one too many."""
        switches, now = self._board.now, self._state.now()
        while self._asked and self._asked[0] <= now - switches.window_seconds:
            self._asked.popleft()
        if len(self._asked) >= switches.requests_max:
            return True
        self._asked.append(now)
        return False

    def log_in(self, email: str, password: str) -> dict[str, object]:
        """Return what a login answers."""
        user = self._state.user(email)
        if user is None or not hmac.compare_digest(user.secret.encode(), password.encode()):
            raise UnauthorizedError(texts.UNAUTHORIZED)
        company = self._state.company(user.company)
        assert company is not None, "every user has a company"
        switches = self._board.now
        return {
            "access_token": self._token(user, switches.token_seconds),
            "refresh_token": self._token(user, switches.refresh_seconds, refresh=True),
            "role": user.role,
            "id": user.id,
            "name": user.name,
            "companyId": company.id,
            "companyRole": company.role,
            "companyName": company.name,
            "companyLogo": "",
            "ability": json.dumps([]),
            "companyState": company.state,
        }

    def refresh(self, token: str) -> dict[str, object]:
        """Return a new token for a refresh token."""
        claims = self._claims(token)
        if claims.get("use") != "refresh":
            raise UnauthorizedError(texts.JWT_EXPIRED)
        user = self._state.user(str(claims["e"]))
        assert user is not None, "users are never removed here"
        return {"access_token": self._token(user, self._board.now.token_seconds)}

    def who(self, request: Request) -> User:
        """Return the user behind a request."""
        if (key := request.headers.get("api_key")) is not None:
            return self._by_key(key)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise UnauthorizedError(texts.UNAUTHORIZED)
        claims = self._claims(token)
        user = self._state.user(str(claims.get("e")))
        if user is None or claims.get("use") == "refresh":
            raise UnauthorizedError(texts.UNAUTHORIZED)
        return user

    def _by_key(self, key: str) -> User:
        try:
            email, _, secret = base64.b64decode(key, validate=True).decode().partition(SEPARATOR)
        except (binascii.Error, UnicodeDecodeError) as cause:
            raise UnauthorizedError(texts.UNAUTHORIZED) from cause
        user = self._state.user(email)
        if user is None or not hmac.compare_digest(user.secret.encode(), secret.encode()):
            raise UnauthorizedError(texts.UNAUTHORIZED)
        return user

    def _token(self, user: User, seconds: int, *, refresh: bool = False) -> str:
        company = self._state.company(user.company)
        assert company is not None, "every user has a company"
        now = int(self._state.now())
        claims = {
            "cn": company.name,
            "n": user.name,
            "sub": str(user.id),
            "r": user.role,
            "cid": company.id,
            "cr": company.role,
            "s": company.state,
            "e": user.email,
            "use": "refresh" if refresh else "access",
            "iat": now,
            "exp": now + seconds,
        }
        return jwt.encode(claims, self._state.signing_secret(), ALGORITHM)

    def _claims(self, token: str) -> dict[str, object]:
        try:
            claims: dict[str, object] = jwt.decode(
                token, self._state.signing_secret(), algorithms=[ALGORITHM]
            )
        except jwt.ExpiredSignatureError as cause:
            raise UnauthorizedError(texts.JWT_EXPIRED) from cause
        except jwt.InvalidTokenError as cause:
            raise UnauthorizedError(texts.UNAUTHORIZED) from cause
        return claims
