/* Refuses tables that would lead out of the block or out of the tables themselves. */
#include "scan.h"

static int within(int32_t value, int32_t least, int32_t most)
{
    return least <= value && value <= most;
}

static int sane_stamp(const Layout *layout)
{
    if (layout->stamp < 0)
        return 1;
    if (!within(layout->stamp_end, layout->stamp, layout->length))
        return 0;
    if (layout->clock < 0)
        return layout->stamp_end - layout->stamp <= 18;
    return within(layout->clock, layout->stamp, layout->stamp_end) && within(layout->clock_end, 0, layout->stamp_end) &&
           (layout->clock_end - layout->clock == 8 || layout->clock_end - layout->clock == 12);
}

static int sane_layout(const PrefixTables *tables, const Layout *layout)
{
    if (!within(layout->length, 1, 8 * MOST_CHECKS) || !within(layout->check_count, 0, MOST_CHECKS) ||
        !within(layout->class_count, 0, MOST_CLASSES) || !within(layout->role_at, -1, layout->length - 1) ||
        !within(layout->level_at, -1, layout->length - 1))
        return 0;
    for (int i = 0; i < layout->class_count; i++)
        if (layout->class_at[i] >= layout->length || layout->class_number[i] >= tables->class_count)
            return 0;
    return sane_stamp(layout);
}

static int sane_family(const PrefixTables *tables, const Family *family)
{
    int32_t layouts = (int32_t)tables->layout_count;
    return within(family->first, 0, layouts) && within(family->count, 0, layouts - family->first) &&
           within(family->lead_length, 0, 8) && within(family->tail_length, 0, 8);
}

/* With lead (8), pid (11) and 12 words of columns a line is read less than PADDING bytes far. */
int sane_prefix_tables(const PrefixTables *tables)
{
    if (tables->layout_count > MOST_LAYOUTS)
        return 0;
    for (size_t i = 0; i < tables->family_count; i++)
        if (!sane_family(tables, &tables->families[i]))
            return 0;
    for (size_t i = 0; i < tables->layout_count; i++)
        if (!sane_layout(tables, &tables->layouts[i]))
            return 0;
    return 1;
}

int sane_literals(const LiteralTable *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const Literal *literal = &table->literals[i];
        if (literal->length < 4 || literal->length > LONGEST_LITERAL || literal->offset > literal->length - 4)
            return 0;
    }
    return 1;
}
