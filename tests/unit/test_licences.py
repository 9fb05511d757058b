"""The licence report: complete, and agreeing with what is said of the whole."""

import re

import pytest

from app.settings import PROJECT_DIR
from tests.deployment import last_stage

REPORT = (PROJECT_DIR / "docs/licences.md").read_text("utf-8")
IN_IMAGE, OPTIONAL = REPORT.split("## Optional packages")


def packages(lock: str) -> set[str]:
    text = (PROJECT_DIR / "locks" / lock).read_text("utf-8")
    return set(re.findall(r"^([a-z0-9-]+)", text, re.MULTILINE))


def listed(part: str) -> dict[str, str]:
    return dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", part, re.MULTILINE))


@pytest.mark.parametrize(
    ("part", "locks"),
    [
        (IN_IMAGE, ["requirements.txt", "requirements-celery.txt", "requirements-postgresql.txt"]),
        (REPORT, ["requirements-annoy.txt", "requirements-essentia.txt", "requirements-parquet.txt"]),
    ],
)
def test_report_lists_every_package_when_it_is_locked(part: str, locks: list[str]) -> None:
    for lock in locks:
        assert packages(lock) <= listed(part).keys()


def test_image_label_names_the_gpl_when_a_package_of_the_image_has_it() -> None:
    gpl = [name for name, licence in listed(IN_IMAGE).items() if re.search(r"(?<![AL])GPL", licence)]
    labels = " ".join(text for word, text in last_stage() if word == "LABEL")
    assert ("GPL" in re.sub(r"[AL]GPL", "", labels)) is bool(gpl)
