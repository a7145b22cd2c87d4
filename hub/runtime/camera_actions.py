"""What a person may want of a camera, by the names of API, command and audit."""

CAMERA_KINDS = "rtsp"
CAMERAS = "cameras"  # the device of the audit's events at a hub
# In the path of the API -> the action of the command.
ACTIONS = {"check": "check_now", "reference": "accept_reference", "login": "retry_login"}
UNKNOWN = "camera.unknown"


def audited_as(action: str) -> str:
    """The action of audit.v1."""
    return f"camera.{action}"
