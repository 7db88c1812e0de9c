// SPDX-License-Identifier: BSD-2-Clause
#include "base/name.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 63

static inline uint8_t lower(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

/* What name_from_text builds: labels behind each other, the current one open at `label`. */
struct builder {
    uint8_t *out;
    size_t used;  /* bytes written, the open label's length byte included */
    size_t label; /* where the open label's length byte is */
    const char *error;
};

static void open_label(struct builder *b)
{
    b->label = b->used;
    b->out[b->used++] = 0;
}

static bool put_byte(struct builder *b, uint8_t byte)
{
    if (b->used - b->label > LABEL_MAX)
        b->error = "label is longer than 63 bytes";
    else if (b->used + 1 >= NAME_MAX_LEN)
        b->error = "name is longer than 255 bytes";
    if (b->error != NULL)
        return false;
    b->out[b->used++] = byte;
    return true;
}

static bool close_label(struct builder *b)
{
    size_t length = b->used - b->label - 1;
    if (length == 0) {
        b->error = "empty label";
        return false;
    }
    b->out[b->label] = (uint8_t)length;
    return true;
}

/* After a backslash: three decimal digits, or any other byte for itself (RFC 1035 section 5.1).
 * Returns the bytes used. */
static size_t take_escape(struct builder *b, const char *text, size_t left)
{
    static const char bad[] = "bad escape: \\ needs a character or three digits up to 255";
    if (left == 0) {
        b->error = bad;
        return 0;
    }
    if (text[0] < '0' || text[0] > '9')
        return put_byte(b, (uint8_t)text[0]) ? 1 : 0;
    unsigned value = 0;
    for (size_t i = 0; i < 3; i++) {
        if (i >= left || text[i] < '0' || text[i] > '9') {
            b->error = bad;
            return 0;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value > 255) {
        b->error = bad;
        return 0;
    }
    return put_byte(b, (uint8_t)value) ? 3 : 0;
}

/* Appends the origin, or the root label, behind the labels read. */
static size_t finish(struct builder *b, const uint8_t *origin)
{
    static const uint8_t root[1] = { 0 };
    const uint8_t *rest = origin == NULL ? root : origin;
    size_t length = name_length(rest);
    if (b->used + length > NAME_MAX_LEN) {
        b->error = "name is longer than 255 bytes";
        return 0;
    }
    memcpy(b->out + b->used, rest, length);
    return b->used + length;
}

/* Reads labels up to the end; true when the text ended in a dot, the name being absolute then. */
static bool take_labels(struct builder *b, const char *text, size_t length)
{
    bool dot = false;
    open_label(b);
    for (size_t i = 0; i < length && b->error == NULL;) {
        dot = false;
        if (text[i] == '\\') {
            i += 1 + take_escape(b, text + i + 1, length - i - 1);
        } else if (text[i] != '.') {
            (void)put_byte(b, (uint8_t)text[i++]); /* sets error */
        } else if (close_label(b)) {
            dot = true;
            i++;
            open_label(b); /* fits: put_byte keeps one byte free */
        }
    }
    if (b->error != NULL)
        return false;
    if (dot)
        b->used--; /* the label opened behind the final dot */
    else
        (void)close_label(b); /* sets error */
    return dot;
}

size_t name_from_text(const char *text, size_t length, const uint8_t *origin, uint8_t *out,
                      const char **error)
{
    struct builder b = { .out = out };
    size_t result = 0;
    if (length == 1 && text[0] == '@' && origin != NULL) {
        result = finish(&b, origin);
    } else if (length == 1 && text[0] == '.') {
        result = finish(&b, NULL);
    } else if (length == 0) {
        b.error = "empty name";
    } else {
        bool absolute = take_labels(&b, text, length);
        if (b.error == NULL)
            result = finish(&b, absolute ? NULL : origin);
    }
    *error = b.error;
    return result;
}

static size_t print_byte(uint8_t byte, char *out)
{
    if (byte <= 0x20 || byte >= 0x7f) {
        out[0] = '\\';
        out[1] = (char)('0' + byte / 100);
        out[2] = (char)('0' + byte / 10 % 10);
        out[3] = (char)('0' + byte % 10);
        return 4;
    }
    size_t used = 0;
    if (strchr(".\"\\();@$", byte) != NULL)
        out[used++] = '\\';
    out[used++] = (char)byte;
    return used;
}

size_t name_to_text(const uint8_t *name, char *out)
{
    size_t used = 0;
    if (*name == 0)
        out[used++] = '.';
    for (; *name != 0; name += 1 + *name) {
        for (unsigned i = 1; i <= *name; i++)
            used += print_byte(name[i], out + used);
        out[used++] = '.';
    }
    out[used] = '\0';
    return used;
}

size_t name_length(const uint8_t *name)
{
    const uint8_t *at = name;
    while (*at != 0)
        at += 1 + *at;
    return (size_t)(at - name) + 1;
}

unsigned name_labels(const uint8_t *name)
{
    unsigned count = 0;
    for (; *name != 0; name += 1 + *name)
        count++;
    return count;
}

const uint8_t *name_skip(const uint8_t *name, unsigned count)
{
    for (; count > 0; count--)
        name += 1 + *name;
    return name;
}

/* A length byte is at most 63, below 'A': whole names can be folded and compared without looking at
 * labels. */
void name_lower(const uint8_t *name, uint8_t *out)
{
    size_t length = name_length(name);
    for (size_t i = 0; i < length; i++)
        out[i] = lower(name[i]);
}

bool name_equal(const uint8_t *a, const uint8_t *b)
{
    size_t length = name_length(a);
    for (size_t i = 0; i < length; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

bool name_is_under(const uint8_t *name, const uint8_t *ancestor)
{
    unsigned have = name_labels(name);
    unsigned need = name_labels(ancestor);
    return have >= need && name_equal(name_skip(name, have - need), ancestor);
}

/* Bytes in lower case as unsigned, the shorter first. */
static int compare_labels(const uint8_t *a, const uint8_t *b)
{
    unsigned shorter = *a < *b ? *a : *b;
    for (unsigned i = 1; i <= shorter; i++) {
        int difference = lower(a[i]) - lower(b[i]);
        if (difference != 0)
            return difference;
    }
    return *a - *b;
}

/* Fills starts[0..n) with the offsets of the labels, the leftmost first; returns n. */
static unsigned label_starts(const uint8_t *name, uint8_t *starts)
{
    unsigned count = 0;
    for (const uint8_t *at = name; *at != 0; at += 1 + *at)
        starts[count++] = (uint8_t)(at - name);
    return count;
}

int name_compare(const uint8_t *a, const uint8_t *b)
{
    uint8_t starts_a[NAME_MAX_LABELS];
    uint8_t starts_b[NAME_MAX_LABELS];
    unsigned left_a = label_starts(a, starts_a);
    unsigned left_b = label_starts(b, starts_b);
    while (left_a > 0 && left_b > 0) {
        int difference = compare_labels(a + starts_a[--left_a], b + starts_b[--left_b]);
        if (difference != 0)
            return difference;
    }
    return (int)left_a - (int)left_b;
}

bool name_is_wildcard(const uint8_t *name)
{
    return name[0] == 1 && name[1] == '*';
}

size_t name_check(const uint8_t *bytes, size_t size)
{
    size_t limit = size < NAME_MAX_LEN ? size : NAME_MAX_LEN;
    for (size_t at = 0; at < limit; at += 1U + bytes[at]) {
        if (bytes[at] == 0)
            return at + 1;
        if (bytes[at] > LABEL_MAX)
            return 0;
    }
    return 0;
}

/* The hash is wyhash's core: 64x64->128 bit multiplication, both halves used. Byte order does not
 * matter, hashes are never stored. */
#define KEY_A UINT64_C(0xa0761d6478bd642f)
#define KEY_B UINT64_C(0xe7037ed1a0b428db)
#define KEY_C UINT64_C(0x8ebc6af09c88c6e3)
#define KEY_D UINT64_C(0x589965cc75374cc3)

__extension__ typedef unsigned __int128 uint128;

static inline uint64_t load64(const uint8_t *p)
{
    uint64_t value = 0;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline uint64_t load32(const uint8_t *p)
{
    uint32_t value = 0;
    memcpy(&value, p, sizeof(value));
    return value;
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t name_hash_label(uint64_t parent, const uint8_t *label)
{
    size_t size = (size_t)*label + 1; /* the length byte is hashed too */
    uint64_t hash = parent;
    uint64_t tail = 0;
    if (size >= 8) {
        /* The last word overlaps the one before, so that no byte behind the label is read. */
        for (size_t i = 0; i + 8 < size; i += 8)
            hash = fold(load64(label + i) ^ KEY_A, hash ^ KEY_B);
        tail = load64(label + size - 8);
    } else if (size >= 4) {
        tail = load32(label) << 32 | load32(label + size - 4);
    } else {
        tail = (uint64_t)label[0] << 16 | (uint64_t)label[size >> 1] << 8 | label[size - 1];
    }
    uint128 product = (uint128)(tail ^ KEY_C) * (hash ^ KEY_D);
    return fold((uint64_t)product ^ KEY_A, (uint64_t)(product >> 64) ^ KEY_B);
}

void name_hash_all(const uint8_t *name, uint64_t seed, struct name_hashes *out)
{
    unsigned labels = name_labels(name);
    out->labels = labels;
    const uint8_t *at = name;
    for (unsigned i = labels; i > 0; i--) {
        out->offset[i] = (uint8_t)(at - name);
        at += 1 + *at;
    }
    out->offset[0] = (uint8_t)(at - name);
    out->hash[0] = seed;
    for (unsigned i = 1; i <= labels; i++)
        out->hash[i] = name_hash_label(out->hash[i - 1], name + out->offset[i]);
}
