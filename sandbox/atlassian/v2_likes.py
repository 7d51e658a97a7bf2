"""REST v2: who likes pages, blog posts and comments."""

from sandbox.atlassian import present
from sandbox.atlassian.call import Answer, Call, Handler

ROOTS = {
    "pages": "page",
    "blogposts": "blogpost",
    "footer-comments": "footer-comment",
    "inline-comments": "inline-comment",
}


def counter(kind: str) -> Handler:
    """GET /pages/{id}/likes/count and the like."""

    def answer(call: Call) -> Answer:
        return Answer({"count": len(call.content("id", kind).likes)})

    return answer


def lister(kind: str) -> Handler:
    """GET /pages/{id}/likes/users and the like: two points a person."""

    def answer(call: Call) -> Answer:
        found = [{"accountId": each} for each in call.content("id", kind).likes]
        return present.listed(call, found, weight=2)

    return answer


HANDLERS: dict[str, Handler] = {
    f"GET /wiki/api/v2/{root}/{{id}}/likes/{what}": make(kind)
    for root, kind in ROOTS.items()
    for what, make in (("count", counter), ("users", lister))
}
