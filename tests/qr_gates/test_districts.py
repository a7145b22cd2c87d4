"""Addresses as cards write them become a code of the province's table, or nothing."""

import pytest

from adapters.qr_gates.codes.card_fields import sex_of
from adapters.qr_gates.codes.districts import district_of

TOLD = {
    "Tổ 5, Khu phố 3, Trảng Dài, Biên Hòa, Đồng Nai": "731",
    "P. An Bình, TP. Biên Hoà, tỉnh Đồng Nai": "731",
    "TP.Biên Hòa, Đồng Nai": "731",
    "Thị xã Long Khánh, T. Đồng Nai": "732",
    "X. Quảng Tiến, H. Trảng Bom, Đồng Nai": "737",
    "Huyện Thống Nhất, Dong Nai": "738",
    "ấp 4, XUÂN LỘC, ĐỒNG NAI": "741",
}
NOT_TOLD = [
    "", "Đồng Nai", "Biên Hòa", "Tân Phú, Hồ Chí Minh", "xã Trảng Bom, Đồng Nai", "P. Long Khánh, Đồng Nai",
    "Trảng Dài, Đồng Nai", ", , ,",
]  # fmt: skip


@pytest.mark.parametrize(("address", "code"), TOLD.items())
def test_a_district_of_the_province(address: str, code: str) -> None:
    assert district_of(address) == code


@pytest.mark.parametrize("address", NOT_TOLD)
def test_no_district_of_the_province(address: str) -> None:
    assert district_of(address) is None


def test_sexes() -> None:
    assert [sex_of(text) for text in ("Nam", "NỮ", "nu", "1", "2", "3", "")] == [*"MFFMF", None, None]
