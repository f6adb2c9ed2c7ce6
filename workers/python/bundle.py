#!/usr/bin/env python3
"""Joins parts/ into worker.py, the one text that the host embeds. Run it after a change; the tests refuse a stale copy.

The parts share one namespace, in the order of their numbers, so none imports another.
"""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
OUTPUT = os.path.join(HERE, "worker.py")


def joined():
    """The text of worker.py."""
    folder = os.path.join(HERE, "parts")
    texts = ["# Made by bundle.py from parts/: change those.\n"]
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".py")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            texts.append(file.read())
    return "".join(texts)


if __name__ == "__main__":
    with open(OUTPUT, "w", encoding="utf-8") as file:
        file.write(joined())
