/* A gallery in flash: two banks, of which one is in use. Entries are appended, so that its sectors wear alike; when it is full, the newest
 * entry of each name goes into the other bank, which is in use from then on. A power cut loses at most the entry that is being written.
 *
 *   dw_banks banks;
 *   int error = dw_banks_open(&banks, &flash);
 *   if (!error) pictures = dw_banks_enroll(&banks, &net, "ada", vector);
 *   if (!error) error = dw_match(&net, &banks.store, vector, &name);
 */
#ifndef DW_BANKS_H
#define DW_BANKS_H

#include "dw.h"
#include "dw_slots.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    /* Where dw_match reads; of no bytes before the first entry. */
    dw_store store;
    /* Private. */
    const dw_flash *flash;
    uint32_t bank, sequence;
} dw_banks;

/* Finds the bank in use. `flash` must stay; its bytes are two banks of whole sectors. DW_ERROR_READ where it cannot be read. */
int dw_banks_open(dw_banks *banks, const dw_flash *flash);

/* Enrols, as dw_enroll does. DW_ERROR_MEMORY where there are more names than a bank holds. */
int dw_banks_enroll(dw_banks *banks, dw_net *net, const char *label, const int8_t *vector);

#ifdef __cplusplus
}
#endif

#endif
