#include "programme/call/tax_parties.h"

static struct tax_parties parties_of(const struct account *seller, const struct account *buyer) {
    struct text any = TEXT("?");
    return (struct tax_parties){.seller_number = seller->tax_number,
                                .buyer_number = buyer == NULL ? any : buyer->tax_number,
                                .buyer_country = buyer == NULL ? any : buyer->country};
}

enum status check_tax_parties(struct tax tax, const struct account *seller, const struct account *buyer,
                              struct fault *fault) {
    const struct tax_parties parties = parties_of(seller, buyer);
    enum tax_lack lack = tax_lacks(tax, &parties);
    if (lack == TAX_LACKS_NOTHING) {
        return STATUS_OK;
    }
    if (lack == TAX_LACKS_BUYER_COUNTRY) {
        return fault_set(
            fault, STATUS_CONFLICT, "country-missing", "tax_category", text_of(tax.category),
            "Category %s needs the country of the buyer, where it is delivered to: give %.*s its "
            "country first, such as AT.",
            tax.category, TEXT_ARGS(buyer->code));
    }
    struct text code = lack == TAX_LACKS_SELLER_NUMBER ? seller->code : buyer->code;
    return fault_set(
        fault, STATUS_CONFLICT, "tax-number-missing", "tax_category", text_of(tax.category),
        "Category %s needs the tax numbers of both parties: give %.*s its tax number first, such as "
        "DE123456789.",
        tax.category, TEXT_ARGS(code));
}

enum status check_tax_beside(struct tax tax, struct tax of_agreement, struct fault *fault) {
    if (!tax_stands_alone(tax) || tax_stands_alone(of_agreement)) {
        return STATUS_OK;
    }
    return fault_set(
        fault, STATUS_CONFLICT, "tax-category-alone", "tax_category", text_of(tax.category),
        "Category %s stands alone on a document, and the agreement has category %s: give Z or E for "
        "what is not taxed beside it.",
        tax.category, of_agreement.category);
}

struct text tax_remark(struct arena *arena, const struct tax *taxes, size_t count,
                       const struct account *seller, const struct account *buyer) {
    struct fault fault;
    bool has_alone = false;
    bool has_other = false;
    for (size_t i = 0; i < count; i++) {
        if (check_tax_parties(taxes[i], seller, buyer, &fault) != STATUS_OK) {
            return text_copy(arena, text_of(fault.message));
        }
        has_alone = has_alone || tax_stands_alone(taxes[i]);
        has_other = has_other || !tax_stands_alone(taxes[i]);
    }
    return has_alone && has_other
               ? TEXT("Category O stands beside another one on this document, which EN 16931 "
                      "does not have: give Z or E for what is not taxed.")
               : TEXT("");
}
