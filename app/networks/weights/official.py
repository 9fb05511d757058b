"""How the publisher's files are known: their SHA-256, as far as it is.

Essentia's site gives none. Those here are what independent projects check their own downloads of these files
against: each was found in at least two that do not copy each other, except VGGish's, which was found in one
whose other sums agree with theirs. A file without one is taken on trust once: what came first is noted
beside it, and what comes from the same address later must be the same.
"""

from pathlib import Path
from typing import Any, Final

from app.errors import DownloadError
from app.files import file_sha256, manifest_path

_SUMS: Final = """
609458111eae0f1f608627be21b041d4bcf8eff98dcaaa4e55380b6e0ea5e2d0  audioset-vggish-3.pb
3ed9af50d5367c0b9c795b294b00e7599e4943244f4cbd376869f3bfc87721b1  discogs-effnet-bs64-1.pb
a280825b334797cf677939db8cd5762c0392aedd0ca6415dbc1cd083f045e43c  discogs-effnet-bsdynamic-1.onnx
a2e85b2e7372d5f8e0f35bdd6aeae1139f101087d183d0b2fb60b0ea0f01a0ff  discogs-effnet-bsdynamic-1.json
cdea0722bcee7f731286843f2233e3aa69887bb5c3e2dce011eff55f38d04f3e  msd-musicnn-1.pb
3885ba078a35249af94b8e5e4247689afac40deca4401a4bc888daf5a579c01c  genre_discogs400-discogs-effnet-1.pb
2d367319d9b782ffa10f69abf0e805b3ac4e10899025e5bdbaceda3919b243e0  genre_discogs400-discogs-effnet-1.json
e1251f02cdc846445e2bc1fb3fe9963e32728c5c000e009188ae47c8963cb4c4  danceability-discogs-effnet-1.pb
589e61dc05f0d7935be4b5fa7ab4341e5dc7cfecc6898f83503558564790cd75  danceability-discogs-effnet-1.json
7705284e3a67f23f04d3f2fd75e18a82c0e70db8875b7b6f7061f2432de80858  mood_aggressive-discogs-effnet-1.pb
81773e95d78db1b93283d73b2d06344d1ff79685b57d9428a40d47fdfcf537b8  mood_aggressive-discogs-effnet-1.json
de322aee7f4da29ecbd149c86e7964bd6fabe41ca85698a0be40a39d49e88633  mood_happy-discogs-effnet-1.pb
ed4601bc396b23367d29cf45aa327366cdfdbd3e2baeb7a3f7893237f1ffd9e6  mood_happy-discogs-effnet-1.json
2c5aa6666b58fe80429a2dc677a135e9995922889b5a399af87d1c15f0ebb71d  mood_relaxed-discogs-effnet-1.pb
86c0fe1c2c6d49bf08537bc2d3a602204feaede011ed119c1fc6c36270f60e6a  mood_relaxed-discogs-effnet-1.json
4865cba49968b6ec295db3e8af6b4a7bb506b1a646628b9f07ee9910d52df82c  mood_sad-discogs-effnet-1.pb
7f2c00099ad8255af33e43ab77d1ac2c86a1dd9f46d3e5ea2a9a52246f5033d9  mood_sad-discogs-effnet-1.json
874a4b86afc9e12de3f15a47baf9ff1ac676ace109c56203e26103f2259eb95e  danceability-msd-musicnn-1.pb
519ee3af8210fe32e021002a0094546aeb6fb5a59d22b7d53c48e4ee1ac9e6cc  mood_acoustic-msd-musicnn-1.pb
3b6eb5645e4b47a2ceb28ef3f8612f224640c583048770791b9fc6e8e5627a67  mood_aggressive-msd-musicnn-1.pb
86c109b504fc6cf666c7513d684381a594218a552c3c954f212dd3a9d0c6cdc5  mood_electronic-msd-musicnn-1.pb
d7382bc60304ea4578c298222968cd8d600c31252c7bf3e90b1f728ebb3ec36d  mood_happy-msd-musicnn-1.pb
765b096300ee1d92103cb0a122fc12c33882166fb94d37875284e82ce06322a1  mood_party-msd-musicnn-1.pb
1252d28ca7d2204e34e0cdf84a00aa2bc9627a87bdcf923df3aad39cfa69d2d9  mood_relaxed-msd-musicnn-1.pb
a5e908cf7f59e8c379ff7c7d138dd85416985fddaebb5de14ca4193200411f61  mood_sad-msd-musicnn-1.pb
"""
SHA256: Final = {name: sha256 for sha256, name in map(str.split, _SUMS.strip().splitlines())}
"""Name of the file on the publisher's site to its SHA-256, in hexadecimal digits."""


class WrongFileError(DownloadError):
    """A file that was fetched is not the one that it should be."""


def check_sum(partial: Path, path: Path, url: str, facts: dict[str, Any]) -> str:
    """Return the SHA-256 of a file that was fetched; delete it if it is not the one that it should be.

    Parameters
    ----------
    partial, path : Path
        Where it is, and where it belongs.
    url : str
        Where it came from.
    facts : dict
        What is noted beside the file that is there now, if any.

    Raises
    ------
    WrongFileError
        If it is another one.
    """
    sha256 = file_sha256(partial)
    known = SHA256.get(url.rpartition("/")[2])
    expected = known or (facts.get("sha256") if facts.get("source") == url else None)
    if expected in (None, sha256):
        return sha256
    partial.unlink()
    noted = manifest_path(path)
    told = f"{url} is not the file that it should be: its SHA-256 is {sha256}, not {expected}. "
    if known is None:
        told += f"To take it all the same, delete {noted} and run the command again."
    else:
        also = f", and delete {noted}" if noted.exists() else ""
        told += f"If you trust it all the same, put it there yourself, as {path}{also}."
    raise WrongFileError(told)
