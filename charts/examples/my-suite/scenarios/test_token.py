"""A Python module that needs a library of its own."""

import jwt


def test_a_token_is_read_back() -> None:
    key = "k" * 32
    token = jwt.encode({"sub": "ada"}, key, algorithm="HS256")
    assert jwt.decode(token, key, algorithms=["HS256"]) == {"sub": "ada"}
