"""How much of an archive or a directory is read: far beyond any honest case, so that a hostile one does no harm."""

MOST_MEMBERS = 2_000
MOST_BYTES = 256 << 30
"""Of all members of one archive together, unpacked; a core may be as large as the machine's memory."""
SUSPICIOUS_BYTES = 1 << 30
SUSPICIOUS_RATIO = 500
"""A member beyond ``SUSPICIOUS_BYTES`` that grew by this factor is taken for a bomb: logs grow by 5 to 50."""
LONGEST_HEADER = 1 << 20
DEEPEST_ARCHIVE = 2
"""An archive may lie in an archive, and no deeper."""
DEEPEST_DIRECTORY = 8
