/* Reads the prefixes of lines by the layouts that Python derived from `log_line.lark`. */
#include "scan.h"

/* A line with a clock face that those after it may begin like; without a family there is none. */
typedef struct {
    const Family *family;
    int layout_number;
    const uint8_t *start, *at; /* where the line and its layout begin */
    int64_t pid;
} Model;

typedef struct {
    const PrefixTables *tables;
    const Lines *lines;
    const Columns *columns;
    int64_t *counts;
    Numbers *dates;
    uint16_t order[MOST_LAYOUTS]; /* those of the last lines come first among their family */
    int32_t dated;        /* the layout of the last line with a stamp, -1 before the first */
    const uint8_t *date;  /* where it begins */
    Model model;
} Reader;

static inline int fits_check(const Check *check, uint64_t word)
{
    uint64_t sixes = check->digits & 0x0606060606060606u, carries = (check->digits << 4) & 0x1010101010101010u;
    return (word & check->mask) == check->value && !(((word & check->digits) + sixes) & carries);
}

/* Whether a line fits; the words before number `first` are known to. */
static int fits(const Layout *layout, const uint8_t (*classes)[256], const uint8_t *at, int first)
{
    for (int i = first; i < layout->check_count; i++)
        if (!fits_check(&layout->checks[i], word_at(at + 8 * i)))
            return 0;
    for (int i = 0; i < layout->class_count; i++)
        if (!classes[layout->class_number[i]][at[layout->class_at[i]]])
            return 0;
    return 1;
}

/* The number of the layout that fits, or -1; it is tried first on the next line. */
static int find_layout(Reader *reader, const Family *family, const uint8_t *at, const uint8_t *end)
{
    uint16_t *order = reader->order + family->first;
    ptrdiff_t room = end - at - family->tail_length;
    for (int i = 0; i < family->count; i++) {
        uint16_t number = order[i];
        const Layout *layout = &reader->tables->layouts[number];
        if (layout->length > room || !fits(layout, reader->tables->classes, at, 0))
            continue;
        if (i) {
            memmove(order + 1, order, (size_t)i * sizeof *order);
            order[0] = number;
        }
        return number;
    }
    return -1;
}

/* Reads a pid of up to LONGEST_PID digits; returns where it ends, or NULL if none stands there. */
static const uint8_t *read_pid(const uint8_t *at, int64_t *pid)
{
    int64_t value = 0;
    int digits = 0;
    for (; digits <= LONGEST_PID && (uint8_t)(at[digits] - '0') < 10; digits++)
        value = value * 10 + (at[digits] - '0');
    *pid = value;
    return digits && digits <= LONGEST_PID ? at + digits : NULL;
}

static int64_t number(const uint8_t *at, int digits)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++)
        value = value * 10 + (at[i] & 0x0F);
    return value;
}

/* Milliseconds since midnight of `hh:mm:ss` or `hh:mm:ss.mmm`. */
static int64_t clock_ms(const uint8_t *at, int length)
{
    int64_t seconds = (number(at, 2) * 60 + number(at + 3, 2)) * 60 + number(at + 6, 2);
    return seconds * 1000 + (length > 8 ? number(at + 9, 3) : 0);
}

static int same_date(const Reader *reader, const Layout *layout, int number, const uint8_t *at)
{
    const uint8_t *last = reader->date;
    size_t date = (size_t)(layout->clock - layout->stamp), zone = (size_t)(layout->stamp_end - layout->clock_end);
    return number == reader->dated && same_bytes(at + layout->stamp, last + layout->stamp, date) &&
           same_bytes(at + layout->clock_end, last + layout->clock_end, zone);
}

/* Takes the time of day; a line with another date than the last one begins a run of dates. */
static int read_stamp(Reader *reader, size_t row, int layout_number, const uint8_t *at)
{
    const Layout *layout = &reader->tables->layouts[layout_number];
    if (layout->clock < 0) {
        reader->columns->times[row] = number(at + layout->stamp, layout->stamp_end - layout->stamp);
        reader->columns->zones[row] = 0;
        if (layout_number == reader->dated)
            return 0;
    } else {
        reader->columns->times[row] = clock_ms(at + layout->clock, layout->clock_end - layout->clock);
        if (same_date(reader, layout, layout_number, at))
            return 0;
    }
    reader->dated = layout_number;
    reader->date = at;
    return numbers_add(reader->dates, (int64_t)row) || numbers_add(reader->dates, at - reader->lines->data) ||
           numbers_add(reader->dates, layout_number);
}

static void begin_raw(const Reader *reader, size_t row)
{
    const Columns *columns = reader->columns;
    columns->kinds[row] = 0;
    columns->pids[row] = -1;
    columns->roles[row] = 0;
    columns->levels[row] = reader->tables->no_level;
    columns->times[row] = -1;
    columns->zones[row] = reader->tables->no_zone;
    columns->messages[row] = reader->lines->starts[row];
    columns->ends[row] = reader->lines->ends[row];
}

static void fill(Reader *reader, size_t row, const Family *family, int layout_number, const uint8_t *at, int64_t pid)
{
    const Layout *layout = &reader->tables->layouts[layout_number];
    const Columns *columns = reader->columns;
    columns->kinds[row] = (uint8_t)family->kind;
    columns->pids[row] = pid;
    columns->roles[row] = layout->role_at < 0 ? (uint8_t)layout->role : at[layout->role_at];
    columns->levels[row] =
        layout->level_at < 0 ? (uint8_t)layout->level : reader->tables->level_of_letter[at[layout->level_at]];
    columns->zones[row] = reader->tables->no_zone;
    columns->messages[row] = at + layout->length - reader->lines->data;
    columns->ends[row] = reader->lines->ends[row] - family->tail_length;
    reader->counts[layout_number]++;
}

/* Returns 1 if the line has a prefix of this family, 0 if not, -1 without memory. */
static int read_family(Reader *reader, size_t row, const Family *family)
{
    const uint8_t *start = reader->lines->data + reader->lines->starts[row];
    const uint8_t *end = reader->lines->data + reader->lines->ends[row];
    int64_t pid;
    if (!same_bytes(start, family->lead, (size_t)family->lead_length))
        return 0;
    const uint8_t *at = read_pid(start + family->lead_length, &pid);
    if (!at || *at != family->after_pid)
        return 0;
    int number = find_layout(reader, family, at, end);
    if (number < 0 || !same_bytes(end - family->tail_length, family->tail, (size_t)family->tail_length))
        return 0;
    const Layout *layout = &reader->tables->layouts[number];
    fill(reader, row, family, number, at, pid);
    reader->model = (Model){layout->stamp >= 0 && layout->clock >= 0 ? family : NULL, number, start, at, pid};
    return layout->stamp >= 0 && read_stamp(reader, row, number, at) ? -1 : 1;
}

/* Most lines begin like the one before, up to the time of day: reads the prefix of such a line, else returns 0. */
static int read_like_model(Reader *reader, size_t row)
{
    const Model *model = &reader->model;
    const Family *family = model->family;
    const Layout *layout = &reader->tables->layouts[model->layout_number];
    size_t layout_at = (size_t)(model->at - model->start), tail = (size_t)family->tail_length;
    const uint8_t *start = reader->lines->data + reader->lines->starts[row], *at = start + layout_at;
    const uint8_t *end = reader->lines->data + reader->lines->ends[row];
    if (end - start < (ptrdiff_t)(layout_at + (size_t)layout->length + tail) ||
        !same_bytes(start, model->start, layout_at + (size_t)layout->clock) ||
        !same_bytes(at + layout->clock_end, model->at + layout->clock_end,
                    (size_t)(layout->stamp_end - layout->clock_end)) ||
        !fits(layout, reader->tables->classes, at, layout->clock / 8) || !same_bytes(end - tail, family->tail, tail))
        return 0;
    fill(reader, row, family, model->layout_number, at, model->pid);
    reader->columns->times[row] = clock_ms(at + layout->clock, layout->clock_end - layout->clock);
    return 1;
}

static int read_line(Reader *reader, size_t row, Numbers *undecided)
{
    if (reader->model.family && read_like_model(reader, row))
        return 0;
    begin_raw(reader, row);
    if (!reader->tables->may_begin[reader->lines->data[reader->lines->starts[row]]])
        return 0;
    for (size_t i = 0; i < reader->tables->family_count; i++) {
        int read = read_family(reader, row, &reader->tables->families[i]);
        if (read)
            return read < 0 ? -1 : 0;
    }
    return numbers_add(undecided, (int64_t)row);
}

int read_prefixes(const PrefixTables *tables, const Lines *lines, const Columns *columns, int64_t *counts,
                  Numbers *undecided, Numbers *dates)
{
    Reader reader = {.tables = tables, .lines = lines, .columns = columns, .counts = counts, .dates = dates, .dated = -1};
    for (size_t i = 0; i < tables->layout_count; i++)
        reader.order[i] = (uint16_t)i;
    for (size_t row = 0; row < lines->lines; row++)
        if (read_line(&reader, row, undecided))
            return -1;
    return 0;
}
