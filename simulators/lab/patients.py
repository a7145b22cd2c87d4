"""Fictitious patients, the same for the same seed."""

import random
from dataclasses import dataclass

FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ")
MIDDLE_NAMES = {"M": ("Văn", "Hữu", "Đức", "Minh", "Quốc"), "F": ("Thị", "Ngọc", "Thu", "Mỹ", "Kim")}
GIVEN_NAMES = {
    "M": ("An", "Bình", "Cường", "Dũng", "Hải", "Khánh", "Long", "Phúc", "Sơn", "Tuấn"),
    "F": ("Ánh", "Châu", "Diễm", "Hạnh", "Hương", "Lan", "Nguyệt", "Phượng", "Thủy", "Yến"),
}
STREETS = ("Phạm Văn Thuận", "Võ Thị Sáu", "Đồng Khởi", "Nguyễn Ái Quốc", "Cách Mạng Tháng Tám", "Hùng Vương")
DISTRICTS = ("Biên Hòa", "Long Khánh", "Vĩnh Cửu", "Trảng Bom", "Long Thành", "Nhơn Trạch", "Xuân Lộc")


@dataclass(frozen=True, slots=True)
class Patient:
    """Who a specimen was taken from; ``birth`` is YYYYMMDD, ``sex`` M or F."""

    family: str
    given: str
    national_id: str
    hospital_number: str
    phone: str
    birth: str
    sex: str
    street: str
    district: str


def draw_patient(rng: random.Random) -> Patient:
    """Invent a patient; every digit comes from ``rng``."""
    sex = rng.choice("MF")
    year = rng.randint(1935, 2015)
    return Patient(
        family=rng.choice(FAMILY_NAMES),
        given=f"{rng.choice(MIDDLE_NAMES[sex])} {rng.choice(GIVEN_NAMES[sex])}",
        national_id=national_id(year, sex, rng.randint(0, 999_999)),
        hospital_number=f"BN{rng.randint(0, 9_999_999):07d}",
        phone=f"09{rng.randint(0, 99_999_999):08d}",
        birth=f"{year}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}",
        sex=sex,
        street=f"{rng.randint(1, 400)} {rng.choice(STREETS)}",
        district=rng.choice(DISTRICTS),
    )


def national_id(year: int, sex: str, serial: int) -> str:
    """12 digits: province 075, century and sex, year of birth, serial (circular 07/2016/TT-BCA)."""
    century_and_sex = 2 * (year // 100 - 19) + (sex == "F")
    return f"075{century_and_sex}{year % 100:02d}{serial:06d}"
