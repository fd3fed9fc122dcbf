"""What a careful Python script without any library does: one compiled pattern per line, counters by minute and level.

    python benchmarks/re_per_line.py LOG LITERALS [MEGABYTES]

Counts the lines of every minute by their level, and the literals that stand in warnings and notices. It stops after
``MEGABYTES``. This is the reference of the benchmarks that is there wherever Python is.
"""

import re
import sys
from collections import Counter

_LINE = re.compile(rb"(\d+):([A-Z]) (\d\d \w{3} \d{4} \d\d:\d\d):\d\d\.\d{3} ([.\-*#]) (.*)")


def main() -> int:
    """Print the counters."""
    log, literals, *most = sys.argv[1:]
    left = int(most[0]) * 1_000_000 if most else sys.maxsize
    with open(literals, "rb") as file:
        wanted = re.compile(b"|".join(re.escape(line) for line in file.read().splitlines()))
    minutes: Counter[tuple[bytes, bytes]] = Counter()
    found: Counter[bytes] = Counter()
    with open(log, "rb") as file:
        for line in file:
            left -= len(line)
            if left < 0:
                break
            if match := _LINE.match(line):
                _, _, minute, level, message = match.groups()
                minutes[minute, level] += 1
                if level in b"#*" and (literal := wanted.search(message)):
                    found[literal[0]] += 1
    print(len(minutes), minutes.total(), found.most_common(5))
    return 0


if __name__ == "__main__":
    sys.exit(main())
