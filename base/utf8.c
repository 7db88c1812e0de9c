// SPDX-License-Identifier: BSD-2-Clause
#include "base/utf8.h"

#include <stdint.h>

/* RFC 3629 section 4: lead bytes with the range that the second byte may have; the others are 80 to
 * bf. */
static const struct form {
    uint8_t first, last;
    uint8_t size;
    uint8_t low, high;
} forms[] = {
    { 0x00, 0x7f, 1, 0, 0 },       { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf },
    { 0xe1, 0xec, 3, 0x80, 0xbf }, { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf },
    { 0xf0, 0xf0, 4, 0x90, 0xbf }, { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

static const struct form *form_of(uint8_t lead)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (lead >= forms[i].first && lead <= forms[i].last)
            return &forms[i];
    }
    return NULL;
}

size_t utf8_char_size(const char *text, size_t left)
{
    const struct form *form = form_of((uint8_t)text[0]);
    if (form == NULL || form->size > left)
        return 0;
    for (size_t i = 1; i < form->size; i++) {
        uint8_t byte = (uint8_t)text[i];
        uint8_t low = i == 1 ? form->low : 0x80;
        uint8_t high = i == 1 ? form->high : 0xbf;
        if (byte < low || byte > high)
            return 0;
    }
    return form->size;
}
