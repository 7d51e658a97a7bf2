import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.errors import SealBroken
from store.keyring import Binding, KeyRing, SealingKey, key_id_of

ONE = base64.b64encode(b"1" * 32).decode()
TWO = base64.b64encode(b"2" * 32).decode()
HERE = Binding("T1", "U1", "grant", "system")
PLACE = HERE.encoded()
KEY = SealingKey("k1", b"3" * 32)
# Lengths on both sides of what fits into one byte of ASCII.
PART = st.text(max_size=4) | st.sampled_from(["a" * 127, "a" * 128, "é" * 64, "\0", "\ud800"])
BINDINGS = st.builds(Binding, PART, PART, PART, PART)


@given(st.binary(max_size=50), BINDINGS)
def test_opens_what_was_sealed(plain, binding):
    sealed = KEY.seal(binding.encoded(), plain)
    assert KEY.open(binding.encoded(), sealed) == plain
    assert key_id_of(sealed) == "k1"
    assert sealed[0] == 1


@given(BINDINGS, BINDINGS)
def test_no_two_bindings_read_the_same(one, other):
    assert (one.encoded() == other.encoded()) == (one == other)


@pytest.mark.parametrize(
    "elsewhere",
    [
        Binding("T2", "U1", "grant", "system"),
        Binding("T1", "U2", "grant", "system"),
        Binding("T1", "U1", "draft", "system"),
        Binding("T1", "U1", "grant", "custom"),
        Binding("T1U", "1", "grant", "system"),
    ],
)
def test_opens_nowhere_else(elsewhere):
    sealed = KEY.seal(PLACE, b"secret")
    with pytest.raises(SealBroken):
        KEY.open(elsewhere.encoded(), sealed)


def test_a_change_of_any_byte_breaks_the_seal():
    sealed = KEY.seal(PLACE, b"secret")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            KEY.open(PLACE, bytes(changed))


@given(st.binary(max_size=60))
def test_whatever_is_no_sealed_value_is_refused(data):
    with pytest.raises(SealBroken):
        KEY.open(PLACE, data)


def test_every_sealing_looks_different():
    assert len({KEY.seal(PLACE, b"secret") for _ in range(50)}) == 50


@pytest.mark.parametrize("key_id", ["", "k" * 65, "ké"])
def test_a_key_has_an_id_that_fits(key_id):
    with pytest.raises(ValueError, match=r"ascii|ASCII"):
        SealingKey(key_id, b"3" * 32)


@given(BINDINGS)
def test_what_is_bound_is_written_as_it_always_was(binding):
    parts = (binding.tenant, binding.user_id, binding.purpose, binding.record)
    written = [part.encode("utf-8", "surrogatepass") for part in parts]
    assert binding.encoded() == b"".join(len(one).to_bytes(4) + one for one in written)


async def test_the_first_key_is_active_and_the_others_still_open():
    old = KeyRing.parse(SecretStr(f"k1={ONE}"))
    new = KeyRing.parse(SecretStr(f" k2={TWO}, k1={ONE}"))
    wrapped = await old.wrap(PLACE, b"key")
    assert await new.unwrap("k1", PLACE, wrapped) == b"key"
    assert key_id_of(await new.wrap(PLACE, b"key")) == new.active_id == "k2"
    assert list(new.ids) == ["k2", "k1"]
    with pytest.raises(SealBroken):
        await new.unwrap("k2", PLACE, wrapped)


async def test_a_key_that_is_not_on_the_ring_is_named_by_no_secret():
    wrapped = await KeyRing.parse(SecretStr(f"k1={ONE}")).wrap(PLACE, b"key")
    with pytest.raises(SealBroken) as broken:
        await KeyRing.parse(SecretStr(f"k2={TWO}")).unwrap("k1", PLACE, wrapped)
    assert broken.value.code == "seal_broken"
    assert TWO not in str(broken.value)


@pytest.mark.parametrize(
    "text", ["", "k1", "k1=", "k1=!!", "k1=AAAA", f"k1={ONE},k1={TWO}", f"k1={ONE},"]
)
def test_refuses_a_ring_that_is_none_without_repeating_it(text):
    with pytest.raises(ValueError, match="key") as refused:
        KeyRing.parse(SecretStr(text))
    assert ONE not in str(refused.value)
