"""What every result cache keeps to."""

import io

import pytest

from dtscheduler.caches.disk import DiskCache
from dtscheduler.caches.memory import MemoryCache
from dtscheduler.errors import ResultMissingError


@pytest.fixture(params=["memory", "disk"])
def cache(request, tmp_path):
    made = MemoryCache() if request.param == "memory" else DiskCache(tmp_path / "results")
    yield made
    made.close()


def content(payload):
    return payload if isinstance(payload, bytes) else payload.read()


@pytest.mark.parametrize("payload", [b"", b"small", b"large" * 20_000])
def test_what_was_put_is_got_back(cache, payload):
    assert content(cache.get(cache.put("run.0.0.1.1", payload))) == payload


def test_a_file_is_kept_like_its_content(cache):
    assert content(cache.get(cache.put("key", io.BytesIO(b"from a file" * 10_000)))) == b"from a file" * 10_000


def test_a_note_stays_with_its_entry(cache):
    assert cache.note(cache.put("key", b"value", "4.2 seconds")) == "4.2 seconds"


def test_what_was_never_put_is_missing(cache):
    known = cache.put("known", b"value")
    with pytest.raises(ResultMissingError):
        cache.get(known.replace("known", "other"))
    assert cache.note(known.replace("known", "other")) is None


def test_the_last_of_two_writers_wins(cache):
    cache.put("key", b"first")
    assert content(cache.get(cache.put("key", b"second"))) == b"second"


def test_entries_are_found_by_the_key_that_was_given(cache):
    full = cache.put("key", b"value")
    assert cache.find(["key", "other"]) == {"key": full}


def test_the_missing_among_many_are_told(cache):
    full = cache.put("key", b"value")
    other = full.replace("key", "other")
    assert cache.missing([full, other]) == {other}


def test_every_reader_gets_a_copy_of_its_own(cache):
    key = cache.put("key", b"value" * 10_000)
    first, second = cache.get(key), cache.get(key)
    assert content(first) == content(second)


def test_all_keys_are_listed_once_in_the_form_in_which_they_were_given_back(cache):
    put = {cache.put(f"run.{number}", b"value") for number in range(2_500)}
    listed = list(cache.keys())
    assert len(listed) == 2_500
    assert set(listed) == put


def test_the_list_of_keys_goes_on_after_a_key(cache):
    for number in range(20):
        cache.put(f"run.{number}", b"value")
    listed = list(cache.keys())
    assert list(cache.keys(after=listed[7])) == listed[8:]
    assert list(cache.keys(after=listed[-1])) == []


def test_keys_may_be_removed_while_they_are_listed(cache):
    for number in range(50):
        cache.put(f"run.{number:02}", b"value")
    listed = cache.keys()
    assert sum(cache.remove([key]) for key in listed) == 50 * 5
    assert list(cache.keys()) == []


@pytest.mark.parametrize("payload", [b"", b"small", b"large" * 20_000])
def test_what_was_removed_is_missing_and_its_size_is_told(cache, payload):
    gone, kept = cache.put("gone", payload), cache.put("kept", b"value")
    other = gone.replace("gone", "other")
    assert cache.sizes([gone, other]) == {gone: len(payload)}
    assert cache.remove([gone, other]) == len(payload)
    assert cache.missing([gone, kept]) == {gone}
    assert cache.remove([gone]) == 0
    assert content(cache.get(kept)) == b"value"


def test_what_was_just_written_is_not_idle(cache):
    key = cache.put("key", b"value")
    assert cache.sizes([key], idle_seconds=3600) == {}
    assert cache.remove([key], idle_seconds=3600) == 0
    assert content(cache.get(key)) == b"value"


def test_a_key_can_be_put_again_after_it_was_removed(cache):
    key = cache.put("key", b"large" * 20_000)
    cache.remove([key])
    assert content(cache.get(cache.put("key", b"again" * 20_000))) == b"again" * 20_000
