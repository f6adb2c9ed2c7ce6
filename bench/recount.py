#!/usr/bin/env python3
"""Counts the recorded texts of a benchmark again, independently of Outboard, and compares.

    pip install tiktoken
    outboard bench --report DIR && python3 bench/recount.py DIR/results.json

Every run names the file with its texts, one JSON object a line: {"turn", "part", "text"}. Tokens of each part, what
is billed, turns and costs are computed anew from these texts and have to agree exactly. The vocabulary is tiktoken's
o200k_base; without network access it is read from the file that O200K names, or from the crate tiktoken-rs in cargo's
registry folder.
"""

import base64
import glob
import json
import os
import sys

import tiktoken

PARTS = ("definitions", "arguments", "results", "code", "reports")
WRITTEN = ("arguments", "code")
PATTERN = "|".join([
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"\p{N}{1,3}",
    r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
    r"\s*[\r\n]+",
    r"\s+(?!\S)",
    r"\s+",
])


def encoding():
    cargo = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    found = sorted(glob.glob(f"{cargo}/registry/src/*/tiktoken-rs-*/assets/o200k_base.tiktoken"))
    path = os.environ.get("O200K") or (found[-1] if found else None)
    if not path:
        return tiktoken.get_encoding("o200k_base")
    with open(path, "rb") as lines:
        ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line.strip())}
    return tiktoken.Encoding("o200k", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})


def recount(run, encoder):
    """Tokens by part, billed tokens and turns of one run, from its texts alone."""
    parts = dict.fromkeys(PARTS, 0)
    written, read = {}, {}
    with open(run["recorded"], encoding="utf-8") as lines:
        for line in lines:
            piece = json.loads(line)
            # No special tokens: texts are data.
            tokens = len(encoder.encode_ordinary(piece["text"]))
            parts[piece["part"]] += tokens
            side = written if piece["part"] in WRITTEN else read
            side[piece["turn"]] = side.get(piece["turn"], 0) + tokens
    last = max([*written, *read])
    fresh = repeated = 0
    context, new = 0, read.get(0, 0)
    # In the turn after the last one with calls, the model gives its answer.
    for turn in range(1, last + 2):
        fresh += new
        repeated += context
        context += new
        new = written.get(turn, 0) + read.get(turn, 0)
    output = sum(written.values())
    total = sum(parts.values())
    return {**parts, "total": total, "billed": fresh + repeated + output}, last + 1, (fresh, repeated, output)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        results = json.load(file)
    encoder, price, wrong = encoding(), results["price"], 0
    for run in results["runs"]:
        tokens, turns, (fresh, repeated, output) = recount(run, encoder)
        cost = (fresh * price["input"] + repeated * price["cached"] + output * price["output"]) / 1e6
        same = tokens == run["tokens"] and turns == run["turns"] and abs(cost - run["cost_usd"]) < 1e-9
        wrong += not same
        name = " ".join(filter(None, [run["scenario"], run["mode"], run["language"]]))
        print(f"{'agrees' if same else 'DIFFERS':8} {name}: {tokens['total']} tokens, {tokens['billed']} billed")
        if not same:
            print(f"         recounted {tokens}, {turns} turns, ${cost:.6f}")
            print(f"         told      {run['tokens']}, {run['turns']} turns, ${run['cost_usd']:.6f}")
    print(f"{len(results['runs'])} runs, {wrong} differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
