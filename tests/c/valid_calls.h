/* Every function of the library called with good arguments, some of them shared, and what it wrote. */

#ifndef VALID_CALLS_H
#define VALID_CALLS_H

#include "token2metrics.h"

#include <string.h>

#define VALID_REQUESTS 6

/* Only read, by all who make the calls. */
struct shared {
    uint8_t blob[384];
    size_t blob_len;
    t2m_profile profile;
    t2m_drift drift;
};

/* Filled with zeros first, so that answers may be compared byte by byte. */
struct answers {
    size_t failures;
    t2m_prediction predictions[VALID_REQUESTS];
    t2m_prediction batch[VALID_REQUESTS];
    t2m_prediction drifted[VALID_REQUESTS];
    t2m_budget budgets[VALID_REQUESTS];
    t2m_estimate estimates[VALID_REQUESTS];
    t2m_drift drift;
    t2m_drift restored;
    char variant[sizeof(((t2m_member *)0)->variant)];
    char device[sizeof(((t2m_info *)0)->device)];
    size_t letters;
};

static const t2m_request VALID[VALID_REQUESTS] = {
    {100, 0, 50}, {8, 0, 2}, {1, 0, 1}, {4096, 4080, 1000}, {T2M_MAX_TOKENS, 0, T2M_MAX_TOKENS}, {17, 16, 8},
};

/* Begins what is shared with a loaded profile and some requests on a slower device; false where it does not load. */
static int share(struct shared *shared) {
    const t2m_measured slow = {2.0f, 5.0f};
    int done = t2m_profile_load(shared->blob, shared->blob_len, &shared->profile) == T2M_OK;
    done = done && t2m_drift_init(&shared->drift) == T2M_OK;
    for (int i = 0; i < 5 && done; i++) {
        done = t2m_drift_observe(&shared->profile, &VALID[0], &slow, &shared->drift) == T2M_OK;
    }
    return done;
}

static void make_calls(const struct shared *shared, struct answers *answers) {
    const t2m_profile *profile = &shared->profile;
    t2m_profile own;
    t2m_member member;
    t2m_info info;
    memset(answers, 0, sizeof *answers);
#define CALL(call) (answers->failures += (size_t)((call) != T2M_OK))
    CALL(t2m_profile_load(shared->blob, shared->blob_len, &own));
    CALL(t2m_profile_find(shared->blob, shared->blob_len, "DeepSeek-R1-Distill-Qwen-1.5B", &own));
    CALL(t2m_profile_find_variant(shared->blob, shared->blob_len, "DeepSeek-R1-Distill-Qwen-1.5B", "MAXN, W4A16", &own));
    CALL(t2m_profile_list(shared->blob, shared->blob_len, 0, &member));
    CALL(t2m_profile_info(profile, &info));
    /* These have padding, which nobody may compare. */
    memcpy(answers->variant, member.variant, sizeof answers->variant);
    memcpy(answers->device, info.device, sizeof answers->device);
    answers->letters += member.len + info.input_tokens_max;
    CALL(t2m_drift_init(&answers->drift));
    CALL(t2m_predict_batch(profile, VALID, VALID_REQUESTS, answers->batch));
    for (size_t i = 0; i < VALID_REQUESTS; i++) {
        t2m_prediction *predicted = &answers->predictions[i];
        CALL(t2m_predict(profile, &VALID[i], predicted));
        CALL(t2m_drift_predict(profile, &shared->drift, &VALID[i], &answers->drifted[i]));

        t2m_limit limit = {T2M_SECONDS, 0.75f * answers->drifted[i].total_s + 0.001f, 95};
        CALL(t2m_max_output_tokens(profile, &shared->drift, &VALID[i], &limit, &answers->budgets[i]));
        limit.quantity = T2M_JOULES;
        CALL(t2m_max_output_tokens(profile, NULL, &VALID[i], &limit, &answers->budgets[i]));

        t2m_progress progress = {1, 1.5f * predicted->prefill_s, predicted->prefill_s};
        CALL(t2m_remaining(profile, &shared->drift, &VALID[i], &progress, &answers->estimates[i]));

        t2m_measured measured = {1.4f * predicted->prefill_s + 0.001f, 1.2f * predicted->decode_s + 0.001f};
        CALL(t2m_drift_observe(profile, &VALID[i], &measured, &answers->drift));
    }
    CALL(t2m_drift_restore((const uint8_t *)&answers->drift, sizeof answers->drift, &answers->restored));
    answers->failures += (size_t)(t2m_abi_version() != T2M_ABI_VERSION);
    for (int32_t status = -1; status < 330; status++) answers->letters += strlen(t2m_status_message(status));
#undef CALL
}

#endif
