"""The page's modules as one classic script: browsers load no modules from files.

Each module becomes a function that runs once, in the order of the imports, and returns what it exports. That
takes no parser, as the page's modules keep to a few forms: named and namespace imports and re-exports from
relative addresses, and exports in front of a declaration. Anything else is refused.
"""

import posixpath
import re
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import StorageError

_COMMENT = re.compile(r"/\*\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r'^import\s+(\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+"([^"]+)";', re.MULTILINE)
_REEXPORT = re.compile(r'^export\s+(\{[^}]*\})\s+from\s+"([^"]+)";', re.MULTILINE)
_LIST = re.compile(r"^export\s+\{([^}]*)\};", re.MULTILINE)
_DECLARATION = re.compile(r"^export\s+((?:async\s+)?(?:function\*?|class|const|let)\s+(\w+))", re.MULTILINE)
_LAZY = re.compile(r'\bimport\(\s*"(\.[^"]+)"\s*\)')
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*|\bimport\(.*|\bimport\.meta.*", re.MULTILINE)


@dataclass
class _Module:
    """A module, made into the body of a function.

    Attributes
    ----------
    needs : list of str
        Modules that it imports, before it runs or later.
    """

    body: str
    needs: list[str] = field(default_factory=list)


def bundle(folder: Path, entry: str) -> str:
    """Return a script that does what a module and all that it imports do.

    Parameters
    ----------
    folder : Path
        Where the modules are.
    entry : str
        The module that the page starts with, relative to ``folder``.

    Raises
    ------
    StorageError
        If a module is missing, uses a form that is not understood, or needs itself.
    """
    modules: dict[str, _Module] = {}
    _collect(folder, entry, modules, ())
    parts = [f"modules[{name!r}] = (() => {{\n{module.body}\n}})();" for name, module in modules.items()]
    return "\n".join(['"use strict";', "(() => {", "const modules = {};", *parts, "})();", ""])


def _collect(folder: Path, name: str, modules: dict[str, _Module], way: tuple[str, ...]) -> None:
    """Add a module to others, after those that it imports."""
    if name in modules:
        return
    if name in way:
        raise StorageError(f"The modules of the page need each other: {' → '.join((*way, name))}.")
    try:
        source = (folder / name).read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(f"Cannot read {folder / name}: {error.strerror}.") from error
    module = _convert(source, name)
    for needed in module.needs:
        _collect(folder, needed, modules, (*way, name))
    modules[name] = module


def _convert(source: str, name: str) -> _Module:
    module = _Module("")
    exports: dict[str, str] = {}

    def require(address: str) -> str:
        needed = posixpath.normpath(posixpath.join(posixpath.dirname(name), address))
        module.needs.append(needed)
        return f"modules[{needed!r}]"

    def take_over(match: re.Match[str]) -> str:
        names, needed = match[1], require(match[2])
        if names.startswith("*"):
            return f"const {names.split()[-1]} = {needed};"
        return f"const {{ {', '.join(': '.join(pair) for pair in _pairs(names))} }} = {needed};"

    def pass_on(match: re.Match[str]) -> str:
        needed = require(match[2])
        exports.update({outer: f"{needed}.{inner}" for inner, outer in _pairs(match[1])})
        return ""

    def offer_list(match: re.Match[str]) -> str:
        exports.update({outer: inner for inner, outer in _pairs(match[1])})
        return ""

    def offer(match: re.Match[str]) -> str:
        exports[match[2]] = match[2]
        return match[1]

    body = _COMMENT.sub("", source)
    for pattern, convert in (
        (_IMPORT, take_over),
        (_REEXPORT, pass_on),
        (_LIST, offer_list),
        (_DECLARATION, offer),
        (_LAZY, lambda match: f"Promise.resolve({require(match[1])})"),
    ):
        body = pattern.sub(convert, body)
    left = _LEFT_OVER.search(body)
    if left:
        raise StorageError(f"{name} cannot be bundled: {left[0]!r}.")
    # Read when asked for, so that what is exported may change.
    getters = ", ".join(f"get {outer}() {{ return {inner}; }}" for outer, inner in exports.items())
    module.body = f"{body.strip()}\nreturn {{ {getters} }};"
    return module


def _pairs(names: str) -> list[tuple[str, ...]]:
    """Split ``{ a, b as c }`` into pairs: what it is called there, and here."""
    parts = [part.split() for part in names.strip("{} \n").split(",") if part.strip()]
    return [(part[0], part[-1]) for part in parts]
