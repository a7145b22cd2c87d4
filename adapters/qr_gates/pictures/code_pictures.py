"""QR codes in a picture: bounded before it is decoded, read by zxing-cpp, kept nowhere.

A picture of somebody's card is sensitive by itself (Decree 356/2025/ND-CP), so it lives as long as a call.
Bytes of a code are taken, not its text: readers that guess a charset give wrong letters without a word.
"""

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PICTURE_BYTES = 1024 * 1024
MOST_PIXELS: Final = 4_000_000  # a frame of 2,560 × 1,440 has 3.7 million
MOST_SIDE: Final = 8192
KINDS = ("image/png", "image/jpeg")
# What Pillow raises for broken files, besides its own OSError.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, struct.error, zlib.error)


class UnreadablePicture(Exception):
    """``reason`` is a code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def code_in(picture: bytes) -> bytes:
    """The one code of a PNG or JPEG; raises UnreadablePicture. Takes milliseconds of a core: for a thread."""
    found = codes_in(opened(picture))
    if not found:
        raise UnreadablePicture("picture.no_code")
    if len(found) > 1:
        raise UnreadablePicture("picture.several_codes")
    return found[0]


def codes_in(image: "Image") -> list[bytes]:
    """Different codes of a grey picture: a quick look, a thorough one, and one at it smoothed and stretched.

    Of the pictures that only the last one reads, all were dark or noisy (``./dev bench gate-pictures``).
    """
    from zxingcpp import BarcodeFormat, BarcodeFormats, read_barcodes

    code = BarcodeFormats([BarcodeFormat.QRCode])
    quick = read_barcodes(image, code, try_downscale=False, try_invert=False)
    found = quick or read_barcodes(image, code) or read_barcodes(_stretched(image), code)
    return list(dict.fromkeys(each.bytes for each in found if each.valid and each.bytes))


def opened(picture: bytes) -> "Image":
    """Decoded, in grey; its size is checked before a pixel is. Raises UnreadablePicture."""
    from PIL import Image

    if len(picture) > MOST_PICTURE_BYTES:
        raise UnreadablePicture("picture.too_large")
    try:
        with Image.open(BytesIO(picture), formats=("PNG", "JPEG")) as image:
            width, height = image.size
            if width * height > MOST_PIXELS or max(width, height) > MOST_SIDE:
                raise UnreadablePicture("picture.too_many_pixels")
            return _grey(image)
    except Image.DecompressionBombError as error:
        raise UnreadablePicture("picture.too_many_pixels") from error
    except _BROKEN as error:
        raise UnreadablePicture("picture.broken") from error


def _stretched(image: "Image") -> "Image":
    from PIL import ImageFilter, ImageOps

    return ImageOps.autocontrast(image.filter(ImageFilter.BoxBlur(1)))


def _grey(image: "Image") -> "Image":
    """What is transparent is paper: white."""
    from PIL import Image

    if not image.has_transparency_data:
        return image.convert("L")
    shown = image.convert("RGBA")
    paper = Image.new("RGBA", shown.size, "white")
    return Image.alpha_composite(paper, shown).convert("L")
