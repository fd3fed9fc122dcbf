/* Looks for the literals of many terminals at once. */
#include "scan.h"

/* Two beginnings of one message may be the same terminal's: they stand together in the table. */
static int report(Numbers *found, size_t row, const Literal *literal)
{
    int64_t code = (int64_t)row << 16 | literal->terminal;
    if (found->count && found->items[found->count - 1] == code)
        return 0;
    return numbers_add(found, code);
}

/* Reports the literals whose word stands at `at` and that lie wholly in the message. */
static int try_slot(const LiteralTable *table, unsigned slot, const uint8_t *at, const uint8_t *begin,
                    const uint8_t *end, size_t row, Numbers *found)
{
    uint32_t word = half_word_at(at);
    for (size_t i = table->slots[slot]; i < table->count && table->literals[i].slot == slot; i++) {
        const Literal *literal = &table->literals[i];
        if (literal->word != word || at - begin < literal->offset)
            continue;
        const uint8_t *start = at - literal->offset;
        if (end - start >= literal->length && same_bytes(start, literal->text, literal->length))
            if (report(found, row, literal))
                return -1;
    }
    return 0;
}

/* Inner literals are so long that one of the words at every fourth byte lies wholly inside. Most words are none of
   theirs, so four are looked up before one decides; those behind the end do no harm. */
static int find_inner(const LiteralTable *inner, const uint8_t *begin, const uint8_t *end, size_t row, Numbers *found)
{
    for (const uint8_t *four = begin; end - four >= 4; four += 16) {
        unsigned slots[4];
        uint16_t none = NO_SLOT;
        for (int i = 0; i < 4; i++) {
            slots[i] = slot_of(half_word_at(four + 4 * i));
            none &= inner->slots[slots[i]];
        }
        if (none == NO_SLOT)
            continue;
        for (int i = 0; i < 4 && end - four >= 4 * i + 4; i++)
            if (inner->slots[slots[i]] != NO_SLOT && try_slot(inner, slots[i], four + 4 * i, begin, end, row, found))
                return -1;
    }
    return 0;
}

int find_literals(const LiteralTable *heads, const LiteralTable *inner, const Lines *messages, Numbers *begins,
                  Numbers *inside)
{
    for (size_t row = 0; row < messages->lines; row++) {
        const uint8_t *begin = messages->data + messages->starts[row], *end = messages->data + messages->ends[row];
        unsigned slot = slot_of(half_word_at(begin));
        if (heads->slots[slot] != NO_SLOT && try_slot(heads, slot, begin, begin, end, row, begins))
            return -1;
        if (find_inner(inner, begin, end, row, inside))
            return -1;
    }
    return 0;
}
