"""Getting heads from their publisher: a graph and the facts beside it, which count only together."""

from pathlib import Path
from typing import Final

from app.errors import DamagedNetworkError, DownloadError, NetworkError
from app.files import file_sha256, manifest_path, move_into_place, write_json
from app.networks import NETWORKS
from app.networks.heads.base import HEADS, DamagedHeadError, Head
from app.networks.heads.runners import check_head
from app.networks.weights.fetch import OFFICIAL_LICENCE, Reporter, fetch
from app.networks.weights.official import WrongFileError, check_sum
from app.networks.weights.store import read_facts

_PREFERRED: Final = "discogs-effnet"


def default_heads() -> list[Head]:
    """Return the heads that come without being named: those on the network that is best at all of them."""
    return [head for head in HEADS.values() if head.network_name == _PREFERRED]


def is_whole(head: Head, models_dir: Path) -> bool:
    """Tell whether both files of a head are there and can be used."""
    try:
        check_head(head, NETWORKS.get(head.network_name), head.file_in(models_dir), head.facts_in(models_dir))
    except NetworkError:
        return False
    return True


def fetch_head(head: Head, models_dir: Path, reporter: Reporter, *, root: str, dry_run: bool = False) -> None:
    """Fetch the two files of a head, unless they are there.

    Parameters
    ----------
    root : str
        Address of the publisher's site, or of a copy.

    Raises
    ------
    DownloadError
        If one cannot be fetched, or they are not what they should be.
    """
    path, facts_path = head.file_in(models_dir), head.facts_in(models_dir)
    url = f"{root}/{head.official_path}"
    if _is_there(head, models_dir, url):
        reporter.say(f"Already in {models_dir}: {head.name}.")
        return
    if dry_run:
        reporter.say(f"Would fetch {url} and its JSON.")
        return
    partial, partial_facts = (one.with_name(f"{one.name}.partial") for one in (path, facts_path))
    facts_url = f"{url.removesuffix('.pb')}.json"
    fetch(facts_url, partial_facts, f"Fetching metadata of {head.name} (bytes)", reporter)
    fetch(url, partial, f"Fetching {head.name} (bytes)", reporter)
    try:
        sha256 = check_sum(partial, path, url, read_facts(path))
        facts_sha256 = check_sum(partial_facts, facts_path, facts_url, {})
        check_head(head, NETWORKS.get(head.network_name), partial, partial_facts)
    except (WrongFileError, DamagedNetworkError) as error:
        for one in (partial, partial_facts):
            one.unlink(missing_ok=True)
        if isinstance(error, WrongFileError):
            raise
        reason = error.reason if isinstance(error, DamagedHeadError) else str(error)
        raise DownloadError(f"{url} does not give the head {head.name}: {reason}.") from error
    manifest = {
        "sha256": sha256,
        "facts_sha256": facts_sha256,
        "source": url,
        "licence": OFFICIAL_LICENCE,
    }
    # If it ends between these, the next run finds the files whole under their partial names.
    write_json(manifest_path(path), manifest)
    move_into_place(partial_facts, facts_path)
    move_into_place(partial, path)
    reporter.say(f"Fetched {path}.")


def _is_there(head: Head, models_dir: Path, url: str) -> bool:
    path, facts_path = head.file_in(models_dir), head.facts_in(models_dir)
    facts = read_facts(path)
    return (
        head.is_installed(models_dir)
        and facts.get("source") == url
        and file_sha256(path) == facts.get("sha256")
        and file_sha256(facts_path) == facts.get("facts_sha256")
    )
