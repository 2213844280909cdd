"""Whether two networks have the same weights."""


def same(one, other):
    return all((a == b).all() for a, b in zip(one, other, strict=True))
