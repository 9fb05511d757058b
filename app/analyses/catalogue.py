"""Which analyses there are, which of them can run here, and what their results depend on."""

from pathlib import Path

from app.analyses.base import Analysis, Place, Wanted
from app.errors import InputError, MusicExploreError
from app.networks import NETWORKS
from app.registry import Registry

ANALYSES: Registry[Analysis] = Registry("analysis", "app.analyses", order=lambda analysis: analysis.position)


def check_wanted(wanted: Wanted) -> None:
    """Refuse what there is not.

    Raises
    ------
    InputError
        If nothing is selected, or a name belongs to no analysis or network.
    """
    if not wanted.names:
        raise InputError(f"No analysis is named. Known: {', '.join(ANALYSES.names())}.")
    known = ANALYSES.names()
    for name in wanted.names:
        if name not in known:
            raise InputError(f"Unknown analysis {name!r}. Known: {', '.join(known)}.")
    for name in wanted.networks:
        if name not in NETWORKS.names():
            raise InputError(f"Unknown network {name!r}. Known: {', '.join(NETWORKS.names())}.")


def chosen(wanted: Wanted) -> list[Analysis]:
    """Return the analyses that are wanted, in the order of the registry, each once."""
    check_wanted(wanted)
    return [ANALYSES.get(name) for name in ANALYSES.names() if name in wanted.names]


def availability(models_dir: Path, engine: str) -> dict[str, str | None]:
    """Tell of each analysis whether it can run here.

    Returns
    -------
    dict
        Name to None, or to the reason why it cannot run and the way out.
    """
    place = Place(models_dir, engine)
    reasons: dict[str, str | None] = {}
    for analysis in ANALYSES:
        try:
            obstacle: MusicExploreError | None = analysis.obstacle(place, Wanted((analysis.name,)))
        except MusicExploreError as error:
            obstacle = error
        reasons[analysis.name] = None if obstacle is None else str(obstacle)
    return reasons


def versions(models_dir: Path, engine: str, wanted: Wanted) -> dict[str, str]:
    """Tell what the result of each wanted analysis depends on, besides the sound.

    Returns
    -------
    dict
        Name to a short text that is another one when method, options or weights are.

    Raises
    ------
    InputError
        If something wanted does not exist.
    MissingNetworkError, MissingExtraError
        If something wanted cannot run here.
    """
    place = Place(models_dir, engine)
    found = {}
    for analysis in chosen(wanted):
        require(analysis, place, wanted)
        found[analysis.name] = analysis.version(place, wanted)
    return found


def check_available(models_dir: Path, engine: str, wanted: Wanted) -> None:
    """Refuse what cannot run here.

    Raises
    ------
    InputError
        If something wanted does not exist.
    MissingNetworkError, MissingExtraError
        If something wanted cannot run here.
    """
    for analysis in chosen(wanted):
        require(analysis, Place(models_dir, engine), wanted)


def require(analysis: Analysis, place: Place, wanted: Wanted) -> None:
    """Raise why an analysis cannot run here, if it cannot."""
    obstacle = analysis.obstacle(place, wanted)
    if obstacle is not None:
        raise obstacle
