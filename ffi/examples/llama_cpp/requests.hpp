// The list of requests.

#pragma once

#include "token2metrics.h"

#include <string>
#include <vector>

struct Planned {
    t2m_request request;
    uint32_t deadline_percent;  // of the predicted time of the request
};

// Throws std::runtime_error with file, line and what is wrong.
std::vector<Planned> read_requests(const std::string &file);
