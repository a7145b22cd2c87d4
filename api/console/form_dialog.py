"""A dialog for a form: filled when it opens, empty again when it is gone."""

from nicegui import ui


def form_dialog() -> tuple[ui.dialog, ui.card]:
    """The dialog and the card to fill; a click beside it does not close it, so that no word is lost."""
    with ui.dialog().props("persistent") as dialog, ui.card().classes("eh-dialog eh-order-form") as card:
        pass
    # The news that it is hidden comes late: by then it may be open for the next form.
    dialog.on("hide", lambda: None if dialog.value else card.clear())
    return dialog, card
