"""Keys of an edge: made once, private, carried only sealed."""

import json
import stat
from base64 import b64decode, b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub import vault as vault_module
from hub.errors import ConfigError, OperatorError
from hub.vault import Sealer, Vault

PASSPHRASE = "mật khẩu dài của sở y tế"


def _forged(contents: bytes) -> bytes:
    """A vault file under our passphrase that holds something else."""
    sealed = json.loads(_exported_once())
    salt, nonce = b64decode(sealed["salt"]), b64decode(sealed["nonce"])
    key = vault_module._stretch(PASSPHRASE, salt)
    cipher = AESGCM(key).encrypt(nonce, contents, b"epihub vault 1")
    return json.dumps(sealed | {"sealed": b64encode(cipher).decode()}).encode()


def _exported_once() -> bytes:
    salt = b64encode(bytes(16)).decode()
    nonce = b64encode(bytes(12)).decode()
    return json.dumps({"epihub_vault": 1, "salt": salt, "nonce": nonce, "sealed": ""}).encode()


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_keys_are_made_once_and_are_private(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "keys")
    vault.sealer()
    vault.make_province_key()
    before = _files(tmp_path / "keys")
    assert sorted(before) == ["capture.key", "province.key"]
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert len(bytes.fromhex(path.read_text())) == 32
    vault.sealer()
    vault.make_province_key()
    assert _files(tmp_path / "keys") == before
    assert before["capture.key"] != before["province.key"]


def test_edge_without_the_province_key_is_weak_until_it_is_carried_there(tmp_path: Path) -> None:
    province, edge = Vault(tmp_path / "a"), Vault(tmp_path / "b")
    province.make_province_key()
    province.sealer()
    assert edge.pseudonyms().weak
    taken = edge.import_keys(province.export_keys(PASSPHRASE), PASSPHRASE)
    assert [name.partition("-")[0] for name in taken] == ["escrow", "province.key"]
    assert not edge.pseudonyms().weak
    person = province.pseudonyms().person("vnid", "075184292001")
    assert edge.pseudonyms().person("vnid", "075184292001") == person
    assert edge.import_keys(province.export_keys(PASSPHRASE), PASSPHRASE) == [], "the same again"


def test_import_makes_the_folder_and_private_files(tmp_path: Path) -> None:
    Vault(tmp_path / "a").make_province_key()
    sealed = Vault(tmp_path / "a").export_keys(PASSPHRASE)
    Vault(tmp_path / "new" / "keys").import_keys(sealed, PASSPHRASE)
    (path,) = (tmp_path / "new" / "keys").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_captures_that_came_back_open_with_the_escrowed_key(tmp_path: Path) -> None:
    lost = Vault(tmp_path / "lost")
    lost.make_province_key()
    sealed = lost.sealer().seal(b"id", b"plain")
    exported = lost.export_keys(PASSPHRASE)
    found = Vault(tmp_path / "found")
    with pytest.raises(OperatorError, match="sealed with another key, or is damaged"):
        found.sealer().open(b"id", sealed)
    found.import_keys(exported, PASSPHRASE)
    assert found.sealer().open(b"id", sealed) == b"plain"
    assert found.sealer().seal(b"id", b"plain") != sealed
    with pytest.raises(OperatorError, match="sealed with another key, or is damaged"):
        lost.sealer().open(b"id", found.sealer().seal(b"id", b"plain"))


def test_sealed_file_tells_no_key(tmp_path: Path) -> None:
    vault = Vault(tmp_path)
    vault.make_province_key()
    key = (tmp_path / "province.key").read_text().strip()
    first, second = vault.export_keys(PASSPHRASE), vault.export_keys(PASSPHRASE)
    assert key.encode() not in first
    assert bytes.fromhex(key) not in first
    assert first != second, "another salt each time"


@pytest.mark.parametrize("passphrase", ["", "other", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_wrong_passphrase_changes_nothing(tmp_path: Path, passphrase: str) -> None:
    Vault(tmp_path / "a").make_province_key()
    sealed = Vault(tmp_path / "a").export_keys(PASSPHRASE)
    with pytest.raises(OperatorError, match="wrong passphrase"):
        Vault(tmp_path / "b").import_keys(sealed, passphrase)
    assert _files(tmp_path / "b") == {}


def test_another_province_key_is_never_overwritten_and_nothing_else_is_taken(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Vault(tmp_path / name).make_province_key()
        Vault(tmp_path / name).sealer()
    before = _files(tmp_path / "b")
    with pytest.raises(OperatorError, match="nothing was changed"):
        Vault(tmp_path / "b").import_keys(Vault(tmp_path / "a").export_keys(PASSPHRASE), PASSPHRASE)
    assert _files(tmp_path / "b") == before


@pytest.mark.parametrize(
    "file",
    [b"", b"\xff\xfe", b"[]", b"{}", b'{"salt": 1}', b'{"salt": "AA==", "nonce": "", "sealed": ""}', b"7"],
)
def test_other_files_are_no_vault_files(tmp_path: Path, file: bytes) -> None:
    with pytest.raises(OperatorError, match=r"not an epihub vault file|damaged"):
        Vault(tmp_path).import_keys(file, PASSPHRASE)


@pytest.mark.parametrize(
    "contents",
    [
        json.dumps({"../../escape.key": "00" * 32}).encode(),
        json.dumps({"edge.key": "00" * 32}).encode(),
        json.dumps({"province.key": "00"}).encode(),
        json.dumps({"province.key": "zz" * 32}).encode(),
        json.dumps({"province.key": 7}).encode(),
        json.dumps(["province.key"]).encode(),
        b"not json",
    ],
)
def test_vault_file_with_other_contents_is_refused(tmp_path: Path, contents: bytes) -> None:
    with pytest.raises(OperatorError, match="not an epihub vault file"):
        Vault(tmp_path / "keys").import_keys(_forged(contents), PASSPHRASE)
    assert list(tmp_path.rglob("*")) == []


def test_nothing_to_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no keys"):
        Vault(tmp_path).export_keys(PASSPHRASE)


@pytest.mark.parametrize("content", ["", "00", "zz" * 32, "00" * 33])
def test_damaged_key_stops_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "capture.key").write_text(content)
    with pytest.raises(ConfigError, match=r"capture\.key"):
        Vault(tmp_path).sealer()
    assert (tmp_path / "capture.key").read_text() == content


def test_seal_is_bound_to_its_capture_and_never_the_same() -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.seal(b"one", b"plain")
    assert sealer.open(b"one", sealed) == b"plain"
    for capture, changed in (
        (b"two", sealed),
        (b"one", sealed[:-1]),
        (b"one", sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]),
    ):
        with pytest.raises(OperatorError, match="sealed with another key, or is damaged"):
            sealer.open(capture, changed)
    assert len({sealer.seal(b"one", b"plain")[:12] for _ in range(2000)}) == 2000, "no nonce twice"
