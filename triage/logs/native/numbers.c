/* A growing array. */
#include <stdlib.h>

#include "scan.h"

static int numbers_grow(Numbers *numbers)
{
    size_t room = numbers->room ? numbers->room * 2 : 256;
    int64_t *items = realloc(numbers->items, room * sizeof *items);
    if (!items)
        return -1;
    numbers->items = items;
    numbers->room = room;
    return 0;
}

int numbers_add(Numbers *numbers, int64_t item)
{
    if (numbers->count == numbers->room && numbers_grow(numbers))
        return -1;
    numbers->items[numbers->count++] = item;
    return 0;
}

void numbers_free(Numbers *numbers)
{
    free(numbers->items);
    numbers->items = NULL;
}
