#ifndef NOTIFY_CLINUX_SHIM_H
#define NOTIFY_CLINUX_SHIM_H

// Swift's Glibc module leaves these headers out.
#include <malloc.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// Names the calling thread; 15 bytes are kept. prctl is variadic, which Swift cannot call; Glibc leaves
// pthread_setname_np out.
static inline void thread_set_name(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// One store, after all that were made before it: whoever reads the memory later sees all of it or nothing.
static inline void journal_store(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

#endif
