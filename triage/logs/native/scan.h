/* The native scanner: what it is given and what it gives back.

   It knows no log format. Python derives tables from the grammars (see `native_tables.py`) and this code executes them
   over a block of lines. A table is a numpy array whose dtype is the struct of the same name here, field by field.

   A block is followed by PADDING newlines, so that whole words may be read at any of its bytes; every function here
   may rely on that, and on tables that `tables.c` has found sane. */
#ifndef TRIAGE_SCAN_H
#define TRIAGE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    PADDING = 128,
    LONGEST_PID = 10,
    MOST_LAYOUTS = 1024,
    MOST_CHECKS = 12,     /* words of 8 columns that a layout can have */
    MOST_CLASSES = 8,     /* columns of a layout that need a class of their own */
    LONGEST_LITERAL = 24,
    SLOTS = 4096,         /* of a table of literals, by the hash of 4 bytes */
    NO_SLOT = 0xFFFF,
    MOST_KINDS = 16,      /* of lines */
    NO_TIME = -1,
};

/* Eight columns at once: `mask` and `value` for fixed characters and the high halves of digits; `digits` has 0x0F in
   each column that must be a digit. */
typedef struct {
    uint64_t mask, value, digits;
} Check;

/* One shape of a prefix behind the pid. Columns that are neither fixed nor any digit have a class: a table of 256
   verdicts. Where there is no stamp, `stamp` is -1; without a clock face, `clock` is. `role_at` and `level_at` are
   columns or -1; then `role` and `level` hold for all lines of the shape. */
typedef struct {
    Check checks[MOST_CHECKS];
    int32_t length, check_count, class_count;
    int32_t stamp, stamp_end, clock, clock_end;
    int32_t role_at, role, level_at, level;
    uint8_t class_at[MOST_CLASSES], class_number[MOST_CLASSES];
    int32_t unused;
} Layout;

/* The layouts from `first` on have these bytes before the pid, behind the pid, and at the end of the line. */
typedef struct {
    int32_t first, count, kind, lead_length, tail_length, after_pid;
    uint8_t lead[8], tail[8];
} Family;

/* A text that must stand in what `terminal` matches; `offset` is where its `word` lies in it. Those of one slot stand
   one behind the other, by their terminals. */
typedef struct {
    uint32_t word;
    uint16_t slot, terminal;
    uint8_t length, offset;
    uint8_t text[LONGEST_LITERAL];
    uint8_t unused[6];
} Literal;

typedef struct {
    const Literal *literals;
    size_t count;
    const uint16_t *slots; /* for each hash the first literal, or NO_SLOT */
} LiteralTable;

/* A growing array of numbers. */
typedef struct {
    int64_t *items;
    size_t count, room;
} Numbers;

/* Both return 0, or -1 without memory. */
int numbers_add(Numbers *numbers, int64_t item);
void numbers_free(Numbers *numbers);

/* A block: `lines` lines, of which line i is data[starts[i]] up to data[ends[i]]. */
typedef struct {
    const uint8_t *data;
    const int64_t *starts, *ends;
    size_t lines;
} Lines;

/* The columns of `Prefixes` in Python, one entry per line. */
typedef struct {
    uint8_t *kinds;
    int64_t *pids;
    uint8_t *roles, *levels;
    int64_t *times;
    int16_t *zones;
    int64_t *messages, *ends;
} Columns;

typedef struct {
    const Family *families;
    const Layout *layouts;
    const uint8_t (*classes)[256];
    size_t family_count, layout_count, class_count;
    const uint8_t *may_begin, *level_of_letter; /* 256 each */
    uint8_t no_level;
    int16_t no_zone;
} PrefixTables;

/* Those columns that are tallied. */
typedef struct {
    const uint8_t *kinds, *levels;
    const int64_t *pids, *times;
    uint8_t no_level;
} Tallied;

/* The first and the last line with a time (-1 without any), the earliest and the latest time of those with a level (if
   there are none, the earliest is behind the latest), the lines by kind. */
typedef struct {
    int64_t first, last, earliest, latest, kinds[MOST_KINDS];
} Tally;

/* Buckets of `width` milliseconds from number `first` on, `count` of them for each series. */
typedef struct {
    int64_t width, first, series, count;
    int64_t *counts;
} Buckets;

/* The midnight and the zone of the lines from `row` on. */
typedef struct {
    int64_t row, midnight, zone;
} Day;

size_t count_lines(const uint8_t *data, size_t size);
void split_lines(const uint8_t *data, size_t size, int64_t *starts, int64_t *ends);

/* The size of some lines with newlines between them; or -1 if one of them, or its message, is not within the block. */
int64_t taken_size(const Lines *lines, const Lines *messages, size_t size, const int64_t *rows, size_t count);
/* Writes them; `begins` and `tails` get the bytes before and behind the message of each. */
void take_lines(const Lines *lines, const Lines *messages, const int64_t *rows, size_t count, uint8_t *text,
                int32_t *begins, int32_t *tails);

/* Fills all columns. `undecided` gets the lines that may have a prefix of another shape; `dates` gets for each run of
   lines with the same date (row, where the layout begins, number of the layout): the caller adds the midnights.
   `counts` gets the lines per layout. Returns 0, or -1 without memory. */
int read_prefixes(const PrefixTables *tables, const Lines *lines, const Columns *columns, int64_t *counts,
                  Numbers *undecided, Numbers *dates);

/* Adds the midnights to the times of day and takes the zones; a date that is none leaves no time. */
void add_days(int64_t *times, int16_t *zones, size_t lines, const Day *days, size_t count);

/* `pid_runs` gets the lines at which the pid changes. Returns 0, or -1 without memory. */
int tally_lines(const Tallied *columns, size_t lines, Tally *tally, Numbers *pid_runs);

/* Counts the times of each series, which is the level of a line (without levels all are of series 0). Returns -1 if a
   time lies outside the buckets. */
int count_times(const int64_t *times, const uint8_t *levels, size_t lines, const Buckets *buckets);

/* Adds (row << 16 | terminal) for each of the `heads` that begins a message, once for a terminal, and for each of the
   `inner` literals that stands in it. */
int find_literals(const LiteralTable *heads, const LiteralTable *inner, const Lines *messages, Numbers *begins,
                  Numbers *inside);

/* Groups lines that are equal (`exact`) or differ in digits alone: `groups` gets the group of each line, `firsts` the first line of each. */
int group_alike(const Lines *lines, int exact, int64_t *groups, Numbers *firsts);

int sane_prefix_tables(const PrefixTables *tables);
int sane_literals(const LiteralTable *table);

static inline uint64_t word_at(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Whether `length` bytes are the same. What is compared here is short: a call would cost more. */
static inline int same_bytes(const uint8_t *left, const uint8_t *right, size_t length)
{
    size_t at = 0;
    for (; at + 8 <= length; at += 8)
        if (word_at(left + at) != word_at(right + at))
            return 0;
    if (at && at < length)
        return word_at(left + length - 8) == word_at(right + length - 8);
    for (; at < length; at++)
        if (left[at] != right[at])
            return 0;
    return 1;
}

static inline uint32_t half_word_at(const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* The slot of 4 bytes; Python computes it the same way. */
static inline unsigned slot_of(uint32_t word)
{
    return (word * 0x9E3779B1u) >> 20;
}

#endif
