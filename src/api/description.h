/* Description: docs/openapi.yaml, put into the program when it is built (web/embed.py). */
#ifndef SEATMETER_API_DESCRIPTION_H
#define SEATMETER_API_DESCRIPTION_H

#include <stddef.h>

extern const unsigned char OPENAPI[];
extern const size_t OPENAPI_LENGTH;

#endif
