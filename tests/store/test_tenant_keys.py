"""What a tenant's admins may know of its keys: ids and dates, and of nobody else's."""

import base64

from pydantic import SecretStr

from store.data_keys import DataKeys
from store.keyring import KeyRing
from store.tenant_keys import KeptTenantKeys
from tests.store.conftest import RING_TEXT

TWO = "k2=" + base64.b64encode(b"2" * 32).decode()


async def test_a_tenants_keys_are_listed_the_current_one_first(database, ring, ada):
    keys = DataKeys(database, ring)
    told = KeptTenantKeys(keys, ring)
    assert await told.list_of(ada.tenant) == ()
    await keys.current(ada.tenant)
    first = await keys.find_newest(ada.tenant)
    assert await keys.succeed(first)
    listed = await told.list_of(ada.tenant)
    assert [(each.number, each.is_current, each.is_lost) for each in listed] == [
        (2, True, False),
        (1, False, False),
    ]
    assert {each.wrapped_by for each in listed} == {told.active_id} == {"k1"}
    assert await told.list_of("T0NOBODY") == ()


async def test_a_key_that_cant_be_opened_any_more_is_said(database, ring, ada):
    await DataKeys(database, ring).current(ada.tenant)
    other = KeyRing.parse(SecretStr(TWO))
    [key] = await KeptTenantKeys(DataKeys(database, other), other).list_of(ada.tenant)
    assert key.is_lost
    assert RING_TEXT.get_secret_value() not in repr(key)
