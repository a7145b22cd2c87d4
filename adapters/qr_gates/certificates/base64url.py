"""Base64 with the URL alphabet and without padding (RFC 7515, section 2)."""

import base64


def base64url_decode(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
