// SPDX-License-Identifier: BSD-2-Clause
/* For cppcheck only, which reads no library headers: the loops of jansson. */
#pragma once

#define json_object_foreach(object, key, value)                                                    \
    for (key = json_first(object); (value = json_value(object, key)) != 0; key = json_next(key))
#define json_array_foreach(array, i, value)                                                        \
    for (i = 0; (value = json_array_get(array, i)) != 0; i++)
