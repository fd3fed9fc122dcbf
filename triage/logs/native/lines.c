/* Cuts a block into lines. */
#include "scan.h"

/* The inner loop counts in bytes, which compilers turn into vector instructions. */
size_t count_lines(const uint8_t *data, size_t size)
{
    size_t count = 0;
    while (size) {
        size_t piece = size < 255 ? size : 255;
        uint8_t here = 0;
        for (size_t i = 0; i < piece; i++)
            here += data[i] == '\n';
        count += here;
        data += piece;
        size -= piece;
    }
    return count;
}

/* `data` ends in a newline at `size`. A line's end does not include CR. */
void split_lines(const uint8_t *data, size_t size, int64_t *starts, int64_t *ends)
{
    const uint8_t *at = data, *stop = data + size;
    while (at < stop) {
        const uint8_t *newline = memchr(at, '\n', (size_t)(stop - at));
        if (!newline)
            return;
        *starts++ = at - data;
        *ends++ = newline - data - (newline > at && newline[-1] == '\r');
        at = newline + 1;
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
