/* Tax parties: whether a tax category can be used between two accounts (EN 16931).
 *
 * It is asked when somebody sets a category. What is kept already is billed as it stands, and the close says
 * what its document lacks. */
#ifndef SEATMETER_PROGRAMME_CALL_TAX_PARTIES_H
#define SEATMETER_PROGRAMME_CALL_TAX_PARTIES_H

#include "core/money/tax.h"
#include "store/parties/accounts.h"

/* `buyer` NULL: any buyer, of whom nothing is asked. Faults "tax-number-missing", "country-missing". */
enum status check_tax_parties(struct tax tax, const struct account *seller, const struct account *buyer,
                              struct fault *fault) MUST_CHECK;

/* That a price's or a charge's category can stand beside the agreement's. Fault "tax-category-alone". */
enum status check_tax_beside(struct tax tax, struct tax of_agreement, struct fault *fault) MUST_CHECK;

/* What a document of these lines' categories lacks, in a sentence; empty: nothing. */
struct text tax_remark(struct arena *arena, const struct tax *taxes, size_t count,
                       const struct account *seller, const struct account *buyer);

#endif
