"""250 pictures of codes as a camera at a gate sees them: 5 codes, 10 kinds of harm, 5 times each; seeded."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Harm = Callable[[Grey, np.random.Generator], Grey]

SEED = 20210805
WIDTH, HEIGHT = 640, 480
TIMES = 5
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


class Printed(NamedTuple):
    """A code as it was made: ``version`` and ``level`` fix the number of its modules."""

    name: str
    text: str
    version: int
    level: str


class Picture(NamedTuple):
    printed: Printed
    harm: str
    image: Grey


def printed_codes() -> list[Printed]:
    """Persons are invented; the certificates have the length of real ones and no content."""
    letters = np.random.default_rng(SEED).choice(list(BASE45), 597)
    certificate = "HC1:" + "".join(letters)
    card = "075199001234|271234567|Nguyễn Thị Ánh Tuyết|02091999|Nữ|Số 5, Phường Trảng Dài, Biên Hòa|27122021"
    personal = "******001234|Trần Văn Đức|1985/3/7|0|QID7512345678"
    return [
        Printed("card", card, 9, "m"),
        Printed("personal", personal, 6, "m"),
        Printed("place", "https://qr.tokhaiyte.vn/d/75-0042", 3, "m"),
        Printed("certificate, dense", certificate, 19, "q"),
        Printed("certificate", certificate, 13, "l"),
    ]


def pictures() -> Iterator[Picture]:
    """Always the same ones, in the same order."""
    random = np.random.default_rng(SEED)
    for printed in printed_codes():
        sheet = _sheet(printed)
        smallest = 0.55 if printed.version < 10 else 0.8  # of the picture's height
        for harm, worsen in HARMS.items():
            for _ in range(TIMES):
                yield Picture(printed, harm, worsen(_shown(sheet, smallest, random), random))


def _sheet(printed: Printed) -> Grey:
    """The code with its quiet zone, eight pixels a module."""
    charset = None if printed.text.isascii() else "utf-8"
    made = segno.make(
        printed.text, version=printed.version, error=printed.level, boost_error=False, encoding=charset
    )
    dark = np.array([list(row) for row in made.matrix_iter(border=4)], dtype=np.uint8)
    modules = np.where(dark > 0, 25, 235).astype(np.uint8)
    return _grey(cv2.resize(modules, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST))


def _shown(sheet: Grey, smallest: float, random: np.random.Generator) -> Grey:
    """On a grey ground, somewhere near the middle, a little turned; light adds up in each pixel."""
    side = len(sheet)
    scale = 2 * HEIGHT * random.uniform(smallest, smallest + 0.17) / side
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), random.uniform(-8, 8), scale)
    turn[0, 2] += WIDTH - side / 2 + random.uniform(-40, 40)
    turn[1, 2] += HEIGHT - side / 2 + random.uniform(-8, 8)
    ground = int(random.uniform(110, 190))
    double = cv2.warpAffine(sheet, turn, (2 * WIDTH, 2 * HEIGHT), borderValue=(ground,))
    return _grey(cv2.resize(double, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))


def _clean(image: Grey, random: np.random.Generator) -> Grey:
    return image


def _turned(image: Grey, random: np.random.Generator) -> Grey:
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), random.uniform(0, 360), 0.72)
    return _grey(cv2.warpAffine(image, matrix, (WIDTH, HEIGHT), borderValue=(150,)))


def _blurred(image: Grey, random: np.random.Generator) -> Grey:
    return _grey(cv2.GaussianBlur(image, (0, 0), random.uniform(1.2, 2.4)))


def _moved(image: Grey, random: np.random.Generator) -> Grey:
    length, angle = int(random.integers(4, 10)), random.uniform(0, math.pi)
    kernel = np.zeros((11, 11), dtype=np.float32)
    reach = (math.cos(angle) * length / 2, math.sin(angle) * length / 2)
    ends = [(round(5 - reach[0]), round(5 - reach[1])), (round(5 + reach[0]), round(5 + reach[1]))]
    cv2.line(kernel, ends[0], ends[1], (1.0,))
    return _grey(cv2.filter2D(image, -1, kernel / kernel.sum()))


def _noisy(image: Grey, random: np.random.Generator) -> Grey:
    return _clipped(image + random.normal(0, random.uniform(30, 70), image.shape))


def _slanted(image: Grey, random: np.random.Generator) -> Grey:
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], dtype=np.float32)
    inward = random.uniform(0.0, 0.14, (4, 2)) * (WIDTH, HEIGHT) * [[1, 1], [-1, 1], [-1, -1], [1, -1]]
    matrix = cv2.getPerspectiveTransform(corners, (corners + inward).astype(np.float32))
    return _grey(cv2.warpPerspective(image, matrix, (WIDTH, HEIGHT), borderValue=(150,)))


def _dark(image: Grey, random: np.random.Generator) -> Grey:
    return _clipped(image * random.uniform(0.06, 0.2) + random.normal(6, random.uniform(2, 6), image.shape))


def _glaring(image: Grey, random: np.random.Generator) -> Grey:
    """A lamp in the glass: a round spot that is white in its middle."""
    down, across = np.mgrid[0:HEIGHT, 0:WIDTH]
    middle = (WIDTH * random.uniform(0.3, 0.7), HEIGHT * random.uniform(0.3, 0.7))
    distance = (across - middle[0]) ** 2 + (down - middle[1]) ** 2
    return _clipped(image + 260 * np.exp(-distance / (2 * random.uniform(40, 90) ** 2)))


def _pressed(image: Grey, random: np.random.Generator) -> Grey:
    """As a camera's poor JPEG leaves it."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(8, 25))])
    return _grey(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))


def _everything(image: Grey, random: np.random.Generator) -> Grey:
    soft = _grey(cv2.GaussianBlur(_slanted(image, random), (0, 0), random.uniform(0.6, 1.0)))
    dim = soft * random.uniform(0.4, 0.7) + random.normal(10, random.uniform(3, 8), image.shape)
    return _pressed_well(_clipped(dim))


def _pressed_well(image: Grey) -> Grey:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])
    return _grey(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))


def _clipped(values: NDArray[np.floating]) -> Grey:
    return _grey(np.clip(values, 0, 255).astype(np.uint8))


def _grey(image: object) -> Grey:
    return cast(Grey, image)


HARMS: dict[str, Harm] = {
    "clean": _clean,
    "turned": _turned,
    "blurred": _blurred,
    "moved": _moved,
    "noisy": _noisy,
    "slanted": _slanted,
    "dark": _dark,
    "glaring": _glaring,
    "pressed": _pressed,
    "everything": _everything,
}
