"""Headers that narrow what a page may do: only what comes from this server runs or is loaded."""

from __future__ import annotations

import base64
import hashlib

from dash import Dash
from flask import Response

THEME_BOOT = (
    "(()=>{let t=null;try{t=localStorage.getItem('scconcepts-theme')}catch{}"
    "t=t==='dark'||t==='light'?t:matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light';"
    "const d=document.documentElement.dataset;d.theme=t;d.agThemeMode=t})()"
)


def add_security_headers(app: Dash) -> None:
    """Add a content security policy and its companions to every answer of the app."""
    scripts = " ".join(["'self'", _hash(THEME_BOOT), *app.csp_hashes()])
    policy = "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            # plotly and AG Grid write style attributes and elements.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )

    @app.server.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        return response


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
