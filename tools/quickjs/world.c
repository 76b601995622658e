/* What the C library would ask of an operating system, answered from the turn's header or not at all: a guest imports nothing of the
   kind. Everything else of the library that the engine uses is arithmetic and text. */
#include <stdint.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <sys/time.h>

#include "world.h"

uint64_t world_now_ms;

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
    (void)zone;
    tv->tv_sec = (time_t)(world_now_ms / 1000);
    tv->tv_usec = (suseconds_t)(world_now_ms % 1000 * 1000);
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *ts) {
    (void)clock;
    ts->tv_sec = (time_t)(world_now_ms / 1000);
    ts->tv_nsec = (long)(world_now_ms % 1000 * 1000000);
    return 0;
}

/* Only the offset is looked at: there is one time zone. */
struct tm *localtime_r(const time_t *restrict at, struct tm *restrict tm) {
    (void)at;
    *tm = (struct tm){0};
    return tm;
}

_Noreturn void abort(void) {
    __builtin_trap();
}

/* The engine asks through its runtime, never here. */
void *malloc(size_t size) {
    (void)size;
    return NULL;
}

void *calloc(size_t count, size_t size) {
    (void)count, (void)size;
    return NULL;
}

void *realloc(void *at, size_t size) {
    (void)at, (void)size;
    return NULL;
}

/* What only its own allocator would use, which is left out. */
size_t malloc_usable_size(void *at) {
    (void)at;
    return 0;
}

void free(void *at) {
    (void)at;
}

/* Where the engine would dump what it does. */
#undef stdout
#undef stderr
FILE *const stdout = NULL;
FILE *const stderr = NULL;

int printf(const char *restrict format, ...) {
    (void)format;
    return 0;
}

int fprintf(FILE *restrict to, const char *restrict format, ...) {
    (void)to, (void)format;
    return 0;
}

int putchar(int c) {
    return c;
}

int fputc(int c, FILE *to) {
    (void)to;
    return c;
}

int putc(int c, FILE *to) {
    (void)to;
    return c;
}

int puts(const char *text) {
    (void)text;
    return 0;
}

int fputs(const char *restrict text, FILE *restrict to) {
    (void)text, (void)to;
    return 0;
}

size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict to) {
    (void)from, (void)size, (void)to;
    return count;
}

/* As much of printf as the engine's messages use: whole numbers, characters, texts. The library's own has files behind it. */
struct printed {
    char *to;
    size_t room, length;
};

static void print(struct printed *out, char c) {
    if (out->length + 1 < out->room) out->to[out->length] = c;
    out->length++;
}

static void print_padded(struct printed *out, const char *text, size_t length, int width, int is_left, char pad) {
    size_t padding = width > 0 && (size_t)width > length ? (size_t)width - length : 0;
    if (!is_left) for (size_t i = 0; i < padding; i++) print(out, pad);
    for (size_t i = 0; i < length; i++) print(out, text[i]);
    if (is_left) for (size_t i = 0; i < padding; i++) print(out, ' ');
}

int vsnprintf(char *restrict to, size_t room, const char *restrict format, va_list from) {
    struct printed out = {to, room, 0};
    for (; *format; format++) {
        if (*format != '%') {
            print(&out, *format);
            continue;
        }
        int is_left = 0, width = 0, precision = -1, longs = 0;
        char pad = ' ';
        for (format++; *format == '-' || *format == '0' || *format == '+' || *format == ' ' || *format == '#'; format++) {
            if (*format == '-') is_left = 1;
            if (*format == '0') pad = '0';
        }
        if (*format == '*') {
            width = va_arg(from, int);
            format++;
        } else {
            for (; *format >= '0' && *format <= '9'; format++) width = width * 10 + *format - '0';
        }
        if (*format == '.') {
            format++;
            precision = 0;
            if (*format == '*') {
                precision = va_arg(from, int);
                format++;
            } else {
                for (; *format >= '0' && *format <= '9'; format++) precision = precision * 10 + *format - '0';
            }
        }
        for (; *format == 'l' || *format == 'z' || *format == 'j' || *format == 'h'; format++) longs += *format == 'l' ? 1 : *format == 'j' ? 2 : 0;
        char digits[24];
        char *at = digits + sizeof digits;
        switch (*format) {
        case 'c':
            digits[0] = (char)va_arg(from, int);
            print_padded(&out, digits, 1, width, is_left, ' ');
            break;
        case 's': {
            const char *text = va_arg(from, const char *);
            size_t length = 0;
            if (!text) text = "(null)";
            while ((precision < 0 || length < (size_t)precision) && text[length]) length++;
            print_padded(&out, text, length, width, is_left, ' ');
            break;
        }
        case 'd':
        case 'i': {
            int64_t value = longs > 1 ? va_arg(from, long long) : va_arg(from, int);
            uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
            do *--at = (char)('0' + left % 10); while (left /= 10);
            if (value < 0) *--at = '-';
            print_padded(&out, at, (size_t)(digits + sizeof digits - at), width, is_left, pad);
            break;
        }
        case 'u':
        case 'x':
        case 'X':
        case 'p': {
            uint64_t left = longs > 1 ? va_arg(from, unsigned long long) : va_arg(from, unsigned);
            unsigned base = *format == 'u' ? 10 : 16;
            const char *letters = *format == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
            do *--at = letters[left % base]; while (left /= base);
            print_padded(&out, at, (size_t)(digits + sizeof digits - at), width, is_left, pad);
            break;
        }
        case '%':
            print(&out, '%');
            break;
        /* A float is printed by nothing but dumps. */
        default:
            __builtin_trap();
        }
    }
    if (room) to[out.length < room ? out.length : room - 1] = 0;
    return (int)out.length;
}

int snprintf(char *restrict to, size_t room, const char *restrict format, ...) {
    va_list from;
    va_start(from, format);
    int length = vsnprintf(to, room, format, from);
    va_end(from);
    return length;
}
