/* Pages: the files that the portal serves as they are, put into the program when it is built (web/embed.py).
 */
#ifndef SEATMETER_PORTAL_PAGES_H
#define SEATMETER_PORTAL_PAGES_H

#include <stddef.h>

extern const unsigned char PAGE_INDEX[];
extern const size_t PAGE_INDEX_LENGTH;

#endif
