// SPDX-License-Identifier: BSD-2-Clause
#include "zones/rdwrite.h"

#include "base/name.h"
#include "base/wire.h"
#include "zones/rrtype.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const uint8_t *rdfield_get(struct rdfield_out *out, size_t size)
{
    if (size > out->length - out->pos)
        return NULL;
    const uint8_t *at = out->rdata + out->pos;
    out->pos += size;
    return at;
}

size_t rdfield_left(const struct rdfield_out *out)
{
    return out->length - out->pos;
}

void rdfield_separate(struct rdfield_out *out)
{
    if (out->begun)
        strbuf_add_bytes(out->text, " ", 1);
    out->begun = true;
}

void rdfield_word(struct rdfield_out *out, const char *format, ...)
{
    char text[NAME_TEXT_MAX];
    if (out->text == NULL)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    rdfield_separate(out);
    strbuf_add(out->text, text);
}

void rdfield_escaped(struct strbuf *text, const uint8_t *bytes, size_t size, bool space)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if (byte < 0x20 || byte >= 0x7f || (space && byte == ' '))
            strbuf_addf(text, "\\%03u", byte);
        else if (byte == '"' || byte == '\\')
            strbuf_addf(text, "\\%c", byte);
        else
            strbuf_add_bytes(text, (const char *)&bytes[i], 1);
    }
}

void rdfield_quoted(struct rdfield_out *out, const uint8_t *bytes, size_t size)
{
    if (out->text == NULL)
        return;
    rdfield_separate(out);
    strbuf_add_bytes(out->text, "\"", 1);
    rdfield_escaped(out->text, bytes, size, false);
    strbuf_add_bytes(out->text, "\"", 1);
}

void rdfield_hex(struct rdfield_out *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    if (out->text == NULL)
        return;
    rdfield_separate(out);
    for (size_t i = 0; i < size; i++) {
        char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };
        strbuf_add_bytes(out->text, pair, sizeof(pair));
    }
}

void rdfield_base64(struct rdfield_out *out, const uint8_t *bytes, size_t size)
{
    if (out->text == NULL)
        return;
    rdfield_separate(out);
    rdfield_add_base64(out->text, bytes, size);
}

static bool write_integer(struct rdfield_out *out, unsigned bytes)
{
    const uint8_t *at = rdfield_get(out, bytes);
    if (at == NULL)
        return false;
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    rdfield_word(out, "%llu", (unsigned long long)value);
    return true;
}

bool rdfield_write_u8(struct rdfield_out *out)
{
    return write_integer(out, 1);
}

bool rdfield_write_u16(struct rdfield_out *out)
{
    return write_integer(out, 2);
}

bool rdfield_write_u32(struct rdfield_out *out)
{
    return write_integer(out, 4);
}

bool rdfield_write_u64(struct rdfield_out *out)
{
    return write_integer(out, 8);
}

bool rdfield_write_name(struct rdfield_out *out)
{
    char text[NAME_TEXT_MAX];
    size_t length = name_check(out->rdata + out->pos, rdfield_left(out));
    if (length == 0)
        return false;
    if (out->text != NULL) {
        (void)name_to_text(out->rdata + out->pos, text);
        rdfield_word(out, "%s", text);
    }
    out->pos += length;
    return true;
}

static bool write_address(struct rdfield_out *out, int family, size_t size)
{
    char text[INET6_ADDRSTRLEN];
    const uint8_t *at = rdfield_get(out, size);
    if (at == NULL || inet_ntop(family, at, text, sizeof(text)) == NULL)
        return false;
    rdfield_word(out, "%s", text);
    return true;
}

bool rdfield_write_a(struct rdfield_out *out)
{
    return write_address(out, AF_INET, 4);
}

bool rdfield_write_aaaa(struct rdfield_out *out)
{
    return write_address(out, AF_INET6, 16);
}

bool rdfield_write_string(struct rdfield_out *out)
{
    const uint8_t *length = rdfield_get(out, 1);
    const uint8_t *bytes = length == NULL ? NULL : rdfield_get(out, *length);
    if (bytes == NULL)
        return false;
    rdfield_quoted(out, bytes, *length);
    return true;
}

bool rdfield_write_strings(struct rdfield_out *out)
{
    do {
        if (!rdfield_write_string(out))
            return false;
    } while (rdfield_left(out) > 0);
    return true;
}

bool rdfield_write_optional_string(struct rdfield_out *out)
{
    return rdfield_left(out) == 0 || rdfield_write_string(out);
}

bool rdfield_write_digits(struct rdfield_out *out)
{
    const uint8_t *at = out->rdata + out->pos;
    size_t left = rdfield_left(out);
    bool good = left >= 5 && at[0] >= 4 && at[0] < left;
    for (size_t i = 1; good && i <= at[0]; i++)
        good = isdigit(at[i]);
    return good && rdfield_write_string(out);
}

bool rdfield_write_caa_tag(struct rdfield_out *out)
{
    const uint8_t *length = rdfield_get(out, 1);
    const uint8_t *tag = length == NULL || *length == 0 ? NULL : rdfield_get(out, *length);
    if (tag == NULL)
        return false;
    for (unsigned i = 0; i < *length; i++) {
        if (!isalnum(tag[i]))
            return false;
    }
    rdfield_word(out, "%.*s", (int)*length, (const char *)tag);
    return true;
}

bool rdfield_write_long_string(struct rdfield_out *out)
{
    size_t left = rdfield_left(out);
    rdfield_quoted(out, out->rdata + out->pos, left);
    out->pos += left;
    return true;
}

bool rdfield_write_type(struct rdfield_out *out)
{
    char buf[RRTYPE_TEXT_MAX];
    const uint8_t *at = rdfield_get(out, 2);
    if (at == NULL)
        return false;
    rdfield_word(out, "%s", rrtype_name(wire_get16(at), buf));
    return true;
}

bool rdfield_write_hex(struct rdfield_out *out)
{
    size_t left = rdfield_left(out);
    if (left == 0)
        return false;
    rdfield_hex(out, rdfield_get(out, left), left);
    return true;
}

bool rdfield_write_salt(struct rdfield_out *out)
{
    const uint8_t *size = rdfield_get(out, 1);
    const uint8_t *salt = size == NULL ? NULL : rdfield_get(out, *size);
    if (salt == NULL)
        return false;
    if (*size == 0)
        rdfield_word(out, "-");
    else
        rdfield_hex(out, salt, *size);
    return true;
}

bool rdfield_write_time(struct rdfield_out *out)
{
    char text[16];
    const uint8_t *at = rdfield_get(out, 4);
    if (at == NULL)
        return false;
    time_t seconds = (time_t)wire_get32(at);
    struct tm tm = { 0 };
    (void)gmtime_r(&seconds, &tm); /* cannot fail for 32 bits */
    (void)strftime(text, sizeof(text), "%Y%m%d%H%M%S", &tm);
    rdfield_word(out, "%s", text);
    return true;
}

static void write_window(struct rdfield_out *out, unsigned window, const uint8_t *bits,
                         unsigned size)
{
    char buf[RRTYPE_TEXT_MAX];
    for (unsigned i = 0; i < size * 8; i++) {
        if ((bits[i / 8] & 0x80U >> i % 8) != 0)
            rdfield_word(out, "%s", rrtype_name((uint16_t)(window * 256 + i), buf));
    }
}

/* RFC 4034 section 4.1.2: windows ascend, none is empty or ends in a zero byte. */
bool rdfield_write_bitmap_or_none(struct rdfield_out *out)
{
    unsigned least = 0;
    while (rdfield_left(out) > 0) {
        const uint8_t *head = rdfield_get(out, 2);
        if (head == NULL || head[0] < least || head[1] < 1 || head[1] > 32)
            return false;
        const uint8_t *bits = rdfield_get(out, head[1]);
        if (bits == NULL || bits[head[1] - 1] == 0)
            return false;
        write_window(out, head[0], bits, head[1]);
        least = head[0] + 1U;
    }
    return true;
}

bool rdfield_write_bitmap(struct rdfield_out *out)
{
    return rdfield_left(out) > 0 && rdfield_write_bitmap_or_none(out);
}

static bool write_groups(struct rdfield_out *out, size_t size)
{
    const uint8_t *at = rdfield_get(out, size);
    if (at == NULL || out->text == NULL)
        return at != NULL;
    rdfield_word(out, "%02x", at[0]);
    for (size_t i = 1; i < size; i++)
        strbuf_addf(out->text, "-%02x", at[i]);
    return true;
}

bool rdfield_write_eui48(struct rdfield_out *out)
{
    return write_groups(out, 6);
}

bool rdfield_write_eui64(struct rdfield_out *out)
{
    return write_groups(out, 8);
}

bool rdfield_write_locator(struct rdfield_out *out)
{
    const uint8_t *at = rdfield_get(out, 8);
    if (at == NULL)
        return false;
    rdfield_word(out, "%x:%x:%x:%x", wire_get16(at), wire_get16(at + 2), wire_get16(at + 4),
                 wire_get16(at + 6));
    return true;
}

bool rdfield_write_apl(struct rdfield_out *out)
{
    char text[INET6_ADDRSTRLEN];
    while (rdfield_left(out) > 0) {
        uint8_t address[16] = { 0 };
        const uint8_t *head = rdfield_get(out, 4);
        size_t size = head == NULL ? 0 : head[3] & 0x7fU;
        const uint8_t *bytes = head == NULL ? NULL : rdfield_get(out, size);
        if (bytes == NULL)
            return false;
        unsigned family = wire_get16(head);
        size_t full = family == APL_IPV4 ? 4 : 16;
        if ((family != APL_IPV4 && family != APL_IPV6) || size > full || head[2] > full * 8 ||
            (size > 0 && bytes[size - 1] == 0))
            return false;
        memcpy(address, bytes, size);
        if (inet_ntop(full == 4 ? AF_INET : AF_INET6, address, text, sizeof(text)) == NULL)
            return false;
        rdfield_word(out, "%s%u:%s/%u", (head[3] & 0x80) != 0 ? "!" : "", family, text, head[2]);
    }
    return true;
}
