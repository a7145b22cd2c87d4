"""Small files that a device keeps: sealed, whole or as they were."""

from pathlib import Path

import pytest

from hub.edge.device_files import LARGEST_BYTES, MOST_FILES, DeviceFiles
from hub.edge.device_pictures import EdgePictures
from hub.errors import NotCommitted
from hub.vault import Vault
from tests.background import background
from tests.fire.patience import until

CAMERA = "cam-1"


@pytest.fixture
def files(tmp_path: Path) -> DeviceFiles:
    return again(tmp_path)


def again(data_dir: Path) -> DeviceFiles:
    """As after a restart."""
    return DeviceFiles(data_dir / "device-files", Vault(data_dir / "keys").sealer())


async def test_what_was_kept_comes_back_after_a_restart(tmp_path: Path, files: DeviceFiles) -> None:
    assert await files.kept(CAMERA, "baseline") == b""
    await files.keep(CAMERA, "baseline", b"first")
    await files.keep(CAMERA, "baseline", b"second")
    assert await again(tmp_path).kept(CAMERA, "baseline") == b"second"
    assert await again(tmp_path).kept("cam-2", "baseline") == b""
    sealed = (tmp_path / "device-files" / CAMERA / "baseline").read_bytes()
    assert b"second" not in sealed


async def test_the_largest_fits_and_one_byte_more_does_not(files: DeviceFiles) -> None:
    whole = bytes(range(256)) * (LARGEST_BYTES // 256)
    await files.keep(CAMERA, "baseline", whole)
    assert await files.kept(CAMERA, "baseline") == whole
    with pytest.raises(ValueError, match="at most"):
        await files.keep(CAMERA, "baseline", whole + b"!")
    assert await files.kept(CAMERA, "baseline") == whole


@pytest.mark.parametrize("name", ["", "..", "../keys", "a/b", "Ổ", "a" * 65, "a\n"])
async def test_a_name_is_no_path(files: DeviceFiles, name: str) -> None:
    with pytest.raises(ValueError, match="named"):
        await files.keep(CAMERA, name, b"")
    with pytest.raises(ValueError, match="named"):
        await files.keep(name, "baseline", b"")


async def test_files_of_two_devices_cannot_be_swapped(tmp_path: Path, files: DeviceFiles) -> None:
    await files.keep(CAMERA, "baseline", b"one")
    await files.keep("cam-2", "baseline", b"two")
    folder = tmp_path / "device-files"
    (folder / CAMERA / "baseline").replace(folder / "cam-2" / "baseline")
    assert await files.kept("cam-2", "baseline") == b""


@pytest.mark.parametrize("damage", [b"", b"short", bytes(200)])
async def test_a_damaged_file_is_as_if_there_were_none(
    tmp_path: Path, files: DeviceFiles, damage: bytes
) -> None:
    await files.keep(CAMERA, "baseline", b"one")
    (tmp_path / "device-files" / CAMERA / "baseline").write_bytes(damage)
    assert await files.kept(CAMERA, "baseline") == b""


async def test_a_device_has_few_files(files: DeviceFiles) -> None:
    for number in range(MOST_FILES):
        await files.keep(CAMERA, f"file-{number}", b"")
    with pytest.raises(NotCommitted):
        await files.keep(CAMERA, "one-more", b"")
    await files.keep(CAMERA, "file-0", b"again")
    await files.keep("cam-2", "one-more", b"")


async def test_a_device_that_is_here_no_more_leaves_nothing(tmp_path: Path) -> None:
    sealer = Vault(tmp_path / "keys").sealer
    before = EdgePictures(tmp_path, sealer)
    for name in (CAMERA, "cam-2"):
        await before.of(name, kept=True).keep("baseline", b"how it looks")
    after = EdgePictures(tmp_path, sealer)
    kept = after.of("cam-2", kept=False)
    async with background(after.run()):
        await until(lambda: not (tmp_path / "device-files" / CAMERA).exists(), "it is forgotten")
    assert await kept.kept("baseline") == b"how it looks"
