#include "core/usage/state_machines.h"

#include "core/licence/licence_state.h"
#include "core/money/correction.h"
#include "core/money/invoice.h"
#include "core/parties/agreement.h"
#include "core/usage/job.h"
#include "core/usage/report.h"

const struct state_machine *const state_machines[STATE_MACHINE_COUNT] = {
    &agreement_machine, &amendment_machine, &block_machine,      &licence_machine, &month_machine,
    &report_machine,    &invoice_machine,   &correction_machine, &job_machine,
};
