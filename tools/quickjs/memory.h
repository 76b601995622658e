/* Where the engine's heap comes from: the linear memory behind the program's own data, upwards. A turn ends by a reset of the memory,
   so nothing here tidies up for later: what is freed is kept by size and taken again, and never joined. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern unsigned char __heap_base;

/* Kept back until memory is out, so that there is some to say so with. */
#define HEAP_SPARE 16384

static struct {
    uintptr_t next, end, spare;
    /* Blocks of each size, linked through their first bytes. */
    struct free_block *free[96];
} heap;

struct free_block {
    struct free_block *next;
};

/* Before each block: eight bytes, so that a block is aligned to eight. */
struct block_head {
    uint32_t size, class;
};

/* Four sizes to a power of two: no more than a fifth of a block is wasted. */
static uint32_t class_of(size_t size, uint32_t *rounded) {
    if (size <= 64) {
        uint32_t n = (uint32_t)(size + 15) / 16;
        *rounded = n ? n * 16 : 16;
        return n ? n - 1 : 0;
    }
    uint32_t high = 31 - (uint32_t)__builtin_clz((uint32_t)size - 1);
    uint32_t step = high - 2, part = (((uint32_t)size - 1) >> step) & 3;
    *rounded = (4 + part + 1) << step;
    return 4 + (high - 6) * 4 + part;
}

static struct block_head *head_of(const void *at) {
    return (struct block_head *)((uintptr_t)at - sizeof(struct block_head));
}

static void *heap_is_full(void) {
    heap.end += heap.spare;
    heap.spare = 0;
    return NULL;
}

static void *heap_malloc(void *opaque, size_t size) {
    (void)opaque;
    uint32_t rounded;
    if (size > (1u << 24)) return NULL;
    uint32_t class = class_of(size, &rounded);
    struct free_block *found = heap.free[class];
    if (found) {
        heap.free[class] = found->next;
        return found;
    }
    if (heap.end - heap.next < rounded + sizeof(struct block_head)) return heap_is_full();
    struct block_head *head = (struct block_head *)heap.next;
    heap.next += sizeof *head + rounded;
    head->size = rounded;
    head->class = class;
    return head + 1;
}

static void heap_free(void *opaque, void *at) {
    (void)opaque;
    if (!at) return;
    struct block_head *head = head_of(at);
    if ((uintptr_t)at + head->size == heap.next) {
        heap.next = (uintptr_t)head;
        return;
    }
    struct free_block *block = at;
    block->next = heap.free[head->class];
    heap.free[head->class] = block;
}

static void *heap_calloc(void *opaque, size_t count, size_t size) {
    if (size && count > (1u << 24) / size) return NULL;
    void *at = heap_malloc(opaque, count * size);
    if (at) memset(at, 0, count * size);
    return at;
}

static void *heap_realloc(void *opaque, void *at, size_t size) {
    if (!at) return heap_malloc(opaque, size);
    if (!size) {
        heap_free(opaque, at);
        return NULL;
    }
    struct block_head *head = head_of(at);
    if (size <= head->size) return at;
    uint32_t rounded;
    if (size > (1u << 24)) return NULL;
    uint32_t class = class_of(size, &rounded);
    /* What was taken last grows where it is. */
    if ((uintptr_t)at + head->size == heap.next && heap.end - (uintptr_t)at >= rounded) {
        heap.next = (uintptr_t)at + rounded;
        head->size = rounded;
        head->class = class;
        return at;
    }
    void *grown = heap_malloc(opaque, size);
    if (!grown) return NULL;
    memcpy(grown, at, head->size);
    heap_free(opaque, at);
    return grown;
}

static size_t heap_usable(const void *at) {
    return at ? head_of(at)->size : 0;
}
