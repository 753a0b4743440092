/* SPDX-License-Identifier: MIT
 *
 * hive_shared_test.c - hive files that are small and would make large trees: cells that many keys
 * list are refused, before there is no memory left.
 */
#include "hive_kit.h"

#include <ntsim/image.h>
#include <ntsim/registry.h>

#define ROOT "\\REGISTRY\\MACHINE\\Shared"
#define BASE_BLOCK 4096u
#define FIRST_CELL 32u
#define KEYS 10u
#define DATA_BYTES 8000u
#define BIN_BYTES 0x8000u

/* A hive file under construction; offsets are those that cells hold. */
struct file {
    unsigned char bytes[BASE_BLOCK + BIN_BYTES];
    uint32_t end;
};

static void put16(struct file *file, uint32_t offset, unsigned value)
{
    memcpy(file->bytes + BASE_BLOCK + offset, &(uint16_t){(uint16_t)value}, 2);
}

static void put32(struct file *file, uint32_t offset, uint32_t value)
{
    memcpy(file->bytes + BASE_BLOCK + offset, &value, 4);
}

static uint32_t add_cell(struct file *file, uint32_t bytes, const char *tag)
{
    uint32_t offset = file->end;
    uint32_t size = (4 + bytes + 7) / 8 * 8;

    put32(file, offset, 0u - size);
    memcpy(file->bytes + BASE_BLOCK + offset + 4, tag, strlen(tag));
    file->end += size;
    return offset;
}

/* A key of one letter, without subkeys and values. */
static uint32_t add_key(struct file *file, unsigned flags, char name)
{
    uint32_t cell = add_cell(file, 77, "nk");

    put16(file, cell + 6, flags);
    put32(file, cell + 32, 0xFFFFFFFF);
    put32(file, cell + 36, 0xFFFFFFFF);
    put32(file, cell + 44, 0xFFFFFFFF);
    put32(file, cell + 48, 0xFFFFFFFF);
    put32(file, cell + 52, 0xFFFFFFFF);
    put16(file, cell + 76, 1);
    file->bytes[BASE_BLOCK + cell + 80] = (unsigned char)name;
    return cell;
}

static uint32_t add_value(struct file *file)
{
    uint32_t data = add_cell(file, DATA_BYTES, "");
    uint32_t cell = add_cell(file, 20, "vk");
    uint32_t list = add_cell(file, 4, "");

    put32(file, cell + 8, DATA_BYTES);
    put32(file, cell + 12, data);
    put32(file, cell + 16, REG_BINARY);
    put32(file, list + 4, cell);
    return list;
}

/* The first `keys` subkeys of the root, of which `owners` list the one value that there is. */
static struct file *make_file(unsigned keys, unsigned owners)
{
    struct file *file = calloc(1, sizeof(*file));
    uint32_t root, list, subkeys, sum = 0, word;

    file->end = FIRST_CELL;
    root = add_key(file, 0x2C, 'r');
    list = add_value(file);
    subkeys = add_cell(file, 4 + 8 * keys, "lh");
    put16(file, subkeys + 6, keys);
    for (unsigned index = 0; index < keys; ++index) {
        uint32_t key = add_key(file, 0x20, (char)('0' + index));

        put32(file, subkeys + 8 + 8 * index, key);
        put32(file, key + 40, index < owners);
        put32(file, key + 44, list);
    }
    put32(file, root + 24, keys);
    put32(file, root + 32, subkeys);
    put32(file, file->end, BIN_BYTES - file->end);
    memcpy(file->bytes + BASE_BLOCK, "hbin", 4);
    put32(file, 8, BIN_BYTES);
    memcpy(file->bytes, "regf\1\0\0\0\1", 9);
    file->bytes[20] = file->bytes[32] = file->bytes[44] = 1;
    file->bytes[24] = 5;
    memcpy(file->bytes + 36, &(uint32_t){FIRST_CELL}, 4);
    memcpy(file->bytes + 40, &(uint32_t){BIN_BYTES}, 4);
    for (unsigned at = 0; at < 508; at += 4) {
        memcpy(&word, file->bytes + at, 4);
        sum ^= word;
    }
    memcpy(file->bytes + 508, &sum, 4);
    return file;
}

static int load(unsigned keys, unsigned owners)
{
    const char *path = hive_scratch("shared.hiv");
    struct file *file = make_file(keys, owners);
    FILE *out = fopen(path, "wb");
    int error;

    EXPECT_TRUE(out != NULL);
    EXPECT_EQ(fwrite(file->bytes, sizeof(file->bytes), 1, out), 1);
    EXPECT_EQ(fclose(out), 0);
    free(file);
    error = ntsim_registry_load_hive(sim, ROOT, path);
    unlink(path);
    return error;
}

static void a_value_has_one_key(void **state)
{
    (void)state;
    EXPECT_EQ(load(KEYS, 1), NTCB_OK);
    EXPECT_EQ(hive_tree_at(u"\\REGISTRY\\MACHINE\\Shared").data_bytes, DATA_BYTES);
    EXPECT_EQ(ntsim_registry_remove(sim, ROOT), NTCB_OK);
}

static void a_value_of_many_keys_is_refused(void **state)
{
    (void)state;
    EXPECT_EQ(load(KEYS, KEYS), NTCB_EFORMAT);
    EXPECT_TRUE(strstr(ntsim_last_error(sim), "damaged") != NULL);
    EXPECT_FALSE(ntsim_registry_exists(sim, ROOT));
}

static const struct ntcb_test tests[] = {
    {"cm.hive.a_value_has_one_key", "", a_value_has_one_key, start, stop},
    {"cm.hive.a_value_of_many_keys_is_refused", "", a_value_of_many_keys_is_refused, start, stop},
};

NTCB_TEST_MAIN("library", tests)
