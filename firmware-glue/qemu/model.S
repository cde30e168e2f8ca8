/* The files in flash. MODEL and KERNELS are paths; images of native kernels have no KERNELS. */
    .section .rodata.files, "a"
    .balign 8
    .globl model_dw, model_dw_end
model_dw:
    .incbin MODEL
model_dw_end:
#ifdef KERNELS
    .balign 8
    .globl kernels_wasm, kernels_wasm_end
kernels_wasm:
    .incbin KERNELS
kernels_wasm_end:
#endif
