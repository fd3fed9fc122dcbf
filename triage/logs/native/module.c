/* What Python sees: `_native.pyi` tells the arguments. Buffers are checked here once, so that the scanner need not;
   the interpreter is free for other threads while it works. */
#include "module.h"

void release(Py_buffer *views, int count)
{
    for (int i = 0; i < count; i++)
        PyBuffer_Release(&views[i]);
}

PyObject *refuse(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return NULL;
}

PyObject *as_bytes(const Numbers *numbers)
{
    return PyBytes_FromStringAndSize((const char *)numbers->items, (Py_ssize_t)(numbers->count * sizeof(int64_t)));
}

/* The lines of a padded block, if all of them lie in it. */
static int lines_of(const Py_buffer *data, const Py_buffer *starts, const Py_buffer *ends, Lines *lines)
{
    int64_t size = (int64_t)data->len - PADDING;
    if (starts->len != ends->len || starts->len % sizeof(int64_t) || size < 0)
        return 0;
    *lines = (Lines){data->buf, starts->buf, ends->buf, (size_t)starts->len / sizeof(int64_t)};
    int outside = 0;
    for (size_t i = 0; i < lines->lines; i++) {
        uint64_t start = (uint64_t)lines->starts[i], end = (uint64_t)lines->ends[i];
        outside |= (start > end) | (end > (uint64_t)size);
    }
    return !outside;
}

static PyObject *py_split(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer data;
    Py_ssize_t size;
    if (!PyArg_ParseTuple(args, "y*n", &data, &size))
        return NULL;
    PyObject *starts = NULL, *ends = NULL, *both = NULL;
    if (size < 0 || size > data.len - PADDING || (size && ((const char *)data.buf)[size - 1] != '\n')) {
        refuse("no block of whole lines");
        goto done;
    }
    Py_ssize_t bytes = (Py_ssize_t)(count_lines(data.buf, (size_t)size) * sizeof(int64_t));
    starts = PyBytes_FromStringAndSize(NULL, bytes);
    ends = PyBytes_FromStringAndSize(NULL, bytes);
    if (!starts || !ends)
        goto done;
    int64_t *first = (int64_t *)PyBytes_AsString(starts), *last = (int64_t *)PyBytes_AsString(ends);
    Py_BEGIN_ALLOW_THREADS
    split_lines(data.buf, (size_t)size, first, last);
    Py_END_ALLOW_THREADS
    both = PyTuple_Pack(2, starts, ends);
done:
    Py_XDECREF(starts);
    Py_XDECREF(ends);
    PyBuffer_Release(&data);
    return both;
}

/* Views 3 to 7 are the tables. */
static int prefix_tables(const Py_buffer *views, PrefixTables *tables)
{
    tables->families = views[3].buf;
    tables->layouts = views[4].buf;
    tables->classes = views[5].buf;
    tables->may_begin = views[6].buf;
    tables->level_of_letter = views[7].buf;
    tables->family_count = (size_t)views[3].len / sizeof(Family);
    tables->layout_count = (size_t)views[4].len / sizeof(Layout);
    tables->class_count = (size_t)views[5].len / 256;
    return views[3].len % sizeof(Family) == 0 && views[4].len % sizeof(Layout) == 0 && views[6].len == 256 &&
           views[7].len == 256 && sane_prefix_tables(tables);
}

/* Views 8 to 16 are the columns to fill, and the counts of layouts. */
static int prefix_columns(const Py_buffer *views, size_t lines, size_t layouts, Columns *columns)
{
    static const size_t widths[] = {1, 8, 1, 1, 8, 2, 8, 8};
    for (int i = 0; i < 8; i++)
        if ((size_t)views[8 + i].len != lines * widths[i])
            return 0;
    *columns = (Columns){views[8].buf,  views[9].buf,  views[10].buf, views[11].buf,
                         views[12].buf, views[13].buf, views[14].buf, views[15].buf};
    return (size_t)views[16].len == layouts * sizeof(int64_t);
}

static PyObject *prefixes_of(Py_buffer *views, PrefixTables *tables)
{
    Lines lines;
    Columns columns;
    if (!lines_of(&views[0], &views[1], &views[2], &lines) || !prefix_tables(views, tables) ||
        !prefix_columns(views, lines.lines, tables->layout_count, &columns))
        return refuse("no such lines, tables or columns");
    Numbers undecided = {0}, dates = {0};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = read_prefixes(tables, &lines, &columns, views[16].buf, &undecided, &dates);
    Py_END_ALLOW_THREADS
    PyObject *found = failed ? PyErr_NoMemory() : Py_BuildValue("NN", as_bytes(&undecided), as_bytes(&dates));
    numbers_free(&undecided);
    numbers_free(&dates);
    return found;
}

static PyObject *py_read_prefixes(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[17];
    PrefixTables tables = {0};
    int no_level, no_zone;
    if (!PyArg_ParseTuple(args, "y*y*y*(y*y*y*y*y*ii)(w*w*w*w*w*w*w*w*)w*", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5],
                          &v[6], &v[7], &no_level, &no_zone, &v[8], &v[9], &v[10], &v[11], &v[12], &v[13], &v[14],
                          &v[15], &v[16]))
        return NULL;
    tables.no_level = (uint8_t)no_level;
    tables.no_zone = (int16_t)no_zone;
    PyObject *found = prefixes_of(v, &tables);
    release(v, 17);
    return found;
}

static int literal_table(const Py_buffer *literals, const Py_buffer *slots, LiteralTable *table)
{
    *table = (LiteralTable){literals->buf, (size_t)literals->len / sizeof(Literal), slots->buf};
    return literals->len % sizeof(Literal) == 0 && slots->len == SLOTS * sizeof(uint16_t) && sane_literals(table);
}

static PyObject *literals_in(const Py_buffer *v)
{
    Lines messages;
    LiteralTable heads, inner;
    if (!lines_of(&v[0], &v[1], &v[2], &messages) || !literal_table(&v[3], &v[4], &heads) ||
        !literal_table(&v[5], &v[6], &inner))
        return refuse("no such messages or literals");
    Numbers begins = {0}, inside = {0};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = find_literals(&heads, &inner, &messages, &begins, &inside);
    Py_END_ALLOW_THREADS
    PyObject *found = failed ? PyErr_NoMemory() : Py_BuildValue("NN", as_bytes(&begins), as_bytes(&inside));
    numbers_free(&begins);
    numbers_free(&inside);
    return found;
}

static PyObject *py_find_literals(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[7];
    if (!PyArg_ParseTuple(args, "y*y*y*(y*y*)(y*y*)", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6]))
        return NULL;
    PyObject *found = literals_in(v);
    release(v, 7);
    return found;
}

static PyObject *groups_of(const Lines *lines, int exact)
{
    PyObject *groups = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(lines->lines * sizeof(int64_t)));
    if (!groups)
        return NULL;
    int64_t *numbers = (int64_t *)PyBytes_AsString(groups);
    Numbers firsts = {0};
    int failed;
    Py_BEGIN_ALLOW_THREADS
    failed = group_alike(lines, exact, numbers, &firsts);
    Py_END_ALLOW_THREADS
    PyObject *found = failed ? PyErr_NoMemory() : Py_BuildValue("ON", groups, as_bytes(&firsts));
    numbers_free(&firsts);
    Py_DECREF(groups);
    return found;
}

static PyObject *py_group_alike(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[3];
    int exact;
    if (!PyArg_ParseTuple(args, "y*y*y*p", &v[0], &v[1], &v[2], &exact))
        return NULL;
    Lines lines;
    PyObject *found = lines_of(&v[0], &v[1], &v[2], &lines) ? groups_of(&lines, exact) : refuse("no such lines");
    release(v, 3);
    return found;
}

static PyObject *taken(const Lines *lines, const Lines *messages, size_t block_size, const Py_buffer *rows)
{
    size_t count = (size_t)rows->len / sizeof(int64_t);
    int64_t size = taken_size(lines, messages, block_size, rows->buf, count);
    if (size < 0)
        return refuse("no such lines");
    Py_ssize_t width = (Py_ssize_t)(count * sizeof(int32_t));
    PyObject *text = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)size);
    PyObject *begins = PyBytes_FromStringAndSize(NULL, width), *tails = PyBytes_FromStringAndSize(NULL, width);
    PyObject *all = text && begins && tails ? PyTuple_Pack(3, text, begins, tails) : NULL;
    if (all)
        take_lines(lines, messages, rows->buf, count, (uint8_t *)PyBytes_AsString(text),
                   (int32_t *)PyBytes_AsString(begins), (int32_t *)PyBytes_AsString(tails));
    Py_XDECREF(text);
    Py_XDECREF(begins);
    Py_XDECREF(tails);
    return all;
}

static PyObject *py_take(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer v[6];
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]))
        return NULL;
    Lines lines = {v[0].buf, v[1].buf, v[2].buf, (size_t)v[1].len / sizeof(int64_t)};
    Lines messages = {v[0].buf, v[3].buf, v[4].buf, lines.lines};
    int fit = v[0].len >= PADDING && v[1].len == v[2].len && v[1].len == v[3].len && v[1].len == v[4].len;
    PyObject *all = fit ? taken(&lines, &messages, (size_t)v[0].len - PADDING, &v[5]) : refuse("no such lines");
    release(v, 6);
    return all;
}

static PyMethodDef methods[] = {
    {"split", py_split, METH_VARARGS, NULL},
    {"read_prefixes", py_read_prefixes, METH_VARARGS, NULL},
    {"find_literals", py_find_literals, METH_VARARGS, NULL},
    {"group_alike", py_group_alike, METH_VARARGS, NULL},
    {"take", py_take, METH_VARARGS, NULL},
    {"tally", py_tally, METH_VARARGS, NULL},
    {"count_times", py_count_times, METH_VARARGS, NULL},
    {"add_days", py_add_days, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_native", "The scanner of logs in C.", 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&definition);
}
