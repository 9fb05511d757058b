import numpy as np
import pytest

from app.errors import InputError, NotFoundError
from app.networks import NETWORKS
from app.queries.catalogue import needed_snapshot
from app.queries.tags import network_tags, row_of, track_tags
from app.store.files import read_facts, write_facts
from app.store.snapshots import Space
from tests.read_side import SPEC

NETWORK = "mtt-musicnn"
TAGS = NETWORKS.get(NETWORK).tags


def test_tags_are_those_of_the_segment_strongest_first_when_one_is_given(context, library):
    found = track_tags(needed_snapshot(context), NETWORK, 3, 1)
    row = SPEC.counts[:2].sum() + 1
    truth = library.files.vectors(Space(NETWORK, "taggrams", "segments"))[row]
    assert sorted(tag.tag for tag in found) == sorted(TAGS)
    assert [tag.activation for tag in found] == sorted((tag.activation for tag in found), reverse=True)
    for tag in found:
        assert tag.activation == pytest.approx(float(truth[TAGS.index(tag.tag)]), abs=5e-5)


def test_tags_are_means_when_no_segment_is_given(context, library):
    found = track_tags(needed_snapshot(context), NETWORK, 3)
    truth = library.files.vectors(Space(NETWORK, "taggrams", "tracks"))[2]
    assert found[0].tag == TAGS[int(np.argmax(truth))]


def test_network_has_no_tags_when_it_is_unknown_or_has_no_taggrams(context):
    snapshot = needed_snapshot(context)
    assert network_tags(snapshot, "gone-network") == ()
    assert network_tags(snapshot, "audioset-vggish") == ()
    with pytest.raises(NotFoundError, match="knows no tags"):
        track_tags(needed_snapshot(context), "audioset-vggish", 1)


def test_tags_are_those_of_the_registry_when_the_snapshot_does_not_say_them(context):
    assert "tags" not in needed_snapshot(context).manifest["networks"][NETWORK]
    assert network_tags(needed_snapshot(context), NETWORK) == TAGS


def test_tags_are_those_of_the_snapshot_when_it_says_them(own_context, own_library):
    path = own_library.files.folder / "manifest.json"
    manifest = read_facts(path)
    manifest["networks"][NETWORK]["tags"] = [f"tag {i}" for i in range(50)]
    write_facts(path, manifest)
    snapshot = needed_snapshot(own_context)
    assert network_tags(snapshot, NETWORK)[49] == "tag 49"
    assert track_tags(snapshot, NETWORK, 3)[0].tag.startswith("tag ")


def test_segment_is_refused_when_the_track_has_fewer(context):
    snapshot = needed_snapshot(context)
    last = int(SPEC.counts[0]) - 1
    assert row_of(snapshot, NETWORK, 1, last) == last
    with pytest.raises(NotFoundError, match=f"there is no segment {last + 1}"):
        row_of(snapshot, NETWORK, 1, last + 1)
    with pytest.raises(InputError, match="counted from 0"):
        row_of(snapshot, NETWORK, 1, -1)
    with pytest.raises(NotFoundError, match="Track 99"):
        row_of(snapshot, NETWORK, 99, 0)
