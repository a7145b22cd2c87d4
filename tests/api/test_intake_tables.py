"""Tables of intake by themselves: columns, headings, and any bytes."""

from hypothesis import given
from hypothesis import strategies as st

from api.console.wording import LANGUAGES
from api.intake_bodies import BODIES
from api.intake_files.columns import WITH_TABLE, columns_of
from api.intake_files.headings import heading
from api.intake_files.reading import read_table
from api.intake_files.table import BadTable


def test_every_column_is_a_field_and_has_words() -> None:
    for kind in WITH_TABLE:
        for column in columns_of(kind):
            assert all(heading(column, language) for language in LANGUAGES)
            field = column.field.partition(".")[0]
            assert field in BODIES[kind].model_fields or field == "vnid"
        needed = {name for name, one in BODIES[kind].model_fields.items() if one.is_required()}
        assert needed - {"figures"} == {column.field for column in columns_of(kind) if column.needed}


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_are_a_table_or_none(body: bytes) -> None:
    try:
        rows = read_table(body)
    except BadTable:
        return
    assert len(rows) >= 2
