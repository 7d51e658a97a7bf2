"""What the server publishes, its side door, and how it is kept."""

import pytest

from sandbox.issuer import IssuerWorld
from sandbox.issuer.clients import OURS
from sandbox.issuer.switches import CHOICES, Switches
from tests.sandbox.issuer_stage import CALLBACK, stage

OAUTH = "/.well-known/oauth-authorization-server/issuer"
OPENID = "/issuer/.well-known/openid-configuration"


@pytest.fixture
async def issuer():
    async with stage() as made:
        yield made


async def metadata(issuer, path=OAUTH):
    return await issuer.ask("GET", path)


async def test_it_publishes_what_it_does(issuer):
    said, base = (await metadata(issuer)).json, f"{issuer.base}/issuer"

    assert said["issuer"] == base
    assert said["authorization_endpoint"] == f"{base}/authorize"
    assert said["token_endpoint"] == f"{base}/token"
    assert said["revocation_endpoint"] == f"{base}/revoke"
    assert said["token_endpoint_auth_methods_supported"] == ["client_secret_basic"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["authorization_response_iss_parameter_supported"] is True
    assert said["response_types_supported"] == ["code"]


async def test_what_it_publishes_follows_the_switches(issuer):
    await issuer.control(
        "switches",
        client_authentication="client_secret_post",
        pkce="absent",
        iss=False,
        revocation=False,
    )

    said = (await metadata(issuer)).json

    assert said["token_endpoint_auth_methods_supported"] == ["client_secret_post"]
    for name in ("code_challenge_methods_supported", "revocation_endpoint"):
        assert name not in said
    assert "authorization_response_iss_parameter_supported" not in said


async def test_plain_is_published_where_it_is_taken(issuer):
    await issuer.control("switches", plain=True)

    said = (await metadata(issuer)).json["code_challenge_methods_supported"]

    assert said == ["S256", "plain"]


@pytest.mark.parametrize(
    ("discovery", "statuses"), [("oauth", [200, 404]), ("openid", [404, 200]), ("none", [404, 404])]
)
async def test_it_publishes_in_one_place_or_nowhere(issuer, discovery, statuses):
    await issuer.control("switches", discovery=discovery)

    assert [(await metadata(issuer, path)).status for path in (OAUTH, OPENID)] == statuses
    told = (await issuer.look())["metadata"]
    assert told == {"oauth": issuer.base + OAUTH, "openid": issuer.base + OPENID}.get(discovery)


async def test_metadata_can_name_another_issuer(issuer):
    await issuer.control("faults", kind="wrong-issuer", times=1)

    assert (await metadata(issuer)).json["issuer"] == "https://login.rival.example"
    assert (await metadata(issuer)).json["issuer"] == f"{issuer.base}/issuer"


@pytest.mark.parametrize(
    ("value", "base"),
    [("", "http://10.0.0.5"), ("http://login.public.example", "http://login.public.example")],
)
async def test_metadata_can_lead_elsewhere(issuer, value, base):
    await issuer.control("faults", kind="other-endpoints", value=value)

    said = (await metadata(issuer)).json

    assert said["issuer"] == f"{issuer.base}/issuer"
    for name in ("authorization", "token", "revocation"):
        assert said[f"{name}_endpoint"].startswith(f"{base}/issuer/")


async def test_metadata_can_be_a_page(issuer):
    await issuer.control("faults", kind="html", at="metadata")

    assert (await metadata(issuer)).headers["Content-Type"].startswith("text/html")


async def test_the_side_door_says_what_to_type_into_a_profile(issuer):
    said = await issuer.look()

    assert said["authorization_url"] == f"{issuer.base}/issuer/authorize"
    assert said["token_url"] == said["refresh_url"] == f"{issuer.base}/issuer/token"
    assert said["revocation_url"] == f"{issuer.base}/issuer/revoke"
    assert said["base_url"] == f"{issuer.base}/issuer/cloud"
    assert set(said["switches"]) >= set(CHOICES)


@pytest.mark.parametrize(
    "said",
    [
        {"body": "xml"},
        {"colour": "red"},
        {"iss": "yes"},
        {"iss": 1},
        {"leeway": True},
        {"leeway": "1"},
        {"token_type": "mac"},
        {"pkce": None},
    ],
)
async def test_what_is_no_switch_is_refused_and_nothing_changes(issuer, said):
    answer = await issuer.ask("POST", "/_sandbox/issuer/switches", json=said)

    assert answer.status == 400
    assert issuer.world.issuer.switches == Switches()


@pytest.mark.parametrize("body", [b"[]", b"{", b'"x"', b"[" * 100_000])
async def test_the_side_door_takes_objects_alone(issuer, body):
    assert (await issuer.ask("POST", "/_sandbox/issuer/switches", data=body)).status == 400


async def test_people_and_places_are_listed(issuer):
    people = await issuer.look("people")
    places = await issuer.look("places")

    assert [each["name"] for each in people if not each["service"]] == [
        "ada",
        "bob",
        "cy",
        "gus",
        "zoe",
    ]
    assert places["private"]["metadata"].startswith("http://169.254.169.254/")
    assert places["names"]["login.inside.example"] == ["10.0.0.5"]


async def test_grants_are_counted_and_never_told(issuer):
    tokens = await issuer.tokens("bob")

    answer = await issuer.ask("GET", "/_sandbox/issuer/grants")

    (grant,) = answer.json
    assert (grant["client_id"], grant["person"]) == (OURS, "bob")
    assert (grant["access_tokens"], grant["refresh_tokens"]) == (1, 1)
    assert tokens["access_token"] not in answer.text
    assert tokens["refresh_token"] not in answer.text


async def test_tokens_can_be_expired_for_one_person_or_all(issuer):
    ada, bob = await issuer.tokens("ada"), await issuer.tokens("bob")

    assert await issuer.control("expire-access", person="ada") == {"ended": 1}
    assert not await issuer.works(ada["access_token"])
    assert await issuer.works(bob["access_token"])

    assert await issuer.control("expire-refresh") == {"ended": 2}
    for each in (ada, bob):
        assert (await issuer.refresh(each["refresh_token"])).json["error"] == "invalid_grant"


async def test_a_person_can_take_a_consent_back(issuer):
    ada, bob = await issuer.tokens("ada"), await issuer.tokens("bob")

    assert await issuer.control("revoke", person="ada") == {"revoked": 1}

    assert not await issuer.works(ada["access_token"])
    assert (await issuer.refresh(ada["refresh_token"])).status == 400
    assert await issuer.works(bob["access_token"])


@pytest.mark.parametrize("name", ["expire-access", "expire-refresh", "revoke"])
async def test_nobody_s_tokens_can_t_be_ended(issuer, name):
    answer = await issuer.ask("POST", f"/_sandbox/issuer/{name}", json={"person": "nobody"})

    assert answer.status == 400


async def test_the_log_tells_no_secret_and_can_be_cleared(issuer):
    code = await issuer.code()
    tokens = (await issuer.trade(code)).json

    log = await issuer.ask("GET", "/_sandbox/issuer/log")

    assert len(log.json) == 2
    for secret in (code, tokens["access_token"], tokens["refresh_token"], issuer.secret):
        assert secret not in log.text
    await issuer.control("log/clear")
    assert await issuer.look("log") == []


async def test_reset_forgets_everything(issuer):
    tokens = await issuer.tokens()
    await issuer.control("switches", body="json")
    await issuer.control("faults", kind="html")

    await issuer.control("reset")

    assert (await issuer.look("faults"))["set"] == []
    assert (await issuer.look())["switches"]["body"] == "form"
    assert await issuer.look("grants") == []
    assert (await issuer.page()).status == 400
    assert not await issuer.works(tokens["access_token"])


async def test_what_was_kept_goes_on_working(issuer):
    await issuer.control("switches", leeway=5)
    tokens = await issuer.tokens()

    again = IssuerWorld(issuer.base, issuer.clock, None, issuer.world.dump())

    assert again.username_of(tokens["access_token"]) == "ada"
    assert again.username_of("never issued") is None
    assert again.issuer.switches.leeway == 5
    assert again.issuer.clients.find(OURS).redirect_uris == [CALLBACK]
    assert again.dump() == issuer.world.dump()


async def test_the_side_door_is_shut_to_foreign_pages(issuer):
    headers = {"Origin": "https://elsewhere.example"}

    answer = await issuer.ask("POST", "/_sandbox/issuer/reset", headers=headers)

    assert answer.status == 403
