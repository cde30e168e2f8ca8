#ifndef WIFI_H
#define WIFI_H

/* Joins the configured network at the first call, and waits for an address. 0, or anything else after a message. */
int wifi_connect(void);

#endif
