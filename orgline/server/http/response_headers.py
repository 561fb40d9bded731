"""The headers of responses: CORS, caching, and what a page may load."""

from __future__ import annotations

CORS_HEADERS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
PREFLIGHT_HEADERS = {
    **CORS_HEADERS,
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Accept, Content-Type",
}


def opaque_tag(key: str) -> str:
    """Return the text between the quotation marks of the ETag of the answer with `key`."""
    return key[:32]


def cache_headers(key: str) -> dict[str, str]:
    """Return the headers of the answer with `key`: clients may keep it, and ask whether it has changed.

    With `key` "" the answer must not be kept.
    """
    # The tag is weak, because a page has a new nonce each time it is sent.
    tag = f'W/"{opaque_tag(key)}"'
    caching = {"Cache-Control": "no-cache", "ETag": tag} if key else {"Cache-Control": "no-store"}
    return {"Vary": "Accept, Accept-Encoding", **caching, **CORS_HEADERS, **SECURITY_HEADERS}


def page_security_headers(nonce: str) -> dict[str, str]:
    """Return the headers of a page: it loads nothing from other hosts, and runs only scripts that carry `nonce`."""
    policy = f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:"
    policy += "; connect-src 'self'"
    return {
        "Content-Security-Policy": f"{policy}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "X-Frame-Options": "DENY",
    }
