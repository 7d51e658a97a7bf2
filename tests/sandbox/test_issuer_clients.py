"""How a client says who it is, and in what kind of body."""

import json
from base64 import b64encode
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.issuer.asking import ENCODED
from sandbox.issuer.clients import OURS
from tests.sandbox.issuer_stage import CALLBACK, stage

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


def header(pair):
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def refused(answer, status=400):
    assert answer.status == status, answer.text
    return answer.json["error"]


async def by_post(issuer, **changed):
    secrets = {"client_id": issuer.client_id, "client_secret": issuer.secret} | changed
    return await issuer.send(headers={}, **issuer.exchange(await issuer.code()), **secrets)


async def test_basic_takes_id_and_secret_that_were_encoded_first(issuer):
    assert ":" in issuer.client_id
    assert set("+/%: é") <= set(issuer.secret)

    assert (await issuer.trade(await issuer.code())).status == 200


async def test_basic_takes_nothing_that_wasn_t_encoded(issuer):
    raw = header(f"{issuer.client_id}:{issuer.secret}")

    answer = await issuer.send(headers=raw, **issuer.exchange(await issuer.code()))

    assert refused(answer, 401) == "invalid_client"
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


async def test_basic_refuses_raw_what_would_decode_to_itself(issuer):
    await issuer.control("clients", client_id="plain", client_secret="two words", service="ada")
    said = {"grant_type": "client_credentials"}

    raw = await issuer.send(headers=header("plain:two words"), **said)
    encoded = await issuer.send(headers=header("plain:two+words"), **said)

    assert refused(raw, 401) == "invalid_client"
    assert encoded.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer x"},
        header("no-colon"),
        header("a:%zz"),
        header("a:%ff"),
    ],
)
async def test_a_header_that_can_t_be_read_is_no_client(issuer, sent):
    answer = await issuer.send(headers=sent, grant_type="refresh_token", refresh_token="x")

    assert refused(answer, 401) == "invalid_client"
    assert "WWW-Authenticate" in answer.headers


@pytest.mark.parametrize(("client_id", "secret"), [(None, "wrong"), ("nobody", None), (None, "")])
async def test_a_wrong_pair_is_no_client(issuer, client_id, secret):
    headers = issuer.basic(client_id, secret)

    answer = await issuer.send(headers=headers, **issuer.exchange(await issuer.code()))

    assert refused(answer, 401) == "invalid_client"


async def test_a_server_takes_one_way_and_refuses_the_other(issuer):
    assert refused(await by_post(issuer), 401) == "invalid_client"
    await issuer.control("switches", client_authentication="client_secret_post")

    basic = await issuer.trade(await issuer.code())

    assert refused(basic, 401) == "invalid_client"
    assert "WWW-Authenticate" in basic.headers
    assert (await by_post(issuer)).status == 200


async def test_a_wrong_secret_in_the_body_is_no_client(issuer):
    await issuer.control("switches", client_authentication="client_secret_post")

    assert refused(await by_post(issuer, client_secret="wrong"), 401) == "invalid_client"
    assert refused(await by_post(issuer, client_secret=""), 401) == "invalid_client"


async def test_two_ways_at_once_are_one_too_many(issuer):
    answer = await issuer.trade(await issuer.code(), client_secret=issuer.secret)

    assert refused(answer) == "invalid_request"


async def test_an_id_beside_the_header_must_be_the_same(issuer):
    same = await issuer.trade(await issuer.code(), client_id=issuer.client_id)
    other = await issuer.trade(await issuer.code(), client_id="rival-app")

    assert same.status == 200
    assert refused(other) == "invalid_request"


async def test_a_server_takes_a_form_or_json_and_refuses_the_other(issuer):
    async def as_json(**more):
        fields = issuer.exchange(await issuer.code(), **more)
        return await issuer.ask("POST", "/issuer/token", json=fields, headers=issuer.basic())

    assert refused(await as_json()) == "invalid_request"
    await issuer.control("switches", body="json")

    assert refused(await issuer.trade(await issuer.code())) == "invalid_request"
    assert (await as_json()).status == 200
    assert (await as_json(scope="", client_secret="")).status == 200


@pytest.mark.parametrize(
    ("kind", "content_type", "body"),
    [
        ("form", FORM, b"grant_type=refresh_token&grant_type=refresh_token&refresh_token=x"),
        ("form", FORM, b"grant_type=%ff"),
        ("form", FORM, b"\xff"),
        ("form", "text/plain", b"grant_type=refresh_token&refresh_token=x"),
        ("form", "multipart/form-data; boundary=x", b"--x--"),
        ("json", "application/json", b""),
        ("json", "application/json", b"[]"),
        ("json", "application/json", b'[["grant_type", "refresh_token"]]'),
        ("json", "application/json", b'{"grant_type": 1}'),
        ("json", "application/json", b'{"grant_type": "a", "grant_type": "a"}'),
        ("json", "application/json", b"[" * 100_000),
    ],
)
async def test_a_body_that_can_t_be_read_is_refused(issuer, kind, content_type, body):
    await issuer.control("switches", body=kind)
    headers = {**issuer.basic(), "Content-Type": content_type}

    answer = await issuer.ask("POST", "/issuer/token", data=body, headers=headers)

    assert refused(answer) == "invalid_request"


async def test_nothing_is_taken_from_the_query(issuer):
    fields = issuer.exchange(await issuer.code())

    answer = await issuer.ask(
        "POST", "/issuer/token", params=fields, data=fields, headers=issuer.basic()
    )

    assert refused(answer) == "invalid_request"


async def test_a_parameter_without_a_value_wasn_t_sent(issuer):
    answer = await issuer.trade(await issuer.code(), scope="", client_secret="")

    assert answer.status == 200


@given(st.text())
def test_what_is_encoded_stands_in_a_header(said):
    assert ENCODED.fullmatch(quote_plus(said, errors="replace"))


@given(st.text(alphabet=":/?#[]@!$&'()% \x00é"))
def test_what_isn_t_encoded_doesn_t(said):
    assert bool(ENCODED.fullmatch(said)) == (said == "")


async def test_a_client_is_registered_with_an_id_and_a_secret_of_its_own(issuer):
    made = await issuer.control("clients", name="Another", redirect_uris=[CALLBACK])
    issuer.client_id, issuer.secret = made["client_id"], made["client_secret"]

    assert "Another wants" in (await issuer.page()).text
    assert (await issuer.trade(await issuer.code())).status == 200


async def test_a_client_is_changed_where_something_is_said_and_kept_elsewhere(issuer):
    changed = await issuer.control("clients", client_id=OURS, client_secret="new")

    assert (changed["client_secret"], changed["redirect_uris"]) == ("new", [CALLBACK])
    assert len(await issuer.look("clients")) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"redirect_uris": ["/relative"]},
        {"redirect_uris": [CALLBACK + "#fragment"]},
        {"redirect_uris": [7]},
        {"colour": "red"},
        {"client_secret": ""},
        {"name": 7},
    ],
)
async def test_what_makes_no_client_is_refused(issuer, said):
    answer = await issuer.ask("POST", "/_sandbox/issuer/clients", data=json.dumps(said))

    assert answer.status == 400
    assert len(await issuer.look("clients")) == 2
