"""The hub's side of simulated cameras: sites and devices."""

from collections.abc import Sequence

from simulators.cameras.camera_plan import CameraPlan


def cameras_toml(
    plans: Sequence[CameraPlan], port: int, check_seconds: float, password_env: str, *further: str
) -> str:
    """``[[site]]`` and ``[[device]]`` tables; ``port``: that they share; ``further``: lines of each."""
    parts = [_site(site) for site in sorted({plan.site for plan in plans})]
    parts += [camera_toml(plan, port, check_seconds, password_env, *further) for plan in plans]
    return "\n".join(parts)


def camera_toml(plan: CameraPlan, port: int, check_seconds: float, password_env: str, *further: str) -> str:
    """``password_env``: the variable that holds the password of its login."""
    camera = plan.camera
    lines = [
        "[[device]]",
        f'id = "{plan.id}"',
        f'site = "{plan.site}"',
        'kind = "rtsp"',
        f'url = "rtsp://127.0.0.1:{camera.port or port}/{plan.id}"',
        'allow = ["127.0.0.0/8"]',
        f"check_seconds = {check_seconds:g}",
    ]
    if camera.login is not None:
        lines += [f'username = "{camera.login.user}"', f'password = {{ env = "{password_env}" }}']
    return "\n".join([*lines, *further, ""])


def _site(site: str) -> str:
    number = site.rpartition("-")[2]
    return (
        f'[[site]]\nid = "{site}"\nname = "Điểm camera mô phỏng {number}"\nkind = "quarantine"\n'
        'district = "731"\n'
    )
