"""Proof Key for Code Exchange (RFC 7636)."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

from sandbox.issuer.refusals import OAuthRefusal
from sandbox.issuer.switches import Switches

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
S256 = re.compile(r"[A-Za-z0-9_-]{43}")


def checked_challenge(asked: dict[str, str], switches: Switches) -> tuple[str, str]:
    """Challenge and method of an authorization request, both empty without PKCE.

    Raises:
        OAuthRefusal: there is none where there must be, or it isn't one (§4.4.1).
    """
    challenge, method = asked.get("code_challenge", ""), asked.get("code_challenge_method", "")
    if switches.pkce == "absent":
        return "", ""
    if not challenge:
        if method or switches.pkce == "required":
            raise OAuthRefusal("invalid_request", "code challenge required")
        return "", ""
    method = method or "plain"
    if method != "S256" and not (method == "plain" and switches.plain):
        raise OAuthRefusal("invalid_request", "transform algorithm not supported")
    if not (S256 if method == "S256" else VERIFIER).fullmatch(challenge):
        raise OAuthRefusal("invalid_request", "code_challenge is malformed")
    return challenge, method


def proves(verifier: str, challenge: str, method: str) -> bool:
    """Whether whoever trades the code is who asked for it.

    A verifier for a code that was asked for without a challenge is a downgrade
    (RFC 9700 §4.8.2).
    """
    if not challenge:
        return not verifier
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    hashed = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(challenge, hashed if method == "S256" else verifier)
