/* Calls every function of the library, with nothing of libc but what it is started with. */

#include "token2metrics.h"

#ifdef FLAWED
uint8_t t2m_flaw(size_t index);
#endif

int main(int argc, char **argv) {
    const uint8_t *bytes = (const uint8_t *)argv[0];
    t2m_profile profile = {{0}};
    t2m_request request = {1, 0, 1};
    t2m_prediction prediction;
    t2m_drift drift;
    t2m_measured measured = {1, 1};
    t2m_limit limit = {T2M_SECONDS, 1, 90};
    t2m_budget budget;
    t2m_progress progress = {0, 0, 0};
    t2m_estimate estimate;
    t2m_member member;
    t2m_info info;
    size_t len = (size_t)argc;

    /* The statuses are added up, so that no call can be left out. */
    t2m_status sum = t2m_profile_load(bytes, len, &profile);
    sum += t2m_profile_find(bytes, len, argv[0], &profile);
    sum += t2m_profile_find_variant(bytes, len, argv[0], argv[0], &profile);
    sum += t2m_profile_list(bytes, len, 0, &member);
    sum += t2m_profile_info(&profile, &info);
    sum += t2m_predict(&profile, &request, &prediction);
    sum += t2m_predict_batch(&profile, &request, 1, &prediction);
    sum += t2m_drift_init(&drift);
    sum += t2m_drift_restore(bytes, len, &drift);
    sum += t2m_drift_observe(&profile, &request, &measured, &drift);
    sum += t2m_drift_predict(&profile, &drift, &request, &prediction);
    sum += t2m_max_output_tokens(&profile, &drift, &request, &limit, &budget);
    sum += t2m_remaining(&profile, &drift, &request, &progress, &estimate);
    sum += (t2m_status)t2m_abi_version();
    sum += (t2m_status)*t2m_status_message(sum);
#ifdef FLAWED
    sum += t2m_flaw(len);
#endif
    return sum & 0x7F;
}
