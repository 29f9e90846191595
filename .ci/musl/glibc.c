// What Debian's libstdc++, libgcc_s and libssl ask of glibc and musl does not have, for running .NET's musl build on Debian.
// Built as a library by the name of glibc's loader, which these libraries need. For tests alone: Alpine has its own ones.
#define _GNU_SOURCE
#define _dl_find_object _dl_find_object_of_the_header
#include <link.h>
#undef _dl_find_object
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// A process that says it has one thread would skip the locks of libstdc++.
char __libc_single_threaded = 0;

// No processor features: libgcc chooses its plain code.
struct { unsigned vendor, type, subtype, features[8]; } __cpu_model;
int __cpu_indicator_init(void) { return 0; }

// Only seeds a hash; not for secrets.
uint32_t arc4random(void)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

// musl has one locale.
size_t strftime_l(char *, size_t, const char *, const struct tm *, locale_t);
size_t __strftime_l(char *to, size_t size, const char *format, const struct tm *time, locale_t locale)
{
    return strftime_l(to, size, format, time, locale);
}

// Destructors of thread locals: not run, the process ends without them.
int __cxa_thread_atexit_impl(void (*function)(void *), void *object, void *library)
{
    (void)function, (void)object, (void)library;
    return 0;
}

// The unwinder's question: which object holds this address, and where are its tables. Layout as of glibc 2.35.
struct object { unsigned long long flags; void *start, *end; struct link_map *map; void *tables; unsigned long long reserved[7]; };
struct search { uintptr_t address; struct object *found; int done; };

static int look(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct search *search = argument;
    uintptr_t start = UINTPTR_MAX, end = 0;
    void *tables = NULL;
    int inside = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_GNU_EH_FRAME)
            tables = (void *)at;
        if (part->p_type != PT_LOAD)
            continue;
        start = at < start ? at : start;
        end = at + part->p_memsz > end ? at + part->p_memsz : end;
        inside |= search->address >= at && search->address < at + part->p_memsz;
    }
    if (!inside || tables == NULL)
        return 0;
    *search->found = (struct object){ .start = (void *)start, .end = (void *)end, .tables = tables };
    return search->done = 1;
}

int _dl_find_object(void *address, struct object *found)
{
    struct search search = { (uintptr_t)address, found, 0 };
    dl_iterate_phdr(look, &search);
    return search.done ? 0 : -1;
}

// Coroutines of libcrypto, which nobody here uses.
int getcontext(void *context) { (void)context; return -1; }
int setcontext(const void *context) { (void)context; return -1; }
void makecontext(void *context, void (*function)(void), int count, ...) { (void)context, (void)function, (void)count; }

// The checked variants that -D_FORTIFY_SOURCE compiles calls into.
long __fdelt_chk(long descriptor) { return descriptor / 64; }
void *__memcpy_chk(void *to, const void *from, size_t size, size_t room) { (void)room; return memcpy(to, from, size); }
void *__memset_chk(void *to, int value, size_t size, size_t room) { (void)room; return memset(to, value, size); }
char *__strcat_chk(char *to, const char *from, size_t room) { (void)room; return strcat(to, from); }
void __syslog_chk(int priority, int flag, const char *format, ...) { (void)priority, (void)flag, (void)format; }

int __vfprintf_chk(FILE *file, int flag, const char *format, va_list values)
{
    (void)flag;
    return vfprintf(file, format, values);
}

int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    va_list values;
    (void)flag;
    va_start(values, format);
    int written = vfprintf(file, format, values);
    va_end(values);
    return written;
}

int __sprintf_chk(char *to, int flag, size_t room, const char *format, ...)
{
    va_list values;
    (void)flag;
    va_start(values, format);
    int written = vsnprintf(to, room, format, values);
    va_end(values);
    return written;
}
