/* SPDX-License-Identifier: MIT
 *
 * bytes.c - the whole input in memory: plain, .xz or .gz, from a file or standard input.
 *
 * The container is told by its first bytes, never by the file's name. Input that is damaged or cut
 * off is an error that names the byte of the container at which the decoder gave up.
 */
#include "feed/feedp.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* A recording larger than this, unpacked, is refused: it would be a decompression bomb. */
#define UNPACKED_MAX ((size_t)4 * 1024 * 1024 * 1024 - 1)
#define FIRST_CAPACITY ((size_t)256 * 1024)

struct buffer {
    char *bytes;
    size_t size;
    size_t capacity;
};

/* Makes room for one more byte at least, and the NUL. */
static int grow(struct buffer *buffer)
{
    size_t capacity = buffer->capacity == 0 ? FIRST_CAPACITY : buffer->capacity * 2;
    char *bytes;

    if (buffer->size < buffer->capacity)
        return 0;
    if (buffer->size >= UNPACKED_MAX)
        return NTCB_ENOMEM;
    if (capacity > UNPACKED_MAX)
        capacity = UNPACKED_MAX;
    bytes = realloc(buffer->bytes, capacity + 1);
    if (bytes == NULL)
        return NTCB_ENOMEM;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return 0;
}

static int finish(struct buffer *buffer, struct ntsim__bytes *out)
{
    int result = grow(buffer);

    if (result != 0)
        return result;
    buffer->bytes[buffer->size] = '\0';
    out->text = buffer->bytes;
    out->size = buffer->size;
    *buffer = (struct buffer){0};
    return 0;
}

static int damaged(struct ntsim_feed_error *error, const char *name, const char *container,
                   bool cut_off, uint64_t offset, size_t unpacked)
{
    ntsim__feed_fail(error, NTCB_EFORMAT, name, 0, 0,
                     cut_off ? "the %s data ends early, at byte %llu (after %zu unpacked bytes)"
                             : "the %s data is damaged at byte %llu (after %zu unpacked bytes)",
                     container, (unsigned long long)offset, unpacked);
    ntsim__feed_advise(error,
                       cut_off ? "Copy or download the file again; `%s -t` checks it."
                               : "Restore the file from its source; `%s -t` checks it.",
                       strcmp(container, "xz") == 0 ? "xz" : "gzip");
    return NTCB_EFORMAT;
}

static int unpack_xz(struct buffer *buffer, const char *name, const uint8_t *raw, size_t size,
                     struct ntsim_feed_error *error)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    int result = 0;
    lzma_ret status = lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED);

    if (status != LZMA_OK)
        return NTCB_ENOMEM;
    stream.next_in = raw;
    stream.avail_in = size;
    while (status == LZMA_OK && result == 0) {
        result = grow(buffer);
        if (result == 0) {
            stream.next_out = (uint8_t *)buffer->bytes + buffer->size;
            stream.avail_out = buffer->capacity - buffer->size;
            status = lzma_code(&stream, LZMA_FINISH);
            buffer->size = buffer->capacity - stream.avail_out;
        }
    }
    if (result == 0 && status == LZMA_MEM_ERROR)
        result = NTCB_ENOMEM;
    else if (result == 0 && status != LZMA_STREAM_END)
        result =
            damaged(error, name, "xz", status == LZMA_BUF_ERROR, stream.total_in, buffer->size);
    lzma_end(&stream);
    return result;
}

/* One member after the other, as gzip itself reads them. */
static int unpack_gz(struct buffer *buffer, const char *name, const uint8_t *raw, size_t size,
                     struct ntsim_feed_error *error)
{
    z_stream stream = {0};
    size_t offset = 0;
    int result = 0;
    int status = Z_STREAM_END;

    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return NTCB_ENOMEM;
    while (result == 0 && (status != Z_STREAM_END || offset < size)) {
        size_t room, left = size - offset;

        if (status == Z_STREAM_END && offset > 0)
            inflateReset(&stream);
        result = grow(buffer);
        if (result != 0)
            break;
        room = buffer->capacity - buffer->size;
        /* zlib counts in unsigned int. */
        stream.next_in = (Bytef *)(uintptr_t)(raw + offset);
        stream.avail_in = left > UINT32_MAX ? UINT32_MAX : (uInt)left;
        stream.next_out = (Bytef *)buffer->bytes + buffer->size;
        stream.avail_out = room > UINT32_MAX ? UINT32_MAX : (uInt)room;
        status = inflate(&stream, Z_NO_FLUSH);
        offset = (size_t)(stream.next_in - raw);
        buffer->size = (size_t)((char *)stream.next_out - buffer->bytes);
        if (status == Z_MEM_ERROR)
            result = NTCB_ENOMEM;
        else if (status != Z_OK && status != Z_STREAM_END)
            result = damaged(error, name, "gzip", status == Z_BUF_ERROR, offset, buffer->size);
    }
    inflateEnd(&stream);
    return result;
}

static int unpack_plain(struct buffer *buffer, const char *name, const uint8_t *raw, size_t size,
                        struct ntsim_feed_error *error)
{
    (void)name;
    (void)error;
    if (size > UNPACKED_MAX)
        return NTCB_ENOMEM;
    buffer->bytes = malloc(size + 1);
    if (buffer->bytes == NULL)
        return NTCB_ENOMEM;
    buffer->capacity = size + 1;
    buffer->size = size;
    if (size > 0)
        memcpy(buffer->bytes, raw, size);
    return 0;
}

static const struct container {
    const char *magic;
    size_t magic_bytes;
    int (*unpack)(struct buffer *buffer, const char *name, const uint8_t *raw, size_t size,
                  struct ntsim_feed_error *error);
} containers[] = {
    {"\xFD"
     "7zXZ\0",
     6, unpack_xz},
    {"\x1F\x8B", 2, unpack_gz},
    {"", 0, unpack_plain},
};

static int out_of_memory(struct ntsim_feed_error *error, const char *name)
{
    ntsim__feed_fail(error, NTCB_ENOMEM, name, 0, 0, "no memory for the unpacked input");
    ntsim__feed_advise(error, "Split the recording; one of 4 GB or more is never read.");
    return NTCB_ENOMEM;
}

/* Out of its container, and otherwise as it is. */
static int unpack(struct ntsim__bytes *out, const char *name, const void *raw, size_t size,
                  struct ntsim_feed_error *error)
{
    const struct container *container = containers;
    struct buffer buffer = {0};
    int result;

    *out = (struct ntsim__bytes){0};
    while (size < container->magic_bytes ||
           memcmp(raw, container->magic, container->magic_bytes) != 0)
        container++;
    result = container->unpack(&buffer, name, raw, size, error);
    if (result == 0)
        result = finish(&buffer, out);
    if (result == NTCB_ENOMEM)
        out_of_memory(error, name);
    free(buffer.bytes);
    return result;
}

int ntsim__bytes_unpack(struct ntsim__bytes *out, const char *name, const void *raw, size_t size,
                        struct ntsim_feed_error *error)
{
    int result = unpack(out, name, raw, size, error);

    if (result == 0) {
        result = ntsim__bytes_to_utf8(out);
        if (result == NTCB_ENOMEM)
            out_of_memory(error, name);
    }
    if (result != 0)
        ntsim__bytes_free(out);
    return result;
}

static int read_all(FILE *file, struct buffer *buffer)
{
    int result = 0;

    while (result == 0 && !feof(file) && !ferror(file)) {
        result = grow(buffer);
        if (result == 0)
            buffer->size +=
                fread(buffer->bytes + buffer->size, 1, buffer->capacity - buffer->size, file);
    }
    if (result == 0 && ferror(file))
        result = NTCB_EIO;
    return result;
}

/* The whole file, through `unpacker`. */
static int read_through(int (*unpacker)(struct ntsim__bytes *out, const char *name, const void *raw,
                                        size_t size, struct ntsim_feed_error *error),
                        struct ntsim__bytes *out, const char *path, struct ntsim_feed_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    struct buffer raw = {0};
    int result;

    *out = (struct ntsim__bytes){0};
    if (file == NULL) {
        result = errno == ENOENT ? NTCB_ENOENT : NTCB_EIO;
        ntsim__feed_fail(error, result, path, 0, 0, "cannot open it: %s", strerror(errno));
        /* Some hosts do not open a folder, others do not read it. */
        ntsim__feed_advise(error,
                           result == NTCB_ENOENT
                               ? "Check the path; \"-\" reads standard input."
                               : "Name a file that you may read; a folder is not a recording.");
        return result;
    }
    errno = 0;
    result = read_all(file, &raw);
    if (result == NTCB_EIO) {
        ntsim__feed_fail(error, result, path, 0, 0, "cannot read it: %s", strerror(errno));
        ntsim__feed_advise(error, "Name a file; a folder is not a recording.");
    } else if (result != 0) {
        out_of_memory(error, path);
    } else {
        result = unpacker(out, path, raw.size > 0 ? raw.bytes : "", raw.size, error);
    }
    free(raw.bytes);
    if (!standard_input)
        fclose(file);
    return result;
}

int ntsim__bytes_read(struct ntsim__bytes *out, const char *path, struct ntsim_feed_error *error)
{
    return read_through(ntsim__bytes_unpack, out, path, error);
}

int ntsim__bytes_read_raw(struct ntsim__bytes *out, const char *path,
                          struct ntsim_feed_error *error)
{
    return read_through(unpack, out, path, error);
}

void ntsim__bytes_free(struct ntsim__bytes *bytes)
{
    free(bytes->text);
    *bytes = (struct ntsim__bytes){0};
}
