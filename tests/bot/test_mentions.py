from bot.document import BulletList, Document, Item, Mention, Paragraph, Text
from bot.mentions import MOST, members_in, with_people

NESTED = Document(
    (
        Paragraph((Text("Hello "), Mention(member="U1"))),
        BulletList((Item((Paragraph((Mention(member="U2"), Mention(member="U1"))),)),)),
        Paragraph((Mention(account="a9", name="Known", member="U3"),)),
    )
)


def test_finds_each_member_once_wherever_it_stands():
    assert members_in(NESTED) == ("U1", "U2")


def test_replaces_them_all_and_nothing_else():
    ann = Mention("a1", "Ann", "U1")
    changed = with_people(NESTED, {"U1": ann, "U2": Mention(name="Bob", member="U2")})
    assert changed.blocks[0] == Paragraph((Text("Hello "), ann))
    assert changed.blocks[1].items[0].content[0].content[1] == ann
    assert changed.blocks[2] == NESTED.blocks[2]


def test_looks_up_a_bounded_number():
    many = Document((Paragraph(tuple(Mention(member=f"U{n}") for n in range(500))),))
    assert len(members_in(many)) == MOST
