// Counts the heap of a process: preloaded, it keeps three numbers in a shared file: calls of malloc and its kin, live bytes that
// OpenSSL's libcrypto and libssl asked for, and live bytes of everybody else (as malloc rounds them). Read before and after a load they
// give allocations a request and bytes a connection. Not a profiler: beyond that it knows no callers.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct numbers {
  _Atomic int64_t calls;
  _Atomic int64_t live_tls;
  _Atomic int64_t live;
};

static struct numbers unmapped;
static struct numbers* numbers = &unmapped;

// Where OpenSSL's code stands. What it allocates it also frees: CRYPTO_malloc and CRYPTO_free. A program that gives it memory functions
// of its own gets them called from here, so that what they ask for is still OpenSSL's.
static uintptr_t tls_code[4][2];
static int tls_parts;

static void* (*real_malloc)(size_t);
static void* (*real_calloc)(size_t, size_t);
static void* (*real_realloc)(void*, size_t);
static void* (*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void**, size_t, size_t);
static void (*real_free)(void*);

// dlsym itself may allocate before the real functions are known.
static char early[65536];
static size_t early_used;

static void* early_allocation(size_t size) {
  const size_t start = (early_used + 15) & ~(size_t)15;
  if (start + size > sizeof early) abort();
  early_used = start + size;
  return early + start;
}

static int is_early(const void* block) { return (const char*)block >= early && (const char*)block < early + sizeof early; }

static int note_tls(struct dl_phdr_info* object, size_t size, void* unused) {
  (void)size;
  (void)unused;
  if (strstr(object->dlpi_name, "libcrypto") == NULL && strstr(object->dlpi_name, "libssl") == NULL) return 0;
  for (int i = 0; i < object->dlpi_phnum && tls_parts < 4; ++i) {
    const ElfW(Phdr)* part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
    tls_code[tls_parts][0] = object->dlpi_addr + part->p_vaddr;
    tls_code[tls_parts][1] = object->dlpi_addr + part->p_vaddr + part->p_memsz;
    ++tls_parts;
  }
  return 0;
}

// Libraries allocate before constructors of ours run, so whoever comes first calls this.
__attribute__((constructor)) static void start(void) {
  static int started;
  if (started) return;
  started = 1;
  real_malloc = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
  real_calloc = (void* (*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
  real_realloc = (void* (*)(void*, size_t))dlsym(RTLD_NEXT, "realloc");
  real_aligned_alloc = (void* (*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
  real_posix_memalign = (int (*)(void**, size_t, size_t))dlsym(RTLD_NEXT, "posix_memalign");
  real_free = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  dl_iterate_phdr(note_tls, NULL);
  const char* path = getenv("COUNT_ALLOCATIONS");
  const int file = path == NULL ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(struct numbers)) != 0) return;
  void* place = mmap(NULL, sizeof(struct numbers), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (place != MAP_FAILED) numbers = (struct numbers*)place;
  close(file);
}

static int is_tls(const void* caller) {
  for (int i = 0; i < tls_parts; ++i) {
    if ((uintptr_t)caller >= tls_code[i][0] && (uintptr_t)caller < tls_code[i][1]) return 1;
  }
  return 0;
}

static _Thread_local int for_tls;
static void* (*program_malloc)(size_t, const char*, int);
static void* (*program_realloc)(void*, size_t, const char*, int);
static void (*program_free)(void*, const char*, int);

static void* malloc_for_tls(size_t size, const char* file, int line) {
  for_tls = 1;
  void* block = program_malloc(size, file, line);
  for_tls = 0;
  return block;
}

static void* realloc_for_tls(void* block, size_t size, const char* file, int line) {
  for_tls = 1;
  void* fresh = program_realloc(block, size, file, line);
  for_tls = 0;
  return fresh;
}

static void free_for_tls(void* block, const char* file, int line) {
  for_tls = 1;
  program_free(block, file, line);
  for_tls = 0;
}

int CRYPTO_set_mem_functions(void* (*take)(size_t, const char*, int), void* (*resize)(void*, size_t, const char*, int), void (*give)(void*, const char*, int)) {
  int (*real)(void*, void*, void*) = (int (*)(void*, void*, void*))dlsym(RTLD_NEXT, "CRYPTO_set_mem_functions");
  program_malloc = take;
  program_realloc = resize;
  program_free = give;
  return real((void*)malloc_for_tls, (void*)realloc_for_tls, (void*)free_for_tls);
}

static void live(const void* caller, int64_t bytes) {
  atomic_fetch_add_explicit(for_tls || is_tls(caller) ? &numbers->live_tls : &numbers->live, bytes, memory_order_relaxed);
}

static void* counted(void* block, const void* caller) {
  atomic_fetch_add_explicit(&numbers->calls, 1, memory_order_relaxed);
  if (block != NULL) live(caller, (int64_t)malloc_usable_size(block));
  return block;
}

void* malloc(size_t size) {
  if (real_malloc == NULL) start();
  if (real_malloc == NULL) return early_allocation(size);
  return counted(real_malloc(size), __builtin_return_address(0));
}

void* calloc(size_t members, size_t size) {
  if (real_calloc == NULL) start();
  if (real_calloc == NULL) return early_allocation(members * size);
  return counted(real_calloc(members, size), __builtin_return_address(0));
}

void* realloc(void* block, size_t size) {
  const void* caller = __builtin_return_address(0);
  if (real_realloc == NULL || is_early(block)) {
    void* fresh = malloc(size);
    // What an early block held may end before `size`; the array behind it is readable.
    if (fresh != NULL && block != NULL) memcpy(fresh, block, size);
    return fresh;
  }
  const int64_t before = block == NULL ? 0 : (int64_t)malloc_usable_size(block);
  void* fresh = real_realloc(block, size);
  if (fresh != NULL || size == 0) live(caller, -before);
  return counted(fresh, caller);
}

void* aligned_alloc(size_t alignment, size_t size) {
  if (real_aligned_alloc == NULL) start();
  return counted(real_aligned_alloc(alignment, size), __builtin_return_address(0));
}

int posix_memalign(void** block, size_t alignment, size_t size) {
  if (real_posix_memalign == NULL) start();
  const int error = real_posix_memalign(block, alignment, size);
  if (error == 0) counted(*block, __builtin_return_address(0));
  return error;
}

void free(void* block) {
  if (block == NULL || is_early(block)) return;
  if (real_free == NULL) start();
  live(__builtin_return_address(0), -(int64_t)malloc_usable_size(block));
  real_free(block);
}
