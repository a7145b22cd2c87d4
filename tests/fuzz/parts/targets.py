"""All targets by name. A new codec is one line here: its check, what it costs, and inputs to begin with."""

from collections.abc import Callable, Iterator
from functools import partial

from adapters.lab_analyzers.astm.frames import checksum
from adapters.lab_analyzers.profiles import names
from tests.fuzz.parts import astm, inputs, meaning, mllp, orders, unframed, values, workbooks
from tests.fuzz.parts.target import Target

Grow = Callable[[int], bytes]
Feed = Callable[[int, int], Iterator[None]]


def _repeated(unit: bytes, start: bytes = b"", end: bytes = b"") -> Grow:
    return lambda size: start + unit * (size // len(unit)) + end


def _frames(size: int) -> bytes:
    """One session of small frames in order."""
    covered = [b"%d%b\x03" % (n % 8, b"C|1|x\r") for n in range(1, size // 12)]
    return b"\x05" + b"".join(b"\x02" + each + checksum(each) + b"\r\n" for each in covered) + b"\x04"


_MSH = b"MSH|^~\\&|A|B|C|D|20260301||ORU^R01|1|P|2.5.1\rPID|1||9\rOBR|1|O|S|T^x^LN\r"
_OBX = b"OBX|1|ST|T^x^LN|1|POS|cp/mL||A|||F|||20260301\r"
_H = b"H|\\^&|||A\rP|1\rO|1|S||^^^T\r"
_R = b"R|1|^^^T^u|1|x||<||F||o|20260301|20260301|A\r"
_HL7_GROWS = {
    "rows": _repeated(_OBX, _MSH),
    "orders": _repeated(b"OBR|1|O|S|T\rOBX|1|ST|T||POS||||||F\r", _MSH),
    "fields": _repeated(b"|", _MSH),
    "components": _repeated(b"^", _MSH + b"OBX|1|CE|T||"),
    "repetitions": _repeated(b"a^b~", _MSH + b"OBX|1|CE|T||"),
    "escapes": _repeated(b"\\", _MSH + b"OBX|1|ST|"),
    "inventory": _repeated(b"INV|a|b|c\r", _MSH),
    "header": _repeated(b"^", b"MSH|^~\\&|A"),
    "specimens": _repeated(b"SPM|1|S\rOBR|1|O|S|T\rOBX|1|ST|T||NEG\r", _MSH[:45]),
    "lines": _repeated(b"\r", _MSH),
    "blanks": _repeated(b" ", b"", _MSH),
    "codes": lambda size: _MSH + b"".join(b"OBX|1|ST|T%d||POS\r" % n for n in range(size // 16)),
}
_ASTM_GROWS = {
    "results": _repeated(_R, _H),
    "orders": _repeated(b"O|1|S||^^^T\rR|1|^^^T|NEG\r", _H),
    "fields": _repeated(b"|", _H),
    "components": _repeated(b"^", _H + b"R|1|"),
    "repetitions": _repeated(b"a^b\\", _H + b"O|1|S||"),
    "escapes": _repeated(b"&", _H + b"R|1|^^^"),
    "comments": _repeated(b"C|1|I|Error^1^\r", _H + _R),
    "headers": _repeated(b"H|\\^&\r"),
    "lines": _repeated(b"\r\n", _H),
    "codes": lambda size: _H + b"".join(b"R|1|^^^T%d|POS\r" % n for n in range(size // 16)),
}
_REFUSAL_GROWS = {
    "refused": _repeated(b"O|1|S||^^^T" + b"|" * 21 + b"X\r", _H),
    "nearly": _repeated(b"O|1|S||^^^T" + b"|" * 20 + b" X\r", _H),
    "empty results": _repeated(b"R|1|^^^T||||||X\r", _H),
    "fields": _repeated(b"|", _H + b"O"),
    "components": _repeated(b"^", _H + b"R|1|x|"),
    "blanks": _repeated(b"\r  ", _H),
}
_TABLE_GROWS = {
    "rows": lambda size: inputs.tables()[0] + b"A1\tS-9\tN\t1\r\n" * (size // 13),
    "quotes": _repeated(b'"'),
    "columns": _repeated(b"a\t"),
    "above": _repeated(b"* Name = value\r\n"),
    "lines": _repeated(b"\n"),
}
_SHEET_GROWS = {
    "rows": _repeated(b"<row><c><v>1</v></c></row>", b"<worksheet>", b"</worksheet>"),
    "cells": _repeated(b"<c><v>1</v></c>", b"<worksheet><row>", b"</row></worksheet>"),
    "depth": _repeated(b"<a>"),
    "text": _repeated(b"x", b"<worksheet><row><c><v>", b"</v></c></row></worksheet>"),
    "attributes": lambda size: b"<a " + b"".join(b'b%d="" ' % n for n in range(size // 10)) + b"/>",
}
_MLLP_GROWS = {
    "blocks": _repeated(b"\x0b" + _MSH + b"\x1c\r"),
    "empty blocks": _repeated(b"\x0b\x1c\r"),
    "starts": _repeated(b"\x0b"),
    "ends": _repeated(b"\x1c"),
    "whole ends": _repeated(b"\x1c\r"),
    "noise": _repeated(b"MS"),
    "blanks": _repeated(b"\r"),
    "one block": _repeated(b"x", b"\x0b"),
}
_LINE_GROWS = {
    "frames": _frames,
    "enquiries": _repeated(b"\x05"),
    "sessions": _repeated(b"\x05\x04"),
    "starts": _repeated(b"\x021"),
    "answers": _repeated(b"\x06\x15"),
    "fillers": _repeated(b"\r\n"),
    "noise": _repeated(b"x\x04"),
    "end": _repeated(b"\x04"),
    "one frame": _repeated(b"x", b"\x05\x021"),
    "damaged": _repeated(b"\x021H|\x0300\r\n", b"\x05"),
}
_VALUE_GROWS = {
    "digits": _repeated(b"1"),
    "stars": _repeated(b"*"),
    "dots": _repeated(b"."),
    "escapes": _repeated(b"\\"),
    "blanks": _repeated(b" "),
    "lines": _repeated(b"1\n"),
    "hexadecimal": _repeated(b"\\X0A"),
}
_MLLP_ENDLESS: dict[str, Feed] = {
    "block": partial(mllp.feed_endless, b"\x0b" + _MSH, b"x"),
    "block of ends": partial(mllp.feed_endless, b"\x0b", b"\x1c"),
    "noise": partial(mllp.feed_endless, b"", b"z"),
    "blocks": partial(mllp.feed_endless, b"", b"\x0b" + b"x" * 4000 + b"\x1c\r"),
    "starts": partial(mllp.feed_endless, b"", b"MSH|"),
}
_LINE_ENDLESS: dict[str, Feed] = {
    "frame": partial(astm.feed_endless, b"\x05\x021", b"x"),
    "noise": partial(astm.feed_endless, b"", b"z"),
    "enquiries": partial(astm.feed_endless, b"", b"\x05" + b"\r" * 999),
    "starts": partial(astm.feed_endless, b"\x05", b"\x021" + b"y" * 999),
    "message": astm.feed_frames,
}


def _targets() -> list[Target]:
    return [
        Target(
            "mllp", mllp.check, mllp.work, inputs.mllp_streams, inputs.HL7_WORDS, _MLLP_GROWS, _MLLP_ENDLESS
        ),
        Target(
            "mllp_sender",
            mllp.check_sender,
            mllp.work_sender,
            inputs.mllp_answers,
            inputs.HL7_WORDS,
            _MLLP_GROWS,
        ),
        Target("er7", meaning.check_er7, meaning.read_rows, inputs.hl7, inputs.HL7_WORDS, _HL7_GROWS),
        Target(
            "astm_frames",
            astm.check_frames,
            astm.work_frames,
            inputs.astm_streams,
            inputs.ASTM_WORDS,
            _LINE_GROWS,
            mended=astm.mended,
        ),
        Target(
            "astm_link",
            astm.check_link,
            astm.work_link,
            inputs.astm_streams,
            inputs.ASTM_WORDS,
            _LINE_GROWS,
            _LINE_ENDLESS,
            astm.mended,
        ),
        Target(
            "astm_sending",
            astm.check_sending,
            astm.work_link,
            inputs.astm_answers,
            inputs.ASTM_WORDS,
            mended=astm.mended,
        ),
        Target(
            "astm_records",
            meaning.check_records,
            meaning.read_all_records,
            inputs.astm,
            inputs.ASTM_WORDS,
            _ASTM_GROWS,
        ),
        Target("astm_unframed", unframed.check, unframed.work, inputs.astm, inputs.ASTM_WORDS, _ASTM_GROWS),
        Target(
            "astm_refusals",
            unframed.check_refusals,
            unframed.check_refusals,
            lambda: inputs.ASTM_REFUSALS,
            inputs.ASTM_WORDS,
            _REFUSAL_GROWS,
        ),
        Target(
            "charsets", values.check_charsets, values.check_charsets, lambda: inputs.VALUES, inputs.HL7_WORDS
        ),
        Target("times", values.check_times, values.check_times, lambda: inputs.VALUES, grows=_VALUE_GROWS),
        Target(
            "quantities",
            values.check_quantities,
            values.check_quantities,
            lambda: inputs.VALUES,
            grows=_VALUE_GROWS,
        ),
        Target(
            "words",
            values.check_words,
            values.check_words,
            lambda: inputs.VALUES,
            inputs.HL7_WORDS,
            _VALUE_GROWS,
        ),
        Target(
            "workbooks",
            workbooks.check_book,
            workbooks.check_book,
            workbooks.books,
            workbooks.WORDS,
            mended=workbooks.mended,
        ),
        Target(
            "workbook_sheets",
            workbooks.check_markup,
            workbooks.check_markup,
            workbooks.markup,
            workbooks.WORDS,
            _SHEET_GROWS,
        ),
        Target(
            "hl7_order_answers",
            orders.check_answers,
            orders.check_answers,
            lambda: inputs.HL7_ANSWERS,
            inputs.HL7_WORDS,
        ),
        Target(
            "pictures",
            meaning.check_pictures,
            meaning.check_pictures,
            inputs.hl7,
            inputs.HL7_WORDS,
            _HL7_GROWS,
        ),
        Target("workbook_streams", workbooks.check_stream, workbooks.check_stream, workbooks.streams),
        *(_queries("hl7", name) for name in names()),
        *(_queries("astm", name) for name in ("generic", "genexpert")),
        *(_results("hl7", name) for name in names()),
        *(_results("astm", name) for name in names()),
        *(_results("table", name) for name in inputs.table_profiles()),
        *(
            Target(
                f"captured.{name}", meaning.captures(name), meaning.captures(name), _files, inputs.TABLE_WORDS
            )
            for name in ("genexpert", "quantstudio")
        ),
    ]


def _queries(form: str, profile: str) -> Target:
    """What machines ask with the profile of one model, and what they are told."""
    if form == "hl7":
        check = orders.queries(profile)
        return Target(f"hl7_queries.{profile}", check, check, lambda: inputs.HL7_QUERIES, inputs.HL7_WORDS)
    check = orders.astm_queries(profile)
    return Target(f"astm_queries.{profile}", check, check, inputs.astm, inputs.ASTM_WORDS, _ASTM_GROWS)


def _results(form: str, profile: str) -> Target:
    """A reader with the profile of one model; a new profile is a new target by itself."""
    made, words, grows = {
        "hl7": (inputs.hl7, inputs.HL7_WORDS, _HL7_GROWS),
        "astm": (inputs.astm, inputs.ASTM_WORDS, _ASTM_GROWS),
        "table": (inputs.tables, inputs.TABLE_WORDS, _TABLE_GROWS),
    }[form]
    check, work = meaning.results(form, profile), meaning.reading(form, profile)
    return Target(f"{form}_results.{profile}", check, work, made, words, grows)


def _files() -> list[bytes]:
    return [*inputs.tables(), *inputs.mllp_streams(), *inputs.astm_streams(), *inputs.hl7(), *inputs.astm()]


TARGETS = {target.name: target for target in _targets()}
