"""Whom we trust on the other end of an encrypted line, and in words why a line did not open, or ended."""

import os
import ssl
from pathlib import Path

from hub.errors import ConfigError

_HOST_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH, <openssl/x509_vfy.h>; an IP address: 64
_ADDRESS_MISMATCH = 64


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies the other end's certificate and name: by ``ca_file`` (PEM), else by the system's list.

    Raises ConfigError naming the file.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # absent, or no certificate in it
        raise _unreadable(ca_file, error) from error


def pinned(certificate: Path) -> ssl.SSLContext:
    """Trusts exactly this certificate, whoever signed it and whatever host it names; raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(certificate)
    except OSError as error:
        raise _unreadable(certificate, error) from error
    return context


def why_not_opened(error: OSError) -> str:
    """Free of bytes that the other end sent: names in a certificate are the other end's words."""
    match error:
        case ssl.SSLCertVerificationError() if error.verify_code in (_HOST_MISMATCH, _ADDRESS_MISMATCH):
            return "its certificate is for another host name; dial it by a name that the certificate has"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message}); see ca_file"
        case ssl.SSLError():
            return f"no TLS there ({error.reason or 'unknown'}); is it a plain port?"
    if error.errno and error.errno > 0:  # asyncio's own words differ from loop to loop
        return os.strerror(error.errno)
    return error.strerror or str(error) or type(error).__name__


def why_lost(error: Exception | None) -> str:
    """The same of a line that stood."""
    if error is None:
        return "closed by the broker"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


def _unreadable(path: Path | None, error: OSError) -> ConfigError:
    what = "not a certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
    return ConfigError(f"{path}: {what}")
