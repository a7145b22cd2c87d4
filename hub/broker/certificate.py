"""How long the certificate of our listener is still good."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from hub.errors import ConfigError

NOTICE = timedelta(days=30)


def trouble_ahead(certificate: Path, now: datetime) -> str:
    """What to say from 30 days before its end, else ""; raises ConfigError for a file that is none."""
    try:
        end = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except OSError as error:
        raise ConfigError(f"{certificate}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{certificate}: not a certificate in PEM") from error
    if end - now > NOTICE:
        return ""
    word = "expired" if end <= now else "expires"
    return f"{certificate}: the bus's certificate {word} on {end.astimezone(UTC):%d/%m/%Y}"
