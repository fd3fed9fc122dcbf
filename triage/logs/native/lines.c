/* Cuts a block into lines, and takes some of them out. */
#include "scan.h"

enum {
    COUNTED = 192, /* bytes at once: fewer than a byte can count */
};

#ifdef __SSE2__
#include <emmintrin.h>

static inline uint64_t newlines_of_16(const uint8_t *data)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)data);
    return (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
}
#else
static inline uint64_t newlines_of_8(const uint8_t *data)
{
    uint64_t low = 0x7F7F7F7F7F7F7F7Fu, others = word_at(data) ^ 0x0A0A0A0A0A0A0A0Au;
    uint64_t newlines = ~(((others & low) + low) | others | low) >> 7;
    return newlines * 0x0102040810204080u >> 56;
}

static inline uint64_t newlines_of_16(const uint8_t *data)
{
    return newlines_of_8(data) | newlines_of_8(data + 8) << 8;
}
#endif

/* One bit for each of the 64 bytes from `data` on that are below `size`, the first one lowest. */
static inline uint64_t newlines(const uint8_t *data, size_t size)
{
    uint64_t found = newlines_of_16(data) | newlines_of_16(data + 16) << 16 | newlines_of_16(data + 32) << 32 |
                     newlines_of_16(data + 48) << 48;
    return size < 64 ? found & (((uint64_t)1 << size) - 1) : found;
}

/* The inner loop counts in bytes and in whole vectors, which is what compilers make of it. */
size_t count_lines(const uint8_t *data, size_t size)
{
    size_t count = 0;
    for (size_t at = 0; at < size; at += COUNTED) {
        uint8_t here = 0;
        if (size - at < COUNTED) {
            for (size_t i = at; i < size; i++)
                here += data[i] == '\n';
        } else {
            for (size_t i = 0; i < COUNTED; i++)
                here += data[at + i] == '\n';
        }
        count += here;
    }
    return count;
}

/* `data` ends in a newline at `size`. A line's end does not include CR. */
void split_lines(const uint8_t *data, size_t size, int64_t *starts, int64_t *ends)
{
    int64_t start = 0;
    for (size_t at = 0; at < size; at += 64) {
        for (uint64_t found = newlines(data + at, size - at); found; found &= found - 1) {
            int64_t newline = (int64_t)at + __builtin_ctzll(found);
            *starts++ = start;
            *ends++ = newline - (newline > start && data[newline - 1] == '\r');
            start = newline + 1;
        }
    }
}

int64_t taken_size(const Lines *lines, const Lines *messages, size_t size, const int64_t *rows, size_t count)
{
    int64_t taken = count ? (int64_t)count - 1 : 0;
    for (size_t i = 0; i < count; i++) {
        if ((uint64_t)rows[i] >= lines->lines)
            return -1;
        int64_t start = lines->starts[rows[i]], begin = messages->starts[rows[i]];
        int64_t end = lines->ends[rows[i]], stop = messages->ends[rows[i]];
        if (start < 0 || start > begin || begin > stop || stop > end || end > (int64_t)size)
            return -1;
        taken += end - start;
    }
    return taken;
}

void take_lines(const Lines *lines, const Lines *messages, const int64_t *rows, size_t count, uint8_t *text,
                int32_t *begins, int32_t *tails)
{
    for (size_t i = 0; i < count; i++) {
        int64_t row = rows[i], start = lines->starts[row], end = lines->ends[row];
        memcpy(text, lines->data + start, (size_t)(end - start));
        text += end - start;
        if (i + 1 < count)
            *text++ = '\n';
        begins[i] = (int32_t)(messages->starts[row] - start);
        tails[i] = (int32_t)(end - messages->ends[row]);
    }
}
