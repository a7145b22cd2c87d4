"""A field for several tests: the browser goes by what was chosen there, not by what the server has confirmed.

NiceGUI's own field builds each choice on the server's last answer: on a slow line a second choice would undo
the first.
"""

from nicegui import ui

# The server's answer comes all the same and is shown in the end: a code that it does not take goes again.
_KEEP_CHOICE = "chosen => {{ mounted_app.elements[{id}].props['model-value'] = chosen; }}"


class SeveralTests(ui.select):
    """``ui.select`` of several values; new ones may be typed."""

    def __init__(self, options: dict[str, str], chosen: list[str], label: str) -> None:
        super().__init__(
            options, value=chosen, label=label, multiple=True, new_value_mode="add-unique", key_generator=str
        )
        self.props("use-chips maxlength=64")
        self.on("update:modelValue", js_handler=_KEEP_CHOICE.format(id=self.id))
