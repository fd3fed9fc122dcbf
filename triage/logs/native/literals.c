/* Looks for the literals of many terminals at once. */
#include "scan.h"

/* Two beginnings of one message may be the same terminal's. */
static int report(Numbers *found, size_t row, const Literal *literal)
{
    int64_t code = (int64_t)row << 16 | literal->terminal;
    for (size_t i = found->count; i && found->items[i - 1] >> 16 == (int64_t)row; i--)
        if (found->items[i - 1] == code)
            return 0;
    return numbers_add(found, code);
}

/* Reports the literals whose word stands at `at` and that lie wholly in the message, from one of its first `starts`
   bytes on. */
static int try_slot(const LiteralTable *table, unsigned slot, const uint8_t *at, const uint8_t *begin,
                    const uint8_t *end, ptrdiff_t starts, size_t row, Numbers *found)
{
    uint32_t word = half_word_at(at);
    for (size_t i = table->slots[slot]; i < table->count && table->literals[i].slot == slot; i++) {
        const Literal *literal = &table->literals[i];
        const uint8_t *start = at - literal->offset;
        if (literal->word != word || start < begin || start - begin >= starts || end - start < literal->length)
            continue;
        if (same_bytes(start, literal->text, literal->length) && report(found, row, literal))
            return -1;
    }
    return 0;
}

/* The word of a beginning is its first, or its second if it is so long: many begin with the same four bytes. */
static int find_heads(const LiteralTable *heads, const uint8_t *begin, const uint8_t *end, size_t row, Numbers *found)
{
    for (int at = 0; at <= 4; at += 4) {
        unsigned slot = slot_of(half_word_at(begin + at));
        if (heads->slots[slot] != NO_SLOT && try_slot(heads, slot, begin + at, begin, end, 1, row, found))
            return -1;
    }
    return 0;
}

enum {
    MARKS = 1 << 14, /* so many that few words of other texts are marked by chance, and all lie in the nearest cache */
};

static inline unsigned mark_of(uint32_t word)
{
    return (word * 0x9E3779B1u) >> 18;
}

/* Inner literals are so long that one of the words at every fourth byte lies wholly inside. Most words are none of
   theirs, so four are looked up before one decides; those behind the end do no harm. */
static int find_inner(const LiteralTable *inner, const uint8_t *marks, const uint8_t *begin, const uint8_t *end,
                      size_t row, Numbers *found)
{
    for (const uint8_t *four = begin; end - four >= 4; four += 16) {
        uint8_t marked = 0;
        for (int i = 0; i < 4; i++)
            marked |= marks[mark_of(half_word_at(four + 4 * i))];
        if (!marked)
            continue;
        for (const uint8_t *at = four; at < four + 16 && end - at >= 4; at += 4) {
            unsigned slot = slot_of(half_word_at(at));
            if (inner->slots[slot] != NO_SLOT && try_slot(inner, slot, at, begin, end, end - begin, row, found))
                return -1;
        }
    }
    return 0;
}

int find_literals(const LiteralTable *heads, const LiteralTable *inner, const Lines *messages, Numbers *begins,
                  Numbers *inside)
{
    uint8_t marks[MARKS] = {0};
    for (size_t i = 0; i < inner->count; i++)
        marks[mark_of(inner->literals[i].word)] = 1;
    for (size_t row = 0; row < messages->lines; row++) {
        const uint8_t *begin = messages->data + messages->starts[row], *end = messages->data + messages->ends[row];
        if (find_heads(heads, begin, end, row, begins) || find_inner(inner, marks, begin, end, row, inside))
            return -1;
    }
    return 0;
}
