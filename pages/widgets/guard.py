"""The guard before Streamlit's own answers: allowed hosts, refused addresses, headers of every answer, health."""

import base64
import hashlib
import re
import secrets
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from core import workspace

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
HEALTH = "/_stcore/health"
BROWSER = "darkroom_browser"
"""The cookie by which the guided tour knows a browser again: a random number, read by this server only."""
CLOSED = ("/_stcore/metrics", "/_stcore/agent")
"""What Streamlit would tell anybody of the server's memory and of driving it by programs."""


def middleware(prefix: str = "") -> list[Middleware]:
    """What every request passes first, the headers being outermost; `prefix` is the path below which everything is served."""
    return [Middleware(Guard, headers=security_headers(), prefix=prefix), Middleware(known_hosts)]


def known_hosts(app: ASGIApp) -> TrustedHostMiddleware:
    """Refuses requests that name another host: those of this machine, and what Streamlit's `server.allowedHosts` adds."""
    hosts = [*LOCAL_HOSTS, *config.get_option("server.allowedHosts")]
    return TrustedHostMiddleware(app, allowed_hosts=hosts, www_redirect=False)


def security_headers() -> dict[str, str]:
    """Headers of every answer: nothing is loaded from elsewhere, guessed, or shown inside another site's page."""
    policy = {
        "default-src": "'self'",
        # WebGL figures of Plotly compile their drawing in the browser; no text of ours or a user's gets there.
        # blob: our own components come as text and are imported from one, which only a script that runs already can make.
        "script-src": f"'self' blob: 'unsafe-eval' {' '.join(_inline_scripts())}",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "same-origin",
    }


def _inline_scripts() -> list[str]:
    """The hashes of the scripts that stand in Streamlit's own page."""
    page = Path(streamlit.__file__).parent / "static" / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


class Guard:
    """Adds the headers, closes what is not served, and lets the health tell when nothing can be kept."""

    def __init__(self, app: ASGIApp, headers: dict[str, str], prefix: str = "") -> None:
        self._app, self._headers, self._prefix = app, headers, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        is_new = BROWSER not in Request(scope).cookies and "text/html" in Headers(scope=scope).get("accept", "")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if is_new:
                    headers.append("set-cookie", self._cookie())
            await send(message)

        path = scope["path"].removeprefix(self._prefix)
        if any(path == closed or path.startswith(f"{closed}/") for closed in CLOSED):
            await PlainTextResponse("Not served.", 404)(scope, receive, answer)
        elif path == HEALTH and (trouble := workspace.trouble()):
            # Status 200: the browser asks here before it connects, and looking is what still works.
            await PlainTextResponse(trouble, headers={"cache-control": "no-cache"})(scope, receive, answer)
        else:
            await self._app(scope, receive, answer)

    def _cookie(self) -> str:
        """A new browser's number, for a year."""
        return (
            f"{BROWSER}={secrets.token_hex(16)}; Path={self._prefix or '/'}; Max-Age=31536000; HttpOnly; SameSite=Lax"
        )
