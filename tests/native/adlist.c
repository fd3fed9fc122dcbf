#include "server.h"

#include <stdlib.h>

list *listCreate(void) {
    return calloc(1, sizeof(list));
}

listNode *listAddNodeTail(list *list, void *value) {
    listNode *node = calloc(1, sizeof(*node));
    node->value = value;
    node->prev = list->tail;
    if (list->tail) list->tail->next = node;
    else list->head = node;
    list->tail = node;
    list->len++;
    return node;
}
