"""What a gate reads from files when it starts: whose signatures count, and families of the province's own."""

from adapters.qr_gates.certificates.trust_list import BadTrustList, TrustList, trust_list_of
from adapters.qr_gates.codes.code_reader import CodeReader
from adapters.qr_gates.codes.delimited_family import BadFamily, family_of
from adapters.qr_gates.gate_config import GateSettings
from hub.errors import DeviceUnavailable


def code_reader(config: GateSettings) -> CodeReader:
    """Blocks; raises DeviceUnavailable: a file is away, or cannot be used."""
    try:
        trust = trust_list_of(config.trust_list.read_bytes()) if config.trust_list else TrustList()
        return CodeReader(trust, tuple(family_of(each.read_text("utf-8")) for each in config.families))
    except BadTrustList as error:
        raise DeviceUnavailable("trust_list: cannot be used") from error
    except (OSError, UnicodeError, BadFamily) as error:
        raise DeviceUnavailable(f"trust_list or families: {type(error).__name__}") from error
