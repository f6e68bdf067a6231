#ifndef NOTIFY_CLIBPQ_SHIM_H
#define NOTIFY_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// Swift cannot see macros that are character literals.
enum {
    PQ_FIELD_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED,
    PQ_FIELD_SQLSTATE = PG_DIAG_SQLSTATE,
    PQ_FIELD_MESSAGE = PG_DIAG_MESSAGE_PRIMARY,
    PQ_FIELD_DETAIL = PG_DIAG_MESSAGE_DETAIL,
    PQ_FIELD_HINT = PG_DIAG_MESSAGE_HINT,
    PQ_FIELD_CONTEXT = PG_DIAG_CONTEXT,
    PQ_FIELD_SCHEMA = PG_DIAG_SCHEMA_NAME,
    PQ_FIELD_TABLE = PG_DIAG_TABLE_NAME,
    PQ_FIELD_COLUMN = PG_DIAG_COLUMN_NAME,
    PQ_FIELD_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME,
    PQ_FIELD_ROUTINE = PG_DIAG_SOURCE_FUNCTION
};

// prctl is variadic, which Swift cannot call; Swift's Glibc leaves pthread_setname_np out.
static inline void thread_set_name(const char *name) {
    prctl(PR_SET_NAME, name);
}

#endif
