from __future__ import annotations

from flodeslasare import errors


def test_the_tree_in_the_docstring_names_every_class() -> None:
    classes = [
        value.__name__
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.ReaderError)
    ]
    drawn = errors.__doc__ or ""

    assert [name for name in classes if name not in drawn] == []
