/* SPDX-License-Identifier: MIT
 *
 * reftree.h - the registry once more, too simple to be wrong: an oracle for the simulated one.
 *
 * Role        Every service the tests call is called here too, and statuses and outputs must agree.
 *             What a service does is taken from the rules (REG-...), which the code cites; where
 *             they leave a choice open, the answer names the second status that is right as well.
 * State       One array of children and one of values per key, searched from the front. Below
 *             \REGISTRY only the keys that were put there are known: names must stay below them.
 * Locks       tree->mutex around every function. Keys live as long as somebody counts them: the
 *             tree, and each handle.
 */
#ifndef TESTS_SUPPORT_REFTREE_H
#define TESTS_SUPPORT_REFTREE_H

#include <ntcallback/ddk/ntifs.h>
#include <ntcallback/ddk/ntregapi.h>

#include <pthread.h>
#include <stdbool.h>

struct ref_value {
    UNICODE_STRING name;
    ULONG type;
    ULONG bytes;
    UCHAR *data;
};

/* What is known of a time that only the other registry has (REG-NS-09, -10). */
enum ref_time {
    REF_TIME_ANY,     /* nothing */
    REF_TIME_SAME,    /* it is as it was */
    REF_TIME_CHANGED, /* it is not as it was */
};

struct ref_key {
    unsigned references;
    bool deleted;
    bool is_volatile;
    bool is_link;
    struct ref_key *parent;
    UNICODE_STRING name;
    UNICODE_STRING class_name;
    struct ref_key **children; /* stable ones by name, then volatile ones by name (REG-EK-02) */
    ULONG child_count;
    struct ref_value **values; /* in order of creation (REG-SET-08) */
    ULONG value_count;
    ULONG max_name; /* marks, in bytes */
    ULONG max_class;
    ULONG max_value_name;
    ULONG max_value_data;
    ULONG wow64_flags;
    ULONG control_flags;
    ULONG virtualization;
    enum ref_time time_is;
    LONGLONG time;
};

struct ref_handle {
    struct ref_key *key;
    ACCESS_MASK access;
    ULONG tags;
};

struct ref_tree {
    pthread_mutex_t mutex;
    struct ref_key *root; /* \REGISTRY */
};

/* What a service must return. */
struct ref_result {
    NTSTATUS status;
    NTSTATUS also;         /* right as well; equal to status where there is no choice */
    ULONG pairs;           /* of notifications, pre and post */
    struct ref_key *timed; /* the output begins with its LastWriteTime, left 0 here; or NULL */
};

/* The arguments of create and open that the oracle looks at. */
struct ref_open {
    bool create;
    KPROCESSOR_MODE mode;
    const struct ref_handle *root; /* NULL: none */
    bool bad_root;                 /* a handle that is not open was given as root */
    UNICODE_STRING name;
    ULONG attributes;
    ACCESS_MASK access;
    ULONG options;
    UNICODE_STRING class_name;
};

/* A query's answer: bytes are written as far as the rules say, and not beyond. */
struct ref_buffer {
    UCHAR *bytes;
    ULONG length;
    ULONG needed; /* the ResultLength; untouched where the service leaves it alone */
};

/* ---- reftree.c ---- */
struct ref_tree *ref_create_tree(void);
void ref_destroy_tree(struct ref_tree *tree);
/* The key below parent (NULL: the root), made if it is missing; for what exists from the start. */
struct ref_key *ref_put_key(struct ref_tree *tree, struct ref_key *parent, const WCHAR *name);
/* The key and all below it go at once, as a harness can have it; handles find them deleted. */
void ref_remove_key(struct ref_tree *tree, struct ref_key *key);

void *ref_allocate(size_t bytes); /* never NULL: the test ends without memory */
UNICODE_STRING ref_copy_text(UNICODE_STRING text);
int ref_compare_text(UNICODE_STRING left, UNICODE_STRING right); /* REG-NS-02 */
struct ref_key *ref_child(const struct ref_key *key, UNICODE_STRING name);
struct ref_value *ref_find_value(const struct ref_key *key, UNICODE_STRING name, ULONG *index);
struct ref_key *ref_add_child(struct ref_key *parent, UNICODE_STRING name,
                              UNICODE_STRING class_name, bool is_volatile, bool is_link);
void ref_insert_child(struct ref_key *parent, struct ref_key *key);
void ref_take_out_child(struct ref_key *parent, const struct ref_key *key);
void ref_release_key(struct ref_key *key);
void ref_touch(struct ref_key *key);
/* Does that time agree with what is known of the key's? Known from then on. */
bool ref_check_time(struct ref_tree *tree, struct ref_key *key, LONGLONG time);

/* ---- refopen.c ---- */
/* *handle: NULL on failure; close it with ref_close. disposition may be NULL. */
struct ref_result ref_open(struct ref_tree *tree, const struct ref_open *open,
                           struct ref_handle **handle, ULONG *disposition);
void ref_close(struct ref_tree *tree, struct ref_handle *handle);

/* ---- refservice.c; handle NULL: one that is not open. name NULL: no pointer ---- */
struct ref_result ref_delete_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                 struct ref_handle *handle);
struct ref_result ref_flush_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                struct ref_handle *handle);
struct ref_result ref_rename_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                 struct ref_handle *handle, const UNICODE_STRING *name);
struct ref_result ref_set_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                struct ref_handle *handle, const UNICODE_STRING *name, ULONG type,
                                const void *data, ULONG bytes);
struct ref_result ref_delete_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                   struct ref_handle *handle, const UNICODE_STRING *name);
struct ref_result ref_set_information(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                      struct ref_handle *handle, ULONG information_class,
                                      const void *data, ULONG bytes);
/* The checks that most services begin with: SUCCESS, INVALID_HANDLE, ACCESS_DENIED. */
NTSTATUS ref_check_handle(KPROCESSOR_MODE mode, const struct ref_handle *handle,
                          ACCESS_MASK access);
/* A value's name as services use it (REG-SET-02, -03, REG-DLV-01). */
NTSTATUS ref_value_name(KPROCESSOR_MODE mode, const UNICODE_STRING *given, bool limited,
                        UNICODE_STRING *used);
struct ref_result ref_silent(NTSTATUS status); /* before any notification */
struct ref_result ref_heard(NTSTATUS status);  /* behind a pair of them */

/* ---- refquery.c ---- */
struct ref_result ref_query_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                struct ref_handle *handle, ULONG information_class,
                                struct ref_buffer *buffer);
struct ref_result ref_enumerate_key(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                    struct ref_handle *handle, ULONG index, ULONG information_class,
                                    struct ref_buffer *buffer);
struct ref_result ref_query_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                  struct ref_handle *handle, const UNICODE_STRING *name,
                                  ULONG information_class, struct ref_buffer *buffer);
struct ref_result ref_enumerate_value(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                      struct ref_handle *handle, ULONG index,
                                      ULONG information_class, struct ref_buffer *buffer);
/* Entries get type, length and offset; buffer->length is BufferLength, in and out. */
struct ref_result ref_query_values(struct ref_tree *tree, KPROCESSOR_MODE mode,
                                   struct ref_handle *handle, PKEY_VALUE_ENTRY entries, ULONG count,
                                   struct ref_buffer *buffer);

/* ---- refcompare.c ---- */
/* Is the key at handle, with all below it, the same in the simulated registry? Names, classes,
 * types, bytes, order, counts, marks, times. Prints the first difference to stderr. The calling
 * thread is in the simulated kernel. */
bool ref_compare(struct ref_tree *tree, struct ref_key *key, HANDLE handle);

#endif
