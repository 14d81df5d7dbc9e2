import os
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eaglet.tasks.embedded.names import file_name

NAMES = st.one_of(
    st.text(max_size=255),
    st.text(alphabet="./\\%=\0 aA~", max_size=12),
    st.text(alphabet="a任é", min_size=70, max_size=100),
)


@given(NAMES)
def test_any_name_makes_a_file_name_that_stays_in_its_folder(name):
    made = file_name(name)
    assert made == os.path.basename(made)
    assert not made.startswith(".")
    assert made.isascii()
    assert "\0" not in made
    assert 0 < len(made) <= 200


@given(NAMES, NAMES)
def test_names_that_differ_make_file_names_that_differ_without_regard_to_case(one, other):
    same = file_name(one).lower() == file_name(other).lower()
    assert same == (one == other)


def test_a_name_that_is_plain_is_kept():
    assert file_name("hermes.mail_sent-1") == "hermes.mail_sent-1"


def test_capitals_are_told_from_small_letters_where_file_systems_do_not():
    assert file_name("Mail").lower() != file_name("mail").lower()


def test_forms_of_one_letter_are_told_apart_where_file_systems_do_not():
    composed = unicodedata.normalize("NFC", "é")
    assert file_name(composed) != file_name(unicodedata.normalize("NFD", "é"))


def test_long_names_with_the_same_beginning_are_told_apart():
    assert file_name("x" * 254 + "1") != file_name("x" * 254 + "2")


def test_a_name_cannot_be_made_up_to_be_another_s_digest():
    long = "x" * 255
    assert file_name(file_name(long)) != file_name(long)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=255).filter(lambda name: len(name.encode("utf-8", "replace")) <= 255))
def test_a_message_goes_through_a_queue_of_any_name(folder, tmp_path, name):
    holder = tmp_path / "holder"
    holder.mkdir(exist_ok=True)
    folder.put(name, b"content")
    assert folder.size(name) == 1
    taken = folder.take(name, str(holder))
    assert folder.read(taken) == b"content"
    folder.give_back(taken)
    folder.remove_queue(name)
    assert not folder.has_queue(name)
    assert os.listdir(os.path.join(folder.path, "queues")) == []
