import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from store.keyring import Binding, KeyRing, SealBroken, key_id_of, seal, unseal

ONE = base64.b64encode(b"1" * 32).decode()
TWO = base64.b64encode(b"2" * 32).decode()
HERE = Binding("T1", "U1", "grant", "system")
KEY = AESGCM(b"3" * 32)
PART = st.text(max_size=4)
BINDINGS = st.builds(Binding, PART, PART, PART, PART)


@given(st.binary(max_size=50), BINDINGS)
def test_opens_what_was_sealed(plain, binding):
    sealed = seal(KEY, "k1", binding, plain)
    assert unseal(KEY, binding, sealed) == plain
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
    sealed = seal(KEY, "k1", HERE, b"secret")
    with pytest.raises(SealBroken):
        unseal(KEY, elsewhere, sealed)


def test_a_change_of_any_byte_breaks_the_seal():
    sealed = seal(KEY, "k1", HERE, b"secret")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            unseal(KEY, HERE, bytes(changed))


@given(st.binary(max_size=60))
def test_whatever_is_no_sealed_value_is_refused(data):
    with pytest.raises(SealBroken):
        unseal(KEY, HERE, data)


def test_every_sealing_looks_different():
    assert len({seal(KEY, "k1", HERE, b"secret") for _ in range(50)}) == 50


def test_the_first_key_is_active_and_the_others_still_open():
    old = KeyRing.parse(SecretStr(f"k1={ONE}"))
    new = KeyRing.parse(SecretStr(f" k2={TWO}, k1={ONE}"))
    wrapped = old.wrap(HERE, b"key")
    assert new.unwrap(HERE, wrapped) == b"key"
    assert key_id_of(new.wrap(HERE, b"key")) == new.active_id == "k2"
    assert new.retired_ids == {"k1"}


def test_a_key_that_is_not_on_the_ring_is_named_by_no_secret():
    wrapped = KeyRing.parse(SecretStr(f"k1={ONE}")).wrap(HERE, b"key")
    with pytest.raises(SealBroken) as broken:
        KeyRing.parse(SecretStr(f"k2={TWO}")).unwrap(HERE, wrapped)
    assert broken.value.code == "seal_broken"
    assert TWO not in str(broken.value)


@pytest.mark.parametrize(
    "text", ["", "k1", "k1=", "k1=!!", "k1=AAAA", f"k1={ONE},k1={TWO}", f"k1={ONE},"]
)
def test_refuses_a_ring_that_is_none_without_repeating_it(text):
    with pytest.raises(ValueError, match="key") as refused:
        KeyRing.parse(SecretStr(text))
    assert ONE not in str(refused.value)
