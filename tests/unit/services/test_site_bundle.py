"""Modules become one script; what that takes no parser for is refused."""

import pytest

from app.errors import StorageError
from app.services.site.bundle import bundle
from app.settings import PROJECT_DIR

MODULES = {
    "start.js": """
/** Starts. @type {import("./nowhere.js").Nothing} */
import { one, two as second } from "./numbers.js";
import * as deep from "./deep/three.js";
console.log(one, second, deep.three);
import("./later.js").then(({ four }) => console.log(four));
""",
    "numbers.js": """
export const one = 1;
export { two, two as again } from "./deep/two.js";
""",
    "deep/two.js": "export let two = 2;\n",
    "deep/three.js": """
import { one } from "../numbers.js";
export function three() {
  return 3 * one;
}
class Four {}
export { Four, Four as Quattro };
""",
    "later.js": "export async function four() {}\n",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deep").mkdir()
    for name, text in MODULES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_modules_come_after_those_that_they_import(folder):
    script = bundle(folder, "start.js")
    order = [script.index(f"modules[{name!r}] = ") for name in ("deep/two.js", "numbers.js", "deep/three.js")]
    assert order == sorted(order)
    assert "const { one: one, two: second } = modules['numbers.js'];" in script
    assert "const deep = modules['deep/three.js'];" in script
    assert "get again() { return modules['deep/two.js'].two; }" in script
    assert "get Quattro() { return Four; }" in script
    assert "Promise.resolve(modules['later.js'])" in script
    assert "import" not in script
    assert "export" not in script


@pytest.mark.parametrize(
    "source",
    [
        "export default 3;",
        'import "./numbers.js";',
        'import x from "./numbers.js";',
        "const u = import.meta.url;",
    ],
)
def test_module_is_refused_when_its_form_is_not_understood(folder, source):
    (folder / "start.js").write_text(source)
    with pytest.raises(StorageError, match="cannot be bundled"):
        bundle(folder, "start.js")


def test_module_is_refused_when_it_needs_itself_or_what_there_is_not(folder):
    (folder / "deep/two.js").write_text('import { one } from "../numbers.js";\nexport const two = 2 * one;\n')
    with pytest.raises(StorageError, match=r"numbers\.js → deep/two\.js → numbers\.js"):
        bundle(folder, "start.js")
    (folder / "deep/two.js").unlink()
    with pytest.raises(StorageError, match="Cannot read"):
        bundle(folder, "start.js")


def test_modules_of_the_page_can_be_bundled():
    assert bundle(PROJECT_DIR / "static/js", "explore.js").startswith('"use strict";')
