"""Figures as files that open in any browser, without a network."""

from pathlib import Path
from typing import Any

from app.store.files import atomic_path


def write_plot(path: Path, figure: dict[str, Any]) -> None:
    """Write a figure, in Plotly's form, as one HTML file that holds everything it needs.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    from plotly.io import to_html  # noqa: PLC0415 - slow to import

    html = to_html(figure, include_plotlyjs=True, full_html=True, config={"displaylogo": False})
    with atomic_path(path) as partial:
        partial.write_text(html, encoding="utf-8")
