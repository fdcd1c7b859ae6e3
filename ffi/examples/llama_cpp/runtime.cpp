#include "runtime.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <stdexcept>

// Requests were measured with these when the profile was trained; a micro-batch of another size would be another profile.
static const uint32_t BATCH = 2048;
static const uint32_t MICRO_BATCH = 512;

// Prompts are cut from this, repeated: their time depends on their length alone.
static const std::string TEXT =
    "A request has two parts. In the first the whole prompt is computed at once, and its time grows with the "
    "length of the prompt. In the second the answer is written one token after the other, and each step reads "
    "all that came before. Whoever knows both lengths can tell how long the answer will take. ";

static void only_errors(ggml_log_level level, const char *text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR) std::fputs(text, stderr);
}

static std::vector<llama_token> tokens_of_text(const llama_vocab *vocab, uint32_t count) {
    std::string text = TEXT;
    while (text.size() < TEXT.size() + size_t{count} * 8) text += TEXT;
    std::vector<llama_token> tokens(text.size() + 1);
    const int32_t found = llama_tokenize(vocab, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                                         static_cast<int32_t>(tokens.size()), true, false);
    if (found < static_cast<int32_t>(count)) throw std::runtime_error("the tokenizer makes too few tokens of the prompt's text");
    tokens.resize(count);
    return tokens;
}

Runtime::Runtime(const std::string &gguf, uint32_t context_tokens, uint32_t threads) {
    llama_log_set(only_errors, nullptr);
    model_.reset(llama_model_load_from_file(gguf.c_str(), llama_model_default_params()));
    if (!model_) throw std::runtime_error(gguf + ": not a model that llama.cpp can load");
    if (context_tokens > static_cast<uint32_t>(llama_model_n_ctx_train(model_.get()))) {
        throw std::runtime_error(gguf + ": has a context of " + std::to_string(llama_model_n_ctx_train(model_.get())) +
                                 " tokens, and a request needs " + std::to_string(context_tokens) + ": shorten it");
    }

    llama_context_params params = llama_context_default_params();
    params.n_ctx = context_tokens;
    params.n_batch = BATCH;
    params.n_ubatch = MICRO_BATCH;
    params.n_threads = static_cast<int32_t>(threads);
    params.n_threads_batch = static_cast<int32_t>(threads);
    params.abort_callback = tick;
    params.abort_callback_data = this;
    context_.reset(llama_init_from_model(model_.get(), params));
    if (!context_) throw std::runtime_error(gguf + ": llama.cpp cannot make a context of " + std::to_string(context_tokens) + " tokens");
    sampler_.reset(llama_sampler_init_greedy());
    text_ = tokens_of_text(llama_model_get_vocab(model_.get()), context_tokens);
}

std::string Runtime::description() const {
    char name[128], type[128];
    const bool named = llama_model_meta_val_str(model_.get(), "general.name", name, sizeof name) >= 0;
    const bool typed = llama_model_desc(model_.get(), type, sizeof type) >= 0;
    return std::string(named ? name : "model without a name") + (typed ? std::string(", ") + type : "");
}

double Runtime::elapsed_s() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - submitted_).count();
}

// llama.cpp asks between operations whether to stop, which is the only time that prefill, one long call, can be watched.
bool Runtime::tick(void *self) {
    const Runtime &runtime = *static_cast<Runtime *>(self);
    if (runtime.prefill_watch_ != nullptr) (*runtime.prefill_watch_)(0, runtime.elapsed_s());
    return false;
}

void Runtime::decode(llama_token *tokens, uint32_t count) {
    const int32_t code = llama_decode(context_.get(), llama_batch_get_one(tokens, static_cast<int32_t>(count)));
    if (code != 0) throw std::runtime_error("llama_decode of " + std::to_string(count) + " tokens returned " + std::to_string(code));
}

Measured Runtime::run(uint32_t input_tokens, uint32_t output_tokens, const Watch &watch) {
    if (input_tokens == 0 || output_tokens == 0) throw std::runtime_error("a request has a token in and a token out at least");
    const size_t longest = std::min<size_t>(BATCH, text_.size());
    if (input_tokens > longest) {
        throw std::runtime_error("a prompt of " + std::to_string(input_tokens) + " tokens: at most " + std::to_string(longest) +
                                 " are computed as one batch");
    }
    std::vector<llama_token> prompt(text_.begin(), text_.begin() + input_tokens);
    llama_memory_clear(llama_get_memory(context_.get()), true);

    Measured measured = {};
    const std::clock_t cpu = std::clock();
    submitted_ = std::chrono::steady_clock::now();
    prefill_watch_ = watch ? &watch : nullptr;
    decode(prompt.data(), input_tokens);
    prefill_watch_ = nullptr;
    llama_token token = llama_sampler_sample(sampler_.get(), context_.get(), -1);
    measured.prefill_s = elapsed_s();
    if (watch) watch(1, measured.prefill_s);

    for (uint32_t generated = 2; generated <= output_tokens; generated++) {
        decode(&token, 1);
        token = llama_sampler_sample(sampler_.get(), context_.get(), -1);
        const double elapsed = elapsed_s();
        measured.decode_s = elapsed - measured.prefill_s;
        if (watch) watch(generated, elapsed);
    }
    measured.cpu_s = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    return measured;
}
