"""The district of an address as its code in the province's table (``districts.toml``): all that is kept.

Since 2025-07-01 there are no districts: a commune of the same name ("xã Trảng Bom") is none.
"""

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files

_KIND = re.compile(r"(?:thanh pho|thi xa|huyen|quan|tinh|tp|tx|h|q|t)\b[. ]*(?=\S)")
_COMMUNE = re.compile(r"(?:xa|phuong|thi tran|tt|p|x)\b[. ]")


def district_of(address: str) -> str | None:
    """Of "…, Trảng Dài, Biên Hòa, Đồng Nai" it is "731"; None: not told, or of another province."""
    parts = [_plain(part) for part in [part for part in address.split(",") if part.strip()][-2:]]
    if len(parts) < 2:
        return None
    province, codes = _table()
    if _KIND.sub("", parts[-1], count=1) != province or _COMMUNE.match(parts[-2]):
        return None
    return codes.get(parts[-2]) or codes.get(_KIND.sub("", parts[-2], count=1))


@lru_cache(maxsize=1)
def _table() -> tuple[str, dict[str, str]]:
    told = tomllib.loads(files("adapters.qr_gates.codes").joinpath("districts.toml").read_text("utf-8"))
    return _plain(told["province"]), {_plain(name): code for name, code in told["districts"].items()}


def _plain(text: str) -> str:
    """Without marks, in small letters: "TP. Biên Hoà" and "tp. bien hoa" are one place."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(each for each in letters if not unicodedata.combining(each)).split())
