"""`python -m tests.redteam`: the table of attacks, what they came to here, and (--stock) with nbgrader as it comes."""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest does


def main() -> int:
    """Print the table; 1 if anything fell here."""
    from redteam.attack import CLASSES
    from redteam.catalogue import ALL, ATTACKS, TWINS
    from redteam.judge import judge
    from redteam.world import NEIGHBOURS, battle

    parser = argparse.ArgumentParser(prog="python -m tests.redteam", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks or classes (A to G); default: all")
    parser.add_argument("--stock", nargs="+", default=[], metavar="NAME", help="try these on stock nbgrader, too")
    parser.add_argument("--stock-sample", type=int, default=0, metavar="N", help="try N of those that fall or hold")
    parser.add_argument("--seconds", action="store_true", help="say which took longest")
    parsed = parser.parse_args()
    unknown = {*parsed.names, *parsed.stock} - {one.name for one in ALL} - set(CLASSES)
    if unknown:
        parser.error(f"Expected names of attacks or classes, found {', '.join(sorted(unknown))}.")
    chosen = [one for one in ALL if not parsed.names or {one.name, one.kind} & set(parsed.names)]
    stock = {one.name for one in ALL if {one.name, one.kind} & set(parsed.stock)}
    harmless = [one.name for one in ATTACKS if not one.dangerous]
    stock |= set(random.Random(1).sample(harmless, min(parsed.stock_sample, len(harmless))))
    chosen += [one for one in ALL if one.name in stock and one not in chosen]

    start = time.monotonic()
    with battle(chosen) as found:
        here = {one.name: judge(one, found) for one in chosen}
        general = [*found.changed, *found.survivors]
        general += [f"{student} got another result" for student in NEIGHBOURS
                    if found.results[student].scores != found.before[student].scores]  # fmt: skip
    seconds = time.monotonic() - start
    there = {}
    if stock:
        from redteam.stock import try_stock

        there = try_stock([one for one in chosen if one.name in stock])
    print(f"{'':2}{'':5} {'attack or twin':32} {'this grader':18} stock nbgrader")
    for one in chosen:
        words = ("keeps its points", "LOSES") if one.twin else ("holds", "FALLS")
        other = "not run on stock" if one.dangerous else there.get(one.name, "")
        print(f"{one.kind:2}{'twin' if one.twin else '':5} {one.name:32} {words[bool(here[one.name])]:18} {other}")
        for fault in here[one.name]:
            print(f"{'':8}{fault}")
    if parsed.seconds:
        for result in sorted(found.results.values(), key=lambda result: -result.seconds)[:30]:
            print(f"{result.seconds:6.1f} s  {result.student}")
    for fault in general:
        print("outside:", fault)
    print()
    for kind, name in CLASSES.items():
        attacks, twins = ([one for one in group if one.kind == kind and one in chosen] for group in (ATTACKS, TWINS))
        held, kept = (sum(not here[one.name] for one in group) for group in (attacks, twins))
        print(f"{kind} {name:32} {held:3} of {len(attacks):3} attacks hold, {kept:2} of {len(twins):2} twins keep all")
    print(f"{len(chosen)} submissions graded and judged in {seconds:.0f} s")
    return int(any(here[one.name] for one in chosen) or bool(general))


if __name__ == "__main__":
    sys.exit(main())
