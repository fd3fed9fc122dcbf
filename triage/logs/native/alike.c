/* Groups lines that are equal, or differ in digits alone. */
#include <stdlib.h>

#include "scan.h"

enum {
    EMPTY = -1,
    MOST_PROBES = 64, /* bounds the time for lines that were made to collide: beyond it a line is a group of its own */
};

/* The bytes of a digit that do not count: those that tell '0' to '9' (0x30 to 0x39) apart, or none. */
static const uint64_t ANY_DIGIT = 0x0F, EXACT = 0;

static inline uint64_t masked(uint64_t word, uint64_t ignored)
{
    uint64_t shifted = word ^ 0x3030303030303030u;
    uint64_t others = (((shifted & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | shifted) & 0x8080808080808080u;
    uint64_t digits = (others ^ 0x8080808080808080u) >> 7;
    return word & ~(digits * ignored);
}

/* The masked bytes from `at` on, `left` (1 to 7) of them; what is behind them counts as zero. */
static inline uint64_t masked_rest(const uint8_t *at, size_t left, uint64_t ignored)
{
    return masked(word_at(at) & (((uint64_t)1 << 8 * left) - 1), ignored);
}

static uint64_t hash_of(const uint8_t *at, size_t length, uint64_t ignored)
{
    uint64_t hash = length;
    for (; length >= 8; at += 8, length -= 8) {
        hash = (hash ^ masked(word_at(at), ignored)) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    if (length) {
        hash = (hash ^ masked_rest(at, length, ignored)) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static int alike(const Lines *lines, size_t a, size_t b, uint64_t ignored)
{
    const uint8_t *left = lines->data + lines->starts[a], *right = lines->data + lines->starts[b];
    size_t length = (size_t)(lines->ends[a] - lines->starts[a]);
    if (length != (size_t)(lines->ends[b] - lines->starts[b]))
        return 0;
    for (; length >= 8; left += 8, right += 8, length -= 8)
        if (masked(word_at(left), ignored) != masked(word_at(right), ignored))
            return 0;
    return !length || masked_rest(left, length, ignored) == masked_rest(right, length, ignored);
}

/* The group of a line, a new one if none is like it; -1 without memory. The table holds the groups by the hash of
   their lines and is never more than half full. */
static inline int64_t group_of(const Lines *lines, size_t row, uint64_t ignored, int64_t *table, size_t slots,
                               Numbers *firsts)
{
    const uint8_t *at = lines->data + lines->starts[row];
    size_t slot = (size_t)hash_of(at, (size_t)(lines->ends[row] - lines->starts[row]), ignored) & (slots - 1);
    int probes = 0;
    for (; probes < MOST_PROBES && table[slot] != EMPTY; probes++, slot = (slot + 1) & (slots - 1))
        if (alike(lines, (size_t)firsts->items[table[slot]], row, ignored))
            return table[slot];
    int64_t group = (int64_t)firsts->count;
    if (probes < MOST_PROBES)
        table[slot] = group;
    return numbers_add(firsts, (int64_t)row) ? -1 : group;
}

int group_alike(const Lines *lines, int exact, int64_t *groups, Numbers *firsts)
{
    size_t slots = 64;
    while (slots < 2 * lines->lines)
        slots *= 2;
    int64_t *table = malloc(slots * sizeof *table);
    if (!table)
        return -1;
    for (size_t i = 0; i < slots; i++)
        table[i] = EMPTY;
    int failed = 0;
    for (size_t row = 0; row < lines->lines && !failed; row++) {
        groups[row] = group_of(lines, row, exact ? EXACT : ANY_DIGIT, table, slots, firsts);
        failed = groups[row] < 0;
    }
    free(table);
    return failed ? -1 : 0;
}
