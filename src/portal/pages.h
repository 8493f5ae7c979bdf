/* Pages: the files that the door serves as they are, put into the program when it is built (embed.py). */
#ifndef SEATMETER_PORTAL_PAGES_H
#define SEATMETER_PORTAL_PAGES_H

#include <stddef.h>

extern const unsigned char PAGE_INDEX[];
extern const size_t PAGE_INDEX_LENGTH;
extern const unsigned char PAGE_OPENAPI[];
extern const size_t PAGE_OPENAPI_LENGTH;

#endif
