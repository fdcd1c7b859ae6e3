// What a request took.

#pragma once

struct Measured {
    double prefill_s;  // the whole prompt and the first token
    double decode_s;   // the further tokens; 0 where there are none
    double cpu_s;      // processor time of all threads meanwhile
    double total_s() const { return prefill_s + decode_s; }
};
