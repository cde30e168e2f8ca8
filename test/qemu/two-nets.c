/* Nets have nothing in common once they are open: two of them, tick by tick in turns, one opened and closed while the other is in
 * the middle of an inference, and both at once in two threads. On the host; exits with 0 if all is as it should. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dw.h"

enum { NETS = 2, MOST_OUTPUT = 16, INFERENCES = 40 };

extern const uint8_t model_dw[], model_dw_end[];
#ifdef DW_WASM3
extern const uint8_t kernels_wasm[], kernels_wasm_end[];
#endif

typedef struct {
    dw_net net;
    uint64_t memory[256 * 1024 / 8];
    uint8_t seed, expected[MOST_OUTPUT];
    uint32_t output_bytes;
} subject;

static void expect(int ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void open_net(subject *s)
{
    const dw_blob blob = {dw_read_memory, (void *)(uintptr_t)model_dw, (uint32_t)(model_dw_end - model_dw)};
#ifdef DW_WASM3
    const dw_kernels kernels = {&dw_wasm3, kernels_wasm, (uint32_t)(kernels_wasm_end - kernels_wasm)};
#else
    const dw_kernels kernels = {&dw_aot, NULL, 0};
#endif
    expect(!dw_open(&s->net, &blob, &kernels, s->memory, sizeof s->memory), "a net does not open");
}

static void begin(subject *s)
{
    uint32_t bytes;
    uint8_t *const input = dw_input(&s->net, 0, &bytes);
    for (uint32_t i = 0; i < bytes; i++) input[i] = (uint8_t)(i * s->seed);
    expect(!dw_begin(&s->net), "an inference does not begin");
}

static void check(subject *s)
{
    expect(!memcmp(dw_output(&s->net, 0, NULL), s->expected, s->output_bytes), "a net has another output than alone");
}

static int tick(subject *s)
{
    const int result = dw_tick(&s->net);
    expect(result >= 0, "a tick fails");
    return result;
}

static void *infer(void *subject_of_thread)
{
    subject *s = (subject *)subject_of_thread;
    for (int i = 0; i < INFERENCES; i++) {
        begin(s);
        while (tick(s)) {}
        check(s);
    }
    return NULL;
}

int main(void)
{
    static subject subjects[NETS];
    pthread_t threads[NETS];
    for (int i = 0; i < NETS; i++) {
        subject *s = &subjects[i];
        s->seed = (uint8_t)(37 + 8 * i);
        open_net(s);
        begin(s);
        while (tick(s)) {}
        memcpy(s->expected, dw_output(&s->net, 0, &s->output_bytes), MOST_OUTPUT);
        expect(s->output_bytes <= MOST_OUTPUT, "the output is larger than this test expects");
    }
    expect(memcmp(subjects[0].expected, subjects[1].expected, subjects[0].output_bytes), "both nets have the same output");

    for (int i = 0; i < NETS; i++) begin(&subjects[i]);
    while (tick(&subjects[0]) | tick(&subjects[1])) {}
    for (int i = 0; i < NETS; i++) check(&subjects[i]);

    begin(&subjects[1]);
    for (int i = 0; tick(&subjects[1]); i++) {
        if (i % 2) continue;
        dw_close(&subjects[0].net);
        open_net(&subjects[0]);
    }
    check(&subjects[1]);

    for (int i = 0; i < NETS; i++) expect(!pthread_create(&threads[i], NULL, infer, &subjects[i]), "there is no thread");
    for (int i = 0; i < NETS; i++) expect(!pthread_join(threads[i], NULL), "a thread does not end");
    for (int i = 0; i < NETS; i++) dw_close(&subjects[i].net);
    return 0;
}
