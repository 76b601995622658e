/* The guest ABI over QuickJS: one behaviour in JavaScript, one turn at a time.

   peerd_start runs at instantiation: a context, prelude.js, then the behaviour if there is one in the module. It may also come by a message
   of its own. The image of the class's memory is taken after that, so that a turn finds all of it parsed. peerd_turn lets prelude.js handle
   one message; what is asked for goes out by `emit`.

   The engine is part of this file and not beside it because its limit of the stack is switched off for this target, and only its own
   text can switch it on again. */
#include "quickjs.c"
#include "memory.h"
#include "world.h"

#define STATE_MAX 65536
#define HEADER 40
#define MESSAGE_MAX (65536 + HEADER)
#define REFS_MAX 1024
/* Of the stack, which ends at address 0: for what is called between two looks at it. */
#define STACK_SPARE 16384


/* What it reads numbers of JSON with. The library's own goes by way of 128 bits, and of files. */
double strtod(const char *restrict text, char **restrict end) {
    JSATODTempMem room;
    const char *next;
    double value = js_atod(text, &next, 10, 0, &room);
    if (end) *end = (char *)next;
    return value;
}

enum { OP_SEND = 1, OP_CALL = 2, OP_REPLY = 4, OP_SPAWN = 6, OP_KEEP = 20, OP_FAIL = 22 };
/* The last one is the engine's own: a behaviour. */
enum { KIND_INIT = 0, KIND_MIGRATE = 8, KIND_SCRIPT = 0xffff };
enum { SELF = 0, REPLY = 1, FIRST = 2 };

__attribute__((import_module("peerd"), import_name("emit")))
extern void emit(uint32_t op, uint64_t a, uint64_t b, const void *payload, uint32_t length);

/* A text of JSON must be followed by a zero: there is room for it. */
_Alignas(16) unsigned char peerd_state[STATE_MAX + 16];
_Alignas(16) unsigned char peerd_message[MESSAGE_MAX + 16];

/* Where the class's name and the behaviour's text lie in a module that has them, and how long they are. */
struct {
    uint32_t name, name_length, text, text_length;
} peerd_script;

__asm__(".section .custom_section.peerd.abi,\"\",@\n"
        "  .int32 1\n"
        "  .int32 65536\n"
        "  .int32 65576\n");

static const char prelude[] = {
#embed "prelude.js" suffix(, 0)
};

static JSRuntime *rt;
static JSContext *ctx;
/* Of prelude.js: what begins a turn, what ends it, what says an error in words, what the behaviour handles. */
static JSValue begin, finish, describe, handled;
static JSClassID ref_class;
static JSAtom ref_key;
/* Why the behaviour is none. */
static char *failure_kind, *failure_text;

static uint64_t seed;
static const unsigned char *body;
static uint32_t body_length, state_refs, message_refs, next_ref;
/* The refs of this turn that were asked for, by index: one index is one object. */
static JSValue known;

/* ---- refs ---- */

static JSValue ref_of(uint32_t index) {
    JSValue found = JS_GetPropertyUint32(ctx, known, index);
    if (!JS_IsUndefined(found)) return found;
    JSValue made = JS_NewObjectClass(ctx, ref_class);
    if (JS_IsException(made)) return made;
    JS_SetOpaque(made, (void *)(uintptr_t)(index + 1));
    if (JS_SetPropertyUint32(ctx, known, index, JS_DupValue(ctx, made)) < 0) {
        JS_FreeValue(ctx, made);
        return JS_EXCEPTION;
    }
    return made;
}

/* With what it lends in the high four bits; -1: it is no ref. */
static int64_t index_of(JSValueConst value) {
    void *opaque = JS_GetOpaque(value, ref_class);
    return opaque ? (int64_t)(uint32_t)(uintptr_t)opaque - 1 : -1;
}

#define INDEX 0x0fffffff

/* What is being written has refs among it: they go apart. */
static uint32_t written[REFS_MAX], written_count;
static bool is_writing;

static JSValue ref_to_json(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    int64_t index = index_of(this);
    if (index < 0) return JS_ThrowTypeError(c, "not a ref");
    if (!is_writing) return JS_NewString(c, "[ref]");
    uint32_t at = 0;
    while (at < written_count && written[at] != (uint32_t)index) at++;
    if (at == written_count) {
        if (at == REFS_MAX) return JS_ThrowRangeError(c, "more than %d refs", REFS_MAX);
        written[written_count++] = (uint32_t)index;
    }
    JSValue mark = JS_NewObject(c);
    if (!JS_IsException(mark)) JS_DefinePropertyValue(c, mark, ref_key, JS_NewInt32(c, (int32_t)at), JS_PROP_C_W_E);
    return mark;
}

/* The same, keeping only these rights when it is given away. */
static JSValue ref_lend(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    static const char *const names[] = {"send", "watch", "link", "control"};
    int64_t index = index_of(this);
    if (index < 0) return JS_ThrowTypeError(c, "not a ref");
    uint32_t rights = 0;
    for (int i = 0; i < argc; i++) {
        const char *name = JS_ToCString(c, argv[i]);
        if (!name) return JS_EXCEPTION;
        uint32_t right = 0;
        for (int k = 0; k < 4; k++) if (!strcmp(name, names[k])) right = 1u << k;
        JS_FreeCString(c, name);
        if (!right) return JS_ThrowTypeError(c, "rights are send, watch, link and control");
        rights |= right;
    }
    return ref_of(((uint32_t)index & INDEX) | rights << 28);
}

/* {"$ref": n} within what was read becomes the n-th of its refs, if there is one. */
static JSValue revive(JSValue value, uint32_t first, uint32_t count) {
    if (!JS_IsObject(value)) return value;
    if (js_check_stack_overflow(rt, 0)) {
        JS_FreeValue(ctx, value);
        return JS_ThrowRangeError(ctx, "nested too deeply");
    }
    JSPropertyEnum *names;
    uint32_t length;
    if (JS_GetOwnPropertyNames(ctx, &names, &length, value, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY)) {
        JS_FreeValue(ctx, value);
        return JS_EXCEPTION;
    }
    JSValue result = value;
    if (length == 1 && names[0].atom == ref_key) {
        JSValue number = JS_GetProperty(ctx, value, ref_key);
        /* What is read from JSON is a float. */
        double n = -1;
        if (JS_IsNumber(number)) JS_ToFloat64(ctx, &n, number);
        JS_FreeValue(ctx, number);
        if (n >= 0 && n < count && n == (uint32_t)n) {
            JS_FreeValue(ctx, value);
            result = ref_of(first + (uint32_t)n);
        }
    } else {
        for (uint32_t i = 0; i < length && !JS_IsException(result); i++) {
            JSValue item = JS_GetProperty(ctx, value, names[i].atom);
            if (!JS_IsObject(item)) {
                JS_FreeValue(ctx, item);
                continue;
            }
            item = revive(item, first, count);
            if (JS_IsException(item) || JS_DefinePropertyValue(ctx, value, names[i].atom, item, JS_PROP_C_W_E) < 0) {
                JS_FreeValue(ctx, value);
                result = JS_EXCEPTION;
            }
        }
    }
    JS_FreePropertyEnum(ctx, names, length);
    return result;
}

/* ---- what goes out ---- */

static void put_word(DynBuf *to, uint32_t value) {
    dbuf_put(to, (const uint8_t *)&value, 4);
}

static void put_text(DynBuf *to, const char *text, size_t length) {
    size_t left = length;
    while (left >= 0x80) {
        dbuf_putc(to, (uint8_t)(left | 0x80));
        left >>= 7;
    }
    dbuf_putc(to, (uint8_t)left);
    dbuf_put(to, (const uint8_t *)text, length);
}

static void *buffer_realloc(void *opaque, void *at, size_t size) {
    return heap_realloc(opaque, at, size);
}

static void buffer_init(DynBuf *buffer) {
    dbuf_init2(buffer, NULL, buffer_realloc);
}

static JSValue sent(JSContext *c, DynBuf *buffer, uint32_t op, uint64_t a, uint64_t b) {
    bool is_whole = !dbuf_error(buffer);
    if (is_whole) emit(op, a, b, buffer->buf, (uint32_t)buffer->size);
    dbuf_free(buffer);
    return is_whole ? JS_UNDEFINED : JS_ThrowOutOfMemory(c);
}

/* As JSON, with its refs in `written`. `text` is to be freed; an empty one stands for undefined. */
static int stringify(JSValueConst value, const char **text, size_t *length) {
    written_count = 0;
    is_writing = true;
    JSValue json = JS_JSONStringify(ctx, value, JS_UNDEFINED, JS_UNDEFINED);
    is_writing = false;
    if (JS_IsException(json)) return -1;
    if (JS_IsUndefined(json)) json = JS_NewString(ctx, "");
    *text = JS_ToCStringLen(ctx, length, json);
    JS_FreeValue(ctx, json);
    return *text ? 0 : -1;
}

static void put_refs(DynBuf *to) {
    dbuf_put(to, (const uint8_t *)written, written_count * 4);
}

static int target(JSValueConst value, uint64_t *index) {
    int64_t found = index_of(value);
    if (found < 0) {
        JS_ThrowTypeError(ctx, "this is no ref");
        return -1;
    }
    *index = (uint64_t)found & INDEX;
    return 0;
}

/* post(op, to, mark, ms, value) */
static JSValue host_post(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint64_t to;
    uint32_t op, mark;
    double ms;
    const char *text;
    size_t length;
    if (JS_ToUint32(c, &op, argv[0]) || target(argv[1], &to) || JS_ToUint32(c, &mark, argv[2]) || JS_ToFloat64(c, &ms, argv[3])) {
        return JS_EXCEPTION;
    }
    if (stringify(argv[4], &text, &length)) return JS_EXCEPTION;
    DynBuf payload;
    buffer_init(&payload);
    if (op == OP_CALL) {
        uint64_t limit = ms >= 0 && ms < 9e15 ? (uint64_t)ms : UINT64_MAX;
        dbuf_put(&payload, (const uint8_t *)&limit, 8);
    }
    put_refs(&payload);
    put_word(&payload, (uint32_t)length);
    dbuf_put(&payload, (const uint8_t *)text, length);
    put_word(&payload, written_count);
    JS_FreeCString(c, text);
    return sent(c, &payload, op, to, written_count | (uint64_t)mark << 32);
}

/* Refs of an array, into `written`. */
static int list_refs(JSValueConst list) {
    written_count = 0;
    int64_t length = 0;
    if (JS_IsUndefined(list)) return 0;
    if (JS_GetLength(ctx, list, &length)) return -1;
    if (length > REFS_MAX) {
        JS_ThrowRangeError(ctx, "more than %d refs", REFS_MAX);
        return -1;
    }
    for (int64_t i = 0; i < length; i++) {
        JSValue item = JS_GetPropertyInt64(ctx, list, i);
        int64_t index = index_of(item);
        JS_FreeValue(ctx, item);
        if (index < 0) {
            JS_ThrowTypeError(ctx, "this is no ref");
            return -1;
        }
        written[written_count++] = (uint32_t)index;
    }
    return 0;
}

/* raw(op, to, mark, ms, bytes, refs) */
static JSValue host_raw(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint64_t to;
    uint32_t op, mark;
    double ms;
    size_t length;
    if (JS_ToUint32(c, &op, argv[0]) || target(argv[1], &to) || JS_ToUint32(c, &mark, argv[2]) || JS_ToFloat64(c, &ms, argv[3])) {
        return JS_EXCEPTION;
    }
    if (list_refs(argv[5])) return JS_EXCEPTION;
    const uint8_t *bytes = JS_GetUint8Array(c, &length, argv[4]);
    if (!bytes && length) return JS_EXCEPTION;
    DynBuf payload;
    buffer_init(&payload);
    if (op == OP_CALL) {
        uint64_t limit = ms >= 0 && ms < 9e15 ? (uint64_t)ms : UINT64_MAX;
        dbuf_put(&payload, (const uint8_t *)&limit, 8);
    }
    put_refs(&payload);
    dbuf_put(&payload, bytes, length);
    return sent(c, &payload, op, to, written_count | (uint64_t)mark << 32);
}

/* spawn(flags, name, label, value, bytes, refs): with bytes they are the arguments, else the value is. */
static JSValue host_spawn(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint32_t flags;
    size_t name_length, label_length, length = 0;
    if (JS_ToUint32(c, &flags, argv[0])) return JS_EXCEPTION;
    const char *name = JS_ToCStringLen(c, &name_length, argv[1]);
    if (!name) return JS_EXCEPTION;
    const char *label = JS_ToCStringLen(c, &label_length, argv[2]);
    if (!label) return JS_EXCEPTION;
    const char *text = NULL;
    const uint8_t *bytes = NULL;
    if (JS_IsUndefined(argv[4])) {
        if (stringify(argv[3], &text, &length)) return JS_EXCEPTION;
    } else {
        if (list_refs(argv[5])) return JS_EXCEPTION;
        bytes = JS_GetUint8Array(c, &length, argv[4]);
        if (!bytes && length) return JS_EXCEPTION;
    }
    DynBuf payload;
    buffer_init(&payload);
    put_word(&payload, (uint32_t)name_length);
    put_word(&payload, (uint32_t)label_length);
    put_refs(&payload);
    dbuf_put(&payload, (const uint8_t *)name, name_length);
    dbuf_put(&payload, (const uint8_t *)label, label_length);
    if (text) {
        put_word(&payload, (uint32_t)length);
        dbuf_put(&payload, (const uint8_t *)text, length);
        put_word(&payload, written_count);
        JS_FreeCString(c, text);
    } else {
        dbuf_put(&payload, bytes, length);
    }
    JS_FreeCString(c, name);
    JS_FreeCString(c, label);
    JSValue done = sent(c, &payload, OP_SPAWN, flags, written_count);
    return JS_IsException(done) ? done : ref_of(next_ref++);
}

/* A number, or where a ref is. */
static int number_of(JSValueConst value, uint64_t *number) {
    double read;
    int64_t index = index_of(value);
    if (index >= 0) {
        *number = (uint64_t)index & INDEX;
        return 0;
    }
    if (JS_ToFloat64(ctx, &read, value)) return -1;
    *number = read >= 0 && read < 9e15 ? (uint64_t)read : 0;
    return 0;
}

/* plain(op, a, b) */
static JSValue host_plain(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint32_t op;
    uint64_t a, b;
    if (JS_ToUint32(c, &op, argv[0]) || number_of(argv[1], &a) || number_of(argv[2], &b)) return JS_EXCEPTION;
    emit(op, a, b, NULL, 0);
    return JS_UNDEFINED;
}

/* note(op, kind, text) */
static JSValue host_note(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint32_t op;
    size_t kind_length, length;
    if (JS_ToUint32(c, &op, argv[0])) return JS_EXCEPTION;
    const char *kind = JS_ToCStringLen(c, &kind_length, argv[1]);
    if (!kind) return JS_EXCEPTION;
    const char *text = JS_ToCStringLen(c, &length, argv[2]);
    if (!text) return JS_EXCEPTION;
    DynBuf payload;
    buffer_init(&payload);
    dbuf_put(&payload, (const uint8_t *)kind, kind_length);
    dbuf_put(&payload, (const uint8_t *)text, length);
    JS_FreeCString(c, kind);
    JS_FreeCString(c, text);
    return sent(c, &payload, op, kind_length, 0);
}

/* term(op, a, bytes, texts): a reason or a settlement: these bytes, then each text with its length. */
static JSValue host_term(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this;
    uint32_t op;
    uint64_t a;
    if (JS_ToUint32(c, &op, argv[0]) || number_of(argv[1], &a)) return JS_EXCEPTION;
    DynBuf payload;
    buffer_init(&payload);
    for (int i = 2; i < argc; i++) {
        if (JS_IsNumber(argv[i])) {
            uint32_t byte;
            JS_ToUint32(c, &byte, argv[i]);
            dbuf_putc(&payload, (uint8_t)byte);
            continue;
        }
        size_t length;
        const char *text = JS_ToCStringLen(c, &length, argv[i]);
        if (!text) {
            dbuf_free(&payload);
            return JS_EXCEPTION;
        }
        put_text(&payload, text, length);
        JS_FreeCString(c, text);
    }
    return sent(c, &payload, op, a, 0);
}

/* ---- what came in ---- */

/* The body as a value: texts of JSON with their refs apart. JS_UNINITIALIZED: it is none. */
static JSValue read_body(void) {
    uint32_t length, count;
    if (body_length == 0) return JS_UNDEFINED;
    if (body_length < 8) return JS_UNINITIALIZED;
    memcpy(&length, body, 4);
    if (length > body_length - 8) return JS_UNINITIALIZED;
    memcpy(&count, body + 4 + length, 4);
    if (4 + length + 4 != body_length || count != message_refs) return JS_UNINITIALIZED;
    if (length == 0) return JS_UNDEFINED;
    unsigned char *end = (unsigned char *)body + 4 + length, after = *end;
    *end = 0;
    JSValue value = JS_ParseJSON(ctx, (const char *)body + 4, length, "message");
    *end = after;
    if (JS_IsException(value)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return JS_UNINITIALIZED;
    }
    return count ? revive(value, FIRST + state_refs, count) : value;
}

/* value(otherwise) */
static JSValue host_value(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    JSValue value = read_body();
    return JS_IsUninitialized(value) ? JS_DupValue(c, argv[0]) : value;
}

static JSValue host_bytes(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc, (void)argv;
    return JS_NewUint8ArrayCopy(c, body, body_length);
}

/* text(from, length) of the body. */
static JSValue host_text(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint32_t from, length;
    if (JS_ToUint32(c, &from, argv[0]) || JS_ToUint32(c, &length, argv[1])) return JS_EXCEPTION;
    if (from > body_length || length > body_length - from) return JS_ThrowRangeError(c, "no such text");
    return JS_NewStringLen(c, (const char *)body + from, length);
}

static JSValue host_refs(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc, (void)argv;
    JSValue list = JS_NewArray(c);
    for (uint32_t i = 0; i < message_refs && !JS_IsException(list); i++) {
        JSValue item = ref_of(FIRST + state_refs + i);
        if (JS_IsException(item) || JS_SetPropertyUint32(c, list, i, item) < 0) {
            JS_FreeValue(c, list);
            return JS_EXCEPTION;
        }
    }
    return list;
}

static JSValue host_ref(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    uint32_t index;
    return JS_ToUint32(c, &index, argv[0]) ? JS_EXCEPTION : ref_of(index);
}

static JSValue host_is_ref(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc;
    return JS_NewBool(c, index_of(argv[0]) >= 0);
}

/* splitmix64 from the turn's seed, as every other guest draws. */
static JSValue math_random(JSContext *c, JSValueConst this, int argc, JSValueConst *argv) {
    (void)this, (void)argc, (void)argv;
    seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = (seed ^ (seed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return JS_NewFloat64(c, (double)((z ^ (z >> 31)) >> 11) * 0x1p-53);
}

/* ---- begin and end ---- */

static const JSCFunctionListEntry host_functions[] = {
    JS_CFUNC_DEF("post", 5, host_post),     JS_CFUNC_DEF("raw", 6, host_raw),     JS_CFUNC_DEF("spawn", 6, host_spawn),
    JS_CFUNC_DEF("plain", 3, host_plain),   JS_CFUNC_DEF("note", 3, host_note),   JS_CFUNC_DEF("term", 3, host_term),
    JS_CFUNC_DEF("value", 1, host_value),   JS_CFUNC_DEF("bytes", 0, host_bytes), JS_CFUNC_DEF("text", 2, host_text),
    JS_CFUNC_DEF("refs", 0, host_refs),     JS_CFUNC_DEF("ref", 1, host_ref),     JS_CFUNC_DEF("isRef", 1, host_is_ref),
};

static const JSCFunctionListEntry ref_functions[] = {
    JS_CFUNC_DEF("toJSON", 0, ref_to_json),
    JS_CFUNC_DEF("lend", 0, ref_lend),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "Ref", JS_PROP_CONFIGURABLE),
};

static char *copied(JSValueConst value, const char *otherwise) {
    const char *text = JS_ToCString(ctx, value);
    if (!text) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        text = otherwise;
    }
    char *copy = heap_malloc(NULL, strlen(text) + 1);
    if (copy) strcpy(copy, text);
    return copy;
}

/* What was thrown becomes a kind and a text. */
static void explain(char **kind, char **text) {
    JSValue error = JS_GetException(ctx);
    JSValue pair = JS_Call(ctx, describe, JS_UNDEFINED, 1, (JSValueConst *)&error);
    if (JS_IsException(pair)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        *kind = "error";
        *text = "an error that has no words";
        return;
    }
    *kind = copied(JS_GetPropertyUint32(ctx, pair, 0), "error");
    *text = copied(JS_GetPropertyUint32(ctx, pair, 1), "an error that has no words");
    if (!*kind || !*text) {
        *kind = "out_of_memory";
        *text = "there is no memory left to say what went wrong";
    }
}

static int32_t fail_with(const char *kind, const char *text) {
    size_t kind_length = strlen(kind), length = strlen(text);
    char *payload = heap_malloc(NULL, kind_length + length);
    if (payload) {
        memcpy(payload, kind, kind_length);
        memcpy(payload + kind_length, text, length);
        emit(OP_FAIL, kind_length, 0, payload, (uint32_t)(kind_length + length));
    } else {
        emit(OP_FAIL, kind_length, 0, kind, (uint32_t)kind_length);
    }
    return -1;
}

static int32_t fail(void) {
    char *kind, *text;
    explain(&kind, &text);
    return fail_with(kind, text);
}

/* Promises that failed while nobody waited for them: a turn in which one is left has failed. */
static struct {
    JSValue promise[16];
    uint32_t count;
} unheard;

static void on_rejection(JSContext *c, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque) {
    (void)reason, (void)opaque;
    if (!is_handled) {
        if (unheard.count < countof(unheard.promise)) unheard.promise[unheard.count++] = JS_DupValue(c, promise);
        return;
    }
    for (uint32_t i = 0; i < unheard.count; i++) {
        if (JS_VALUE_GET_PTR(unheard.promise[i]) != JS_VALUE_GET_PTR(promise)) continue;
        JS_FreeValue(c, unheard.promise[i]);
        unheard.promise[i] = unheard.promise[--unheard.count];
        return;
    }
}

/* Jobs that were put off, and what a promise came to. Freed: the promise. */
static JSValue settled(JSValue value) {
    JSContext *of;
    while (JS_ExecutePendingJob(rt, &of) > 0) {}
    if (JS_IsException(value)) return value;
    if (unheard.count) {
        JS_FreeValue(ctx, value);
        return JS_Throw(ctx, JS_PromiseResult(ctx, unheard.promise[0]));
    }
    if (!JS_IsObject(value)) return value;
    JSPromiseStateEnum state = JS_PromiseState(ctx, value);
    if (state == JS_PROMISE_FULFILLED) {
        JSValue result = JS_PromiseResult(ctx, value);
        JS_FreeValue(ctx, value);
        return result;
    }
    if (state == JS_PROMISE_PENDING) {
        JS_FreeValue(ctx, value);
        return JS_ThrowTypeError(ctx, "it awaits what does not come within this turn");
    }
    return value;
}

/* The behaviour's module, run: 0, or -1 with an exception. Behind the text is a zero. */
static int load(const char *name, size_t name_length, const char *text, size_t text_length) {
    char file[128];
    if (name_length > sizeof file - 4) name_length = sizeof file - 4;
    memcpy(file, name, name_length);
    memcpy(file + name_length, ".js", 4);
    JSValue arguments[] = {JS_UNDEFINED, JS_NewStringLen(ctx, name, name_length)};
    /* Before it runs, because it may throw. */
    JSValue named = JS_Call(ctx, handled, JS_UNDEFINED, 2, (JSValueConst *)arguments);
    if (JS_IsException(named)) return -1;
    JSValue code = JS_Eval(ctx, text, text_length, file, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(code)) return -1;
    JSModuleDef *module = JS_VALUE_GET_PTR(code);
    JSValue ran = settled(JS_EvalFunction(ctx, code));
    if (JS_IsException(ran)) return -1;
    JSValue space = JS_GetModuleNamespace(ctx, module);
    if (JS_IsException(space)) return -1;
    arguments[0] = JS_GetPropertyStr(ctx, space, "default");
    if (JS_IsException(arguments[0])) return -1;
    if (JS_IsUndefined(arguments[0])) arguments[0] = JS_NULL;
    JSValue taken = JS_Call(ctx, handled, JS_UNDEFINED, 2, (JSValueConst *)arguments);
    if (JS_IsException(taken)) return -1;
    JS_FreeValue(ctx, taken);
    JS_RunGC(rt);
    return 0;
}

__attribute__((export_name("peerd_start"))) void peerd_start(void) {
    static const JSMallocFunctions functions = {heap_calloc, heap_malloc, heap_free, heap_realloc, heap_usable};
    static const JSClassDef ref_definition = {"Ref"};
    /* Volatile: what is there is not what was compiled. */
    volatile const uint32_t *script = (volatile const uint32_t *)&peerd_script;
    const char *name = (const char *)(uintptr_t)script[0], *text = (const char *)(uintptr_t)script[2];
    uintptr_t end = (uintptr_t)__builtin_wasm_memory_size(0) << 16;
    heap.next = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)7;
    /* The texts lie at the end of the memory, which is the heap's when they have been read. */
    heap.end = name ? (uintptr_t)name & ~(uintptr_t)7 : end;
    rt = JS_NewRuntime2(&functions, NULL);
    if (!rt) __builtin_trap();
    rt->stack_limit = STACK_SPARE;
    JS_SetGCThreshold(rt, (size_t)-1);
    JS_SetHostPromiseRejectionTracker(rt, on_rejection, NULL);
    ctx = JS_NewContextRaw(rt);
    if (!ctx || JS_AddIntrinsicBaseObjects(ctx) || JS_AddIntrinsicDate(ctx) || JS_AddIntrinsicEval(ctx) || JS_AddIntrinsicRegExp(ctx)
        || JS_AddIntrinsicJSON(ctx) || JS_AddIntrinsicProxy(ctx) || JS_AddIntrinsicMapSet(ctx) || JS_AddIntrinsicTypedArrays(ctx)
        || JS_AddIntrinsicPromise(ctx) || JS_AddIntrinsicWeakRef(ctx) || JS_AddIntrinsicAToB(ctx)) __builtin_trap();
    JS_NewClassID(rt, &ref_class);
    JS_NewClass(rt, ref_class, &ref_definition);
    JSValue prototype = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, prototype, ref_functions, countof(ref_functions));
    JS_SetClassProto(ctx, ref_class, prototype);
    ref_key = JS_NewAtom(ctx, "$ref");
    known = JS_NewArray(ctx);

    JSValue global = JS_GetGlobalObject(ctx);
    JSValue math = JS_GetPropertyStr(ctx, global, "Math");
    JS_SetPropertyStr(ctx, math, "random", JS_NewCFunction(ctx, math_random, "random", 0));
    JS_FreeValue(ctx, math);
    JSValue host = JS_NewObject(ctx);
    JS_SetPropertyFunctionList(ctx, host, host_functions, countof(host_functions));
    JSValue arguments[] = {host, global};
    JSValue make = JS_Eval(ctx, prelude, sizeof prelude - 1, "prelude.js", JS_EVAL_TYPE_GLOBAL);
    JSValue made = JS_Call(ctx, make, JS_UNDEFINED, 2, (JSValueConst *)arguments);
    if (JS_IsException(made)) __builtin_trap();
    begin = JS_GetPropertyStr(ctx, made, "begin");
    finish = JS_GetPropertyStr(ctx, made, "finish");
    describe = JS_GetPropertyStr(ctx, made, "describe");
    handled = JS_GetPropertyStr(ctx, made, "handled");

    if (name && load(name, script[1], text, script[3])) explain(&failure_kind, &failure_text);
    heap.spare = HEAP_SPARE;
    heap.end = end - heap.spare;
    /* Garbage in circles is looked for when half of what is left has been taken, not before: looking writes to all there is. */
    JS_SetGCThreshold(rt, (heap.end - (uintptr_t)&__heap_base) / 2);
}

static uint32_t word(uint32_t at) {
    uint32_t value;
    memcpy(&value, peerd_message + at, 4);
    return value;
}

static uint64_t long_word(uint32_t at) {
    uint64_t value;
    memcpy(&value, peerd_message + at, 8);
    return value;
}

/* The state as JSON, into its buffer, and the refs that it keeps. */
static int32_t store(JSValueConst state) {
    const char *text;
    size_t length;
    if (stringify(state, &text, &length)) return fail();
    if (length > STATE_MAX) return fail_with("state", "the state has outgrown its buffer");
    memcpy(peerd_state, text, length);
    JS_FreeCString(ctx, text);
    bool is_same = written_count == state_refs;
    for (uint32_t i = 0; i < written_count; i++) is_same &= written[i] == FIRST + i;
    if (!is_same) emit(OP_KEEP, 0, 0, written, written_count * 4);
    return (int32_t)length;
}

static int32_t store_names(void) {
    JSValue names = JS_Call(ctx, handled, JS_UNDEFINED, 0, NULL);
    return JS_IsException(names) ? fail() : store(names);
}

/* A behaviour: the length of the class's name, the name, the text. What it handles is the state after it. */
static int32_t take(uint32_t length) {
    const char *name = (const char *)peerd_message + HEADER + 4;
    if (length < 4 || word(HEADER) > length - 4) return fail_with("host", "no behaviour");
    uint32_t name_length = word(HEADER), text_length = length - 4 - name_length;
    peerd_message[HEADER + length] = 0;
    if (load(name, name_length, name + name_length, text_length)) return fail();
    return store_names();
}

__attribute__((export_name("peerd_turn"))) int32_t peerd_turn(int32_t state_length, int32_t message_length) {
    if (failure_kind) return fail_with(failure_kind, failure_text);
    /* Whoever makes a class asks first whether it is one. */
    if (message_length == 0) return store_names();
    if (message_length < HEADER) return fail_with("host", "no header");
    uint32_t first = word(0), kind = first & 0xffff;
    if (kind == KIND_SCRIPT) return take((uint32_t)message_length - HEADER);
    state_refs = word(4);
    message_refs = word(8);
    next_ref = FIRST + state_refs + message_refs;
    world_now_ms = long_word(24);
    seed = long_word(32);
    body = peerd_message + HEADER;
    body_length = (uint32_t)message_length - HEADER;

    JSValue state = JS_UNDEFINED;
    if (kind != KIND_INIT) {
        peerd_state[state_length] = 0;
        state = JS_ParseJSON(ctx, (const char *)peerd_state, (size_t)state_length, "state");
        if (JS_IsException(state) && kind == KIND_MIGRATE) {
            JS_FreeValue(ctx, JS_GetException(ctx));
            state = JS_NewUint8ArrayCopy(ctx, peerd_state, (size_t)state_length);
        } else if (state_refs && !JS_IsException(state)) {
            state = revive(state, FIRST, state_refs);
        }
        if (JS_IsException(state)) return fail();
    }
    JSValue arguments[] = {JS_NewInt32(ctx, (int32_t)kind), JS_NewInt32(ctx, (int32_t)(first >> 16)), JS_NewUint32(ctx, word(12)),
                           JS_NewFloat64(ctx, (double)long_word(16)), JS_NewFloat64(ctx, (double)world_now_ms), state};
    JSValue result = settled(JS_Call(ctx, begin, JS_UNDEFINED, 6, (JSValueConst *)arguments));
    if (JS_IsException(result)) return fail();
    JSValue after = JS_Call(ctx, finish, JS_UNDEFINED, 1, (JSValueConst *)&result);
    if (JS_IsException(after)) return fail();
    /* undefined: it is as it was. */
    return JS_IsUndefined(after) ? state_length : store(after);
}
